import type { Operation } from '../dialects/operations.ts'
import type {
  ModelCard,
  OutboundBody,
  PassthroughCall,
  Provider,
  ProviderCall,
  ProviderContext,
  Timeouts,
} from './provider.ts'
import type { TransportResponse } from './transport.ts'

/** Everything in which one OpenAI-compatible upstream differs from another. */
export interface OpenAICompatibleOptions {
  readonly id: string
  /** For messages: `OpenAI`. */
  readonly name: string
  /** For messages: the environment variable of the key, where there is one. */
  readonly keyVariable?: string
  readonly baseUrl: string
  readonly apiKey: string | undefined
  /** False for a local server, which answers without. */
  readonly needsKey: boolean
  readonly acceptsOwnKey?: boolean
  readonly acceptsStreamOptions: boolean
  readonly headers: Readonly<Record<string, string>>
  readonly models: readonly ModelCard[]
  readonly timeouts: Timeouts
  readonly onCallerGone: Provider['onCallerGone']
  /** The headers that carry the key; `Authorization: Bearer` unless said otherwise. */
  readonly toKeyHeaders?: (key: string) => Readonly<Record<string, string>>
  readonly toOwnModel?: (model: string) => string
  /** Path and query below the base URL's path, with the model in the upstream's own name; the operation's own path unless said otherwise. */
  readonly toPath?: (operation: Operation, model: string | undefined, query: string) => string
  /** The same for an endpoint that is relayed without being understood. */
  readonly toPassthroughPath?: (path: string, query: string) => string
}

/** Who takes `usage: {include: true}` in a request. Source: https://openrouter.ai/docs/use-cases/usage-accounting */
const usageFieldHosts: ReadonlySet<string> = new Set(['openrouter.ai'])

/** Makes a provider of any upstream that speaks OpenAI's API. */
export function defineOpenAICompatible(options: OpenAICompatibleOptions): Provider {
  const base = new URL(options.baseUrl)
  const basePath = base.pathname === '/' ? '' : base.pathname.replace(/\/$/, '')
  const toPath = options.toPath ?? ((operation, _model, query) => operation.path + query)
  const toPassthroughPath = options.toPassthroughPath ?? ((path, query) => path + query)
  const toKeyHeaders = options.toKeyHeaders ?? ((key) => ({ authorization: `Bearer ${key}` }))

  const { origin } = base
  const { connectMs } = options.timeouts
  const fixedHeaders = { ...options.headers, ...(options.apiKey === undefined ? {} : toKeyHeaders(options.apiKey)) }
  const fixedJsonHeaders = { 'content-type': 'application/json', ...fixedHeaders }

  /** Those of the operator and the key win. */
  function toHeaders({ headers, body, ownKey }: Outgoing): Readonly<Record<string, string>> {
    if (ownKey !== undefined) return { ...headers, ...toBodyHeaders(body), ...options.headers, ...toKeyHeaders(ownKey) }
    if (body.kind === 'json') return { ...headers, ...fixedJsonHeaders }
    return { ...headers, ...toBodyHeaders(body), ...fixedHeaders }
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
      connectTimeoutMs: connectMs,
    })
  }

  return {
    id: options.id,
    models: options.models,
    timeouts: options.timeouts,
    onCallerGone: options.onCallerGone,
    acceptsStreamOptions: options.acceptsStreamOptions,
    acceptsUsageField: usageFieldHosts.has(base.hostname),
    acceptsOwnKey: options.acceptsOwnKey ?? false,
    ...(options.toOwnModel !== undefined && { toOwnModel: options.toOwnModel }),
    missing: options.needsKey && options.apiKey === undefined ? missingKey(options) : undefined,
    send: ({ operation, model, query, headers, body, ownKey }: ProviderCall, context) =>
      send({ method: 'POST', path: toPath(operation, model, query), headers, body, ownKey }, context),
    passThrough: ({ method, path, query, headers, body, ownKey }: PassthroughCall, context) =>
      send({ method, path: toPassthroughPath(path, query), headers, body, ownKey }, context),
  }
}

interface Outgoing {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: OutboundBody
  readonly ownKey: string | undefined
}

function missingKey({ id, name, keyVariable }: OpenAICompatibleOptions): string {
  return `${name} API key is not configured. Set ${keyVariable ?? `providers.${id}.api_key`} on the server.`
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
  if (body.kind === 'json') return body.text
  return body.kind === 'raw' ? body.stream : undefined
}
