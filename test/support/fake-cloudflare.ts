import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { isJsonObject, type JsonObject } from '../../src/core/json.ts'
import { createFakeDatabase, type FakeDatabase } from './fake-d1.ts'
import { serveTail } from './fake-tail.ts'

// The part of Cloudflare's API v4 that deployments and the documented commands use, on loopback. Sources:
// https://developers.cloudflare.com/api/ for paths and responses, https://developers.cloudflare.com/r2/api/error-codes/
// and https://developers.cloudflare.com/workers/observability/errors/ for codes. Where wrangler reads undocumented
// fields, responses follow the installed wrangler. Unknown calls get 404 and are listed in `unknown`.

/** A deployed Worker. */
export interface FakeWorker {
  readonly bindings: readonly JsonObject[]
  /** The names of the modules and source maps. */
  readonly files?: readonly string[]
  readonly metadata: JsonObject
  readonly migrationTag?: string | undefined
  /** True if the dashboard last changed it; wrangler then asks for confirmation. */
  readonly isFromDashboard?: boolean
  /** Oldest first. */
  readonly versions?: readonly FakeVersion[]
  /** Oldest first; the last one is live. */
  readonly deployments?: readonly FakeDeployment[]
}

interface FakeVersion {
  readonly id: string
  readonly createdOn: string
  readonly bindings: readonly JsonObject[]
  readonly metadata: JsonObject
}

interface FakeDeployment {
  readonly createdOn: string
  readonly versionId: string
  readonly message?: unknown
}

interface FakeAccount {
  readonly id: string
  readonly name: string
  /** Without it every R2 call fails with 10042. */
  hasR2: boolean
  /** The account's workers.dev subdomain, which a new account lacks. */
  subdomain: string | undefined
  /** The error of the next Worker upload. */
  uploadFault?: { readonly code: number; readonly message: string }
  /** The Worker of each custom domain. */
  readonly domains: Map<string, string>
  /** The hostnames with a conflicting DNS record. */
  readonly dnsRecords: Set<string>
  readonly databases: Map<string, FakeDatabase>
  readonly buckets: Set<string>
  /** The buckets that are not empty. */
  readonly filledBuckets: Set<string>
  readonly workers: Map<string, FakeWorker>
}

export interface FakeCloudflare {
  readonly url: string
  readonly token: string
  /** The method and path of each call in order, without the account's prefix. */
  readonly calls: string[]
  readonly unknown: string[]
  addAccount(options?: Partial<Pick<FakeAccount, 'name' | 'hasR2' | 'subdomain'>>): FakeAccount
  close(): Promise<void>
}

/** An error response. */
class Refusal extends Error {
  readonly status: number
  readonly code: number

  constructor(status: number, code: number, message: string) {
    super(message)
    this.status = status
    this.code = code
  }
}

