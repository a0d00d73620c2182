import type { Signal } from '../../core/abort-switch.ts'
import type { BufferShare } from '../../core/buffers.ts'
import type { ByteStream } from '../../core/byte-stream.ts'
import type { JsonObject } from '../../core/json.ts'
import type { FormFacts } from '../../dialects/dialect.ts'
import type { Operation } from '../../dialects/operations.ts'
import type { KeyChain } from '../../metering/limits.ts'
import type { CallerHeaders } from '../../providers/forward-headers.ts'
import type { JsonBody, PassedCredential, RawBody } from '../../providers/provider.ts'
import type { KeySecret, KeyWithAncestors } from '../../storage/key-store.ts'
import type { TokenIdentity } from '../../storage/revocation-store.ts'
import type { Message } from '../../storage/session-store.ts'
import type { CallTrace } from './call-trace.ts'
import type { Proof } from './proofs.ts'
import type { Stage } from './stage.ts'

/** The credentials that a request presents. They are untrusted before `authenticate`. */
export interface Credentials {
  /**
   * From `x-weir-key`; without that header from `Authorization: Bearer`, `x-api-key`, `api-key` or `x-goog-api-key`, or
   * from `?key=` of a route of Gemini's.
   */
  readonly token: string | undefined
  /** A sentence about an `Authorization` header without a token. It does not contain the secret. */
  readonly tokenProblem?: string | undefined
  /** From the header of its own that a login of the configuration has; undefined if it is not sent. */
  readonly loginToken?: { readonly header: string; readonly value: string } | undefined
  /** From `DPoP`. */
  readonly proof?: Proof | undefined
  /** From `x-openai-key`. */
  readonly ownKey: string | undefined
  /**
   * The credential headers beside `x-weir-key`, which hold the caller's credential for a provider. Undefined without
   * `x-weir-key`: they then hold the key of Weir.
   */
  readonly providerHeaders?: PassedCredential | undefined
  readonly origin: string | undefined
  readonly host: string | undefined
  /** True if the connection is from this machine and no proxy is in between. */
  readonly isLocal: boolean
  /** True for HTTP/1.0. It reveals a proxy on this machine that sends no other sign (case D10). */
  readonly isHttp10?: boolean
  /** Address of the caller behind the proxies that the operator trusts; undefined if unknown. */
  readonly address: string | undefined
  /** Undefined if the platform guards connections itself. */
  readonly connection?: CallerConnection | undefined
}

/** The connection on which a call arrived. */
export interface CallerConnection {
  /** Marks the connection as authenticated, which allows it more time than a stranger has (S64). */
  accept(): void
}

/** The authenticated sender of a call. */
export interface Caller {
  /** Stable and unique per key: the caller's sessions, images and stored responses belong to it. Contains no secret. */
  readonly owner: string
  /** The owner of its sessions instead: the key, for a token that is bound to one session of its key. */
  readonly sessionOwner?: string
  /**
   * To whom usage is attributed: the id of a virtual key or of a policy (src/storage/key-ids.ts), or `token`, `local`
   * or `anonymous`.
   */
  readonly keyId: string
  /**
   * The virtual key with its ancestors, as of authentication. For a user token, the token itself is the first key: it
   * is a key below the one that it acts for, but signed instead of stored.
   */
  readonly key?: CallerKey
  /** Undefined for a caller with a secret of this server, and for one without any. */
  readonly userToken?: UserToken
  /** The address of an anonymous visitor, if it is known. */
  readonly address?: string | undefined
  /** `rules` of an admission: those of the first keys of `key`, which the ledger does not store. */
  readonly rules?: KeyChain
  /** True if all callers share this identity; then none may list all sessions. */
  readonly isAnonymous: boolean
}

/** The key of a caller, with the secret that it presented. */
export interface CallerKey extends KeyWithAncestors {
  /** Undefined for a user token. */
  readonly secret?: KeySecret
}

