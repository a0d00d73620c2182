import type { Signal } from '../core/abort-switch.ts'
import type { Operation } from '../openai/operations.ts'
import type { JsonBody, RawBody } from '../providers/provider.ts'
import type { Message } from '../storage/storage.ts'
import type { CallTrace } from './call-trace.ts'

/** What a request says about who sends it. Nothing of it is believed before `authenticate`. */
export interface Credentials {
  /** From `Authorization: Bearer`, `x-api-key` or `api-key`. */
  readonly token: string | undefined
  /** From `x-openai-key`. */
  readonly ownKey: string | undefined
  readonly origin: string | undefined
  readonly host: string | undefined
  /** True where the connection came from this machine itself and no proxy stands between. */
  readonly isLocal: boolean
  /** Where the call comes from, past the proxies that the operator trusts; undefined where that is not known. */
  readonly address: string | undefined
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
  /** True where the caller asked, in OpenRouter's way, for what the call costs. */
  readonly wantsCost: boolean
}

/** A multipart body whose model can still be renamed while it passes. */
export interface FormBody {
  readonly kind: 'form'
  /** Bytes, where the caller said so. */
  readonly length: number | undefined
  /** The body with its model set to `model`, or as it came. May be called once. */
  withModel(model: string | undefined): RawBody
}

/** A request in Weir's own terms. */
export interface Call {
  readonly operation: Operation
  readonly credentials: Credentials
  /** With its `?`, or empty. */
  readonly query: string
  /** The headers that may travel upstream, names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  /** Aborts when the caller has left. */
  readonly signal: Signal
  readonly trace: CallTrace
  /** Scheme and host under which the caller reached Weir, for URLs in the answer; empty where they have to be relative. */
  readonly publicUrl: string
  /** The session that this call belongs to, if its operation takes messages. */
  readonly sessionId: string | undefined
  /** The header `cf-aig-metadata`: what the caller wants its use told apart by. */
  readonly metadata?: string | undefined
  /** The header `idempotency-key`: the call is not made twice under it. */
  readonly idempotencyKey?: string | undefined
  /** Told, in a session, what was kept of this call: the caller's messages, and the reply last. */
  onKept?(messages: readonly Message[]): void
  /** Keeps the process, or the Worker's request, alive until the promise settles. It must not reject. */
  defer(work: Promise<unknown>): void
  /**
   * Reads and checks the body, and throws or rejects with what is wrong with it; not before the caller is known (R35). May be called once. With `needsModel` a form is held until its model
   * is found, since somebody decides by it.
   */
  read(needsModel?: boolean): Promise<CallRequest>
}
