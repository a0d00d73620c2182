import { type ProviderKind, providerKinds } from '../schema/key-documentation.ts'
import { secretProblem } from '../schema/text-problems.ts'
import { findKey } from './config-keys.ts'
import { defaultBaseUrls } from './default-base-urls.ts'
import { defaults } from './defaults.ts'
import { type Environment, providerVariables, readVariable } from './environment.ts'
import { isLoopbackHost } from './is-loopback-host.ts'
import type { Problems } from './problems.ts'
import { type ProviderConfig, providerSchema } from './provider-schema.ts'
import type { CompleteConfig } from './schema.ts'
import type { ProviderSettings, TimeoutSettings } from './settings.ts'
import { toRecord } from './to-record.ts'
import { trimSlashes } from './trim-slashes.ts'

/** What the providers depend on beside their own keys. */
export interface ProviderSurroundings {
  readonly environment: Environment
  readonly bringYourOwnKey: boolean
  /** True where the embedded provider stands in as long as there is no other. */
  readonly demoStandsIn: boolean
  /** What `DEMO` says. */
  readonly demo: boolean | undefined
}

/** The providers in the order in which calls see them, each with everything filled in. */
export function resolveProviders(
  config: CompleteConfig,
  surroundings: ProviderSurroundings,
  problems: Problems,
): readonly ProviderSettings[] {
  const context: Context = { ...surroundings, config, problems }
  const wanted = Object.entries(config.providers).filter(
    ([id, provider]) => surroundings.demo !== false || kindOf(id, provider) !== 'demo',
  )
  const providers = wanted.map(([id, provider]) => resolveProvider(id, provider, context))
  if (providers.length === 0 && surroundings.demoStandsIn)
    providers.push(resolveProvider('demo', demoProvider(context), context))
  const hasOpenAI = providers.some((provider) => provider.kind === 'openai')
  if (surroundings.bringYourOwnKey && !hasOpenAI) providers.push(resolveProvider('openai', emptyProvider, context))
  return providers
}

interface Context extends ProviderSurroundings {
  readonly config: CompleteConfig
  readonly problems: Problems
}

const emptyProvider: ProviderConfig = { models: [], on_caller_gone: 'abort' }

/** The variable alone does not add the provider, so it is read here. */
function demoProvider({ environment, problems }: Context): ProviderConfig {
  const text = readVariable(environment, 'DEMO_WORD_DELAY_MS')
  if (text === undefined) return emptyProvider
  const { data, error } = providerSchema.shape.word_delay_ms.safeParse(Number(text))
  if (error !== undefined) problems.addVariable('DEMO_WORD_DELAY_MS', error.issues[0]?.message ?? error.message)
  return { ...emptyProvider, word_delay_ms: data }
}

function resolveProvider(id: string, provider: ProviderConfig, context: Context): ProviderSettings {
  const kind = kindOf(id, provider)
  checkKind(id, kind, context)
  checkKeys(id, kind, { provider, problems: context.problems })
  const baseUrl = resolveBaseUrl(id, kind, { provider, context })
  const common = {
    id,
    apiKey: resolveKey(id, kind, { provider, baseUrl, context }),
    baseUrl,
    headers: resolveHeaders(id, provider.headers ?? {}, context.problems),
    models: [...new Set(provider.models.map((model) => model.trim()))],
    timeouts: resolveTimeouts(provider, context.config),
    onCallerGone: provider.on_caller_gone,
  }
  switch (kind) {
    case 'openai':
    case 'deepinfra':
      return { kind, ...common }
    case 'custom':
      return { kind, ...common, streamOptions: provider.stream_options ?? true }
    case 'azure':
      return {
        kind,
        ...common,
        apiVersion: provider.api_version ?? defaults.azureApiVersion,
        deployments: toRecord(Object.entries(provider.deployments ?? {})),
      }
    case 'demo':
      return { kind, ...common, wordDelayMs: provider.word_delay_ms ?? defaults.demo.wordDelayMs }
  }
}

