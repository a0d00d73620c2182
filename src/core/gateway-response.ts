import type { ByteStream } from './byte-stream.ts'
import { sliceText } from './slice-text.ts'

const encoder = new TextEncoder()
const decoder = new TextDecoder()

/** The answer to a caller. The platform renders it: a `Response` on Workers, socket writes on Node. */
export interface GatewayResponse {
  readonly status: number
  /** Neutral of the caller, so that the answer can be kept and given again. Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  /** About this call and its caller alone: its ids, how its limits stand. Put on last. */
  readonly callHeaders?: Readonly<Record<string, string>> | undefined
  readonly body: ResponseBody
  /** True for a stream whose bytes are all there: only its reader can hold it up. */
  readonly isReady?: boolean | undefined
  /** True for a whole answer that a budget has cut short: it is not kept as the last word. */
  readonly isCut?: boolean | undefined
}

/** Text and bytes are whole and carry their length; a stream is written as it comes. */
export type ResponseBody = string | Uint8Array | ByteStream

/** An answer of one JSON value. */
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

/** How long a whole body is on the wire. */
export function countBytes(body: string | Uint8Array): number {
  if (typeof body !== 'string') return body.length
  if (body.length <= countedLength) return encoder.encode(body).length
  let bytes = 0
  for (const slice of sliceText(body, countedLength)) bytes += encoder.encode(slice).length
  return bytes
}

/** Of a longer text pieces are encoded in turn, which are not held. */
const countedLength = 64 * 1_024

/** A whole body as text. */
export function toText(body: string | Uint8Array): string {
  return typeof body === 'string' ? body : decoder.decode(body)
}

/** Tells a streamed body from a whole one. */
export function isByteStream(body: ResponseBody): body is ByteStream {
  return typeof body === 'object' && 'start' in body
}
