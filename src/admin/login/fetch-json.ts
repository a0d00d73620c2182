import { defaults } from '../../config/defaults.ts'
import { gather } from '../../core/byte-stream.ts'
import { GatewayError } from '../../core/errors.ts'
import { type JsonObject, parseJsonObject } from '../../core/json.ts'
import { isLoopbackHost } from '../../core/loopback.ts'
import type { Ports } from '../../pipeline/call/ports.ts'

/** The ports of a request to an OpenID provider. The transport follows no redirect. */
export type IssuerPorts = Pick<Ports, 'transport' | 'clock'>

interface IssuerRequest {
  readonly url: string
  readonly headers?: Readonly<Record<string, string>>
  /** Sends POST with this form. */
  readonly form?: URLSearchParams
}

interface IssuerResponse {
  readonly status: number
  /** Undefined if the body is no JSON object. */
  readonly body: JsonObject | undefined
}

const { issuerTimeoutMs, issuerDocumentBytes } = defaults.admin

/**
 * Sends a request to an OpenID provider. Rejects with GatewayError `issuer_unavailable` if no response arrives in time,
 * if it is too long, or if its status is 500 or above.
 */
export async function fetchJson({ url, headers, form }: IssuerRequest, ports: IssuerPorts): Promise<IssuerResponse> {
  const { origin, pathname, search } = new URL(url)
  const timeout = new AbortController()
  const cancelTimeout = ports.clock.after(issuerTimeoutMs, () => timeout.abort(new Error('timeout')))
  try {
    const response = await ports.transport.send({
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
      signal: timeout.signal,
      connectTimeoutMs: issuerTimeoutMs,
    })
    const tooLarge = () => new Error('the document is too long')
    const bytes = await gather(response.body, { bytes: issuerDocumentBytes, tooLarge })
    if (response.status >= 500) throw new Error(`status ${response.status}`)
    return { status: response.status, body: parseJsonObject(new TextDecoder().decode(bytes)) }
  } catch (cause) {
    throw issuerUnavailable(cause)
  } finally {
    cancelTimeout()
  }
}

/** Creates the error for a provider that cannot be used now. */
export function issuerUnavailable(cause: unknown): GatewayError {
  return new GatewayError('issuer_unavailable', 'The OpenID provider cannot be used now. Try again in a moment.', {
    cause,
  })
}

/** True for an https URL, and for an http URL on this machine if the issuer itself is one. */
export function isSafeUrl(url: unknown, issuer: string): url is string {
  const parsed = typeof url === 'string' ? URL.parse(url) : null
  if (parsed === null) return false
  if (parsed.protocol === 'https:') return true
  return parsed.protocol === 'http:' && isLoopbackHost(parsed.hostname) && issuer.startsWith('http:')
}
