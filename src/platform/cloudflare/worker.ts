import { createAdminThrottle } from '../../admin/throttle.ts'
import { defaults } from '../../config/defaults.ts'
import { parseSettings } from '../../config/parse-settings.ts'
import type { Settings } from '../../config/settings.ts'
import { type App, createApp } from '../../http/app.ts'
import { createKeys } from '../../pipeline/access/key-cache.ts'
import { createProvider } from '../../providers/provider-kinds.ts'
import { createRegistry } from '../../providers/registry.ts'
import { deleteExpired } from '../../storage/delete-expired.ts'
import type { KeyStore } from '../../storage/key-store.ts'
import { tendBooks } from '../../storage/tend-books.ts'
import { createLineLog } from '../../telemetry/line-log.ts'
import { findPageIn } from './find-page.ts'
import { createFamilyKeyStore } from './ledger/create-family-key-store.ts'
import { misconfigured } from './misconfigured.ts'
import { type BookBindings, type OpenBooks, openBooks } from './storage/open-books.ts'
import { openAuditLog, openKeyStore, openStorage, type StorageBindings } from './storage/open-storage.ts'
import { toResponse } from './to-response.ts'
import { fetchImage } from './upstream/fetch-image.ts'
import { fetchTransport } from './upstream/fetch-transport.ts'
import { workerClock } from './worker-clock.ts'
import { WorkerInbound } from './worker-inbound.ts'
import { workerSecrets } from './worker-secrets.ts'

/** Plain text variables and secrets (docs/configuration.md), the stores, and the page's files. */
type Env = Readonly<Record<string, unknown>> & StorageBindings & BookBindings & { readonly ASSETS?: Fetcher }

/** One statement of D1 handles so many in a second or two. */
const tendedRecords = 10_000

let app: App | undefined

export default {
  async fetch(request: Request, env: Env, context: ExecutionContext): Promise<Response> {
    try {
      app ??= createWorkerApp(env)
    } catch (error) {
      return misconfigured(error, request)
    }
    const inbound = new WorkerInbound(request, context)
    const handled = app.handle(inbound)
    // Without this a call whose caller has left is dropped where it stands, and its record with it (R07).
    context.waitUntil(handled)
    return toResponse(await handled, inbound)
  },

  /** The cron trigger of wrangler.jsonc. What one run leaves, the next one finds. */
  async scheduled(_controller: ScheduledController, env: Env): Promise<void> {
    const settings = readSettings(env)
    const storage = openStorage(env)
    if (storage !== undefined) await deleteExpired(storage, settings, Date.now())
    const books = openBooks(env, settings)
    const { retentionMs } = settings.metering
    if (books !== undefined) await tendBooks({ usage: books.usage, retentionMs, limit: tendedRecords }, Date.now())
  },
} satisfies ExportedHandler<Env>

// biome-ignore lint/performance/noBarrelFile: a Worker's objects are looked for in its main module
export { LedgerFamily } from './ledger/ledger-family.ts'

/** Holds configuration only, nothing of a request (S70), so that it may outlive one. */
function createWorkerApp(env: Env): App {
  const settings = readSettings(env)
  const books = openBooks(env, settings)
  const keyStore = toTellingStore(openKeyStore(env), books)
  const ports = {
    settings,
    registry: createRegistry(settings.providers.map(createProvider), settings),
    transport: fetchTransport,
    fetchImage,
    clock: workerClock,
    secrets: workerSecrets,
    log: createLineLog({ level: settings.log.level, now: workerClock.now, write: (line) => console.log(line) }),
    storage: openStorage(env),
    keys: keyStore && createKeys(keyStore, workerClock, defaults.keys.workers),
    metering: books,
    // A Worker is there for everybody: it makes no secret of its own.
    admin: {
      actor: 'admin' as const,
      secret: undefined,
      audit: openAuditLog(env),
      throttle: createAdminThrottle(workerClock),
    },
  }
  return createApp(ports, { findPage: findPageIn(env.ASSETS) })
}

function toTellingStore(store: KeyStore | undefined, books: OpenBooks | undefined): KeyStore | undefined {
  return store === undefined || books === undefined ? store : createFamilyKeyStore(store, books.ledger)
}

function readSettings(env: Env): Settings {
  return parseSettings({ env: onlyText(env), config: readConfig(env), platform: 'workers' })
}

function onlyText(env: Env): Record<string, string> {
  const pairs = Object.entries(env).filter((pair): pair is [string, string] => typeof pair[1] === 'string')
  return Object.fromEntries(pairs)
}

/** In wrangler's `vars` the configuration may be an object; as a secret it is text, which `parseSettings` reads itself. */
function readConfig(env: Env): unknown {
  const config = env.WEIR_CONFIG
  return typeof config === 'object' && config !== null ? config : undefined
}
