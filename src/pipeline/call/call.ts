import type { Signal } from '../../core/abort-switch.ts'
import type { BufferShare } from '../../core/buffers.ts'
import type { ByteStream } from '../../core/byte-stream.ts'
import type { JsonObject } from '../../core/json.ts'
import type { FormFacts } from '../../dialects/dialect.ts'
import type { Operation } from '../../dialects/operations.ts'
import type { CallerHeaders } from '../../providers/forward-headers.ts'
import type { JsonBody, RawBody } from '../../providers/provider.ts'
import type { FoundKey } from '../../storage/key-store.ts'
import type { Message } from '../../storage/session-store.ts'
import type { CallTrace } from './call-trace.ts'
import type { Stage } from './stage.ts'

/** Who sends a request, by its own words. Nothing of it is trusted before `authenticate`. */
export interface Credentials {
  /** From `Authorization: Bearer`, `x-api-key` or `api-key`. */
  readonly token: string | undefined
  /** A sentence about an `Authorization` that holds no token but something else, without the secret. */
  readonly tokenProblem?: string | undefined
  /** From `x-openai-key`. */
  readonly ownKey: string | undefined
  readonly origin: string | undefined
  readonly host: string | undefined
  /** True where the connection came from this machine itself and no proxy stands between. */
  readonly isLocal: boolean
  /** True for HTTP/1.0, by which a proxy on this machine is known that says nothing else of itself (case D10). */
  readonly isHttp10?: boolean
  /** Where the call comes from, past the proxies that the operator trusts; undefined where that is not known. */
  readonly address: string | undefined
  /** Undefined where the platform watches connections itself. */
  readonly connection?: CallerConnection | undefined
}

/** The connection that a caller came on. */
export interface CallerConnection {
  /** A caller was accepted on it, who may take more time than a stranger (S64). */
  accept(): void
}

/** The authenticated sender of a call. */
export interface Caller {
  /** Stable, and different for every key: sessions and images of the caller belong to it. Holds no secret. */
  readonly owner: string
  /** Whose usage it is: the id of a virtual key, or `token`, `local` or `anonymous`. */
  readonly keyId: string
  /** The virtual key with its ancestors, as it was when the caller came. */
  readonly key?: FoundKey
  /** True where all callers are this one, so that none may list the sessions of all. */
  readonly isAnonymous: boolean
}

/** A body that has not been read. Nothing of it is read, and no `100 Continue` is sent, before `stream` is started. */
export interface UnreadBody {
  readonly kind: 'unread'
  readonly contentType: string
  readonly contentEncoding: string | undefined
  /** Bytes, as the caller announced them. */
  readonly length: number | undefined
  /** May be called once. */
  stream(): ByteStream
}

/** A body that was read and checked before the call. */
export interface ReadBody {
  readonly kind: 'read'
  readonly request: CallRequest
}

/** A call's body, checked. */
export interface CallRequest {
  readonly body: JsonBody | FormBody
  /** As the caller named it. */
  readonly model: string | undefined
  /** True where the caller asked for a stream. */
  readonly isStream: boolean
  /** True where the caller asked for the usage chunk. */
  readonly wantsUsage: boolean
  /** True where the caller asked, in OpenRouter's way, for the cost of the call. */
  readonly wantsCost: boolean
}

/** A multipart body whose model can still be renamed while it passes. It passes once, so a call with a form has one attempt. */
export interface FormBody extends FormFacts {
  readonly kind: 'form'
  /** Those that came before its file, or behind a short one, as JSON would have them. */
  readonly fields: JsonObject
  /** Bytes, where the caller said so. */
  readonly length: number | undefined
  /** The body with its model set to `model`, or as it came. May be called once. */
  withModel(model: string | undefined): RawBody
}

/** The fields of a request, in whatever form they came. */
export function fieldsOf({ body }: CallRequest): JsonObject {
  return body.kind === 'json' ? body.object : body.fields
}

/** A request in Weir's own terms. */
export interface Call {
  readonly operation: Operation
  readonly credentials: Credentials
  /** Set where the caller was authenticated before: by a legacy route, or by GraphQL. */
  readonly caller?: Caller | undefined
  readonly body: UnreadBody | ReadBody
  /** True on the routes of the old proxies, whose clients name models that are gone. */
  readonly isLegacy?: boolean
  /** With its `?`, or empty. */
  readonly query: string
  /** The model that stands in the path, and holds in place of the body's (case B3). */
  readonly deployment?: string | undefined
  /** As they came, credentials too: a provider chooses those that travel. */
  readonly headers: CallerHeaders
  /** Aborts when the caller has left. */
  readonly signal: Signal
  /** Milliseconds, monotonic, at arrival. */
  readonly arrivedAt: number
  readonly trace: CallTrace
  /** Scheme and host under which the caller reached Weir, for URLs in the answer; empty where they have to be relative. */
  readonly publicUrl: string
  /** The session that this call belongs to, if its operation takes messages. */
  readonly sessionId: string | undefined
  /** The header `cf-aig-metadata`: labels under which the caller wants its usage reported. */
  readonly metadata?: string | undefined
  /** The header `idempotency-key`: the call is not made twice under it. */
  readonly idempotencyKey?: string | undefined
  /** Stages of a streamed answer, after the session's own. */
  readonly stages: readonly Stage[]
  /**
   * True where a stream's headers are the call's own: they wait `streams.hold_headers_ms` for the upstream's, then go out (R17). False in
   * GraphQL, which has headers of its own.
   */
  readonly holdsHeaders: boolean
  /** Told, in a session, the messages that were stored of this call: the caller's own, and the reply last. */
  onStored?(messages: readonly Message[]): void
  /** Gives the share of a whole answer back once it is sent, or cannot be any more. */
  untilSent(share: BufferShare): void
  /** Keeps the process, or the Worker's request, alive until the promise settles. It must not reject. */
  defer(work: Promise<unknown>): void
}
