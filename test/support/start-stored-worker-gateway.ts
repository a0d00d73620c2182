import { rmSync } from 'node:fs'
import { cp, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { inject } from 'vitest'
import { miniflareWorkers } from './bundle-store-workers.ts'
import type { GatewayOptions } from './gateway.ts'
import { loopbackOnly, runWorkerd, toVariableBindings } from './start-worker-gateway.ts'
import { type StoredGateway, untilNoneOpen } from './stored-gateway.ts'
import { type BuiltWorker, embedModules, projectRoot } from './worker-bundle.ts'

/** A Worker in the same workerd with the same stores, through which a test bypasses Weir. */
const backDoor = `export default {
  async fetch(request, { DB, LEDGER, WEIR }) {
    const { statements, families, breakers, cron } = await request.json()
    try {
      if (cron !== undefined) return Response.json(await WEIR.scheduled({ cron }))
      if (families !== undefined) {
        const states = families.map((id) => LEDGER.get(LEDGER.idFromString(id)).carry())
        return Response.json((await Promise.all(states)).reduce((sum, { open }) => sum + open, 0))
      }
      if (breakers) return Response.json(await LEDGER.getByName('breakers').exchangeBreakers([]))
      const answers = await DB.batch(statements.map(({ text, params }) => DB.prepare(text).bind(...params)))
      return Response.json(answers.at(-1).results)
    } catch (error) {
      return new Response(String(error), { status: 500 })
    }
  }
}`

export interface WorkerGatewayOptions extends GatewayOptions {
  /** The bindings of wrangler.jsonc that this Worker lacks. */
  readonly without?: readonly ('DB' | 'IMAGES' | 'LEDGER')[]
  /** Starts a second isolate of the Worker, over the same stores. */
  readonly hasTwin?: boolean
}

export interface StoredWorkerGateway extends StoredGateway {
  /** The URL of the second isolate. */
  readonly twinUrl: string
  /** Returns the ids of the breakers that the isolates share. */
  sharedBreakers(): Promise<readonly string[]>
  /** The number of Durable Objects that have been called. */
  countObjects(): Promise<number>
}

/**
 * Starts Weir in workerd with a D1 database, an R2 bucket and the ledger of wrangler.jsonc, with the schema applied.
 * Miniflare's Workers implement D1 and R2, as under wrangler, but neither Miniflare nor wrangler runs.
 */
export async function startStoredWorkerGateway(options: WorkerGatewayOptions = {}): Promise<StoredWorkerGateway> {
  const store = await mkdtemp(join(tmpdir(), 'weir-store-'))
  await cp(await migratedStore(), store, { recursive: true })
  return startOn(store, options)
}

let migrated: Promise<string> | undefined

/**
 * Returns a folder with the schema applied, which each gateway copies: its twelve migrations cost more CPU than the start
 * of workerd. Made once per process.
 */
function migratedStore(): Promise<string> {
  migrated ??= createMigratedStore()
  return migrated
}

async function createMigratedStore(): Promise<string> {
  const store = await mkdtemp(join(tmpdir(), 'weir-migrated-'))
  process.once('exit', () => rmSync(store, { recursive: true, force: true }))
  const gateway = await startOn(store, {})
  await gateway.migrate()
  await gateway.stop()
  // workerd was killed: opening and closing a database merges its write-ahead log into the file.
  for (const name of await readdir(store, { recursive: true })) {
    if (!name.endsWith('.sqlite')) continue
    const database = new DatabaseSync(join(store, name))
    database.exec('PRAGMA wal_checkpoint(TRUNCATE)')
    database.close()
  }
  return store
}

interface WorkerOnStore extends StoredWorkerGateway {
  migrate(): Promise<void>
  /** Ends workerd and keeps the store. */
  stop(): Promise<void>
}

async function startOn(
  store: string,
  { env = {}, config, without = [], hasTwin = false }: WorkerGatewayOptions,
): Promise<WorkerOnStore> {
  const bundle = inject('workerBundle')
  if (bundle.kind === 'failed') throw new Error(`the Worker could not be bundled:\n${bundle.output}`)
  // As on Node, every call gets a record, because most tests read them.
  const own = { METERING_MODE: 'full', ...env }
  const variables = config === undefined ? own : { ...own, WEIR_CONFIG: JSON.stringify(config) }
  const gateway = await runWorkerd(toWorkerdConfig(bundle, store, variables, { without, hasTwin }), {
    folder: bundle.folder,
    variables,
    sockets: ['http', 'back-door', ...(hasTwin ? ['twin'] : [])],
  })
  const ask = async (question: object): Promise<unknown> => {
    const url = `http://127.0.0.1:${gateway.ports.get('back-door')}`
    const response = await fetch(url, { method: 'POST', body: JSON.stringify(question) })
    if (!response.ok) throw new Error(await response.text())
    return response.json()
  }
  return {
    ...gateway,
    twinUrl: `http://127.0.0.1:${gateway.ports.get('twin')}`,
    async sharedBreakers() {
      const breakers = (await ask({ breakers: true })) as readonly (readonly [string, unknown])[]
      return breakers.map(([id]) => id)
    },
    countObjects: async () => (await listFamilies(store)).length,
    async migrate() {
      await ask({ statements: (await readMigrations()).map((text) => ({ text, params: [] })) })
    },
    stop: gateway.close,
    sql: async (text, ...params) => (await ask({ statements: [{ text, params }] })) as Record<string, unknown>[],
    async flushLedger() {
      const families = await listFamilies(store)
      await untilNoneOpen(async () => (await ask({ families })) as number)
    },
    async sweep() {
      await ask({ cron: '17 * * * *' })
    },
    async close() {
      await gateway.close()
      await rm(store, { recursive: true, force: true })
    },
  }
}

/** Cloudflare sets the header, whatever the caller says. */
const asCloudflare = '(injectRequestHeaders = [(name = "CF-Connecting-IP", value = "127.0.0.1")])'

function toWorkerdConfig(
  bundle: BuiltWorker,
  store: string,
  variables: Readonly<Record<string, string>>,
  { without, hasTwin }: Required<Pick<WorkerGatewayOptions, 'without' | 'hasTwin'>>,
): string {
  const database = `(name = "DB", wrapped = (
      moduleName = "cloudflare-internal:d1-api", innerBindings = [
        (name = "fetcher", service = (name = "stores", entrypoint = "D1"))]))`
  const stores = [
    ['LEDGER', '(name = "LEDGER", durableObjectNamespace = (serviceName = "main", className = "LedgerFamily"))'],
    ['IMAGES', '(name = "IMAGES", r2Bucket = (name = "stores", entrypoint = "r2"))'],
    ['DB', database],
  ] as const
  const bound = stores.filter(([name]) => !without.includes(name)).map(([, binding]) => `${binding},`)
  const bindings = `[
    ${bound.join('\n    ')}
    ${toVariableBindings(variables)}
  ]`
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = .worker),
    ${hasTwin ? '(name = "twin", worker = .twin),' : ''}
    (name = "back-door", worker = .backDoor),
    ${loopbackOnly},
    (name = "store", disk = (path = "${store}", writable = true)),
    (name = "stores", worker = .stores),
  ],
  sockets = [
    (name = "http", address = "127.0.0.1:0", service = "main", http = ${asCloudflare}),
    ${hasTwin ? `(name = "twin", address = "127.0.0.1:0", service = "twin", http = ${asCloudflare}),` : ''}
    (name = "back-door", address = "127.0.0.1:0", http = (), service = "back-door"),
  ],
  extensions = [(modules = [
    (name = "miniflare:shared", esModule = embed "${miniflareWorkers}/shared/index.worker.js"),
  ])],
);
const worker :Workerd.Worker = (
  modules = [${embedModules(bundle)}],
  compatibilityDate = "${bundle.compatibilityDate}",
  compatibilityFlags = ${JSON.stringify(bundle.compatibilityFlags)},
  durableObjectNamespaces = [(className = "LedgerFamily", uniqueKey = "ledger", enableSql = true)],
  durableObjectStorage = (localDisk = "store"),
  bindings = ${bindings},
);
const twin :Workerd.Worker = (
  modules = [${embedModules(bundle)}],
  compatibilityDate = "${bundle.compatibilityDate}",
  compatibilityFlags = ${JSON.stringify(bundle.compatibilityFlags)},
  bindings = ${bindings},
);
const backDoor :Workerd.Worker = (
  modules = [(name = "back-door.js", esModule = ${JSON.stringify(backDoor)})],
  compatibilityDate = "${bundle.compatibilityDate}",
  compatibilityFlags = ["service_binding_extra_handlers"],
  bindings = [
    (name = "WEIR", service = "main"),
    (name = "LEDGER", durableObjectNamespace = (serviceName = "main", className = "LedgerFamily")),
    ${database},
  ],
);
const stores :Workerd.Worker = (
  modules = [(name = "stores.js", esModule = embed "stores/stores.js")],
  compatibilityDate = "2023-07-24",
  compatibilityFlags = ["nodejs_compat", "experimental", "enhanced_error_serialization"],
  durableObjectNamespaces = [
    (className = "D1DatabaseObject", uniqueKey = "d1", enableSql = true),
    (className = "R2BucketObject", uniqueKey = "r2", enableSql = true),
  ],
  durableObjectStorage = (localDisk = "store"),
  bindings = [
    (name = "D1_OBJECTS", durableObjectNamespace = "D1DatabaseObject"),
    (name = "R2_OBJECTS", durableObjectNamespace = "R2BucketObject"),
    (name = "MINIFLARE_BLOBS", service = "store"),
  ],
);
`
}

async function readMigrations(): Promise<readonly string[]> {
  const folder = join(projectRoot, 'migrations')
  const names = (await readdir(folder)).filter((name) => name.endsWith('.sql')).sort()
  return Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')))
}

/** Returns the ids of the ledger's objects that have stored anything. Each is a file named by its id. */
async function listFamilies(store: string): Promise<readonly string[]> {
  const names = await readdir(join(store, 'ledger')).catch(() => [])
  return names.filter((name) => /^[0-9a-f]{64}\.sqlite$/.test(name)).map((name) => name.slice(0, 64))
}
