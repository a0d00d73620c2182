import { toRecord } from '../core/json.ts'
import { isLoopbackHost } from '../core/loopback.ts'
import type { Timeouts } from '../providers/provider.ts'
import type { ProviderKind, ProviderSettings } from '../providers/provider-kind.ts'
import { fallbackKind, providerKinds } from '../providers/provider-kinds.ts'
import { secretProblem } from '../schema/text-problems.ts'
import type { Problems } from './config-error.ts'
import { findKey } from './config-keys.ts'
import { type Environment, parseFlag, parseText, providerVariables, readVariable } from './environment.ts'
import { type ProviderConfig, providerSchema } from './provider-schema.ts'
import type { CompleteConfig } from './schema.ts'

/** Facts beside their own keys that providers depend on. */
interface ProviderSurroundings {
  readonly environment: Environment
  readonly bringYourOwnKey: boolean
  /** True where only this machine reaches the server: there a kind may stand in while there is no other provider. */
  readonly isLoopback: boolean
}

/** The providers in the order in which calls see them, each with everything filled in. */
export function resolveProviders(
  config: CompleteConfig,
  surroundings: ProviderSurroundings,
  problems: Problems,
): readonly ProviderSettings[] {
  const context: Context = { ...surroundings, config, problems }
  const kinds: readonly ProviderKind[] = providerKinds
  const providers = Object.entries(config.providers)
    .filter(([id, provider]) => !isKeptAway(kindOf(id, provider), context))
    .map(([id, provider]) => resolveProvider(id, provider, context))
  if (providers.length === 0 && surroundings.isLoopback) {
    for (const kind of kinds.filter(({ standsIn }) => standsIn !== undefined))
      if (!isKeptAway(kind, context))
        providers.push(resolveProvider(kind.kind, readOwnVariables(kind, context), context))
  }
  if (surroundings.bringYourOwnKey) {
    for (const { kind } of kinds.filter(({ acceptsOwnKey }) => acceptsOwnKey))
      if (!providers.some((provider) => provider.kind === kind))
        providers.push(resolveProvider(kind, emptyProvider, context))
  }
  return providers
}

interface Context extends ProviderSurroundings {
  readonly config: CompleteConfig
  readonly problems: Problems
}

const emptyProvider: ProviderConfig = { models: [] }

function isKeptAway({ standsIn }: ProviderKind, { environment }: Context): boolean {
  return standsIn !== undefined && parseFlag(readVariable(environment, standsIn.name) ?? '') === false
}

/** The variables of a kind that stands in do not add it by themselves, so they are read here. */
function readOwnVariables({ kind, env }: ProviderKind, { environment, problems }: Context): ProviderConfig {
  const values: Record<string, unknown> = {}
  for (const { name, key } of env) {
    const path = ['providers', kind, key]
    const [text, found] = [readVariable(environment, name), findKey(path)]
    if (text === undefined || found === undefined) continue
    const parsed = parseText(found, text)
    values[key] = parsed.kind === 'value' ? parsed.value : text
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
  return kind.toSettings(
    {
      id,
      kind: kind.kind,
      apiKey: resolveKey(id, kind, provider, baseUrl, context),
      baseUrl,
      headers: resolveHeaders(id, provider.headers ?? {}, context.problems),
      forwardHeaders: {
        allow: (provider.forward_headers?.allow ?? []).map((name) => name.toLowerCase()),
        deny: (provider.forward_headers?.deny ?? []).map((name) => name.toLowerCase()),
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

/** The kind that a provider names, else the one that has its name. */
function kindOf(id: string, provider: ProviderConfig): ProviderKind {
  const name = provider.kind ?? id
  return providerKinds.find(({ kind }) => kind === name) ?? fallbackKind
}

/** The environment's key of a provider goes to the provider of that name, so the name must not stand for another kind of server. */
function checkKind(id: string, { kind }: ProviderKind, { problems }: Context): void {
  if (kind === id || !providerKinds.some((other) => other.kind === id)) return
  problems.add(
    ['providers', id, 'kind'],
    `must be \`${id}\`, since the provider has that name. Rename it, for example to \`my-${id}\``,
  )
}

function checkKeys(id: string, { kind }: ProviderKind, provider: ProviderConfig, { problems }: Context): void {
  for (const [name, value] of Object.entries(provider)) {
    const kinds = findKey(['providers', id, name])?.documentation.kinds
    if (value === undefined || kinds === undefined || kinds.includes(kind)) continue
    problems.add(
      ['providers', id, name],
      `is not for a provider of the kind \`${kind}\`, only for ${kinds.map((other) => `\`${other}\``).join(', ')}. Remove it`,
    )
  }
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
      problems.add(path, `is missing. Write where it is reached, ${hint}${variableHint(id, 'base_url')}`)
    return ''
  }
  if (isThisServer(baseUrl, config.server)) {
    problems.add(
      path,
      'is the address of this server itself, which would call itself without end. Name the provider’s own',
    )
  }
  const trimmed = baseUrl.replace(/\/+$/, '')
  return kind.baseUrl.normalize?.(trimmed) ?? trimmed
}

/** `OPENAI_BASE_URL` in a shell often points clients at this very server. */
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
    if (provider.api_key !== undefined) problems.add(viaPath, 'stands beside `api_key`. Keep one of them')
    const value = readVariable(environment, provider.api_key_env)
    const problem = value === undefined ? 'is not set' : secretProblem(value)
    if (problem !== undefined) problems.add(viaPath, `names the variable ${provider.api_key_env}, which ${problem}`)
    return value
  }
  const home = kind.baseUrl?.default
  const isNeeded = kind.needsKey && (home === undefined || (home === baseUrl && !bringYourOwnKey))
  // A wrong base URL does not tell whether it was moved.
  const isReported = problems.isReported(path) || problems.isReported(['providers', id, 'base_url'])
  if (provider.api_key === undefined && isNeeded && !isReported) {
    problems.add(path, `is missing. Write it, or name its variable in \`api_key_env\`${variableHint(id, 'api_key')}`)
  }
  return provider.api_key
}

function variableHint(id: string, key: 'api_key' | 'base_url'): string {
  const variable = providerVariables.find((candidate) => candidate.provider === id && candidate.key === key)
  return variable === undefined ? '' : `, or set ${variable.name}`
}

function resolveHeaders(
  id: string,
  headers: Readonly<Record<string, string>>,
  problems: Problems,
): Readonly<Record<string, string>> {
  const byName = new Map<string, string>()
  for (const [name, value] of Object.entries(headers)) {
    const lower = name.toLowerCase()
    if (byName.has(lower))
      problems.add(['providers', id, 'headers', name], 'is there twice, in upper and lower case. Keep one')
    byName.set(lower, value.trim())
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
