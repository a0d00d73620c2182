import type { Signal } from '../core/abort-switch.ts'
import type { ByteStream } from '../core/byte-stream.ts'
import type { Clock } from '../core/clock.ts'
import type { Dialect } from '../dialects/dialect.ts'
import type { Operation, OperationName } from '../dialects/operations.ts'
import type { ModelFacts } from '../metering/model-facts.ts'
import type { PriceSource } from '../metering/price-book.ts'
import type { ParsedJsonBody } from '../openai/parse-json-body.ts'
import type { CallerHeaders } from './forward-headers.ts'
import type { Retirements } from './retirement.ts'
import type { Transport, TransportResponse } from './transport.ts'

/** A model as `GET /v1/models` lists it. */
export interface ModelCard {
  readonly id: string
  /** Seconds since 1970. */
  readonly created: number
  readonly ownedBy: string
  /** What the provider itself told of it. */
  readonly facts?: ModelFacts
}

/** The field of a request that bounds its output. */
export interface OutputLimitField {
  readonly dialect: Dialect
  /** The first is written where the caller has set none. The others are older, and bound the output of the models that take them. */
  readonly names: readonly [string, ...string[]]
  /** The least value that is accepted; 1 unless set. */
  readonly min?: number
}

/** A fact about an upstream's limit on output: whether a budget can rely on it. */
export interface OutputLimit {
  /** At most one for each dialect. */
  readonly fields: readonly OutputLimitField[]
  /** True where reasoning counts towards it; otherwise the limit does not bound the cost. */
  readonly includesReasoning: boolean
  /** Members of a request beside which the upstream refuses a limit. None unless set. */
  readonly excludedBy?: readonly string[]
  /** The documentation that promises it, and the day on which it was read. */
  readonly source: string
  readonly checkedOn: string
}

/** Milliseconds. `idleMs` runs between two events that carry content, or two chunks where there are no events. */
export interface Timeouts {
  readonly connectMs: number
  readonly firstByteMs: number
  readonly idleMs: number
  readonly totalMs: number
}

/** A JSON body: its text is what goes upstream, with its long strings in it, its object is what Weir decided on. */
export interface JsonBody extends ParsedJsonBody {
  readonly kind: 'json'
}

/** A multipart or binary body that is streamed through. */
export interface RawBody {
  readonly kind: 'raw'
  readonly contentType: string | undefined
  /** Bytes, where the caller said so. */
  readonly length: number | undefined
  readonly stream: ByteStream
}

export type OutboundBody = JsonBody | RawBody | { readonly kind: 'none' }

/** One call to a provider, with the model already in the provider's own name. */
export interface ProviderCall {
  readonly operation: Operation
  readonly model: string | undefined
  readonly body: OutboundBody
  /** With its `?`, or empty. */
  readonly query: string
  /** All of the caller's; the provider chooses those that travel. */
  readonly headers: CallerHeaders
  /** The caller's own key, used instead of the stored one. */
  readonly ownKey: string | undefined
}

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
}

/** The part of the outside world that a provider may use. */
export interface ProviderContext {
  readonly transport: Transport
  readonly clock: Clock
  /** Aborts when the caller has left or a timeout ran out. */
  readonly signal: Signal
}

/**
 * One upstream account. Its key and its origin are one thing, made from the operator's configuration; nothing of a call can change them.
 * Shared code asks a member of this contract, and never compares an id.
 */
export interface Provider {
  readonly id: string
  readonly models: readonly ModelCard[]
  readonly timeouts: Timeouts
  /** Whether an answer is read on whose caller has left (R03). */
  readonly onCallerGone: 'abort' | 'drain'
  readonly outputLimit: OutputLimit | 'unknown'
  /** False where an answer whose connection is closed before it came costs nothing. */
  readonly billsAbandoned: boolean
  /** All that the upstream speaks. `send` is called for operations in one of them only. */
  readonly dialects: readonly Dialect[]
  /** True where the upstream takes `stream_options.include_usage`. */
  readonly acceptsStreamOptions: boolean
  /** True where the upstream takes OpenRouter's `usage: {include: true}`; others answer 400 to it. */
  readonly acceptsUsageField: boolean
  /** True where requests carry a key that Weir holds; then a 401 is the operator's affair. */
  readonly holdsKey: boolean
  /** True where the cost in an answer's usage is what the upstream charges (case C9). */
  readonly reportsCharge: boolean
  /** The upstream charges nothing for these. */
  readonly freeOperations: ReadonlySet<OperationName>
  /** The model that the upstream takes where a request names none. */
  readonly defaultModels: Readonly<Partial<Record<OperationName, string>>>
  /** The model with which it draws for a response that names none. */
  readonly drawingModel?: string | undefined
  /** Its models of this pattern search the web for every chat, asked to or not, and no answer tells of it. */
  readonly searchingModels?: RegExp | undefined
  /** True where a caller's own key may be sent (`x-openai-key`): instead of a stored one, or to the vendor itself. */
  readonly acceptsOwnKey: boolean
  /** The section of the table that has its models. Left out where none is known. */
  readonly priceSource?: PriceSource
  /** True where its `GET /models` lists what can be called. */
  readonly reportsModels?: boolean
  /** Names that the upstream has shut down. Left out where none are known. */
  readonly retirements?: Retirements
  /** The name that the upstream itself has for a model. Left out where it needs no model, and takes every name as it is. */
  toOwnModel?(model: string): string
  /** A sentence that tells the operator how to make this provider usable; undefined where it is. */
  readonly unavailableReason: string | undefined
  /** The upstream's answer, whatever its status, in OpenAI's format. Rejects with GatewayError. */
  send(call: ProviderCall, context: ProviderContext): Promise<TransportResponse>
  passThrough(call: PassthroughCall, context: ProviderContext): Promise<TransportResponse>
}