/** A short-lived token of one end user, which a web page presents instead of a key. */
export interface UserToken extends TokenIdentity {
  /** `client`: made by a key of this server. `visitor`: made for a stranger. `login`: made by an OpenID issuer. */
  readonly kind: 'client' | 'visitor' | 'login'
  /** Empty if the token names no end user. */
  readonly endUser: string
  /** Milliseconds since 1970. */
  readonly expiresAt: number
  /** The only session that the token may use; undefined for those of its end user. */
  readonly sessionId: string | undefined
  /** `name:value`, in front of the tags of each call. */
  readonly tags: readonly string[]
}

/** An unread body. Nothing is read, and no `100 Continue` is sent, before `stream` is called. */
export interface UnreadBody {
  readonly kind: 'unread'
  readonly contentType: string
  readonly contentEncoding: string | undefined
  /** Announced size in bytes. */
  readonly length: number | undefined
  /** May be called once. */
  stream(): ByteStream
}

/** A body that was read and checked before the call. */
export interface ReadBody {
  readonly kind: 'read'
  readonly request: CallRequest
}

/** The checked body of a call. */
export interface CallRequest {
  readonly body: JsonBody | FormBody
  /** As the caller named it. */
  readonly model: string | undefined
  /** True if the caller requested a stream. */
  readonly isStream: boolean
  /** True if the caller requested the usage chunk. */
  readonly wantsUsage: boolean
  /** True if the caller requested the cost of the call, in OpenRouter's way. */
  readonly wantsCost: boolean
  /** Paths of the fields that were left out, because the caller sent them in the shape of another dialect. */
  readonly dropped?: readonly string[]
}

/** A multipart body whose model can be renamed while it is relayed. It is sent once, so a form has one attempt. */
export interface FormBody extends FormFacts {
  readonly kind: 'form'
  /** The fields before its file, or after a short one, as JSON would have them. */
  readonly fields: JsonObject
  /** Bytes, if the caller announced them. */
  readonly length: number | undefined
  /** Returns the body with its model set to `model`, or unchanged. May be called once. */
  withModel(model: string | undefined): RawBody
}

/** Returns the fields of a JSON or form request. */
export function fieldsOf({ body }: CallRequest): JsonObject {
  return body.kind === 'json' ? body.object : body.fields
}

/** A request, independent of HTTP. */
export interface Call {
  readonly operation: Operation
  readonly credentials: Credentials
  /** Set if the caller is already authenticated: by a legacy route, or by GraphQL. */
  readonly caller?: Caller | undefined
  readonly body: UnreadBody | ReadBody
  /** True on the routes of the old proxies, whose clients name retired models. */
  readonly isLegacy?: boolean
  /** Starts with `?`, or is empty. */
  readonly query: string
  /** The model in the path, which takes precedence over the body's (case B3). */
  readonly deployment?: string | undefined
  /** True if the path asks for a stream, in a format whose bodies do not. */
  readonly isStreamPath?: boolean | undefined
  /** Unfiltered, including credentials: a provider chooses those to forward. */
  readonly headers: CallerHeaders
  /** Aborts when the caller disconnects. */
  readonly signal: Signal
  /** Time of arrival in monotonic milliseconds. */
  readonly arrivedAt: number
  readonly trace: CallTrace
  /** Scheme and host by which the caller reached Weir, for URLs in the response; empty if they must be relative. */
  readonly publicUrl: string
  /** The session of this call, if its operation takes messages. */
  readonly sessionId: string | undefined
  /** The header `cf-aig-metadata`: labels that split the usage reports. */
  readonly metadata?: string | undefined
  /** The header `idempotency-key`: a call with the same key is not sent twice. */
  readonly idempotencyKey?: string | undefined
  /** Stages of a streamed response, after the session's own. */
  readonly stages: readonly Stage[]
  /**
   * True if Weir sends a stream's headers itself: they wait `streams.hold_headers_ms` for the upstream's, then are sent
   * (R17). False in GraphQL, which has its own headers.
   */
  readonly holdsHeaders: boolean
  /** Receives, in a session, the messages stored for this call: the caller's own, then the reply. */
  onStored?(messages: readonly Message[]): void
  /** Releases the share of a whole response once it is sent or can no longer be sent. */
  releaseWhenSent(share: BufferShare): void
  /** Keeps the process, or the Worker's request, alive until the promise settles. It must not reject. */
  defer(work: Promise<unknown>): void
}
