import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process'
import { once } from 'node:events'

export interface ProcessOptions {
  readonly command: string
  readonly args: readonly string[]
  /** The core for all its threads. */
  readonly core: number | undefined
  readonly env?: Readonly<Record<string, string>>
  readonly stdio: StdioOptions
}

export interface StartedProcess {
  readonly child: ChildProcess
  readonly pid: number
  /** Time of the start, by `performance.now()`. */
  readonly startedAt: number
  stop(): Promise<void>
}

/** Time for a process to exit, and to write a profile, before SIGKILL. */
const stopMs = 5_000

/** Starts a process, on one core if `core` is set. `taskset` replaces itself, so the id is the process's own. */
export function startProcess({ command, args, core, env, stdio }: ProcessOptions): StartedProcess {
  const line = core === undefined ? [command, ...args] : ['taskset', '-c', String(core), command, ...args]
  const startedAt = performance.now()
  const child = spawn(line[0] ?? command, line.slice(1), { stdio, env: { ...process.env, ...env } })
  const { pid } = child
  if (pid === undefined) throw new Error(`${command} cannot be started`)
  return {
    child,
    pid,
    startedAt,
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return
      const exit = once(child, 'exit')
      child.kill()
      const kill = setTimeout(() => child.kill('SIGKILL'), stopMs)
      await exit
      clearTimeout(kill)
    },
  }
}
