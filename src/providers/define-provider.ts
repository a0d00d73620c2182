import type * as z from 'zod'
import type { Operation } from '../dialects/operations.ts'
import { toPriceSource } from '../metering/price-book.ts'
import { toParts } from '../openai/long-strings.ts'
import { type CallerHeaders, createHeaderFilter } from './forward-headers.ts'
import { hostFacts } from './host-facts.ts'
import type {
  ModelCard,
  OutboundBody,
  OutputLimit,
  PassthroughCall,
  Provider,
  ProviderCall,
  ProviderContext,
} from './provider.ts'
import type { OwnKeys, ProviderFacts, ProviderKind, ProviderSettings } from './provider-kind.ts'
import { toRetirements } from './retirement.ts'
import type { TransportResponse } from './transport.ts'

/** A kind of provider: its facts, and how it differs from a server that speaks OpenAI's API. `Own` is the settings of its own keys. */
export interface ProviderDeclaration<Kind extends string, Keys extends OwnKeys, Own> extends ProviderFacts<Kind, Keys> {
  /** Fills in the defaults of the kind's own keys. */
  toSettings?(config: z.output<z.ZodObject<Keys>>): Own
  /** The models that are known without asking; those of the configuration unless said otherwise. */
  models?(settings: ProviderSettings & Own): readonly ModelCard[]
  /** The headers that carry the key; `Authorization: Bearer` unless said otherwise. */
  authenticate?(key: string): Readonly<Record<string, string>>
  /** The upstream's own name for a model. */
  toOwnModel?(model: string, settings: ProviderSettings & Own): string
  /** The name under which the price table has a model, for the upstream's own name of it. */
  toPricedModel?(model: string, settings: ProviderSettings & Own): string
  /** Path and query below the base URL, with the model in the upstream's own name; the operation's own path unless said otherwise. */
  toPath?(operation: Operation, model: string | undefined, query: string, settings: ProviderSettings & Own): string
  /** The same for an endpoint that is relayed without being understood. */
  toPassthroughPath?(path: string, query: string, settings: ProviderSettings & Own): string
  /** The limit on output by the kind's own keys and its address; undefined where the declaration holds. */
  toOutputLimit?(settings: ProviderSettings & Own): OutputLimit | 'unknown' | undefined
  /** Makes the provider itself, in place of the members above. For a kind that sends nothing. */
  create?(settings: ProviderSettings & Own): Provider
}

/** Makes a kind of provider from its declaration. */
export function defineProvider<
  const Kind extends string,
  Keys extends OwnKeys,
  Own extends object = Readonly<Record<never, never>>,
>(declaration: ProviderDeclaration<Kind, Keys, Own>): ProviderKind<Kind, Keys> {
  return {
    ...declaration,
    toSettings: (common, config) => ({ ...common, ...declaration.toSettings?.(config) }),
    create: (settings: ProviderSettings & Own) =>
      declaration.create?.(settings) ?? createUpstreamProvider(declaration, settings),
  }
}

/** Cards of models that only have a name: owned by the part before the slash, or by `owner`. */
export function toModelCards(ids: readonly string[], owner: string): ModelCard[] {
  return [...new Set(ids)].map((id) => ({
    id,
    created: 0,
    ownedBy: id.includes('/') ? (id.split('/')[0] ?? owner) : owner,
  }))
}

