import { didYouMean } from '../core/did-you-mean.ts'
import { parseIpRanges } from '../core/ip-address.ts'
import { isJsonObject, type JsonObject, toRecord } from '../core/json.ts'
import { isLoopbackBind, isLoopbackHost } from '../core/loopback.ts'
import { dayMs } from '../core/time.ts'
import { toNano } from '../core/usd.ts'
import { tokenProblem, toOrigin } from '../schema/text-problems.ts'
import { checkShape } from './check-shape.ts'
import { ConfigError, createProblems, type Problems } from './config-error.ts'
import { defaults } from './defaults.ts'
import { type Environment, expandVariables, overlayEnvironment, readVariable } from './environment.ts'
import { resolveLogins } from './resolve-logins.ts'
import { resolveProviders } from './resolve-providers.ts'
import { resolveRoutes } from './resolve-routes.ts'
import { resolveVisitors } from './resolve-visitors.ts'
import type { CompleteConfig } from './schema.ts'
import type { AdminLoginSettings, S3Settings, Settings } from './settings.ts'

export interface SettingsInput {
  readonly env: Environment
  /** Content of the configuration file; undefined if it does not exist. */
  readonly config?: unknown
  readonly platform: 'node' | 'workers'
  /**
   * Whether only this machine can reach the server. On Node the host decides unless this is set; on Workers it is
   * always false.
   */
  readonly isLoopback?: boolean
  /** True for a Worker of `npm run dev:worker`, which only this machine can reach. */
  readonly isLocalWorker?: boolean
}

export interface ParsedConfig {
  /** The configuration with the names of the file and every default filled in. */
  readonly config: CompleteConfig
  readonly settings: Settings
}

/**
 * Returns the settings of this server: the defaults, overridden by the file, overridden by the environment.
 * Throws ConfigError with every problem; returned settings need no further check.
 */
export function parseSettings(input: SettingsInput): Settings {
  return parseConfig(input).settings
}

/** Like {@link parseSettings}, and also returns the configuration that the settings were made from. */
export function parseConfig(input: SettingsInput): ParsedConfig {
  const problems = createProblems()
  const file = readFile(input, problems)
  const expanded = expandVariables(file, input.env, problems)
  const overlaid = overlayEnvironment(isJsonObject(expanded) ? expanded : {}, input.env, problems)
  const config = checkShape(overlaid, problems)
  const settings = toSettings(config, input, problems)
  checkProviderNames(config, overlaid, settings, problems)
  checkAliases(config.models.aliases, problems)
  const { token, adminToken } = settings.access
  // S76: the holder of one secret must not also hold the other.
  if (adminToken !== undefined && adminToken === token)
    problems.add(['access', 'admin_token'], 'equals `access.token`, which callers send. Set a different secret')
  if (problems.all().length > 0) throw new ConfigError(problems.all())
  return { config, settings }
}

/**
 * Returns the file's content, or that of `WEIR_CONFIG` if no file exists. On Node the variable may hold a path, which
 * was followed earlier.
 */
function readFile({ env, config, platform }: SettingsInput, problems: Problems): JsonObject {
  const inline = config === undefined ? readInline(env) : undefined
  if (inline === undefined) return toObject(config ?? {}, problems)
  if (typeof inline !== 'string') return inline
  if (!inline.startsWith('{') && platform === 'node') return {}
  try {
    return toObject(JSON.parse(inline), problems)
  } catch {
    // The parser's message quotes its input, which may hold keys.
    problems.addVariable('WEIR_CONFIG', 'is not valid JSON that starts with `{`. Check it with a JSON validator')
    return {}
  }
}

/** In wrangler's `vars` the value may be an object. */
function readInline(env: Environment): string | JsonObject | undefined {
  const value = Object.hasOwn(env, 'WEIR_CONFIG') ? env.WEIR_CONFIG : undefined
  return isJsonObject(value) ? value : readVariable(env, 'WEIR_CONFIG')
}