export async function startFakeCloudflare(): Promise<FakeCloudflare> {
  const accounts = new Map<string, FakeAccount>()
  const calls: string[] = []
  const unknown: string[] = []
  const token = 'fake-api-token-of-loopback'
  /** Content by its signed URL, which needs no login. */
  const exports = new Map<string, string>()
  const server = createServer(async (request, response) => {
    const exported = exports.get(request.url ?? '')
    if (exported !== undefined) return response.end(exported)
    const { status, body } = await respond(request).then(
      (result) => ({ status: 200, body: { success: true, errors: [], messages: [], ...toEnvelope(result) } }),
      (error: unknown) => {
        if (!(error instanceof Refusal)) unknown.push(String(Object(error).stack))
        const { status, code, message } =
          error instanceof Refusal ? error : { status: 500, code: 0, message: String(error) }
        return { status, body: { success: false, errors: [{ code, message }], messages: [], result: null } }
      },
    )
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  })
  serveTail(server, [tailEvent])
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo

  async function respond(request: IncomingMessage): Promise<unknown> {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost')
    const path = pathname.replace('/client/v4', '')
    const bytes = await readAll(request)
    const [, , accountId = ''] = path.split('/')
    const rest = path.replace(/^\/accounts\/[^/]+/, '')
    calls.push(`${request.method} ${path.startsWith('/accounts/') ? rest : path}`)
    // File uploads authenticate with the token of their session.
    if (rest !== '/workers/assets/upload' && request.headers.authorization !== `Bearer ${token}`)
      throw new Refusal(403, 10_000, 'Authentication error')
    if (path === '/accounts') return [...accounts.values()].map(({ id, name }) => ({ id, name }))
    if (path === '/memberships') return [...accounts.values()].map(({ id, name }) => ({ account: { id, name } }))
    const account = accounts.get(accountId)
    if (account === undefined)
      throw new Refusal(404, 7003, 'Could not route to the account, perhaps your object identifier is invalid?')
    const type = request.headers['content-type'] ?? ''
    const found = respondAccount(account, `${request.method} ${rest}`, {
      search: searchParams,
      json: () => (bytes.length === 0 ? {} : (JSON.parse(bytes.toString()) as JsonObject)),
      form: () => new Response(new Uint8Array(bytes), { headers: { 'content-type': type } }).formData(),
      publish(content) {
        const address = `/exports/${exports.size + 1}.sql`
        exports.set(address, content)
        return `http://127.0.0.1:${port}${address}`
      },
      tailUrl: `ws://127.0.0.1:${port}/tail`,
    })
    if (found !== undefined) return await found
    unknown.push(`${request.method} ${rest}`)
    throw new Refusal(404, 7000, 'No route for that URI')
  }

  return {
    url: `http://127.0.0.1:${port}/client/v4`,
    token,
    calls,
    unknown,
    addAccount({ name = 'Ada', hasR2 = false, subdomain } = {}) {
      const id = String(accounts.size + 1).padStart(32, 'a')
      const account = {
        id,
        name,
        hasR2,
        subdomain,
        domains: new Map<string, string>(),
        dnsRecords: new Set<string>(),
        databases: new Map(),
        buckets: new Set<string>(),
        filledBuckets: new Set<string>(),
        workers: new Map(),
      }
      accounts.set(id, account)
      return account
    },
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => void server.close(resolve))
    },
  }
}

interface Body {
  readonly search: URLSearchParams
  readonly json: () => JsonObject
  readonly form: () => Promise<FormData>
  /** Returns a file's download URL. */
  readonly publish: (content: string) => string
  readonly tailUrl: string
}

/** Undefined for an unknown path. */
function respondAccount(account: FakeAccount, call: string, body: Body): Promise<unknown> | unknown {
  return respondStores(account, call, body) ?? respondScripts(account, call, body)
}

/** D1: https://developers.cloudflare.com/api/resources/d1/ · R2: https://developers.cloudflare.com/api/resources/r2/ */
function respondStores(account: FakeAccount, call: string, { search, json, publish }: Body): unknown {
  if (call.includes(' /r2/') && !account.hasR2)
    throw new Refusal(403, 10_042, 'Please enable R2 through the Cloudflare Dashboard.')
  const [, bucketMethod, bucket] = /^(GET|DELETE) \/r2\/buckets\/([\w-]+)$/.exec(call) ?? []
  if (bucket !== undefined) {
    if (!account.buckets.has(bucket)) throw new Refusal(404, 10_006, 'The specified bucket does not exist.')
    if (bucketMethod === 'GET') return { name: bucket }
    if (account.filledBuckets.has(bucket))
      throw new Refusal(409, 10_008, 'The bucket you tried to delete is not empty.')
    account.buckets.delete(bucket)
    return {}
  }
  if (call === 'POST /r2/buckets') {
    const name = String(json().name)
    account.buckets.add(name)
    return { name }
  }
  // The documented token lacks this permission.
  if (call === 'GET /storage/kv/namespaces') throw new Refusal(403, 10_000, 'Authentication error')
  if (call === 'GET /d1/database') {
    const list = [...account.databases].map(([uuid, { name }]) => ({ uuid, name }))
    return list.filter(({ name }) => name.includes(search.get('name') ?? ''))
  }
  if (call === 'POST /d1/database') {
    const uuid = `00000000-0000-4000-8000-${String(account.databases.size + 1).padStart(12, '0')}`
    const name = String(json().name)
    account.databases.set(uuid, createFakeDatabase(name))
    return { uuid, name }
  }
  const [, method, id, rest] = /^(\w+) \/d1\/database\/([\w-]+)(.*)$/.exec(call) ?? []
  if (method === undefined || id === undefined) return undefined
  const database = account.databases.get(id)
  if (database === undefined) throw new Refusal(404, 7404, `The database ${id} could not be found`)
  switch (`${method} ${rest}`.trim()) {
    case 'GET':
      return { uuid: id, name: database.name, version: 'production' }
    case 'DELETE':
      account.databases.delete(id)
      return {}
    case 'POST /query':
      return runSql(database, String(json().sql))
    // The first response says that it is in progress; the client polls with its bookmark.
    case 'POST /export': {
      const isAskedAgain = json().current_bookmark !== undefined
      const state = { success: true, type: 'export', at_bookmark: database.findBookmark(), messages: [] }
      if (!isAskedAgain) return { ...state, status: 'active' }
      const result = { filename: `${database.name}.sql`, signed_url: publish(database.dump()) }
      return { ...state, status: 'complete', result }
    }
    case 'GET /time_travel/bookmark':
      return { bookmark: database.findBookmark(search.get('timestamp')) }
    case 'POST /time_travel/restore': {
      const bookmark = search.get('bookmark') ?? ''
      const before = database.findBookmark()
      if (!database.restore(bookmark)) throw new Refusal(400, 7400, `The bookmark ${bookmark} is not valid`)
      return { bookmark, previous_bookmark: before, message: 'restored' }
    }
    default:
      return undefined
  }
}

