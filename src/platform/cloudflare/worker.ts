import { waitUntil } from 'cloudflare:workers'
import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import { createAdminThrottle } from '../../admin/throttle.ts'
import { ConfigError } from '../../config/config-error.ts'
import { defaults } from '../../config/defaults.ts'
import type { Environment } from '../../config/environment.ts'
import { parseSettings } from '../../config/parse-settings.ts'
import type { Settings } from '../../config/settings.ts'
import { Buffers } from '../../core/buffers.ts'
import type { Clock } from '../../core/clock.ts'
import type { GatewayResponse } from '../../core/gateway-response.ts'
import { createNetworkCounter } from '../../core/network-counter.ts'
import { toHex } from '../../core/to-hex.ts'
import { type App, createApp } from '../../http/app.ts'
import { pageHeaders } from '../../http/page-headers.ts'
import { createClientTokens } from '../../pipeline/access/client-tokens.ts'
import { createProofChecker } from '../../pipeline/access/create-proof-checker.ts'
import { createKeys } from '../../pipeline/access/key-cache.ts'
import { createLogins } from '../../pipeline/access/logins/create-logins.ts'
import { createJsonFetcher } from '../../pipeline/access/logins/fetch-json.ts'
import type { Secrets } from '../../pipeline/call/ports.ts'
import { toPriceOf } from '../../pipeline/routing/replace-retired.ts'
import { createProvider } from '../../providers/provider-kinds.ts'
import { createRegistry } from '../../providers/registry.ts'
import { HealthBook } from '../../routing/health.ts'
import { createRoutes } from '../../routing/routes.ts'
import { deleteExpired, maintainUsage } from '../../storage/maintenance.ts'
import { createLineLog, renderNotice } from '../../telemetry/line-log.ts'
import { readVariables } from './read-variables.ts'
import { shareBreakers, toBreakerObject } from './share-breakers.ts'
import { openStorage, type StorageBindings } from './storage/open-storage.ts'
import { toResponse } from './to-response.ts'
import { fetchImage } from './upstream/fetch-image.ts'
import { fetchTransport } from './upstream/fetch-transport.ts'
import { WorkerRequest } from './worker-request.ts'

/** Variables and secrets (docs/configuration.md), the storage bindings, and the files of the page. */
type Env = Readonly<Record<string, unknown>> & StorageBindings & { readonly ASSETS?: Fetcher }

/** `true` if `npm run dev:worker` built the Worker for a loopback address. Undefined in tests of the sources. */
declare const WEIR_LOCAL_WORKER: boolean | undefined

const isLocalWorker = typeof WEIR_LOCAL_WORKER !== 'undefined' && WEIR_LOCAL_WORKER

/** Timeout for secrets. The Secrets Store normally responds in about 10 ms. */
const secretsTimeoutMs = 5_000

/** Maximum number of records in one run. A D1 statement handles this many in one or two seconds. */
const maintainedRecords = 10_000

const regionAdvice =
  'This provider does not serve the country from which this Worker calls it. The operator must set `placement` in weir.deploy.json to a region that the provider serves, and deploy again: docs/cloudflare.md#regions.'

let app: App | undefined

/** The pending start while the first requests wait for the Secrets Store. */
let starting: Promise<App> | undefined

export default {
  async fetch(request: Request, env: Env, context: ExecutionContext): Promise<Response> {
    let current: App
    try {
      // Awaits only during the start: an extra microtask costs a call more than this check itself.
      current = app ?? (await start(env, context))
    } catch (error) {
      return misconfigured(error, request)
    }
    const incoming = new WorkerRequest(request, context, isLocalWorker)
    const handled = current.handle(incoming)
    // Otherwise workerd drops a call whose client has disconnected, and its record is lost (R07).
    context.waitUntil(handled)
    try {
      return toResponse(await handled, incoming)
    } finally {
      incoming.sent()
    }
  },

  /** Handles the cron trigger of wrangler.jsonc. The next run continues with the remaining work. */
  async scheduled(_controller: ScheduledController, env: Env): Promise<void> {
    const settings = readSettings(await readVariables(env))
    const { storage, metering } = openStorage(env, settings, workerClock)
    if (storage !== undefined) await deleteExpired(storage, settings, Date.now())
    if (metering === undefined) return
    const { retentionMs } = settings.metering
    await maintainUsage({ usage: metering.usage, retentionMs, limit: maintainedRecords }, Date.now())
  },
} satisfies ExportedHandler<Env>

// biome-ignore lint/performance/noBarrelFile: Cloudflare requires the Durable Object classes in the main module
export { LedgerFamily } from './ledger/ledger-family.ts'

/**
 * Returns the app of this isolate. Concurrent first requests share one read of the secrets. After a failure or a
 * timeout, the next request reads them again. Rejects with ConfigError.
 */
