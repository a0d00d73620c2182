import type { ChildProcess } from 'node:child_process'
import { subscribe } from 'node:diagnostics_channel'

/** Tracks all running processes that this one starts from now on, from any code: a baseline starts its own server. */
export function watchChildren(): ReadonlySet<ChildProcess> {
  const running = new Set<ChildProcess>()
  subscribe('child_process', (message) => {
    const { process: child } = message as { process: ChildProcess }
    running.add(child)
    child.once('exit', () => running.delete(child))
  })
  return running
}