/** Runs all statements of a query or none, as D1 does: https://developers.cloudflare.com/d1/reference/migrations/ */
function runSql(database: FakeDatabase, text: string): unknown {
  const meta = {
    duration: 0,
    rows_read: 0,
    rows_written: 0,
    changes: 0,
    last_row_id: 0,
    changed_db: false,
    size_after: 0,
  }
  try {
    return [{ results: database.query(text), success: true, meta }]
  } catch (error) {
    throw new Refusal(400, 7500, `${error instanceof Error ? error.message : String(error)}: SQLITE_ERROR`)
  }
}

/** https://developers.cloudflare.com/api/resources/workers/ */
function respondScripts(account: FakeAccount, call: string, body: Body): unknown {
  const { json, form } = body
  if (call === 'GET /workers/subdomain') {
    if (account.subdomain === undefined)
      throw new Refusal(404, 10_007, 'There is no workers.dev subdomain in this account.')
    return { subdomain: account.subdomain }
  }
  if (call === 'PUT /workers/subdomain') {
    account.subdomain = String(json().subdomain)
    return { subdomain: account.subdomain }
  }
  if (call === 'GET /workers/scripts')
    return [...account.workers].map(([id, { migrationTag }]) => ({ id, migration_tag: migrationTag }))
  if (call === 'GET /workers/domains/records') return []
  if (call === 'GET /workers/domains') return [...account.domains].map(([hostname, service]) => ({ hostname, service }))
  if (call === 'POST /workers/assets/upload') return { jwt: sessionToken }
  if (call.startsWith('GET /workers/tails/by-consumer/')) return []
  const [, method = '', name = '', rest = ''] =
    /^(\w+) \/workers\/(?:scripts|services|workers)\/([\w-]+)(.*)$/.exec(call) ?? []
  if (name === '') return undefined
  const worker = account.workers.get(name)
  const isService = call.includes('/services/')
  if (method === 'POST' && rest === '/assets-upload-session') {
    const hashes = Object.values(json().manifest as Record<string, { readonly hash: string }>).map(({ hash }) => hash)
    return { jwt: sessionToken, buckets: worker === undefined ? [hashes] : [] }
  }
  if (method === 'PUT' && rest === '') return upload(account, name, form(), true)
  if (method === 'POST' && rest === '/versions') return upload(account, name, form(), false)
  if (worker === undefined)
    throw new Refusal(404, isService ? 10_090 : 10_007, 'This Worker does not exist on your account.')
  const script = {
    tag: 'tag',
    tags: [],
    last_deployed_from: worker.isFromDashboard === true ? 'dash' : 'wrangler',
    migration_tag: worker.migrationTag,
  }
  if (rest.startsWith('/domains/')) return respondDomains(account, name, `${method} ${rest}`, json())
  if (/^\/(versions|deployments|tails)\b/.test(rest))
    return respondHistory(account, name, worker, `${method} ${rest}`, body)
  if (isService && method === 'DELETE' && rest === '') {
    account.workers.delete(name)
    for (const [domain, owner] of account.domains) if (owner === name) account.domains.delete(domain)
    return null
  }
  const answers: Readonly<Record<string, unknown>> = {
    GET: isService
      ? { id: name, default_environment: { environment: 'production', script } }
      : { id: name, subdomain: { enabled: true, previews_enabled: true } },
    'GET /settings': { bindings: worker.bindings.map(({ text: _, ...binding }) => binding) },
    'GET /secrets': worker.bindings
      .filter(({ type }) => type === 'secret_text')
      .map((item) => ({ name: item.name, type: item.type })),
    'GET /references': {},
    'PATCH /script-settings': {},
    'GET /subdomain': { enabled: true, previews_enabled: true },
    'POST /subdomain': { enabled: true, previews_enabled: true },
    'PUT /schedules': { schedules: [] },
    'GET /schedules': { schedules: [] },
    'GET /environments/production': { environment: 'production', script },
    'GET /environments/production/bindings': worker.bindings,
    'GET /environments/production/routes': [],
    'GET /environments/production/subdomain': { enabled: true, previews_enabled: true },
  }
  return answers[`${method} ${rest}`.trim()]
}

