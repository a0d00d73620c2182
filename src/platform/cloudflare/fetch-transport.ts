import type { ByteStream } from '../../core/byte-stream.ts'
import { GatewayError } from '../../core/errors.ts'
import { fromReadable } from '../../core/from-readable.ts'
import type { Transport, TransportRequest, TransportResponse } from '../../providers/transport.ts'
import { toWebStream } from './to-web-stream.ts'

/** Upstream HTTP by `fetch`. workerd has no separate connect timeout, so the first-byte timeout covers connecting too. */
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
      body: fromReadable(response.body, (cause) => toInterruption(cause, init.signal)),
    } satisfies TransportResponse
  },
}

/** `redirect: 'manual'`, since a followed redirect would carry key headers to another origin (S06). */
function toInit({ method, headers, body, signal }: TransportRequest): RequestInit & { readonly signal: AbortSignal } {
  const init = { method, headers: { ...headers }, signal, redirect: 'manual' } as const
  if (body === undefined) return init
  if (typeof body === 'string' || body instanceof Uint8Array) return { ...init, body }
  const upload = new AbortController()
  return {
    ...init,
    body: toUpload(body, headers['content-length'], upload),
    signal: AbortSignal.any([signal, upload.signal]),
  }
}

/** A body that breaks off breaks the request off: workerd would end a chunked one in good order, and half a file would pass for the whole. */
function toUpload(body: ByteStream, length: string | undefined, upload: AbortController): ReadableStream<Uint8Array> {
  const breaking: ByteStream = {
    ...body,
    start: (sink) =>
      body.start({
        ...sink,
        fail(error) {
          upload.abort(error)
          sink.fail(error)
        },
      }),
  }
  const stream = toWebStream(breaking, () => {})
  return length === undefined ? stream : stream.pipeThrough(new FixedLengthStream(Number(length)))
}

/** Whoever cut the answer off by the signal has said why. */
function toInterruption(cause: unknown, signal: AbortSignal): Error {
  if (signal.reason instanceof Error) return signal.reason
  return new GatewayError('upstream_interrupted', 'The provider broke off its answer.', { cause })
}
