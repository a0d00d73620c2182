import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { DatabaseSync } from 'node:sqlite'
import { isJsonObject, type JsonObject } from '../../src/core/json.ts'

// Cloudflare's API v4 on loopback, as far as a deployment asks it: https://developers.cloudflare.com/api/ for paths and answers,
// https://developers.cloudflare.com/r2/api/error-codes/ and
// https://developers.cloudflare.com/workers/observability/errors/ for codes. Where wrangler reads more than is documented, the
// shape is that which the installed wrangler reads. What it does not know is answered by 404 and listed in `unknown`.

/** A Worker as it is after its last upload. */
export interface FakeWorker {
  readonly bindings: readonly JsonObject[]
  readonly metadata: JsonObject
  readonly migrationTag?: string | undefined
  /** Whether the dashboard has made it or changed it last, of which wrangler makes more questions. */
  readonly isFromDashboard?: boolean
}

interface FakeAccount {
  readonly id: string
  readonly name: string
  /** Without it each call of R2 is refused by 10042. */
  hasR2: boolean
  /** The account's name below workers.dev, which a new account does not have. */
  subdomain: string | undefined
  /** The next upload of a Worker is refused so. */
  uploadFault?: { readonly code: number; readonly message: string }
  /** Custom domains, with the Worker that has each. */
  readonly domains: Map<string, string>
  /** Names of the account's zones that have a DNS record of another kind. */
  readonly dnsRecords: Set<string>
  readonly databases: Map<string, { readonly name: string; readonly sql: DatabaseSync }>
  readonly buckets: Set<string>
  readonly workers: Map<string, FakeWorker>
}

export interface FakeCloudflare {
  readonly url: string
  readonly token: string
  /** Method and path of each call, in order, without the address of the account. */
  readonly calls: string[]
  readonly unknown: string[]
  addAccount(options?: Partial<Pick<FakeAccount, 'name' | 'hasR2' | 'subdomain'>>): FakeAccount
  close(): Promise<void>
}

/** A refusal. */
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
  const server = createServer(async (request, response) => {
    const { status, body } = await answer(request).then(
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
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))

  async function answer(request: IncomingMessage): Promise<unknown> {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost')
    const path = pathname.replace('/client/v4', '')
    const bytes = await readAll(request)
    const [, , accountId = ''] = path.split('/')
    const rest = path.replace(/^\/accounts\/[^/]+/, '')
    calls.push(`${request.method} ${path.startsWith('/accounts/') ? rest : path}`)
    // Uploads of files are signed by the token of their session.
    if (rest !== '/workers/assets/upload' && request.headers.authorization !== `Bearer ${token}`)
      throw new Refusal(403, 10_000, 'Authentication error')
    if (path === '/accounts') return [...accounts.values()].map(({ id, name }) => ({ id, name }))
    if (path === '/memberships') return [...accounts.values()].map(({ id, name }) => ({ account: { id, name } }))
    const account = accounts.get(accountId)
    if (account === undefined)
      throw new Refusal(404, 7003, 'Could not route to the account, perhaps your object identifier is invalid?')
    const type = request.headers['content-type'] ?? ''
    const found = answerAccount(account, `${request.method} ${rest}`, {
      search: searchParams,
      json: () => (bytes.length === 0 ? {} : (JSON.parse(bytes.toString()) as JsonObject)),
      form: () => new Response(new Uint8Array(bytes), { headers: { 'content-type': type } }).formData(),
    })
    if (found !== undefined) return await found
    unknown.push(`${request.method} ${rest}`)
    throw new Refusal(404, 7000, 'No route for that URI')
  }

  const { port } = server.address() as AddressInfo
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
}

/** Undefined for a path that it does not know. */
function answerAccount(account: FakeAccount, call: string, body: Body): Promise<unknown> | unknown {
  return answerStores(account, call, body) ?? answerScripts(account, call, body)
}

/** D1: https://developers.cloudflare.com/api/resources/d1/ · R2: https://developers.cloudflare.com/api/resources/r2/ */
function answerStores(account: FakeAccount, call: string, { search, json }: Body): unknown {
  if (call.includes(' /r2/') && !account.hasR2)
    throw new Refusal(403, 10_042, 'Please enable R2 through the Cloudflare Dashboard.')
  const bucket = /^GET \/r2\/buckets\/([\w-]+)$/.exec(call)?.[1]
  if (bucket !== undefined) {
    if (!account.buckets.has(bucket)) throw new Refusal(404, 10_006, 'The specified bucket does not exist.')
    return { name: bucket }
  }
  if (call === 'POST /r2/buckets') {
    const name = String(json().name)
    account.buckets.add(name)
    return { name }
  }
  if (call === 'GET /d1/database') {
    const list = [...account.databases].map(([uuid, { name }]) => ({ uuid, name }))
    return list.filter(({ name }) => name.includes(search.get('name') ?? ''))
  }
  if (call === 'POST /d1/database') {
    const uuid = `00000000-0000-4000-8000-${String(account.databases.size + 1).padStart(12, '0')}`
    const name = String(json().name)
    account.databases.set(uuid, { name, sql: new DatabaseSync(':memory:') })
    return { uuid, name }
  }
  const [, id, query] = /^(?:GET|POST) \/d1\/database\/([\w-]+)(\/query)?$/.exec(call) ?? []
  if (id === undefined) return undefined
  const database = account.databases.get(id)
  if (database === undefined) throw new Refusal(404, 7404, `The database ${id} could not be found`)
  if (query === undefined) return { uuid: id, name: database.name, version: 'production' }
  return runSql(database.sql, String(json().sql))
}

