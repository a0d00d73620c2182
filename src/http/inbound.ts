import type { ByteStream } from '../core/byte-stream.ts'

/** A request as the platform hands it over, before any of it is believed. */
export interface Inbound {
  readonly method: string
  /** Path and query as they came, not decoded and not normalised. */
  readonly target: string
  /** The value of a header, by its lower-case name. */
  header(name: string): string | undefined
  /** The names of all headers, in lower case. */
  headerNames(): readonly string[]
  /** Bytes of body as the caller announced them, if it did. */
  readonly bodyLength: number | undefined
  /** The body. Nothing is read, and no `100 Continue` is sent, before it is started. May be asked for once. */
  body(): ByteStream
  /** Aborts when the caller has left. */
  readonly gone: AbortSignal
  /** True where the connection came from this machine itself. */
  readonly isLoopback: boolean
  /** Milliseconds, monotonic, at arrival. */
  readonly arrivedAt: number
}
