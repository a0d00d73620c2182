import { toAbortSignal } from '../../../core/abort-switch.ts'
import { type ByteStream, wrapStream } from '../../../core/byte-stream.ts'
import { GatewayError } from '../../../core/errors.ts'
import { countBytes } from '../../../core/gateway-response.ts'
import type { Transport, TransportRequest, TransportResponse } from '../../../providers/transport.ts'
import { decodeBody } from './decode-body.ts'
import { FetchedBody } from './fetched-body.ts'
import { isReadWhole, WholeBody } from './whole-body.ts'

/**
 * Sends upstream HTTP requests with `fetch`. workerd has no connect timeout, so the first-byte timeout includes
 * connecting.
 */
export const fetchTransport: Transport = {
  async send(request) {
    const init = toInit(request)
    const response = await fetch(request.origin + request.path, init).catch((error: unknown) => {
      if (init.signal.aborted) throw init.signal.reason
      throw new GatewayError(
        'upstream_unreachable',
        'The provider could not be reached, or closed the connection before it answered.',
        { cause: error },
      )
    })
    const headers: Record<string, string> = {}
    for (const [name, value] of response.headers) headers[name] = value
    return {
      status: response.status,
      headers,
      body: toBody(response, headers, init.signal),
    } satisfies TransportResponse
  },
}

/** Throws GatewayError `upstream_invalid_answer` for an unsupported encoding. */
function toBody(response: Response, headers: Readonly<Record<string, string>>, signal: AbortSignal): ByteStream {
  const toError = (cause: unknown) => toInterruption(cause, signal)
  const { 'content-length': length, 'content-type': type, 'content-encoding': encoding } = headers
  const { body } = response
  if (encoding !== undefined && body !== null) {
    const fetched = new FetchedBody(body, signal, toError)
    try {
      return decodeBody(fetched, encoding, toError)
    } catch (error) {
      fetched.cancel(error)
      throw error
    }
  }
  const bytes = length === undefined ? undefined : Number(length)
  return isReadWhole(bytes, type) ? new WholeBody(response, toError) : new FetchedBody(body, signal, toError)
}

/** Sets `redirect: 'manual'`, because a followed redirect would send key headers to another origin (S06). */
function toInit(request: TransportRequest): RequestInit & { readonly signal: AbortSignal } {
  const { method, headers, body } = request
  const signal = toAbortSignal(request.signal)
  const init = { method, headers: { ...headers }, signal, redirect: 'manual' } as const
  if (body === undefined) return init
  if (typeof body === 'string' || body instanceof Uint8Array) return { ...init, body }
  if (isStrings(body)) return { ...init, body: encodeAll(body) }
  const upload = new AbortController()
  return {
    ...init,
    body: toUpload(body, headers['content-length'], upload),
    signal: AbortSignal.any([signal, upload.signal]),
  }
}

function isStrings(body: readonly string[] | ByteStream): body is readonly string[] {
  return Array.isArray(body)
}

const encoder = new TextEncoder()

/** Encodes into one buffer. Joining the strings first would use two bytes for each character if one is not Latin-1. */
function encodeAll(strings: readonly string[]): Uint8Array {
  const bytes = new Uint8Array(strings.reduce((sum, string) => sum + countBytes(string), 0))
  let at = 0
  for (const string of strings) at += encoder.encodeInto(string, bytes.subarray(at)).written
  return bytes
}

/**
 * Aborts the request if its body fails: workerd would end a chunked body normally, and a partial file would look
 * complete.
 */
function toUpload(body: ByteStream, length: string | undefined, upload: AbortController): ReadableStream<Uint8Array> {
  const abortingBody = wrapStream(body, {
    start: (sink) =>
      body.start({
        write: (chunk) => sink.write(chunk),
        end: () => sink.end(),
        fail(error) {
          upload.abort(error)
          sink.fail(error)
        },
      }),
  })
  const stream = toWebStream(abortingBody)
  return length === undefined ? stream : stream.pipeThrough(new FixedLengthStream(Number(length)))
}

/** Converts a byte stream to a web `ReadableStream`. */
function toWebStream(stream: ByteStream): ReadableStream<Uint8Array> {
  let hasEnded = false
  return new ReadableStream<Uint8Array>({
    start(controller) {
      stream.start({
        write(chunk) {
          if (hasEnded) return true
          controller.enqueue(chunk)
          return (controller.desiredSize ?? 0) > 0
        },
        end() {
          if (hasEnded) return
          hasEnded = true
          controller.close()
        },
        fail(error) {
          if (hasEnded) return
          hasEnded = true
          controller.error(error)
        },
      })
    },
    pull: () => stream.resume(),
    cancel(reason) {
      hasEnded = true
      stream.cancel(reason)
    },
  })
}

/** Returns the abort reason if the signal aborted the response; otherwise `upstream_interrupted`. */
function toInterruption(cause: unknown, signal: AbortSignal): Error {
  if (signal.reason instanceof Error) return signal.reason
  return new GatewayError('upstream_interrupted', 'The provider broke off its answer.', { cause })
}
