import type { Signal } from '../core/abort-switch.ts'
import type { BufferShare } from '../core/buffers.ts'
import type { ByteStream } from '../core/byte-stream.ts'
import type { GatewayError } from '../core/errors.ts'
import type { CallerConnection } from '../pipeline/call/call.ts'
import type { CallerHeaders } from '../providers/forward-headers.ts'

/** A request as the platform received it. Nothing in it is trusted yet. */
export interface IncomingRequest {
  readonly method: string
  /** An HTTP error that the platform found; such a request must not be served. */
  readonly malformed?: GatewayError | undefined
  /** Why the platform refuses a valid request: the client has too many requests in flight. */
  readonly refused?: GatewayError | undefined
  /** Scheme of the connection to this process; a proxy in front may use another. */
  readonly scheme: 'http' | 'https'
  /** Path and query as received, neither decoded nor normalised. */
  readonly target: string
  /** Returns the value of a header by its lower-case name. */
  header(name: string): string | undefined
  headers(): CallerHeaders
  /** Announced size of the body in bytes, if the caller sent one. */
  readonly bodyLength: number | undefined
  /**
   * Returns the body; may be called once. Nothing is read and no `100 Continue` is sent before the stream is started.
   */
  body(): ByteStream
  /** Keeps the platform from dropping this request's work before the promise settles. */
  defer(work: Promise<unknown>): void
  /** Releases a memory share once the response has been sent or can no longer be sent. */
  releaseWhenSent(share: BufferShare): void
  /**
   * Resolves when this request may block the event loop for ten milliseconds; undefined if it may at once. Absent on a
   * platform that gives each request its own CPU time.
   */
  waitForTick?(): Promise<void> | undefined
  /** Aborts when the client disconnects, or with a GatewayError as reason when the server must end the call. */
  readonly gone: Signal
  /** True for HTTP/1.0. Proxies still use it towards their upstreams; few other programs do. */
  readonly isHttp10: boolean
  /** True if the connection was opened on this machine. */
  readonly isLoopback: boolean
  /** Address of the peer, which may be a proxy; undefined if unknown. */
  readonly address: string | undefined
  /** The connection, on a server that gives strangers less time than authenticated callers. */
  readonly connection?: CallerConnection | undefined
  /** Monotonic time of arrival in milliseconds. */
  readonly arrivedAt: number
}
