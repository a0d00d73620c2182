import { isatty } from 'node:tty'

/** Where the server was started: a window of a desktop, a connection of ssh. */
const terminals = [0, 1, 2].filter((descriptor) => isatty(descriptor))

/**
 * Calls `reload` at each SIGHUP. The signal also says that a terminal was closed: a server that was started there then drains as after SIGTERM,
 * since there is nothing left to stop it by.
 */
export function onHangup(reload: () => void): void {
  let isStopping = false
  process.on('SIGHUP', () => {
    if (isStopping) return
    // A terminal that is gone is none any more, before the signal comes.
    isStopping = terminals.some((descriptor) => !isatty(descriptor))
    if (isStopping) process.kill(process.pid, 'SIGTERM')
    else reload()
  })
}
