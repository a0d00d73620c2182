import { spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { Gateway } from '../support/gateway.ts'
import { createLogBook } from '../support/log-book.ts'
import { withDeadline } from '../support/with-deadline.ts'

/** Weir in a separate process, started as by an operator. */
export interface WeirProcess extends Gateway {
  /** Its working directory. */
  readonly folder: string
  readonly pid: number
  signal(name: 'SIGTERM' | 'SIGINT' | 'SIGHUP' | 'SIGUSR2'): void
  /** Resolves once its output matches the pattern. */
  said(pattern: RegExp): Promise<void>
  /** Closes its output pipes, as a log reader that exits first does. */
  closeOutput(): void
  /** The exit code; null if a signal ended it. */
  readonly exited: Promise<number | null>
}

const commandLine = fileURLToPath(new URL('../../src/platform/node/cli.ts', import.meta.url))

/** Node's compile cache, which halves the start time of a process that runs from the sources. */
export const compileCache = {
  NODE_COMPILE_CACHE: fileURLToPath(new URL('../../node_modules/.cache/node', import.meta.url)),
}

export interface ProcessSurroundings {
  /** Arguments after `serve`. */
  readonly args?: readonly string[]
  /** Files to create in its folder, by name. */
  readonly files?: Readonly<Record<string, string>>
  /** Maximum time to start. */
  readonly timeoutMs?: number
  /** A command line that runs Node, such as `unshare …`. */
  readonly wrapper?: readonly string[]
  /** An open file that receives the log instead of this process. */
  readonly logFile?: number
}

/** Starts Weir. `env` is the whole environment; `nodeOptions` precede the script. */
export async function startWeirProcess(
  env: Readonly<Record<string, string>>,
  nodeOptions: readonly string[] = [],
  { args = [], files = {}, timeoutMs = 10_000, wrapper = [], logFile }: ProcessSurroundings = {},
): Promise<WeirProcess> {
  const folder = await mkdtemp(join(tmpdir(), 'weir-process-'))
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content)
  const [program = process.execPath, ...programArgs] = [...wrapper, process.execPath]
  const child = spawn(program, [...programArgs, ...nodeOptions, commandLine, 'serve', ...args], {
    cwd: folder,
    env: { ...env, ...compileCache, PORT: '0', HOST: '127.0.0.1' },
    stdio: ['ignore', logFile ?? 'pipe', 'pipe'],
  })
  const book = createLogBook()
  const url = Promise.withResolvers<string>()
  if (child.stdout !== null) createInterface({ input: child.stdout }).on('line', book.add)
  if (child.stderr === null) throw new Error('stderr is a pipe')
  createInterface({ input: child.stderr }).on('line', (line) => {
    book.add(line)
    const port = /http:\/\/[^/]+:(\d+)/.exec(line)?.[1]
    if (port !== undefined) url.resolve(`http://127.0.0.1:${port}`)
  })
  const exited = Promise.withResolvers<number | null>()
  child.once('close', (code, signal) => {
    exited.resolve(code)
    url.reject(new Error(`Weir ended at once (${signal ?? code}):\n${book.text}`))
  })
  return {
    runtime: 'node',
    url: await withDeadline(url.promise, timeoutMs, () => `Weir does not listen:\n${book.text}`),
    logs: () => book.lines,
    findLog: book.find,
    output: () => book.text,
    faults: () => book.lines.filter((line) => line.error_code === 'internal').map((line) => JSON.stringify(line)),
    folder,
    pid: child.pid ?? 0,
    signal: (name) => void child.kill(name),
    said: (pattern) => book.said(pattern, 50_000),
    closeOutput() {
      child.stdout?.destroy()
      child.stderr?.destroy()
    },
    exited: exited.promise,
    async close() {
      child.kill('SIGKILL')
      await exited.promise
      await rm(folder, { recursive: true, force: true })
    },
  }
}
