import { didYouMean } from '../core/did-you-mean.ts'
import { parseIpRanges } from '../core/ip-address.ts'
import { isJsonObject, type JsonObject } from '../core/json.ts'
import { isLoopbackHost } from '../core/loopback.ts'
import { tokenProblem } from '../schema/text-problems.ts'
import { checkAliases } from './check-aliases.ts'
import { checkShape } from './check-shape.ts'
import { ConfigError } from './config-error.ts'
import { type Environment, readVariable } from './environment.ts'
import { expandVariables } from './expand-variables.ts'
import { overlayEnvironment } from './overlay-environment.ts'
import { createProblems, type Problems } from './problems.ts'
import { resolveProviders } from './resolve-providers.ts'
import { resolveStorage } from './resolve-storage.ts'
import type { CompleteConfig } from './schema.ts'
import type { Settings } from './settings.ts'
import { toOrigin } from './to-origin.ts'
import { toRecord } from './to-record.ts'

export interface SettingsInput {
  readonly env: Environment
  /** What the configuration file holds; undefined where there is none. */
  readonly config?: unknown
  readonly platform: 'node' | 'workers'
  /** Whether only this machine can reach the server. On Node it follows from the host unless given; on Workers it is never so. */
  readonly isLoopback?: boolean
}

/**
 * The settings of this server: defaults, over them the file, over it the environment.
 * Throws ConfigError with every problem there is; settings that come back can be used as they are.
 */
export function parseSettings(input: SettingsInput): Settings {
  const problems = createProblems()
  const file = readFile(input, problems)
  const expanded = expandVariables(file, input.env, problems)
  const overlaid = overlayEnvironment(isJsonObject(expanded) ? expanded : {}, input.env, problems)
  const config = checkShape(overlaid, problems)
  const settings = toSettings(config, input, problems)
  checkProviderName('default_provider', config, { overlaid, settings, problems })
  checkProviderName('passthrough', config, { overlaid, settings, problems })
  checkAliases(config.models.aliases, problems)
  checkAdminToken(settings, problems)
  if (problems.all().length > 0) throw new ConfigError(problems.all())
  return settings
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
  const token = resolveToken(config, input, problems)
  const isLoopback = input.platform === 'node' && (input.isLoopback ?? isLoopbackHost(config.server.host))
  const isDevelopment = isLoopback && token === undefined && readVariable(input.env, 'NODE_ENV') !== 'production'
  const bringYourOwnKey = config.access.bring_your_own_key ?? isDevelopment
  const providers = resolveProviders(config, { environment: input.env, bringYourOwnKey, isLoopback }, problems)
  return {
    providers,
    defaultProvider: config.default_provider ?? providers[0]?.id,
    passthrough: config.passthrough,
    models: { strict: config.models.strict, aliases: toRecord(Object.entries(config.models.aliases)) },
    access: {
      token,
      adminToken: config.access.admin_token,
      allowAnonymous: config.access.allow_anonymous,
      bringYourOwnKey,
      trustedProxies: parseIpRanges(config.access.trusted_proxies),
    },
    cors: { origins: [...new Set(config.cors.origins.map(toOrigin))] },
    ...toLimits(config),
    ...resolveStorage(config, input.platform, problems),
    server: {
      host: config.server.host.replace(/^\[|\]$/g, ''),
      port: config.server.port,
      publicUrl: config.server.public_url === undefined ? undefined : new URL(config.server.public_url).origin,
      drainMs: config.server.drain_ms,
    },
    log: { level: config.log.level },
  }
}

function toLimits({ limits, streams }: CompleteConfig): Pick<Settings, 'limits' | 'streams'> {
  return {
    limits: {
      bodyBytes: limits.body_bytes,
      mediaBodyBytes: limits.media_body_bytes,
      answerBytes: limits.answer_bytes,
      jsonDepth: limits.json_depth,
      headerCount: limits.header_count,
      eventBytes: limits.event_bytes,
      mediaEventBytes: limits.media_event_bytes,
    },
    streams: {
      heartbeatMs: streams.heartbeat_ms,
      holdHeadersMs: streams.hold_headers_ms,
      stalledReaderMs: streams.stalled_reader_ms,
      graceMs: streams.grace_ms,
      drainMs: streams.drain_ms,
    },
  }
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

/** S76: who has the one must not have the other with it. */
function checkAdminToken({ access }: Settings, problems: Problems): void {
  if (access.adminToken === undefined || access.adminToken !== access.token) return
  problems.add(['access', 'admin_token'], 'is the token that callers send, and must be a secret of its own')
}

interface NameContext {
  readonly overlaid: JsonObject
  readonly settings: Settings
  readonly problems: Problems
}

function checkProviderName(
  key: 'default_provider' | 'passthrough',
  config: CompleteConfig,
  { overlaid, settings, problems }: NameContext,
): void {
  const name = config[key]
  if (name === undefined) return
  const ids = settings.providers.map((provider) => provider.id)
  // A provider whose own keys are wrong has been reported already.
  const isReported =
    isJsonObject(overlaid.providers) &&
    Object.hasOwn(overlaid.providers, name) &&
    problems.isReported(['providers', name])
  if (ids.includes(name) || isReported) return
  const known = ids.length === 0 ? 'No provider is configured' : `There are ${ids.map((id) => `\`${id}\``).join(', ')}`
  problems.add([key], `names \`${name}\`, which is not configured. ${didYouMean(name, ids) ?? known}`)
}
