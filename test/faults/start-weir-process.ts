import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { Gateway } from '../support/gateway.ts'
import { createLogBook } from '../support/log-book.ts'
import { withDeadline } from '../support/with-deadline.ts'

/** Weir in a process of its own, started as an operator would. */
export interface WeirProcess extends Gateway {
  signal(name: 'SIGTERM' | 'SIGINT'): void
  /** Stops reading what it prints, as a log's reader does that ends first. */
  closeOutput(): void
  /** The exit code; null where a signal ended it. */
  readonly exited: Promise<number | null>
}

const commandLine = fileURLToPath(new URL('../../src/platform/node/cli.ts', import.meta.url))

/** Where Node keeps what it has compiled: a process of the sources then starts in half the time. */
export const compileCache = {
  NODE_COMPILE_CACHE: fileURLToPath(new URL('../../node_modules/.cache/node', import.meta.url)),
}

/** `env` is the whole environment; `nodeOptions` come before the script. */
export async function startWeirProcess(
  env: Readonly<Record<string, string>>,
  nodeOptions: readonly string[] = [],
): Promise<WeirProcess> {
  const folder = await mkdtemp(join(tmpdir(), 'weir-process-'))
  const child = spawn(process.execPath, [...nodeOptions, commandLine, 'serve'], {
    cwd: folder,
    env: { ...env, ...compileCache, PORT: '0', HOST: '127.0.0.1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const book = createLogBook()
  const url = Promise.withResolvers<string>()
  createInterface({ input: child.stdout }).on('line', book.add)
  createInterface({ input: child.stderr }).on('line', (line) => {
    book.add(line)
    const port = /http:\/\/[^/]+:(\d+)/.exec(line)?.[1]
    if (port !== undefined) url.resolve(`http://127.0.0.1:${port}`)
  })
  const exited = Promise.withResolvers<number | null>()
  child.once('close', (code) => {
    exited.resolve(code)
    url.reject(new Error(`Weir ended at once:\n${book.text}`))
  })
  return {
    runtime: 'node',
    url: await withDeadline(url.promise, 10_000, () => `Weir does not listen:\n${book.text}`),
    logs: () => book.lines,
    findLog: book.find,
    output: () => book.text,
    faults: () => book.lines.filter((line) => line.error_code === 'internal').map((line) => JSON.stringify(line)),
    signal: (name) => void child.kill(name),
    closeOutput() {
      child.stdout.destroy()
      child.stderr.destroy()
    },
    exited: exited.promise,
    async close() {
      child.kill('SIGKILL')
      await exited.promise
      await rm(folder, { recursive: true, force: true })
    },
  }
}