function kindOf(id: string, provider: ProviderConfig): ProviderKind {
  return provider.kind ?? providerKinds.find((kind) => kind === id) ?? 'custom'
}

/** The environment's key of a provider goes to the provider of that name, so the name must not stand for another kind of server. */
function checkKind(id: string, kind: ProviderKind, { problems }: Context): void {
  if (kind === id || !providerKinds.some((other) => other === id)) return
  problems.add(
    ['providers', id, 'kind'],
    `must be \`${id}\`, since the provider has that name. Call it otherwise, such as \`my-${id}\``,
  )
}

function checkKeys(
  id: string,
  kind: ProviderKind,
  { provider, problems }: { provider: ProviderConfig; problems: Problems },
): void {
  for (const [name, value] of Object.entries(provider)) {
    const kinds = findKey(['providers', id, name])?.documentation.kinds
    if (value === undefined || kinds === undefined || kinds.includes(kind)) continue
    problems.add(
      ['providers', id, name],
      `is not for a provider of the kind \`${kind}\`, only for ${kinds.map((other) => `\`${other}\``).join(', ')}. Remove it`,
    )
  }
}

interface BaseUrlInput {
  readonly provider: ProviderConfig
  readonly context: Context
}

function resolveBaseUrl(id: string, kind: ProviderKind, { provider, context }: BaseUrlInput): string {
  if (kind === 'demo') return ''
  const path = ['providers', id, 'base_url']
  const baseUrl = provider.base_url ?? defaultBaseUrls[kind]
  if (baseUrl === undefined) {
    const hint =
      kind === 'azure'
        ? 'the endpoint of the resource, such as https://example.openai.azure.com'
        : 'such as http://localhost:11434/v1'
    if (!context.problems.isReported(path))
      context.problems.add(path, `is missing. Write where it is reached, ${hint}${variableHint(id, 'base_url')}`)
    return ''
  }
  if (isThisServer(baseUrl, context.config.server)) {
    context.problems.add(
      path,
      'is the address of this server itself, which would call itself without end. Name the provider’s own',
    )
  }
  const trimmed = trimSlashes(baseUrl)
  // Azure's portal shows the endpoint with and without this.
  return kind === 'azure' ? trimmed.replace(/\/openai(\/v1)?$/, '') : trimmed
}

/** `OPENAI_BASE_URL` in a shell often points clients at this very server. */
function isThisServer(baseUrl: string, server: CompleteConfig['server']): boolean {
  const url = URL.parse(baseUrl)
  if (url === null) return false
  const port = url.port === '' ? (url.protocol === 'https:' ? '443' : '80') : url.port
  return port === String(server.port) && (isLoopbackHost(url.hostname) || url.hostname === server.host)
}

interface KeyInput extends BaseUrlInput {
  readonly baseUrl: string
}

function resolveKey(id: string, kind: ProviderKind, { provider, baseUrl, context }: KeyInput): string | undefined {
  const { problems } = context
  const path = ['providers', id, 'api_key']
  if (provider.api_key_env !== undefined) {
    const viaPath = ['providers', id, 'api_key_env']
    if (provider.api_key !== undefined) problems.add(viaPath, 'stands beside `api_key`. Keep one of them')
    const value = readVariable(context.environment, provider.api_key_env)
    const problem = value === undefined ? 'is not set' : secretProblem(value)
    if (problem !== undefined) problems.add(viaPath, `names the variable ${provider.api_key_env}, which ${problem}`)
    return value
  }
  const isNeeded = kind === 'azure' || (defaultBaseUrls[kind] === baseUrl && !context.bringYourOwnKey)
  // With a wrong base URL nobody knows whether it was moved.
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

function resolveTimeouts({ timeouts }: ProviderConfig, { timeouts: general }: CompleteConfig): TimeoutSettings {
  return {
    connectMs: timeouts?.connect_ms ?? general.connect_ms,
    firstByteMs: timeouts?.first_byte_ms ?? general.first_byte_ms,
    idleMs: timeouts?.idle_ms ?? general.idle_ms,
    totalMs: timeouts?.total_ms ?? general.total_ms,
  }
}