async function start(env: Env, context: ExecutionContext): Promise<App> {
  if (starting === undefined) {
    const variables = readVariables(env)
    if (!(variables instanceof Promise)) {
      app = createWorkerApp(env, variables)
      return app
    }
    const reading = variables.then((read) => {
      app = createWorkerApp(env, read)
      return app
    })
    starting = reading
    const clearStarting = () => {
      if (starting === reading) starting = undefined
    }
    // Otherwise workerd cancels the read with its first request, and all other requests wait forever.
    context.waitUntil(reading.then(clearStarting, clearStarting))
  }
  const reading = starting
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(() => {
    if (starting === reading) starting = undefined
    late.reject(new ConfigError([`The Secrets Store did not respond within ${secretsTimeoutMs} ms.`]))
  }, secretsTimeoutMs)
  try {
    return await Promise.race([reading, late.promise])
  } finally {
    clearTimeout(timer)
  }
}

/** Creates the app from configuration only. It holds nothing of a request (S70), so it may outlive one. */
function createWorkerApp(env: Env, variables: Environment): App {
  const settings = readSettings(variables)
  const { storage, keys, audit, people, metering } = openStorage(env, settings, workerClock)
  const [first, ...previous] = settings.clientTokens.secrets
  const registry = createRegistry(settings.providers.map(createProvider), settings)
  const ports = {
    settings,
    registry,
    routes: createRoutes(
      settings.routes,
      registry,
      openHealth(env, settings),
      toPriceOf({ settings, clock: workerClock, metering }),
    ),
    transport: fetchTransport,
    fetchImage,
    regionAdvice,
    clock: workerClock,
    buffers: new Buffers(settings.server.maxBufferedBytes),
    secrets: workerSecrets,
    log: createLineLog({ level: settings.log.level, now: workerClock.now, write: (line) => console.log(line) }),
    storage,
    proofs: createProofChecker(workerClock, workerSecrets),
    newVisitors: createNetworkCounter(workerClock, defaults.visitors.counter),
    visitorWrites: createNetworkCounter(workerClock, defaults.visitors.counter),
    keys: keys && createKeys(keys, workerClock, defaults.keys.workers),
    logins:
      settings.logins.length === 0
        ? undefined
        : createLogins(settings.logins, {
            fetchJson: createJsonFetcher(fetchTransport, workerClock),
            clock: workerClock,
            secrets: workerSecrets,
          }),
    clientTokens: first === undefined ? undefined : createClientTokens([first, ...previous], workerSecrets),
    metering,
    // A Worker is public, so it does not generate an admin secret.
    admin: {
      actor: 'admin' as const,
      secret: undefined,
      audit,
      people,
      throttle: createAdminThrottle(workerClock),
      erasure: defaults.admin.erasure.workers,
      guestThrottle: createAdminThrottle(workerClock, Number.POSITIVE_INFINITY),
    },
  }
  return createApp(ports, { findPage: findPageIn(env.ASSETS) })
}

function openHealth({ LEDGER }: Env, { routing }: Settings): HealthBook {
  const health = new HealthBook()
  if (!routing.sharesBreakers) return health
  if (LEDGER === undefined) throw new ConfigError(['routing.share_breakers needs the Durable Object binding LEDGER.'])
  shareBreakers(health, {
    exchange: toBreakerObject(LEDGER),
    now: workerClock.now,
    defer: waitUntil,
    onFailure: (error) => console.error(renderNotice('breakers', error, workerClock.now())),
  })
  return health
}

/** In workerd, both clocks stand still between two I/O events, as a protection against timing attacks. */
const workerClock: Clock = {
  now: () => Date.now(),
  monotonicMs: () => performance.now(),
  after(delayMs, action) {
    const timer = setTimeout(action, Math.min(delayMs, 2 ** 31 - 1))
    return () => clearTimeout(timer)
  },
}

const workerSecrets: Secrets = {
  randomHex: (bytes) => toHex(crypto.getRandomValues(new Uint8Array(bytes))),
  hmac: (key, data) => createHmac('sha256', key).update(data).digest('base64url'),
  digest: (data) => createHash('sha256').update(data).digest(),
  equal: (left, right) => timingSafeEqual(left, right),
}

/**
 * Serves the start page. The asset server serves the other files without the Worker. `/` must reach the Worker, because
 * clients of the old proxy send POST requests there and the asset server would respond 405.
 */
function findPageIn(assets: Fetcher | undefined): (path: string) => Promise<GatewayResponse | undefined> {
  return async (path) => {
    if (path !== '/' || assets === undefined) return undefined
    const response = await assets.fetch('https://assets.local/')
    const type = response.headers.get('content-type') ?? 'text/html; charset=utf-8'
    if (response.status !== 200) return undefined
    const body = new Uint8Array(await response.arrayBuffer())
    return { status: 200, headers: { ...pageHeaders(path), 'content-type': type }, body }
  }
}

/** Returns the response of a misconfigured Worker, which cannot refuse to start. The log lists the problems. */
function misconfigured(error: unknown, request: Request): Response {
  console.error(error instanceof ConfigError ? error.message : error)
  const message = 'This gateway is not configured correctly. Its log lists every problem.'
  const body = { error: { message, type: 'server_error', param: null, code: 'invalid_configuration' } }
  // The configured origins are unknown here, so every origin may read the response.
  const headers = new Headers({ 'retry-after': '60', 'x-should-retry': 'false', vary: 'Origin' })
  if (request.headers.has('origin')) headers.set('access-control-allow-origin', '*')
  return Response.json(body, { status: 503, headers })
}

function readSettings(env: Environment): Settings {
  return parseSettings({ env, platform: 'workers', isLocalWorker })
}