function toObject(value: unknown, problems: Problems): JsonObject {
  if (isJsonObject(value)) return value
  problems.add([], 'must be a mapping of keys to values')
  return {}
}

function toSettings(config: CompleteConfig, input: SettingsInput, problems: Problems): Settings {
  const { access, limits, streams, sessions, images, metering, server } = config
  const token = resolveToken(config, input, problems)
  const { platform, isLocalWorker = false } = input
  const isLoopback = isLocalWorker || (platform === 'node' && (input.isLoopback ?? isLoopbackBind(server.host)))
  const isProduction = readVariable(input.env, 'NODE_ENV') === 'production'
  const isDevelopment = isLoopback && token === undefined && !isProduction
  const bringYourOwnKey = access.bring_your_own_key ?? isDevelopment
  const providers = resolveProviders(config, { environment: input.env, bringYourOwnKey, isLoopback }, problems)
  const storage = resolveStorage(config, platform, problems)
  const hasStorage = platform === 'workers' || storage.path !== undefined
  return {
    providers,
    defaultProvider: config.default_provider ?? providers[0]?.id,
    passthrough: config.passthrough,
    models: {
      strict: config.models.strict,
      retired: config.models.retired,
      aliases: toRecord(Object.entries(config.models.aliases)),
    },
    routes: resolveRoutes(config, providers, problems),
    routing: resolveRouting(config, platform, problems),
    access: {
      token,
      adminToken: access.admin_token,
      allowAnonymous: access.allow_anonymous,
      servesLocal: (platform === 'node' || isLocalWorker) && token === undefined && !isProduction,
      bringYourOwnKey,
      trustedProxies: parseIpRanges(access.trusted_proxies),
    },
    clientTokens: {
      secrets: config.client_tokens.secrets,
      defaultMs: Math.min(config.client_tokens.default_seconds, config.client_tokens.max_seconds) * 1_000,
      maxMs: config.client_tokens.max_seconds * 1_000,
      defaultNano: toNano(config.client_tokens.default_usd) ?? 0,
    },
    visitors: resolveVisitors(config, hasStorage, problems),
    logins: resolveLogins(config, hasStorage, problems),
    adminLogin: resolveAdminLogin(config, problems),
    cors: { origins: [...new Set(config.cors.origins.map(toOrigin))] },
    graphql: { introspection: toIntrospection(config, input) },
    limits: {
      bodyBytes: limits.body_bytes,
      mediaBodyBytes: limits.media_body_bytes,
      answerBytes: limits.answer_bytes,
      jsonDepth: limits.json_depth,
      headerCount: limits.header_count,
      eventBytes: Math.max(limits.event_bytes, limits.media_event_bytes ?? 0),
      capOutput: limits.cap_output,
    },
    streams: {
      heartbeatMs: streams.heartbeat_ms,
      holdHeadersMs: streams.hold_headers_ms,
      stalledReaderMs: streams.stalled_reader_ms,
      graceMs: streams.grace_ms,
      drainMs: streams.drain_ms,
    },
    metering: {
      isEnabled: metering.enabled ?? hasStorage,
      isLight: platform === 'workers' && metering.mode !== 'full',
      defaultMaxTokens: metering.default_max_tokens,
      unpriced: metering.unpriced,
      onStoreFailure: metering.on_store_failure,
      retentionMs: metering.retention_days * dayMs,
      prices: toRecord(Object.entries(config.prices)),
    },
    storage,
    sessions: { retentionMs: sessions.retention_days * dayMs },
    images: {
      keep: images.keep ?? hasStorage,
      retentionMs: images.retention_days * dayMs,
      maxBytes: images.max_bytes,
      fetchTimeoutMs: images.fetch_timeout_ms,
    },
    server: {
      host: server.host.replace(/^\[|\]$/g, ''),
      port: server.port,
      publicUrl: server.public_url === undefined ? undefined : new URL(server.public_url).origin,
      drainMs: server.drain_ms,
      maxBufferedBytes: server.max_buffered_bytes ?? defaults.server.maxBufferedBytes[platform],
      maxConnections: server.max_connections,
      maxConnectionsPerAddress: server.max_connections_per_address,
      unknownCallerMs: server.unknown_caller_ms,
    },
    proxy: resolveProxy(config, platform, problems),
    log: { level: config.log.level },
  }
}