function createUpstreamProvider<Kind extends string, Keys extends OwnKeys, Own>(
  kind: ProviderDeclaration<Kind, Keys, Own>,
  settings: ProviderSettings & Own,
): Provider {
  const { origin, hostname, pathname } = new URL(settings.baseUrl)
  const home = kind.baseUrl?.default
  const isAtHome = home === undefined || new URL(home).origin === origin
  const basePath = pathname === '/' ? '' : pathname.replace(/\/$/, '')
  const authenticate = kind.authenticate ?? ((key) => ({ authorization: `Bearer ${key}` }))
  const { toOwnModel } = kind
  const priceSource = toPriceSource({ ...settings, priceSource: kind.priceSource })
  const fixedHeaders = { ...settings.headers, ...(settings.apiKey !== undefined && authenticate(settings.apiKey)) }
  const fixedJsonHeaders = { 'content-type': 'application/json', ...fixedHeaders }
  const filterHeaders = createHeaderFilter(settings.forwardHeaders)

  /** Those of the operator and the key win. */
  function toHeaders({ headers, body, ownKey, isRelayed }: Outgoing): Readonly<Record<string, string>> {
    const forwarded = filterHeaders(headers, { hasOwnKey: ownKey !== undefined, isRelayed })
    if (ownKey !== undefined)
      return Object.assign(forwarded, toBodyHeaders(body), settings.headers, authenticate(ownKey))
    if (body.kind === 'json') return Object.assign(forwarded, fixedJsonHeaders)
    return Object.assign(forwarded, toBodyHeaders(body), fixedHeaders)
  }

  function send(call: Outgoing, { transport, signal }: ProviderContext): Promise<TransportResponse> {
    const { method, path, body } = call
    return transport.send({
      method,
      origin,
      path: basePath + path,
      headers: toHeaders(call),
      body: toTransportBody(body),
      signal,
      connectTimeoutMs: settings.timeouts.connectMs,
      proxy: settings.proxy,
    })
  }

  return {
    id: settings.id,
    models: kind.models?.(settings) ?? toModelCards(settings.models, settings.id),
    timeouts: settings.timeouts,
    onCallerGone: settings.onCallerGone,
    outputLimit: kind.toOutputLimit?.(settings) ?? kind.outputLimit,
    billsAbandoned: kind.billsAbandoned !== 'no',
    dialects: kind.dialects,
    acceptsStreamOptions: settings.streamOptions,
    acceptsUsageField: hostFacts.get(hostname)?.acceptsUsageField ?? false,
    holdsKey: settings.apiKey !== undefined,
    reportsCharge: (kind.reportedCost ?? hostFacts.get(hostname)?.reportedCost) !== undefined,
    freeOperations: new Set(kind.freeOperations?.names),
    defaultModels: kind.defaultModels ?? {},
    drawingModel: kind.drawingModel,
    searchingModels: kind.searchingModels?.pattern,
    // A server in the vendor's place that asks for no key would serve any caller without a budget (case D8).
    acceptsOwnKey: kind.acceptsOwnKey === true && (settings.apiKey !== undefined || isAtHome),
    reportsModels: kind.reportsModels ?? true,
    ...(priceSource !== undefined && { priceSource }),
    ...(kind.retired !== undefined && { retirements: toRetirements(kind.retired) }),
    ...(toOwnModel !== undefined && { toOwnModel: (model: string) => toOwnModel(model, settings) }),
    unavailableReason:
      kind.needsKey && isAtHome && settings.apiKey === undefined ? missingKey(kind, settings.id) : undefined,
    send({ operation, model, query, headers, body, ownKey }: ProviderCall, context) {
      const path = kind.toPath?.(operation, model, query, settings) ?? operation.path + query
      return send({ method: 'POST', path, headers, body, ownKey, isRelayed: false }, context)
    },
    passThrough({ method, path, query, headers, body, ownKey }: PassthroughCall, context) {
      const ownPath = kind.toPassthroughPath?.(path, query, settings) ?? path + query
      return send({ method, path: ownPath, headers, body, ownKey, isRelayed: true }, context)
    },
  }
}

interface Outgoing {
  readonly method: string
  readonly path: string
  readonly headers: CallerHeaders
  readonly body: OutboundBody
  readonly ownKey: string | undefined
  readonly isRelayed: boolean
}

function missingKey({ name, env }: Pick<ProviderKind, 'name' | 'env'>, id: string): string {
  const variable = env.find(({ key }) => key === 'api_key')?.name
  return `${name ?? id} API key is not configured. Set ${variable ?? `providers.${id}.api_key`} on the server.`
}

function toBodyHeaders(body: OutboundBody): Record<string, string> {
  if (body.kind === 'json') return { 'content-type': 'application/json' }
  if (body.kind === 'none') return {}
  return {
    ...(body.contentType !== undefined && { 'content-type': body.contentType }),
    ...(body.length !== undefined && { 'content-length': String(body.length) }),
  }
}

function toTransportBody(body: OutboundBody) {
  if (body.kind === 'json') return body.longs === undefined ? body.text : toParts(body.text, body.longs)
  return body.kind === 'raw' ? body.stream : undefined
}
