import { didYouMean } from '../core/did-you-mean.ts'
import { parseIpRanges } from '../core/ip-address.ts'
import { isJsonObject, type JsonObject, toRecord } from '../core/json.ts'
import { isLoopbackBind } from '../core/loopback.ts'
import { dayMs } from '../core/time.ts'
import { tokenProblem, toOrigin } from '../schema/text-problems.ts'
import { checkShape } from './check-shape.ts'
import { ConfigError, createProblems, type Problems } from './config-error.ts'
import { defaults } from './defaults.ts'
import { type Environment, expandVariables, overlayEnvironment, readVariable } from './environment.ts'
import { resolveProviders } from './resolve-providers.ts'
import type { CompleteConfig } from './schema.ts'
import type { S3Settings, Settings } from './settings.ts'

export interface SettingsInput {
  readonly env: Environment
  /** The content of the configuration file; undefined where there is none. */
  readonly config?: unknown
  readonly platform: 'node' | 'workers'
  /** Whether only this machine can reach the server. On Node it follows from the host unless given; on Workers it is never so. */
  readonly isLoopback?: boolean
  /** A Worker that runs on this machine, by `npm run dev:worker`, and that only this machine can reach. */
  readonly isLocalWorker?: boolean
}

export interface ParsedConfig {
  /** By the names of the file, with every default filled in. */
  readonly config: CompleteConfig
  readonly settings: Settings
}

/**
 * The settings of this server: defaults, over them the file, over it the environment.
 * Throws ConfigError with every problem there is; settings that come back can be used as they are.
 */
export function parseSettings(input: SettingsInput): Settings {
  return parseConfig(input).settings
}

/** The same, with what the settings were made of. Throws as {@link parseSettings} does. */
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
  // S76: who has the one must not have the other with it.
  if (adminToken !== undefined && adminToken === token)
    problems.add(['access', 'admin_token'], 'is the token that callers send, and must be a secret of its own')
  if (problems.all().length > 0) throw new ConfigError(problems.all())
  return { config, settings }
}

/** The file's content, or that of `WEIR_CONFIG` where there is no file. On Node that may also be a path, which was followed earlier. */
function readFile({ env, config, platform }: SettingsInput, problems: Problems): JsonObject {
  const text = config === undefined ? readInline(env) : undefined
  if (text === undefined) return toObject(config ?? {}, problems)
  if (typeof text !== 'string') return text
  if (!text.startsWith('{') && platform === 'node') return {}
  try {
    return toObject(JSON.parse(text), problems)
  } catch {
    // The parser's own message quotes the text, which may hold keys.
    problems.addVariable('WEIR_CONFIG', 'must be JSON that starts with `{`, and is not. Check it with a JSON validator')
    return {}
  }
}

/** In wrangler's `vars` it may be written as an object at once. */
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
    access: {
      token,
      adminToken: access.admin_token,
      allowAnonymous: access.allow_anonymous,
      servesLocal: (platform === 'node' || isLocalWorker) && token === undefined && !isProduction,
      bringYourOwnKey,
      trustedProxies: parseIpRanges(access.trusted_proxies),
    },
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

function resolveToken({ access }: CompleteConfig, { env }: SettingsInput, problems: Problems): string | undefined {
  if (access.token_env === undefined || readVariable(env, 'TOKEN') !== undefined) return access.token
  const path = ['access', 'token_env']
  if (access.token !== undefined) problems.add(path, 'stands beside `token`. Keep one of them')
  const value = readVariable(env, access.token_env)
  const problem = value === undefined ? 'is not set' : tokenProblem(value)
  if (problem !== undefined) problems.add(path, `names the variable ${access.token_env}, which ${problem}`)
  return value
}

/** The folder and the bucket. Images and records that the operator wants, and that have no place, are a problem. */
function resolveStorage(
  { storage, images, metering }: CompleteConfig,
  platform: SettingsInput['platform'],
  problems: Problems,
): Settings['storage'] {
  const path = platform === 'workers' || storage.path.toLowerCase() === 'none' ? undefined : storage.path
  const s3 = resolveS3(storage.s3, problems)
  if (platform === 'node' && metering.mode === 'light')
    problems.add(['metering', 'mode'], 'is `light`, which is for Workers. On Node a record costs nothing worth saving')
  if (platform === 'workers') {
    if (s3 !== undefined)
      problems.add(['storage', 's3'], 'is for Node. A Worker keeps its images in the R2 bucket that is bound as IMAGES')
  } else if (path === undefined) {
    if (s3 !== undefined)
      problems.add(['storage', 's3'], 'needs `storage.path` as well, for the list of what the bucket holds')
    if (images.keep === true)
      problems.add(
        ['images', 'keep'],
        'has nowhere to keep images, since `storage.path` is `none`. Name a folder there',
      )
    if (metering.enabled === true)
      problems.add(
        ['metering', 'enabled'],
        'has nowhere to keep records, since `storage.path` is `none`. Name a folder there',
      )
  }
  return { path, s3 }
}

/** A Worker's calls leave through Cloudflare. */
function resolveProxy(
  { proxy, providers }: CompleteConfig,
  platform: SettingsInput['platform'],
  problems: Problems,
): Settings['proxy'] {
  if (platform === 'workers') {
    const reason = 'is for Node: a Worker cannot call through a proxy. Remove it'
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
    if (s3[name] === undefined && !problems.isReported(path)) problems.add(path, 'is missing')
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
    // A provider whose own keys are wrong has been reported already.
    const isThere = isJsonObject(overlaid.providers) && Object.hasOwn(overlaid.providers, name)
    if (isThere && problems.isReported(['providers', name])) continue
    const known =
      ids.length === 0 ? 'No provider is configured' : `There are ${ids.map((id) => `\`${id}\``).join(', ')}`
    problems.add([key], `names \`${name}\`, which is not configured. ${didYouMean(name, ids) ?? known}`)
  }
}

/** An alias may name another one, but following them must end. */
function checkAliases(aliases: Readonly<Record<string, string>>, problems: Problems): void {
  const targets = new Map(Object.entries(aliases))
  const reported = new Set<string>()
  for (const start of targets.keys()) {
    const chain = follow(start, targets)
    if (chain.at(-1) !== start || reported.has(start)) continue
    for (const name of chain) reported.add(name)
    problems.add(
      ['models', 'aliases', start],
      `comes back to itself (${chain.map((name) => `\`${name}\``).join(' → ')}). Name a model at the end`,
    )
  }
}

/** The names from `start` on, until there is no further alias or one comes for the second time. */
function follow(start: string, targets: ReadonlyMap<string, string>): readonly string[] {
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
