import type { ByteStream } from './byte-stream.ts'
import { sliceString } from './slice-string.ts'

const encoder = new TextEncoder()
const decoder = new TextDecoder()

/** The response to a caller. The platform renders it: a `Response` on Workers, socket writes on Node. */
export interface GatewayResponse {
  readonly status: number
  /** Independent of the caller, because a stored response can be replayed to another call. Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  /** Headers of this call and its caller only: ids and the status of limits. Added last. */
  readonly callHeaders?: Readonly<Record<string, string>> | undefined
  /** Values of `Set-Cookie`, for this caller only. */
  readonly cookies?: readonly string[] | undefined
  readonly body: ResponseBody
  /** True for a stream whose bytes are all available: only a slow client can delay it. */
  readonly isReady?: boolean | undefined
  /** True for a complete response that a budget has truncated: it is not stored as the final response. */
  readonly isTruncated?: boolean | undefined
}

/** A string and bytes are complete and sent with their length; a stream is written as it arrives. */
export type ResponseBody = string | Uint8Array | ByteStream

/** Creates a response with one JSON value. */
export function toJsonResponse(
  status: number,
  value: unknown,
  headers: Readonly<Record<string, string>> = {},
): GatewayResponse {
  return {
    status,
    headers: { 'content-type': 'application/json; charset=utf-8', ...headers },
    body: JSON.stringify(value),
  }
}

/** Returns the length of a complete body in bytes (UTF-8). */
export function countBytes(body: string | Uint8Array): number {
  if (typeof body !== 'string') return body.length
  if (body.length <= countedLength) return encoder.encode(body).length
  let bytes = 0
  for (const slice of sliceString(body, countedLength)) bytes += encoder.encode(slice).length
  return bytes
}

/** Longer strings are encoded slice by slice, which bounds the memory. In characters. */
const countedLength = 64 * 1_024

/** Converts a complete body to a string. */
export function toText(body: string | Uint8Array): string {
  return typeof body === 'string' ? body : decoder.decode(body)
}

/** True for a streamed body. */
export function isByteStream(body: ResponseBody): body is ByteStream {
  return typeof body === 'object' && 'start' in body
}
