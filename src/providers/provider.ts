import type { Signal } from '../core/abort-switch.ts'
import type { ByteStream } from '../core/byte-stream.ts'
import type { Clock } from '../core/clock.ts'
import type { Dialect } from '../dialects/dialect.ts'
import type { Operation, OperationName } from '../dialects/operations.ts'
import type { ModelFacts } from '../metering/model-facts.ts'
import type { PriceSource } from '../metering/price-book.ts'
import type { ParsedJsonBody } from '../openai/parse-json-body.ts'
import type { CallerHeaders, CredentialHeader } from './forward-headers.ts'
import type { Retirements } from './retirement.ts'
import type { Transport, TransportResponse } from './transport.ts'

/** A model as `GET /v1/models` lists it. */
export interface ModelCard {
  readonly id: string
  /** Seconds since 1970. */
  readonly created: number
  readonly ownedBy: string
  /** A name for people. Unset if the id is the only name. */
  readonly displayName?: string
  /** Facts that the provider itself reported. */
  readonly facts?: ModelFacts
}

/** The field of a request that limits its output. */
export interface OutputLimitField {
  readonly dialect: Dialect
  /**
   * Weir writes the first name if the caller set none. The others are older, and limit the output of models that accept
   * them.
   */
  readonly names: readonly [string, ...string[]]
  /** Minimum accepted value; 1 if unset. */
  readonly min?: number
}

/** A fact about an upstream's output limit: whether a budget can rely on it. */
export interface OutputLimit {
  /** At most one for each dialect. */
  readonly fields: readonly OutputLimitField[]
  /** True if reasoning counts towards the limit; otherwise the limit does not bound the cost. */
  readonly includesReasoning: boolean
  /** Fields of a request beside which the upstream refuses a limit. None if unset. */
  readonly excludedBy?: readonly string[]
  /** The documentation that promises the limit, and the day on which it was read. */
  readonly source: string
  readonly checkedOn: string
}

/** Milliseconds. `idleMs` runs between two events with content, or two chunks of a body without events. */
export interface Timeouts {
  readonly connectMs: number
  readonly firstByteMs: number
  readonly idleMs: number
  readonly totalMs: number
}

/** A JSON body: `text` is sent upstream, with its long strings; `object` is the part that Weir reads. */
export interface JsonBody extends ParsedJsonBody {
  readonly kind: 'json'
}

/** A multipart or binary body that is streamed. */
export interface RawBody {
  readonly kind: 'raw'
  readonly contentType: string | undefined
  /** Length in bytes, if the caller declared it. */
  readonly length: number | undefined
  readonly stream: ByteStream
}

export type OutboundBody = JsonBody | RawBody | { readonly kind: 'none' }

/** One call to a provider, with the provider's own name of the model. */
export interface ProviderCall {
  readonly operation: Operation
  readonly model: string | undefined
  /** True if the response is to be a stream, which some upstreams read from the path. */
  readonly isStream: boolean
  readonly body: OutboundBody
  /** With its `?`, or empty. */
  readonly query: string
  /** All headers of the caller; the provider chooses which to forward. */
  readonly headers: CallerHeaders
  /** The caller's own key, used instead of the stored one. */
  readonly ownKey: string | undefined
  /** The headers of the caller's own credential, sent unchanged; only for a provider that passes them. */
  readonly credential?: PassedCredential | undefined
}

/** The headers, in lower case, that hold a caller's own credential for a provider; checked to hold none of Weir. */
export type PassedCredential = Readonly<Partial<Record<CredentialHeader, string>>>

/** An endpoint that Weir relays without understanding it. */
export interface PassthroughCall {
  readonly method: string
  /** Below the base URL, starting with `/`; dots and doubled slashes already refused. */
  readonly path: string
  readonly query: string
  readonly headers: CallerHeaders
  readonly body: OutboundBody
  /** The caller's own key, used instead of the stored one. */
  readonly ownKey?: string | undefined
  readonly credential?: PassedCredential | undefined
}

/** The effects that a provider may use. */
export interface ProviderContext {
  readonly transport: Transport
  readonly clock: Clock
  /** Aborts when the caller disconnects or a timeout expires. */
  readonly signal: Signal
}

/**
 * One upstream account. Key and origin belong together and come from the operator's configuration; no call can change
 * them.
 * Shared code reads members of this contract and never compares an id.
 */
export interface Provider {
  readonly id: string
  readonly models: readonly ModelCard[]
  readonly timeouts: Timeouts
  /** Whether a response is read on after its caller disconnected (R03). */
  readonly onCallerGone: 'abort' | 'drain'
  readonly outputLimit: OutputLimit | 'unknown'
  /** False if a response costs nothing when its connection closes before it arrives. */
  readonly billsAbandoned: boolean
  /** The dialects of the upstream, the preferred first. Weir calls `send` only for operations of these. */
  readonly dialects: readonly Dialect[]
  /** True if the upstream accepts `stream_options.include_usage`. */
  readonly acceptsStreamOptions: boolean
  /** True if the upstream chooses among providers and models by OpenRouter's `models` and `provider`. */
  readonly isRouter: boolean
  /** True if the upstream accepts OpenRouter's `usage: {include: true}`; other upstreams answer 400 to it. */
  readonly acceptsUsageField: boolean
  /** True if requests contain a key that Weir stores; a 401 is then the operator's problem, not the caller's. */
  readonly holdsKey: boolean
  /** True if the cost in a response's usage is the upstream's charge (case C9). */
  readonly reportsCharge: boolean
  /** Operations for which the upstream charges nothing. */
  readonly freeOperations: ReadonlySet<OperationName>
  /** The upstream's default models for requests that name none. */
  readonly defaultModels: Readonly<Partial<Record<OperationName, string>>>
  /** The model that draws images for a response if the request names none. */
  readonly drawingModel?: string | undefined
  /** Models that match search the web for every chat, requested or not, and no response reports it. */
  readonly searchingModels?: RegExp | undefined
  /** True if a caller's own key may be sent (`x-openai-key`): instead of a stored one, or to the vendor itself. */
  readonly acceptsOwnKey: boolean
  /**
   * True if each call is sent with its caller's own credential (`caller_credentials: pass`), which reaches no other
   * provider. Such a call is relayed in its own dialect: nothing is added to its body, and the upstream's errors and
   * limits are the caller's.
   */
  readonly passesCallerCredentials: boolean
  /** The headers in which the upstream takes a credential. */
  readonly credentialHeaders: readonly CredentialHeader[]
  /** The section of the price table with its models. Unset if none is known. */
  readonly priceSource?: PriceSource
  /** True if `GET /models` lists the models that can be called. */
  readonly reportsModels?: boolean
  /** The query with which `GET /models` lists all models; with its `?`. */
  readonly modelsQuery?: string
  /** Names that the upstream has shut down. Unset if none are known. */
  readonly retirements?: Retirements
  /**
   * Returns the upstream's own name of a model. Unset if the upstream needs no model and accepts every name unchanged.
   */
  toOwnModel?(model: string): string
  /** A sentence for the operator on how to make this provider usable; undefined if it is usable. */
  readonly unavailableReason: string | undefined
  /** Returns the upstream's response with any status, in the dialect of the call. Rejects with GatewayError. */
  send(call: ProviderCall, context: ProviderContext): Promise<TransportResponse>
  passThrough(call: PassthroughCall, context: ProviderContext): Promise<TransportResponse>
}