/**
 * https://developers.cloudflare.com/api/resources/workers/subresources/domains/ ; wrangler requests a changeset first.
 */
function respondDomains(account: FakeAccount, name: string, call: string, body: unknown): unknown {
  if (call === 'POST /domains/changeset') {
    const conflicting = (body as readonly { readonly hostname: string }[]).filter((item) =>
      account.dnsRecords.has(item.hostname),
    )
    return { added: [], removed: [], updated: [], conflicting }
  }
  const { origins } = body as { readonly origins: readonly { readonly hostname: string }[] }
  for (const { hostname } of origins) account.domains.set(hostname, name)
  return {}
}

/**
 * https://developers.cloudflare.com/api/resources/workers/subresources/scripts/ : versions, deployments and tails. A
 * deployment is a live version with its secrets and bindings. A version whose secrets differ from the current ones
 * needs `force`.
 */
function respondHistory(
  account: FakeAccount,
  name: string,
  worker: FakeWorker,
  call: string,
  { json, search, tailUrl }: Body,
): unknown {
  const versions = worker.versions ?? [firstVersion(worker)]
  const deployments = worker.deployments ?? [firstDeployment]
  if (call === 'GET /versions') return { items: versions.map(toVersion) }
  if (call === 'GET /deployments') return { deployments: deployments.map(toDeployment).reverse() }
  if (call === 'POST /tails') return { id: 'tail', url: tailUrl, expires_at: '2100-01-01T00:00:00.000Z' }
  if (call === 'DELETE /tails/tail') return null
  const wanted = /^GET \/versions\/([\w-]+)$/.exec(call)?.[1]
  if (wanted !== undefined) return toVersion(findVersion(versions, wanted))
  if (call !== 'POST /deployments') return undefined
  const { versions: chosen, annotations } = json()
  const [{ version_id: id }] = chosen as readonly [{ readonly version_id: string }]
  const version = findVersion(versions, id)
  const isOlder = version !== versions.at(-1)
  const changed = listChangedSecrets(worker.bindings, version.bindings)
  if (isOlder && changed.length > 0 && search.get('force') !== 'true')
    throw new Refusal(400, 10_220, `The following secrets have changed: ${changed.join(', ')}`)
  const message = Object(annotations)['workers/message']
  const deployment = { createdOn: toNow(deployments.at(-1)?.createdOn), versionId: id, message }
  const { bindings, metadata } = version
  account.workers.set(name, { ...worker, bindings, metadata, deployments: [...deployments, deployment] })
  return { id: 'd' }
}

const firstDeployment = {
  createdOn: '2026-01-01T00:00:00.000Z',
  versionId: '10000000-0000-4000-8000-000000000000',
}

/** The version of a Worker that existed before the test. */
function firstVersion({ bindings, metadata }: FakeWorker): FakeVersion {
  return { id: firstDeployment.versionId, createdOn: firstDeployment.createdOn, bindings, metadata }
}

function findVersion(versions: readonly FakeVersion[], id: string): FakeVersion {
  const version = versions.find((item) => item.id === id)
  if (version === undefined) throw new Refusal(404, 10_111, 'This version does not exist.')
  return version
}

