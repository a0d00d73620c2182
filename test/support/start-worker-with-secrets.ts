import { inject } from 'vitest'
import type { Gateway } from './gateway.ts'
import { loopbackOnly, runWorkerd, toVariableBindings } from './start-worker-gateway.ts'
import { embedModules } from './worker-bundle.ts'

export interface WorkerWithSecrets extends Gateway {
  /** Replaces the store's secrets. */
  setSecrets(secrets: Readonly<Record<string, string | null>>): Promise<void>
  /** While held, the store does not respond. */
  hold(isHeld: boolean): Promise<void>
  /** The number of reads of each secret. */
  counts(): Promise<Readonly<Record<string, number>>>
}

/**
 * Starts Weir in workerd with Secrets Store bindings built as Miniflare builds them: an entrypoint with `get()` in a
 * separate Worker. This Worker counts reads and is controlled by the test.
 */
export async function startWorkerWithSecrets(
  names: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<WorkerWithSecrets> {
  const bundle = inject('workerBundle')
  if (bundle.kind === 'failed') throw new Error(`the Worker could not be bundled:\n${bundle.output}`)
  const entrypoints = names.map((name) => {
    return `export class ${name} extends WorkerEntrypoint { get() { return read('${name}') } }`
  })
  const store = `import { WorkerEntrypoint } from 'cloudflare:workers'
let secrets = {}
let isHeld = false
const counts = {}
async function read(name) {
  counts[name] = (counts[name] ?? 0) + 1
  while (isHeld) await scheduler.wait(5)
  if (typeof secrets[name] !== 'string') throw new Error('Secret "' + name.toLowerCase() + '" not found')
  return secrets[name]
}
${entrypoints.join('\n')}
export default {
  async fetch(request) {
    const command = await request.json()
    secrets = command.secrets ?? secrets
    isHeld = command.isHeld ?? isHeld
    return Response.json(counts)
  }
}`
  const secretBindings = names.map((name) => `(name = "${name}", service = (name = "store", entrypoint = "${name}"))`)
  const text = `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = .worker), (name = "store", worker = .store), ${loopbackOnly}],
  sockets = [
    (name = "http", address = "127.0.0.1:0", http = (), service = "main"),
    (name = "store", address = "127.0.0.1:0", http = (), service = "store"),
  ],
);
const worker :Workerd.Worker = (
  modules = [${embedModules(bundle)}],
  compatibilityDate = "${bundle.compatibilityDate}",
  compatibilityFlags = ${JSON.stringify(bundle.compatibilityFlags)},
  bindings = [${[...secretBindings, toVariableBindings(env)].filter((binding) => binding !== '').join(', ')}],
);
const store :Workerd.Worker = (
  modules = [(name = "store.js", esModule = ${JSON.stringify(store)})],
  compatibilityDate = "2026-06-01",
);
`
  const gateway = await runWorkerd(text, { folder: bundle.folder, variables: env, sockets: ['http', 'store'] })
  const send = async (command: object) => {
    const response = await fetch(`http://127.0.0.1:${gateway.ports.get('store')}`, {
      method: 'POST',
      body: JSON.stringify(command),
    })
    return (await response.json()) as Readonly<Record<string, number>>
  }
  return {
    ...gateway,
    setSecrets: async (secrets) => void (await send({ secrets })),
    hold: async (isHeld) => void (await send({ isHeld })),
    counts: () => send({}),
  }
}