function toIntrospection({ graphql }: CompleteConfig, { isLocalWorker = false }: SettingsInput): boolean | 'auto' {
  const introspection = String(graphql.introspection)
  if (introspection === 'auto') return isLocalWorker || 'auto'
  return introspection === 'true'
}

function resolveRouting(
  { routing }: CompleteConfig,
  platform: SettingsInput['platform'],
  problems: Problems,
): Settings['routing'] {
  const sharesBreakers = routing.share_breakers
  if (platform === 'node' && sharesBreakers)
    problems.add(
      ['routing', 'share_breakers'],
      'is for Workers only. Remove it: on Node the processes of a machine always share their breakers',
    )
  return { sharesBreakers }
}

function resolveToken({ access }: CompleteConfig, { env }: SettingsInput, problems: Problems): string | undefined {
  if (access.token_env === undefined || readVariable(env, 'TOKEN') !== undefined) return access.token
  const path = ['access', 'token_env']
  if (access.token !== undefined) problems.add(path, 'conflicts with `token`. Keep one of them')
  const value = readVariable(env, access.token_env)
  const problem = value === undefined ? 'is not set' : tokenProblem(value)
  if (problem !== undefined)
    problems.add(path, `refers to the environment variable ${access.token_env}, which ${problem}`)
  return value
}

function resolveAdminLogin(config: CompleteConfig, problems: Problems): AdminLoginSettings | undefined {
  const { issuer, client_id: clientId, client_secret: clientSecret, algorithms } = config.admin_login
  if (issuer === undefined && clientId === undefined && clientSecret === undefined) return undefined
  for (const name of ['issuer', 'client_id'] as const) {
    const path = ['admin_login', name]
    if (config.admin_login[name] === undefined && !problems.isReported(path))
      problems.add(path, 'is missing. Set it, or remove the other keys of `admin_login`')
  }
  const publicUrl = config.server.public_url === undefined ? undefined : URL.parse(config.server.public_url)
  if (publicUrl === undefined && !problems.isReported(['server', 'public_url']))
    problems.add(
      ['admin_login', 'issuer'],
      'needs `server.public_url` as well (PUBLIC_URL): the provider sends people back to it',
    )
  if (publicUrl?.protocol === 'http:' && !isLoopbackHost(publicUrl.hostname))
    problems.add(['server', 'public_url'], 'must start with https:// with `admin_login`, which sets a cookie')
  if (issuer === undefined || clientId === undefined || !publicUrl) return undefined
  return { issuer, clientId, clientSecret, algorithms, redirectUri: `${publicUrl.origin}${callbackPath}` }
}

const callbackPath = '/admin/v1/login/callback'

/** Returns the folder and the bucket. Reports images and records that the operator enabled without storage for them. */
function resolveStorage(
  { storage, images, metering }: CompleteConfig,
  platform: SettingsInput['platform'],
  problems: Problems,
): Settings['storage'] {
  const path = platform === 'workers' || storage.path.toLowerCase() === 'none' ? undefined : storage.path
  const s3 = resolveS3(storage.s3, problems)
  if (platform === 'node' && metering.mode === 'light')
    problems.add(
      ['metering', 'mode'],
      'is `light`, which is for Workers only. Remove it: on Node a record costs next to nothing',
    )
  if (platform === 'workers') {
    if (s3 !== undefined)
      problems.add(
        ['storage', 's3'],
        'is for Node only. Remove it: a Worker stores images in the R2 bucket that is bound as IMAGES',
      )
  } else if (path === undefined) {
    if (s3 !== undefined)
      problems.add(
        ['storage', 's3'],
        'needs `storage.path` as well. Set it to a folder for the list of the images in the bucket',
      )
    if (images.keep === true)
      problems.add(['images', 'keep'], 'needs storage for images, but `storage.path` is `none`. Set it to a folder')
    if (metering.enabled === true)
      problems.add(
        ['metering', 'enabled'],
        'needs storage for records, but `storage.path` is `none`. Set it to a folder',
      )
  }
  return { path, s3 }
}

