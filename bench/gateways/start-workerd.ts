import { closeSync, openSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { type BuiltWorker, buildWorkerBundle, embedModules } from '../../test/support/worker-bundle.ts'
import { type StartedProcess, startProcess } from '../machine/start-process.ts'
import { benchToken, providerKey } from './bench-secrets.ts'
import { type Gateway, type GatewayOptions, toGateway } from './gateway.ts'

let bundle: Promise<BuiltWorker> | undefined

/** Starts the Worker in the workerd binary, without wrangler's servers around it. It has no D1 and stores nothing. */
export async function startWorkerd({ upstream, core, folder }: GatewayOptions): Promise<Gateway> {
  bundle ??= bundleOnce()
  const built = await bundle
  const bindings = {
    OPENAI_API_KEY: providerKey,
    OPENAI_BASE_URL: `${upstream}/v1`,
    TOKEN: benchToken,
  }
  const config = join(built.folder, 'bench.capnp')
  writeFileSync(config, toConfig(built, Object.keys(bindings)))
  const log = openSync(join(folder, 'workerd.jsonl'), 'a')
  const started = startProcess({
    command: workerdPath(),
    args: ['serve', config, '--control-fd=3'],
    core,
    env: bindings,
    stdio: ['ignore', log, log, 'pipe'],
  })
  closeSync(log)
  return toGateway('workerd', started, { origin: `http://127.0.0.1:${await readPort(started)}` })
}

async function bundleOnce(): Promise<BuiltWorker> {
  const built = await buildWorkerBundle()
  if (built.kind === 'failed') throw new Error(`The Worker could not be bundled:\n${built.output}`)
  process.once('exit', () => rmSync(built.folder, { recursive: true, force: true }))
  return built
}

function toConfig(built: BuiltWorker, names: readonly string[]): string {
  const bindings = names.map((name) => `(name = "${name}", fromEnvironment = "${name}")`)
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = .worker), (name = "internet", network = (allow = ["private"]))],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);
const worker :Workerd.Worker = (
  modules = [${embedModules(built)}],
  compatibilityDate = "${built.compatibilityDate}",
  compatibilityFlags = ${JSON.stringify(built.compatibilityFlags)},
  bindings = [${bindings.join(', ')}],
);
`
}

/** Returns the path of wrangler's workerd binary. */
function workerdPath(): string {
  const wrangler = createRequire(import.meta.url).resolve('wrangler')
  const { default: path } = createRequire(wrangler)('workerd') as { default: string }
  return path
}

/** Reads workerd's port from its control pipe. */
async function readPort({ child }: StartedProcess): Promise<number> {
  for await (const line of createInterface({ input: child.stdio[3] as Readable })) {
    const { event, port } = JSON.parse(line) as { event?: string; port?: number }
    if (event === 'listen' && port !== undefined) return port
  }
  throw new Error('workerd ended at once')
}
