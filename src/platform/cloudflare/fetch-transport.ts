import { GatewayError } from '../../core/errors.ts'
import type { Transport, TransportRequest, TransportResponse } from '../../providers/transport.ts'
import { fromReadable } from './from-readable.ts'
import { toWebStream } from './to-web-stream.ts'

/** Upstream HTTP by `fetch`. workerd has no separate connect timeout, so the first-byte timeout covers connecting too. */
export const fetchTransport: Transport = {
  async send(request) {
    const response = await fetch(request.origin + request.path, toInit(request)).catch((error: unknown) => {
      if (request.signal.aborted) throw request.signal.reason
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
      body: fromReadable(response.body, (cause) => toInterruption(cause, request.signal)),
    } satisfies TransportResponse
  },
}

/** `redirect: 'manual'`, since a followed redirect would carry key headers to another origin (S06). */
function toInit({ method, headers, body, signal }: TransportRequest): RequestInit {
  const init = { method, headers: { ...headers }, signal, redirect: 'manual' } as const
  if (body === undefined) return init
  return {
    ...init,
    body: typeof body === 'string' || body instanceof Uint8Array ? body : toUpload(body, headers['content-length']),
  }
}

function toUpload(
  body: Exclude<TransportRequest['body'], string | Uint8Array | undefined>,
  length: string | undefined,
): ReadableStream<Uint8Array> {
  const stream = toWebStream(body, () => {})
  return length === undefined ? stream : stream.pipeThrough(new FixedLengthStream(Number(length)))
}

/** Whoever cut the answer off by the signal has said why. */
function toInterruption(cause: unknown, signal: AbortSignal): Error {
  if (signal.reason instanceof Error) return signal.reason
  return new GatewayError('upstream_interrupted', 'The provider broke off its answer.', { cause })
}