function listChangedSecrets(before: readonly JsonObject[], after: readonly JsonObject[]): readonly string[] {
  const toSecrets = (bindings: readonly JsonObject[]) =>
    new Map(bindings.filter(({ type }) => type === 'secret_text').map((item) => [String(item.name), item.text]))
  const [old, fresh] = [toSecrets(before), toSecrets(after)]
  return [...new Set([...old.keys(), ...fresh.keys()])].filter((name) => old.get(name) !== fresh.get(name))
}

function toVersion({ id, createdOn }: FakeVersion): JsonObject {
  const metadata = { created_on: createdOn, source: 'wrangler', author_email: 'ada@example.com' }
  return { id, number: 1, metadata, annotations: {}, resources: { script: { etag: 'e' }, bindings: [] } }
}

function toDeployment({ createdOn, versionId, message }: FakeDeployment, index: number): JsonObject {
  const versions = [{ version_id: versionId, percentage: 100 }]
  const annotations = message === undefined ? {} : { 'workers/message': message }
  return { id: `d${index}`, source: 'wrangler', created_on: createdOn, versions, annotations }
}

/** Returns a strictly later time, because wrangler sorts by it. */
function toNow(before = ''): string {
  return new Date(Math.max(Date.now(), (Date.parse(before) || 0) + 1)).toISOString()
}

/** A call in the format of a tail: https://developers.cloudflare.com/workers/observability/logs/real-time-logs/ */
const tailEvent = {
  outcome: 'ok',
  scriptName: 'weir',
  exceptions: [],
  logs: [{ message: ['{"event":"call","status":200}'], level: 'log', timestamp: 1_796_000_000_000 }],
  eventTimestamp: 1_796_000_000_000,
  event: { request: { url: 'https://weir.ada.workers.dev/v1/models', method: 'GET', headers: {}, cf: {} } },
}

/** Wrangler reads only its claims. */
const sessionToken = `e30.${Buffer.from(JSON.stringify({ exp: 4_102_444_800 })).toString('base64url')}.e30`

/**
 * https://developers.cloudflare.com/workers/configuration/multipart-upload-metadata/ : `keep_bindings` names the
 * binding types that stay. An upload without a deployment adds a version that is not live.
 */
async function upload(
  account: FakeAccount,
  name: string,
  form: Promise<FormData>,
  isDeployed: boolean,
): Promise<unknown> {
  if (account.uploadFault !== undefined) throw new Refusal(400, account.uploadFault.code, account.uploadFault.message)
  const { metadata: text, ...files } = Object.fromEntries(await form)
  const metadata: unknown = JSON.parse(String(text))
  if (!isJsonObject(metadata)) throw new Refusal(400, 10_021, 'The upload has no metadata.')
  const before = account.workers.get(name)
  const given = (metadata.bindings as readonly JsonObject[]) ?? []
  const kept = (metadata.keep_bindings ?? []) as readonly unknown[]
  const stays = before?.bindings.filter(
    (binding) => kept.includes(binding.type) && !given.some((other) => other.name === binding.name),
  )
  const { new_tag: tag } = Object(metadata.migrations) as { readonly new_tag?: string }
  const bindings = [...given, ...(stays ?? [])]
  const versions = before?.versions ?? (before === undefined ? [] : [firstVersion(before)])
  const id = `${versions.length + 1}`.repeat(8).slice(0, 8).concat('-1111-4111-8111-111111111111')
  const createdOn = toNow(versions.at(-1)?.createdOn)
  const uploaded = [...versions, { id, createdOn, bindings, metadata }]
  const deployments = before?.deployments ?? (before === undefined ? [] : [firstDeployment])
  account.workers.set(name, {
    ...(isDeployed || before === undefined ? { bindings, metadata } : before),
    files: Object.keys(files),
    migrationTag: tag ?? before?.migrationTag,
    versions: uploaded,
    deployments: isDeployed ? [...deployments, { createdOn, versionId: id }] : deployments,
  })
  return {
    id,
    deployment_id: id.replaceAll('-', ''),
    startup_time_ms: 20,
    resources: { script: { etag: 'e' } },
  }
}

/** Adds to lists the `result_info` that wrangler uses for paging. */
function toEnvelope(result: unknown): JsonObject {
  if (!Array.isArray(result)) return { result }
  return {
    result,
    result_info: { page: 1, per_page: 100, count: result.length, total_count: result.length, total_pages: 1 },
  }
}

async function readAll(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}
