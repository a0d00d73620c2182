import { type ChildProcess, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { rmSync } from 'node:fs'
import { rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { inject } from 'vitest'
import type { Gateway, GatewayOptions } from './gateway.ts'
import { createLogBook, type LogBook } from './log-book.ts'
import { withDeadline } from './with-deadline.ts'
import { buildWorkerBundle, forThisMachine, type WorkerBundle } from './worker-bundle.ts'

export type BuiltWorker = WorkerBundle & { readonly kind: 'built' }

/**
 * Weir in workerd itself, without the servers that wrangler and Miniflare put before and behind it. Those answer 500 for
 * a reset upstream, follow its redirects, end a cut stream in good order and never cancel: no fault would arrive as it is.
 */
export async function startWorkerGateway(options: GatewayOptions = {}): Promise<WorkerdGateway> {
  const bundle = inject('workerBundle')
  if (bundle.kind === 'failed') throw new Error(`the Worker could not be bundled:\n${bundle.output}`)
  return startWorkerd(bundle, options)
}

let localBundle: Promise<WorkerBundle> | undefined

/** The Worker of `npm run dev:worker`, behind a socket that names the caller as wrangler's does. Bundled once a process. */
export async function startLocalWorkerGateway(options: GatewayOptions = {}): Promise<WorkerdGateway> {
  if (localBundle === undefined) {
    localBundle = buildWorkerBundle(forThisMachine)
    const bundle = await localBundle
    if (bundle.kind === 'built') process.once('exit', () => rmSync(bundle.folder, { recursive: true, force: true }))
  }
  const bundle = await localBundle
  if (bundle.kind === 'failed') throw new Error(`the Worker could not be bundled:\n${bundle.output}`)
  return startWorkerd(bundle, options, '(injectRequestHeaders = [(name = "CF-Connecting-IP", value = "127.0.0.1")])')
}

/** The same with any module worker. */
export async function startWorkerd(
  bundle: BuiltWorker,
  { env = {}, config }: GatewayOptions = {},
  http = '()',
): Promise<WorkerdGateway> {
  const variables = config === undefined ? env : { ...env, WEIR_CONFIG: JSON.stringify(config) }
  const text = `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = .worker), ${loopbackOnly}],
  sockets = [(name = "http", address = "127.0.0.1:0", http = ${http}, service = "main")],
);
const worker :Workerd.Worker = (
  modules = [(name = "${bundle.main}", esModule = embed "${bundle.main}")],
  compatibilityDate = "${bundle.compatibilityDate}",
  compatibilityFlags = ${JSON.stringify(bundle.compatibilityFlags)},
  bindings = [${toVariableBindings(variables)}],
);
`
  return runWorkerd(text, { folder: bundle.folder, variables })
}

/** Loopback and private addresses only: a test never reaches the internet. */
export const loopbackOnly = '(name = "internet", network = (allow = ["private"]))'

/** Values reach the bindings through workerd's environment, so that none needs quoting in its configuration. */
export function toVariableBindings(variables: Readonly<Record<string, string>>): string {
  const names = Object.keys(variables)
  const odd = names.find((name) => !/^[A-Za-z_][A-Za-z0-9_]*$/.test(name))
  if (odd !== undefined) throw new Error(`not the name of a variable: ${odd}`)
  return names.map((name) => `(name = "${name}", fromEnvironment = "${name}")`).join(', ')
}

/** Finds packages as wrangler does: the workerd and the Miniflare of its own version. */
export const requireAsWrangler = createRequire(createRequire(import.meta.url).resolve('wrangler'))

export interface WorkerdGateway extends Gateway {
  readonly ports: ReadonlyMap<string, number>
  readonly pid: number | undefined
}

/**
 * Runs the workerd binary until `close`. The configuration embeds files of `folder` by name, others by their whole path. Its socket `http`
 * is the gateway's `url`; `ports` has those of all `sockets`.
 */
export async function runWorkerd(
  config: string,
  options: {
    readonly folder: string
    readonly variables: Readonly<Record<string, string>>
    readonly sockets?: readonly string[]
  },
): Promise<WorkerdGateway> {
  const { folder, variables, sockets = ['http'] } = options
  const configFile = join(folder, `${randomUUID()}.capnp`)
  await writeFile(configFile, config)
  const book = createLogBook()
  const { default: workerd } = requireAsWrangler('workerd') as { default: string }
  const child = spawn(workerd, ['serve', configFile, '--experimental', '--import-path=/', '--control-fd=3'], {
    env: variables,
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
  })
  const stop = watchOver(child)
  const faults = collectOutput(child, book)
  const ports = await withDeadline(
    readPorts(child, book, sockets),
    15_000,
    () => `workerd does not listen:\n${book.text}`,
  )
  return {
    runtime: 'workerd',
    url: `http://127.0.0.1:${ports.get('http')}`,
    ports,
    pid: child.pid,
    logs: () => book.lines,
    findLog: book.find,
    output: () => book.text,
    faults,
    async close() {
      await stop()
      await rm(configFile, { force: true })
    },
  }
}

/** Sees to it that the process ends with this one, and gives back what ends it before. */
function watchOver(child: ChildProcess): () => Promise<void> {
  const exited = Promise.withResolvers<void>()
  const kill = (): void => void child.kill('SIGKILL')
  process.once('exit', kill)
  child.once('close', () => {
    process.off('exit', kill)
    exited.resolve()
  })
  return async () => {
    kill()
    await exited.promise
  }
}

function collectOutput(child: ChildProcess, book: LogBook): () => readonly string[] {
  const uncaught: string[] = []
  for (const stream of [child.stdout, child.stderr]) {
    if (stream === null) continue
    createInterface({ input: stream }).on('line', (line) => {
      book.add(line)
      if (/Uncaught exception|will never generate a response/.test(line) && !line.startsWith('{')) uncaught.push(line)
    })
  }
  return () => [
    ...uncaught,
    ...book.lines.filter((line) => line.error_code === 'internal').map((line) => JSON.stringify(line)),
  ]
}

/** workerd tells on the control pipe which port the kernel gave each socket. */
async function readPorts(
  child: ChildProcess,
  book: LogBook,
  sockets: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const { promise, resolve, reject } = Promise.withResolvers<ReadonlyMap<string, number>>()
  const ports = new Map<string, number>()
  child.once('error', reject)
  child.once('close', () => reject(new Error(`workerd ended at once:\n${book.text}`)))
  createInterface({ input: child.stdio[3] as Readable }).on('line', (line) => {
    const { event, socket, port } = JSON.parse(line) as { event?: string; socket?: string; port?: number }
    if (event === 'listen' && socket !== undefined && port !== undefined) ports.set(socket, port)
    if (sockets.every((name) => ports.has(name))) resolve(ports)
  })
  return promise
}