/** All statements of a query or none, as D1 does it: https://developers.cloudflare.com/d1/reference/migrations/ */
function runSql(sql: DatabaseSync, text: string): unknown {
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
    if (/^\s*(select|pragma)\b/i.test(text)) return [{ results: sql.prepare(text).all(), success: true, meta }]
    sql.exec(`BEGIN; ${text}; COMMIT`)
    return [{ results: [], success: true, meta }]
  } catch (error) {
    if (sql.isTransaction) sql.exec('ROLLBACK')
    throw new Refusal(400, 7500, `${error instanceof Error ? error.message : String(error)}: SQLITE_ERROR`)
  }
}

/** https://developers.cloudflare.com/api/resources/workers/ */
function answerScripts(account: FakeAccount, call: string, { json, form }: Body): unknown {
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
  const [, method = '', name = '', rest = ''] =
    /^(\w+) \/workers\/(?:scripts|services|workers)\/([\w-]+)(.*)$/.exec(call) ?? []
  if (name === '') return undefined
  const worker = account.workers.get(name)
  const isService = call.includes('/services/')
  if (method === 'POST' && rest === '/assets-upload-session') {
    const hashes = Object.values(json().manifest as Record<string, { readonly hash: string }>).map(({ hash }) => hash)
    return { jwt: sessionToken, buckets: worker === undefined ? [hashes] : [] }
  }
  if ((method === 'PUT' && rest === '') || (method === 'POST' && rest === '/versions'))
    return upload(account, name, form())
  if (worker === undefined)
    throw new Refusal(404, isService ? 10_090 : 10_007, 'This Worker does not exist on your account.')
  const script = {
    tag: 'tag',
    tags: [],
    last_deployed_from: worker.isFromDashboard === true ? 'dash' : 'wrangler',
    migration_tag: worker.migrationTag,
  }
  if (rest.startsWith('/domains/')) return answerDomains(account, name, `${method} ${rest}`, json())
  const answers: Readonly<Record<string, unknown>> = {
    GET: isService
      ? { id: name, default_environment: { environment: 'production', script } }
      : { id: name, subdomain: { enabled: true, previews_enabled: true } },
    'GET /settings': { bindings: worker.bindings.map(({ text: _, ...binding }) => binding) },
    'GET /secrets': worker.bindings
      .filter(({ type }) => type === 'secret_text')
      .map((item) => ({ name: item.name, type: item.type })),
    'GET /deployments': { deployments: [{ id: 'd', versions: [{ version_id: versionId, percentage: 100 }] }] },
    'POST /deployments': { id: 'd' },
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

/** https://developers.cloudflare.com/api/resources/workers/subresources/domains/ ; wrangler asks for a set of changes first. */
function answerDomains(account: FakeAccount, name: string, call: string, body: unknown): unknown {
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

const versionId = '11111111-1111-4111-8111-111111111111'

/** Wrangler reads its claims alone. */
const sessionToken = `e30.${Buffer.from(JSON.stringify({ exp: 4_102_444_800 })).toString('base64url')}.e30`

/** https://developers.cloudflare.com/workers/configuration/multipart-upload-metadata/ : `keep_bindings` names kinds that stay. */
async function upload(account: FakeAccount, name: string, form: Promise<FormData>): Promise<unknown> {
  if (account.uploadFault !== undefined) throw new Refusal(400, account.uploadFault.code, account.uploadFault.message)
  const metadata: unknown = JSON.parse(String((await form).get('metadata')))
  if (!isJsonObject(metadata)) throw new Refusal(400, 10_021, 'The upload has no metadata.')
  const before = account.workers.get(name)
  const given = (metadata.bindings as readonly JsonObject[]) ?? []
  const kept = (metadata.keep_bindings ?? []) as readonly unknown[]
  const stays = before?.bindings.filter(
    (binding) => kept.includes(binding.type) && !given.some((other) => other.name === binding.name),
  )
  const { new_tag: tag } = Object(metadata.migrations) as { readonly new_tag?: string }
  account.workers.set(name, {
    bindings: [...given, ...(stays ?? [])],
    metadata,
    migrationTag: tag ?? before?.migrationTag,
  })
  return {
    id: versionId,
    deployment_id: versionId.replaceAll('-', ''),
    startup_time_ms: 20,
    resources: { script: { etag: 'e' } },
  }
}

/** Lists have a `result_info` beside them, by which wrangler pages. */
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
