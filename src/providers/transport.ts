import type { Signal } from '../core/abort-switch.ts'
import type { ByteStream } from '../core/byte-stream.ts'

/** One HTTP request to an upstream. */
export interface TransportRequest {
  readonly method: string
  /** Scheme, host and port of the upstream, as `URL.origin` writes it. A key is only ever sent to the origin it was configured with. */
  readonly origin: string
  /** Path and query. */
  readonly path: string
  /** Names in lower case. No hop-by-hop header. */
  readonly headers: Readonly<Record<string, string>>
  /** Several texts are the parts of one. */
  readonly body: string | readonly string[] | Uint8Array | ByteStream | undefined
  /** Aborting closes the exchange at once, before and after the answer's headers. */
  readonly signal: Signal
  readonly connectTimeoutMs: number
  /** The URL of an HTTP proxy, or `none`; undefined where that of the server holds. Not heeded on Workers. */
  readonly proxy?: string | undefined
}

/** The upstream's answer, once its headers are here. */
export interface TransportResponse {
  readonly status: number
  /** Names in lower case; of a repeated header the values are joined by `, `. Content encoding is already undone. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: ByteStream
}

/**
 * How Weir speaks HTTP to an upstream: undici on Node, `fetch` on Workers.
 *
 * Never follows a redirect, never retries but once on a reused socket that was found closed before a byte of the request was written,
 * never adds a header that the request does not name. Rejects with GatewayError `upstream_*` when no answer came.
 */
export interface Transport {
  send(request: TransportRequest): Promise<TransportResponse>
}