/** A Worker's calls leave through Cloudflare, never through a proxy. */
function resolveProxy(
  { proxy, providers }: CompleteConfig,
  platform: SettingsInput['platform'],
  problems: Problems,
): Settings['proxy'] {
  if (platform === 'workers') {
    const reason = 'is for Node only. Remove it: a Worker cannot call through a proxy'
    for (const name of ['https', 'http'] as const) if (proxy[name] !== undefined) problems.add(['proxy', name], reason)
    for (const [id, provider] of Object.entries(providers))
      if (provider.proxy !== undefined && provider.proxy !== 'none') problems.add(['providers', id, 'proxy'], reason)
  }
  return { https: proxy.https ?? proxy.http, http: proxy.http, bypass: proxy.bypass }
}

function resolveS3(s3: CompleteConfig['storage']['s3'], problems: Problems): S3Settings | undefined {
  const { endpoint, bucket, region, access_key_id: accessKeyId, secret_access_key: secretAccessKey } = s3
  const needed = ['endpoint', 'bucket', 'access_key_id', 'secret_access_key'] as const
  if (needed.every((name) => s3[name] === undefined)) return undefined
  for (const name of needed) {
    const path = ['storage', 's3', name]
    if (s3[name] === undefined && !problems.isReported(path))
      problems.add(path, 'is missing. Set it, or remove the other keys of `storage.s3`')
  }
  if (endpoint === undefined || bucket === undefined) return undefined
  if (accessKeyId === undefined || secretAccessKey === undefined) return undefined
  return { endpoint: new URL(endpoint).origin, bucket, region, accessKeyId, secretAccessKey }
}

function checkProviderNames(
  config: CompleteConfig,
  overlaid: JsonObject,
  { providers }: Settings,
  problems: Problems,
): void {
  const ids = providers.map(({ id }) => id)
  for (const key of ['default_provider', 'passthrough'] as const) {
    const name = config[key]
    if (name === undefined || ids.includes(name)) continue
    // An invalid provider is reported already.
    const isInFile = isJsonObject(overlaid.providers) && Object.hasOwn(overlaid.providers, name)
    if (isInFile && problems.isReported(['providers', name])) continue
    const known =
      ids.length === 0
        ? 'No provider is configured'
        : `Configured providers: ${ids.map((id) => `\`${id}\``).join(', ')}`
    problems.add([key], `is \`${name}\`, which is not a configured provider. ${didYouMean(name, ids) ?? known}`)
  }
}

/** An alias may refer to another alias, but the chain must end. */
function checkAliases(aliases: Readonly<Record<string, string>>, problems: Problems): void {
  const targets = new Map(Object.entries(aliases))
  const reported = new Set<string>()
  for (const start of targets.keys()) {
    const chain = aliasChain(start, targets)
    if (chain.at(-1) !== start || reported.has(start)) continue
    for (const name of chain) reported.add(name)
    problems.add(
      ['models', 'aliases', start],
      `refers to itself (${chain.map((name) => `\`${name}\``).join(' → ')}). Set the last one to a model`,
    )
  }
}

/** Returns the names from `start` on, up to the end of the chain or the first repeated name. */
function aliasChain(start: string, targets: ReadonlyMap<string, string>): readonly string[] {
  const chain = [start]
  const seen = new Set<string>()
  let next = targets.get(start)
  while (next !== undefined && !seen.has(next)) {
    seen.add(next)
    chain.push(next)
    if (next === start) break
    next = targets.get(next)
  }
  return chain
}
