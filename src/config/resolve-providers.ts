import { toRecord } from '../core/json.ts'
import { isLoopbackHost } from '../core/loopback.ts'
import { credentialHeaders } from '../providers/forward-headers.ts'
import type { Timeouts } from '../providers/provider.ts'
import type { ProviderKind, ProviderSettings } from '../providers/provider-kind.ts'
import { fallbackKind, providerKinds } from '../providers/provider-kinds.ts'
import { secretProblem } from '../schema/text-problems.ts'
import type { Problems } from './config-error.ts'
import { findKey } from './config-keys.ts'
import { type Environment, parseFlag, parseValue, providerVariables, readVariable } from './environment.ts'
import { type ProviderConfig, providerSchema } from './provider-schema.ts'
import type { CompleteConfig } from './schema.ts'

/** Settings outside a provider's own keys that affect it. */
interface ProviderEnvironment {
  readonly environment: Environment
  readonly bringYourOwnKey: boolean
  /**
   * True if only this machine reaches the server. Then a kind with an `enableVariable` is added if no other provider
   * exists.
   */
  readonly isLoopback: boolean
}

/** Returns the providers in the order in which calls see them, with every default filled in. */
export function resolveProviders(
  config: CompleteConfig,
  providerEnvironment: ProviderEnvironment,
  problems: Problems,
): readonly ProviderSettings[] {
  const context: Context = { ...providerEnvironment, config, problems }
  const kinds: readonly ProviderKind[] = providerKinds
  const providers = Object.entries(config.providers)
    .filter(([id, provider]) => !isDisabled(kindOf(id, provider), context))
    .map(([id, provider]) => resolveProvider(id, provider, context))
  if (providers.length === 0 && providerEnvironment.isLoopback) {
    for (const kind of kinds.filter(({ enableVariable }) => enableVariable !== undefined))
      if (!isDisabled(kind, context))
        providers.push(resolveProvider(kind.kind, readOwnVariables(kind, context), context))
  }
  if (providerEnvironment.bringYourOwnKey) {
    for (const { kind } of kinds.filter(({ acceptsOwnKey }) => acceptsOwnKey))
      if (!providers.some((provider) => provider.kind === kind))
        providers.push(resolveProvider(kind, emptyProvider, context))
  }
  return providers
}

interface Context extends ProviderEnvironment {
  readonly config: CompleteConfig
  readonly problems: Problems
}

const emptyProvider: ProviderConfig = { models: [] }

function isDisabled({ enableVariable }: ProviderKind, { environment }: Context): boolean {
  return enableVariable !== undefined && parseFlag(readVariable(environment, enableVariable.name) ?? '') === false
}

/** Reads the variables of a kind that is added without being configured; they do not add it by themselves. */
function readOwnVariables({ kind, env }: ProviderKind, { environment, problems }: Context): ProviderConfig {
  const values: Record<string, unknown> = {}
  for (const { name, key } of env) {
    const path = ['providers', kind, key]
    const [value, found] = [readVariable(environment, name), findKey(path)]
    if (value === undefined || found === undefined) continue
    const parsed = parseValue(found, value)
    values[key] = parsed.kind === 'value' ? parsed.value : value
    problems.nameByVariable(path, name)
  }
  const { data, error } = providerSchema.safeParse(values)
  for (const { path, message } of error?.issues ?? []) problems.add(['providers', kind, ...path], message)
  return data ?? emptyProvider
}

function resolveProvider(id: string, provider: ProviderConfig, context: Context): ProviderSettings {
  const kind = kindOf(id, provider)
  checkKind(id, kind, context)
  checkKeys(id, kind, provider, context)
  const baseUrl = resolveBaseUrl(id, kind, provider, context)
  const passes = provider.caller_credentials === 'pass'
  if (passes) checkPassing(id, provider, context)
  return kind.toSettings(
    {
      id,
      kind: kind.kind,
      apiKey: passes ? undefined : resolveKey(id, kind, provider, baseUrl, context),
      ...(passes && { passesCallerCredentials: true }),
      baseUrl,
      headers: resolveHeaders(id, provider.headers ?? {}, context.problems),
      forwardHeaders: {
        allow: (provider.forward_headers?.allow ?? []).map((name) => name.toLowerCase()),
        // S40: the token of a login is for this server alone.
        deny: [...(provider.forward_headers?.deny ?? []), ...loginHeaders(context.config)].map((name) =>
          name.toLowerCase(),
        ),
      },
      models: [...new Set(provider.models.map((model) => model.trim()))],
      timeouts: resolveTimeouts(provider, context.config),
      ...(provider.proxy !== undefined && { proxy: provider.proxy }),
      onCallerGone: provider.on_caller_gone ?? kind.onCallerGone,
      streamOptions: provider.stream_options ?? (kind.streamOptions === 'unknown' || kind.streamOptions.areAccepted),
      ...(provider.price_multiplier !== undefined && { priceMultiplier: provider.price_multiplier }),
    },
    provider,
  )
}

/** Returns the kind that a provider sets, else the kind with its name, else the fallback. */
function kindOf(id: string, provider: ProviderConfig): ProviderKind {
  const name = provider.kind ?? id
  return providerKinds.find(({ kind }) => kind === name) ?? fallbackKind
}

/**
 * The environment's key is sent to the provider of that name, so the name must not belong to another kind of server.
 */
