import { spawn } from 'node:child_process'
import { appendFileSync, closeSync, mkdirSync, openSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { withDeadline } from '../support/with-deadline.ts'
import type { Agent } from './agents.ts'
import { callerKey } from './start-weir.ts'

/** A folder for one run of an agent: its home, and the project that it works on. */
export interface Desk {
  readonly home: string
  readonly project: string
}

export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

export interface Running {
  readonly ended: Promise<Ended>
  /** Sends SIGINT to the agent and its children, as a terminal does on Ctrl-C. */
  interrupt(): void
  kill(): void
}

/** The longest time that an agent may take. */
const patienceMs = 90_000

/** Writes an agent's files to its home, with the address of Weir in place of that of the documentation. */
export function prepareDesk(agent: Agent, { home, project }: Desk, url: string): void {
  mkdirSync(project, { recursive: true })
  for (const [path, text] of [...Object.entries(agent.files), ...Object.entries(agent.quietFiles ?? {})]) {
    mkdirSync(dirname(join(home, path)), { recursive: true })
    appendFileSync(join(home, path), withAddress(text, url))
  }
}

/** Starts an agent. It inherits nothing of this process but the path of Node. */
export function startAgent(agent: Agent, { home, project }: Desk, url: string, args: readonly string[]): Running {
  const env = Object.entries({ ...agent.env, ...agent.quietEnv }).map(([name, value]) => [
    name,
    withAddress(value, url),
  ])
  const folder = process.env.CODING_AGENTS ?? ''
  // Files, because Gemini CLI exits before a reader of its pipe has all of its output.
  const paths = { stdout: join(home, '..', 'stdout'), stderr: join(home, '..', 'stderr') }
  const files = [openSync(paths.stdout, 'w'), openSync(paths.stderr, 'w')] as const
  const child = spawn(join(folder, 'node_modules/.bin', agent.program), args, {
    cwd: project,
    env: { PATH: process.env.PATH, HOME: home, TERM: 'dumb', LANG: 'C.UTF-8', ...Object.fromEntries(env) },
    stdio: ['ignore', ...files],
    // A group of its own, which signals reach as a whole.
    detached: true,
  })
  for (const file of files) closeSync(file)
  const readOutput = () => ({ stdout: readFileSync(paths.stdout, 'utf8'), stderr: readFileSync(paths.stderr, 'utf8') })
  const { promise, resolve, reject } = Promise.withResolvers<Ended>()
  child.on('error', reject)
  child.on('exit', (code, signal) => resolve({ code, signal, ...readOutput() }))
  const signalAll = (signal: NodeJS.Signals) => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, signal)
    } catch {
      // It has ended.
    }
  }
  const missing = () => `${agent.name} did not end: ${JSON.stringify(readOutput())}`
  return {
    ended: withDeadline(promise, patienceMs, missing).finally(() => signalAll('SIGKILL')),
    interrupt: () => signalAll('SIGINT'),
    kill: () => signalAll('SIGKILL'),
  }
}

function withAddress(text: string, url: string): string {
  return text.replaceAll('http://localhost:8787', url)
}

/** The text without what differs between runs: times, ports, folders. */
export function withoutVolatile(text: string, { home, project }: Desk): string {
  return text
    .replaceAll(project, '<project>')
    .replaceAll(home, '<home>')
    .replaceAll(callerKey, '<key>')
    .replace(/127\.0\.0\.1:\d+|localhost:\d+/g, '<weir>')
}
