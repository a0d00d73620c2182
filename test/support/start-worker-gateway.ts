import { type ChildProcess, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { rmSync } from 'node:fs'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { inject } from 'vitest'
import { requireAsWrangler } from './bundle-store-workers.ts'
import type { Gateway, GatewayOptions } from './gateway.ts'
import { createLogBook, type LogBook } from './log-book.ts'
import { withDeadline } from './with-deadline.ts'
import { type BuiltWorker, buildWorkerBundle, embedModules, type WorkerBundle } from './worker-bundle.ts'

/**
 * Starts Weir in workerd itself, without the servers that wrangler and Miniflare put around it. Those hide faults: they
 * return 500 for a reset upstream, follow its redirects, end a truncated stream normally and never cancel.
 */
export async function startWorkerGateway(options: GatewayOptions = {}): Promise<WorkerdGateway> {
  const bundle = inject('workerBundle')
  if (bundle.kind === 'failed') throw new Error(`the Worker could not be bundled:\n${bundle.output}`)
  return startWorkerd(bundle, options)
}

let localBundle: Promise<WorkerBundle> | undefined

/**
 * Starts the Worker of `npm run dev:worker` behind a socket that passes the caller's address as wrangler's does.
 * Bundled once per process.
 */
export async function startLocalWorkerGateway(options: GatewayOptions = {}): Promise<WorkerdGateway> {
  if (localBundle === undefined) {
    localBundle = buildWorkerBundle(['--demo', '--local'])
    const bundle = await localBundle
    if (bundle.kind === 'built') process.once('exit', () => rmSync(bundle.folder, { recursive: true, force: true }))
  }
  const bundle = await localBundle
  if (bundle.kind === 'failed') throw new Error(`the Worker could not be bundled:\n${bundle.output}`)
  return startWorkerd(bundle, options, '(injectRequestHeaders = [(name = "CF-Connecting-IP", value = "127.0.0.1")])')
}

/** Starts any module Worker in the same way. */
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
  modules = [${embedModules(bundle)}],
  compatibilityDate = "${bundle.compatibilityDate}",
  compatibilityFlags = ${JSON.stringify(bundle.compatibilityFlags)},
  bindings = [${toVariableBindings(variables)}],
);
`
  return runWorkerd(text, { folder: bundle.folder, variables })
}

/** Allows only loopback and private addresses; a test never reaches the internet. */
export const loopbackOnly = '(name = "internet", network = (allow = ["private"]))'

/** Passes values to the bindings through workerd's environment, which avoids quoting them in its configuration. */
export function toVariableBindings(variables: Readonly<Record<string, string>>): string {
  const names = Object.keys(variables)
  const odd = names.find((name) => !/^[A-Za-z_][A-Za-z0-9_]*$/.test(name))
  if (odd !== undefined) throw new Error(`not a variable name: ${odd}`)
  return names.map((name) => `(name = "${name}", fromEnvironment = "${name}")`).join(', ')
}

export interface WorkerdGateway extends Gateway {
  readonly ports: ReadonlyMap<string, number>
  readonly pid: number | undefined
}

/**
 * Runs the workerd binary until `close`. The configuration embeds files of `folder` by name, others by their absolute
 * path. The socket `http` is the gateway's `url`; `ports` has the ports of all `sockets`.
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
  const log = createLogBook()
  const { default: workerd } = requireAsWrangler('workerd') as { default: string }
  const child = spawn(workerd, ['serve', configFile, '--experimental', '--import-path=/', '--control-fd=3'], {
    env: variables,
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
  })
  const stop = watchOver(child)
  const faults = collectOutput(child, log)
  const ports = await withDeadline(
    readPorts(child, log, sockets),
    15_000,
    () => `workerd does not listen:\n${log.text}`,
  )
  return {
    runtime: 'workerd',
    url: `http://127.0.0.1:${ports.get('http')}`,
    ports,
    pid: child.pid,
    logs: () => log.lines,
    findLog: log.find,
    output: () => log.text,
    faults,
    async close() {
      await stop()
      await rm(configFile, { force: true })
    },
  }
}

/** Ends the child when this process ends, and returns a function that ends it earlier. */
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

function collectOutput(child: ChildProcess, log: LogBook): () => readonly string[] {
  const uncaught: string[] = []
  for (const stream of [child.stdout, child.stderr]) {
    if (stream === null) continue
    createInterface({ input: stream }).on('line', (line) => {
      log.add(line)
      if (/Uncaught exception|will never generate a response/.test(line) && !line.startsWith('{')) uncaught.push(line)
    })
  }
  return () => [
    ...uncaught,
    ...log.lines.filter((line) => line.error_code === 'internal').map((line) => JSON.stringify(line)),
  ]
}

/** workerd reports each socket's port on the control pipe. */
async function readPorts(
  child: ChildProcess,
  log: LogBook,
  sockets: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const { promise, resolve, reject } = Promise.withResolvers<ReadonlyMap<string, number>>()
  const ports = new Map<string, number>()
  child.once('error', reject)
  child.once('close', () => reject(new Error(`workerd exited at startup:\n${log.text}`)))
  createInterface({ input: child.stdio[3] as Readable }).on('line', (line) => {
    const { event, socket, port } = JSON.parse(line) as { event?: string; socket?: string; port?: number }
    if (event === 'listen' && socket !== undefined && port !== undefined) ports.set(socket, port)
    if (sockets.every((name) => ports.has(name))) resolve(ports)
  })
  return promise
}
