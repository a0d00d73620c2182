import type { ChildProcess } from 'node:child_process'
import { subscribe } from 'node:diagnostics_channel'

/** Every process that this one starts from now on and that still runs, whichever code starts it: a baseline starts its server by itself. */
export function watchChildren(): ReadonlySet<ChildProcess> {
  const running = new Set<ChildProcess>()
  subscribe('child_process', (message) => {
    const { process: child } = message as { process: ChildProcess }
    running.add(child)
    child.once('exit', () => running.delete(child))
  })
  return running
}