function checkKind(id: string, { kind }: ProviderKind, { problems }: Context): void {
  if (kind === id || !providerKinds.some((other) => other.kind === id)) return
  problems.add(
    ['providers', id, 'kind'],
    `must be \`${id}\`, because that is the provider’s name. To use another kind, rename the provider, for example to \`my-${id}\``,
  )
}

function checkKeys(id: string, { kind }: ProviderKind, provider: ProviderConfig, { problems }: Context): void {
  for (const [name, value] of Object.entries(provider)) {
    const kinds = findKey(['providers', id, name])?.documentation.kinds
    if (value === undefined || kinds === undefined || kinds.includes(kind)) continue
    problems.add(
      ['providers', id, name],
      `is not a key of the kind \`${kind}\`, only of ${kinds.map((other) => `\`${other}\``).join(', ')}. Remove it`,
    )
  }
}

/** A stored credential beside the caller's would leave open which of them a call spends. */
function checkPassing(id: string, provider: ProviderConfig, { problems }: Context): void {
  const conflict = 'conflicts with `caller_credentials: pass`, with which each caller sends its own. Remove one of them'
  for (const key of ['api_key', 'api_key_env'] as const)
    if (provider[key] !== undefined) problems.add(['providers', id, key], conflict)
  for (const name of Object.keys(provider.headers ?? {}))
    if (credentialHeaders.some((header) => header === name.toLowerCase()))
      problems.add(['providers', id, 'headers', name], conflict)
}

function resolveBaseUrl(id: string, kind: ProviderKind, provider: ProviderConfig, context: Context): string {
  if (kind.baseUrl === undefined) return ''
  const { problems, config } = context
  const path = ['providers', id, 'base_url']
  const baseUrl = provider.base_url ?? kind.baseUrl.default
  if (baseUrl === undefined) {
    const { meaning, example } = kind.baseUrl
    const hint = [meaning, example && `such as ${example}`].filter((part) => part !== undefined).join(', ')
    if (!problems.isReported(path))
      problems.add(path, `is missing. Set it to the URL of the API, ${hint}${variableHint(id, 'base_url')}`)
    return ''
  }
  if (isThisServer(baseUrl, config.server)) {
    problems.add(
      path,
      'is the address of this server itself, which would call itself for ever. Set the URL of the provider',
    )
  }
  const trimmed = baseUrl.replace(/\/+$/, '')
  return kind.baseUrl.normalize?.(trimmed) ?? trimmed
}

/** In many shells `OPENAI_BASE_URL` points clients at this very server. */
function isThisServer(baseUrl: string, server: CompleteConfig['server']): boolean {
  const url = URL.parse(baseUrl)
  if (url === null) return false
  const port = url.port === '' ? (url.protocol === 'https:' ? '443' : '80') : url.port
  return port === String(server.port) && (isLoopbackHost(url.hostname) || url.hostname === server.host)
}

function resolveKey(
  id: string,
  kind: ProviderKind,
  provider: ProviderConfig,
  baseUrl: string,
  { environment, bringYourOwnKey, problems }: Context,
): string | undefined {
  const path = ['providers', id, 'api_key']
  if (provider.api_key_env !== undefined) {
    const viaPath = ['providers', id, 'api_key_env']
    if (provider.api_key !== undefined) problems.add(viaPath, 'conflicts with `api_key`. Keep one of them')
    const value = readVariable(environment, provider.api_key_env)
    const problem = value === undefined ? 'is not set' : secretProblem(value)
    if (problem !== undefined)
      problems.add(viaPath, `refers to the environment variable ${provider.api_key_env}, which ${problem}`)
    return value
  }
  const vendorUrl = kind.baseUrl?.default
  const isNeeded = kind.needsKey && (vendorUrl === undefined || (vendorUrl === baseUrl && !bringYourOwnKey))
  // With an invalid base URL it is unknown whether the vendor's own URL was replaced.
  const isReported = problems.isReported(path) || problems.isReported(['providers', id, 'base_url'])
  if (provider.api_key === undefined && isNeeded && !isReported) {
    problems.add(
      path,
      `is missing. Set it, or set \`api_key_env\` to the name of its variable${variableHint(id, 'api_key')}`,
    )
  }
  return provider.api_key
}

function variableHint(id: string, key: 'api_key' | 'base_url'): string {
  const variable = providerVariables.find((candidate) => candidate.provider === id && candidate.key === key)
  return variable === undefined ? '' : `, or set ${variable.name}`
}

function loginHeaders({ logins }: CompleteConfig): readonly string[] {
  return Object.values(logins).flatMap(({ header }) => header ?? [])
}

function resolveHeaders(
  id: string,
  headers: Readonly<Record<string, string>>,
  problems: Problems,
): Readonly<Record<string, string>> {
  const byName = new Map<string, string>()
  for (const [name, value] of Object.entries(headers)) {
    const lowerCase = name.toLowerCase()
    if (byName.has(lowerCase))
      problems.add(['providers', id, 'headers', name], 'occurs twice, in different case. Keep one of them')
    byName.set(lowerCase, value.trim())
  }
  return toRecord([...byName])
}

function resolveTimeouts({ timeouts }: ProviderConfig, { timeouts: general }: CompleteConfig): Timeouts {
  return {
    connectMs: timeouts?.connect_ms ?? general.connect_ms,
    firstByteMs: timeouts?.first_byte_ms ?? general.first_byte_ms,
    idleMs: timeouts?.idle_ms ?? general.idle_ms,
    totalMs: timeouts?.total_ms ?? general.total_ms,
  }
}
