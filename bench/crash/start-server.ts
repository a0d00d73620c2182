import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { weirCli } from '../machine/weir-cli.ts'

export interface ServerProcess {
  readonly child: ChildProcess
  /** The origin on which it listens. */
  readonly origin: string
}

export interface ServerOptions {
  /** Flags of Node. */
  readonly flags?: readonly string[]
  /** Arguments of `weir serve`. */
  readonly args?: readonly string[]
  /** Receives each log line. */
  readonly onLog?: (line: string) => void
}

/** Starts `weir serve` with its storage in `folder`. Resolves once it listens. */
export async function startServer(
  folder: string,
  env: Readonly<Record<string, string>>,
  { flags = [], args = [], onLog }: ServerOptions = {},
): Promise<ServerProcess> {
  const child = spawn(process.execPath, [...flags, weirCli, 'serve', ...args], {
    cwd: folder,
    stdio: ['ignore', onLog === undefined ? 'ignore' : 'pipe', 'pipe'],
    env: { HOST: '127.0.0.1', PORT: '0', LOG_LEVEL: 'error', STORAGE_PATH: folder, ...env },
  })
  if (onLog !== undefined && child.stdout !== null) createInterface({ input: child.stdout }).on('line', onLog)
  return { child, origin: await readOrigin(child) }
}

function readOrigin(child: ChildProcess): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  let output = ''
  child.stderr?.setEncoding('utf8').on('data', (part: string) => {
    output += part
    const port = /http:\/\/[^/]+:(\d+)/.exec(output)?.[1]
    if (port !== undefined) resolve(`http://127.0.0.1:${port}`)
  })
  child.once('exit', () => reject(new Error(`A server did not start:\n${output}`)))
  return promise
}
