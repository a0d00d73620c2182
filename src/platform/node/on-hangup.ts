import { isatty } from 'node:tty'

/** File descriptors of the terminal that started the server, such as a desktop window or an ssh session. */
const terminals = [0, 1, 2].filter((descriptor) => isatty(descriptor))

/**
 * Calls `reload` at each SIGHUP, unless the signal means that the terminal was closed. A server that was started there
 * then drains as after SIGTERM, because its user cannot stop it any other way.
 */
export function onHangup(reload: () => void): void {
  let isStopping = false
  process.on('SIGHUP', () => {
    if (isStopping) return
    // A closed terminal fails `isatty` before the signal arrives.
    isStopping = terminals.some((descriptor) => !isatty(descriptor))
    if (isStopping) process.kill(process.pid, 'SIGTERM')
    else reload()
  })
}
