import type { Signal } from '../core/abort-switch.ts'
import type { ByteStream } from '../core/byte-stream.ts'

/** One HTTP request to an upstream. */
export interface TransportRequest {
  readonly method: string
  /**
   * Scheme, host and port of the upstream, as in `URL.origin`. A key is sent only to the origin that it was configured
   * with.
   */
  readonly origin: string
  /** Path and query. */
  readonly path: string
  /** Names in lower case, without hop-by-hop headers. */
  readonly headers: Readonly<Record<string, string>>
  /** A list of strings is one body in parts. */
  readonly body: string | readonly string[] | Uint8Array | ByteStream | undefined
  /** An abort closes the exchange at once, before and after the response headers. */
  readonly signal: Signal
  readonly connectTimeoutMs: number
  /** URL of an HTTP proxy, or `none`; undefined uses the server's proxy. Ignored on Workers. */
  readonly proxy?: string | undefined
}

/** The upstream's response, available once its headers have arrived. */
export interface TransportResponse {
  readonly status: number
  /**
   * Names in lower case; the values of a repeated header are joined by `, `. The content encoding is already decoded.
   */
  readonly headers: Readonly<Record<string, string>>
  readonly body: ByteStream
}

/**
 * Sends HTTP requests to upstreams: undici on Node, `fetch` on Workers.
 *
 * Never follows a redirect. Retries only once, on a reused socket that was found closed before a byte of the request
 * was written. Never adds a header that the request does not name. Rejects with GatewayError `upstream_*` if no
 * response arrives.
 */
export interface Transport {
  send(request: TransportRequest): Promise<TransportResponse>
}
