import type { Signal } from '../core/abort-switch.ts'
import type { BufferShare } from '../core/buffers.ts'
import type { ByteStream } from '../core/byte-stream.ts'
import type { GatewayError } from '../core/errors.ts'
import type { CallerConnection } from '../pipeline/call/call.ts'
import type { CallerHeaders } from '../providers/forward-headers.ts'

/** A request as the platform hands it over, before any of it is believed. */
export interface IncomingRequest {
  readonly method: string
  /** A mistake that the platform found in it as HTTP; it must not be served then. */
  readonly malformed?: GatewayError | undefined
  /** Why the platform does not take it, though nothing is wrong with it: its client has too many under way. */
  readonly refused?: GatewayError | undefined
  /** How the connection to this process is made; a proxy before it may speak another. */
  readonly scheme: 'http' | 'https'
  /** Path and query as they came, not decoded and not normalised. */
  readonly target: string
  /** The value of a header, by its lower-case name. */
  header(name: string): string | undefined
  /** All headers. */
  headers(): CallerHeaders
  /** Bytes of body as the caller announced them, if it did. */
  readonly bodyLength: number | undefined
  /** The body. Nothing is read, and no `100 Continue` is sent, before it is started. May be asked for once. */
  body(): ByteStream
  /** Keeps the platform from dropping this request's work before the promise settles. */
  defer(work: Promise<unknown>): void
  /** Gives a share back once the response has been sent, or cannot be any more. */
  untilSent(share: BufferShare): void
  /**
   * Resolves when this request may do a work of ten milliseconds without a pause; undefined where it may at once. Absent where a platform gives each
   * request time of its own.
   */
  untilTurn?(): Promise<void> | undefined
  /** Aborts when the caller has left; with a GatewayError as its reason, when the server must end the call itself. */
  readonly gone: Signal
  /** True for HTTP/1.0, which proxies still speak to the servers behind them, and hardly any program does. */
  readonly isHttp10: boolean
  /** True where the connection came from this machine itself. */
  readonly isLoopback: boolean
  /** The other end of the connection, which may be a proxy; undefined where it is not known. */
  readonly address: string | undefined
  /** The connection, where its server gives strangers less time than callers. */
  readonly connection?: CallerConnection | undefined
  /** Milliseconds, monotonic, at arrival. */
  readonly arrivedAt: number
}
