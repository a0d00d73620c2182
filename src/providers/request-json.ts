import { AbortSwitch } from '../core/abort-switch.ts'
import { gather } from '../core/byte-stream.ts'
import type { Clock } from '../core/clock.ts'
import type { Transport } from './transport.ts'

/** A request to a service that is no provider: an issuer, or the service of a challenge. */
export interface JsonRequest {
  readonly url: URL
  readonly headers?: Readonly<Record<string, string>>
  /** Sends POST with this form; GET without one. */
  readonly form?: URLSearchParams | undefined
  readonly maxBytes: number
  /** For the whole response. */
  readonly timeoutMs: number
}

export interface JsonResponse {
  readonly status: number
  /** Undefined if the body is not JSON in UTF-8. */
  readonly body: unknown
}

/**
 * Sends a request on the transport of the providers, with the server's proxy. Follows no redirect (S06). Rejects with an
 * error for the log, which names the origin and no secret, if no response arrives, or one that is late or too large.
 */
export async function requestJson(
  { url, headers, form, maxBytes, timeoutMs }: JsonRequest,
  { transport, clock }: { readonly transport: Transport; readonly clock: Pick<Clock, 'after'> },
): Promise<JsonResponse> {
  const { origin, pathname, search } = url
  const signal = new AbortSwitch()
  const cancel = clock.after(timeoutMs, () => signal.abort(new Error(`${origin} did not answer in ${timeoutMs} ms`)))
  try {
    const { status, body } = await transport.send({
      method: form === undefined ? 'GET' : 'POST',
      origin,
      path: pathname + search,
      headers: {
        accept: 'application/json',
        'user-agent': 'weir',
        ...(form !== undefined && { 'content-type': 'application/x-www-form-urlencoded' }),
        ...headers,
      },
      body: form?.toString(),
      signal,
      connectTimeoutMs: timeoutMs,
    })
    const tooLarge = () => new Error(`${origin}${pathname} is over ${maxBytes} bytes`)
    return { status, body: parse(await gather(body, { bytes: maxBytes, tooLarge })) }
  } finally {
    cancel()
  }
}

function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(bytes))
  } catch {
    return undefined
  }
}
