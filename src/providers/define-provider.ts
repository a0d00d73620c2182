import type * as z from 'zod'
import type { Dialect } from '../dialects/dialect.ts'
import { type Api, type Operation, operations } from '../dialects/operations.ts'
import { toPriceSource } from '../metering/price-book.ts'
import { toParts } from '../openai/long-strings.ts'
import { requiredHeaders, toBearer } from './api-headers.ts'
import { type CallerHeaders, createHeaderFilter } from './forward-headers.ts'
import { hostFacts } from './host-facts.ts'
import type {
  ModelCard,
  OutboundBody,
  OutputLimit,
  PassedCredential,
  PassthroughCall,
  Provider,
  ProviderCall,
  ProviderContext,
} from './provider.ts'
import type { OwnKeys, ProviderFacts, ProviderKind, ProviderSettings } from './provider-kind.ts'
import { toRetirements } from './retirement.ts'
import type { TransportResponse } from './transport.ts'

/**
 * A provider kind: its facts, and its differences from a server with OpenAI's paths and key. `Own` is the type of the
 * settings of its own keys.
 */
export interface ProviderDeclaration<Kind extends string, Keys extends OwnKeys, Own> extends ProviderFacts<Kind, Keys> {
  /** Fills in the defaults of the kind's own keys. */
  toSettings?(config: z.output<z.ZodObject<Keys>>): Own
  /** The models that are known without a request; by default those of the configuration. */
  models?(settings: ProviderSettings & Own): readonly ModelCard[]
  /** The dialects that the kind's own keys choose; by default all of the kind, in its order. */
  toDialects?(settings: ProviderSettings & Own): readonly Dialect[] | undefined
  /** The headers that hold the key of a call in an API; by default `Authorization: Bearer`. */
  authenticate?(key: string, api: Api): Readonly<Record<string, string>>
  /** Returns the upstream's own name of a model. */
  toOwnModel?(model: string, settings: ProviderSettings & Own): string
  /** Returns the price table's name of a model, given the upstream's own name. */
  toPricedModel?(model: string, settings: ProviderSettings & Own): string
  /**
   * Returns path and query below the base URL, given the upstream's own name of the model; by default the operation's
   * own path.
   */
  toPath?(
    operation: Operation,
    model: string | undefined,
    query: string,
    settings: ProviderSettings & Own,
    isStream: boolean,
  ): string
  /** Returns path and query of an endpoint that Weir relays without understanding it. */
  toPassthroughPath?(path: string, query: string, settings: ProviderSettings & Own): string
  /** Returns the output limit that the kind's own keys and its address imply; undefined if the declaration holds. */
  toOutputLimit?(settings: ProviderSettings & Own): OutputLimit | 'unknown' | undefined
  /** Creates the provider in place of the members above. For a kind that sends no requests. */
  create?(settings: ProviderSettings & Own): Provider
}

/** Turns a declaration into a provider kind. */
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

/** Creates cards of models of which only the name is known: owned by the part before the slash, or by `owner`. */
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
  const vendorUrl = kind.baseUrl?.default
  const isVendorUrl = vendorUrl === undefined || new URL(vendorUrl).origin === origin
  const basePath = pathname === '/' ? '' : pathname.replace(/\/$/, '')
  const authenticate = kind.authenticate ?? toBearer
  const { toOwnModel } = kind
  const priceSource = toPriceSource({ ...settings, priceSource: kind.priceSource })
  const dialects = kind.toDialects?.(settings) ?? kind.dialects
  /** The API of relayed endpoints, which name none: that of the preferred dialect. */
  const ownApi = Object.values(operations).find(({ dialect }) => dialect === dialects[0])?.api ?? 'openai'
  const fixedHeaders = {
    openai: toFixedHeaders('openai'),
    anthropic: toFixedHeaders('anthropic'),
    gemini: toFixedHeaders('gemini'),
  }
  const filterHeaders = createHeaderFilter(settings.forwardHeaders)
  const passes = settings.passesCallerCredentials === true

  function toFixedHeaders(api: Api): Readonly<Record<string, string>> {
    return { ...settings.headers, ...(settings.apiKey !== undefined && authenticate(settings.apiKey, api)) }
  }

  /** Headers of the operator and the key override forwarded ones. */
  function toHeaders(call: Outgoing): Readonly<Record<string, string>> {
    const { headers, body, ownKey, credential, isRelayed, api } = call
    const own = credential ?? (ownKey === undefined ? undefined : authenticate(ownKey, api))
    const forwarded = filterHeaders(headers, {
      hasOwnKey: own !== undefined,
      keepsAgent: credential !== undefined,
      isRelayed,
    })
    const required = requiredHeaders[api]
    for (const name in required) forwarded[name] ??= required[name] ?? ''
    const fixed = own === undefined ? fixedHeaders[api] : { ...settings.headers, ...own }
    return Object.assign(forwarded, toBodyHeaders(body), fixed)
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
    dialects,
    acceptsStreamOptions: settings.streamOptions,
    isRouter: kind.router !== undefined,
    acceptsUsageField: hostFacts.get(hostname)?.acceptsUsageField ?? false,
    holdsKey: settings.apiKey !== undefined,
    reportsCharge: (kind.reportedCost ?? hostFacts.get(hostname)?.reportedCost) !== undefined,
    freeOperations: new Set(kind.freeOperations?.names),
    defaultModels: kind.defaultModels ?? {},
    drawingModel: kind.drawingModel,
    searchingModels: kind.searchingModels?.pattern,
    // A server at another base URL that needs no key would serve any caller without a budget (case D8).
    acceptsOwnKey: kind.acceptsOwnKey === true && !passes && (settings.apiKey !== undefined || isVendorUrl),
    passesCallerCredentials: passes,
    credentialHeaders: kind.credentialHeaders ?? ['authorization'],
    // Weir has no credential with which to ask.
    reportsModels: !passes && (kind.reportsModels ?? true),
    ...(kind.modelsQuery !== undefined && { modelsQuery: kind.modelsQuery }),
    ...(priceSource !== undefined && { priceSource }),
    ...(kind.retired !== undefined && { retirements: toRetirements(kind.retired) }),
    ...(toOwnModel !== undefined && { toOwnModel: (model: string) => toOwnModel(model, settings) }),
    unavailableReason:
      kind.needsKey && isVendorUrl && settings.apiKey === undefined && !passes
        ? missingKey(kind, settings.id)
        : undefined,
    send({ operation, model, isStream, query, headers, body, ownKey, credential }: ProviderCall, context) {
      const path = kind.toPath?.(operation, model, query, settings, isStream) ?? operation.path + query
      return send(
        { method: 'POST', path, headers, body, ownKey, credential, isRelayed: false, api: operation.api },
        context,
      )
    },
    passThrough({ method, path, query, headers, body, ownKey, credential }: PassthroughCall, context) {
      const ownPath = kind.toPassthroughPath?.(path, query, settings) ?? path + query
      return send({ method, path: ownPath, headers, body, ownKey, credential, isRelayed: true, api: ownApi }, context)
    },
  }
}

interface Outgoing {
  readonly method: string
  readonly path: string
  readonly headers: CallerHeaders
  readonly body: OutboundBody
  readonly ownKey: string | undefined
  readonly credential: PassedCredential | undefined
  readonly isRelayed: boolean
  readonly api: Api
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
