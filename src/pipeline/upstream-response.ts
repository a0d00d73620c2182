import type { Settings } from '../config/settings.ts'
import type { AnswerBody } from '../core/answer.ts'
import { GatewayError } from '../core/errors.ts'
import type { Provider } from '../providers/provider.ts'
import type { TransportResponse } from '../providers/transport.ts'

/** S24: only these headers of an upstream reach the caller. */
const passedHeaders = new Set([
  'content-type',
  'content-disposition',
  'retry-after',
  'retry-after-ms',
  'x-should-retry',
  'openai-processing-ms',
  'openai-version',
  'openai-model',
])

/** The headers of an upstream's response that may go on. Cookies, account names and server names stay behind. */
export interface UpstreamHeaders {
  /** The same for every caller. The upstream's request id has a name of its own beside Weir's. */
  readonly headers: Record<string, string>
  /** The operator's own limits with the provider; undefined where it names none. */
  readonly rateHeaders: Record<string, string> | undefined
}

/** An upstream's answer. Neutral of its caller, so that it can be kept, given again and shared. */
export interface UpstreamAnswer extends UpstreamHeaders {
  readonly status: number
  readonly body: AnswerBody
}

export function readUpstreamHeaders({ headers: upstream }: TransportResponse): UpstreamHeaders {
  const headers: Record<string, string> = {}
  let rateHeaders: Record<string, string> | undefined
  for (const name in upstream) {
    const value = upstream[name]
    if (value === undefined) continue
    if (passedHeaders.has(name)) headers[name] = value
    else if (name.startsWith('x-ratelimit-')) {
      rateHeaders ??= {}
      rateHeaders[name] = value
    }
  }
  const requestId = upstream['x-request-id'] ?? upstream['apim-request-id']
  if (requestId !== undefined) headers['x-upstream-request-id'] = requestId
  return { headers, rateHeaders }
}

/** Refuses a response whose status no client can take. Throws GatewayError `upstream_redirected` or `upstream_invalid_answer`. */
export function checkStatus({ status, body }: TransportResponse, { id }: Provider): void {
  // A Worker cannot pass on others. 205 tells a browser to empty its form and may have no body; 407 means a proxy, and `fetch` hides it.
  const isPassable = (status >= 200 && status < 300) || (status >= 400 && status < 600)
  if (isPassable && status !== 205 && status !== 407) return
  body.cancel()
  if (status >= 300 && status < 400) {
    throw new GatewayError(
      'upstream_redirected',
      `The provider \`${id}\` answered with a redirect, which is never followed. Correct its base URL.`,
    )
  }
  throw new GatewayError('upstream_invalid_answer', `The provider \`${id}\` answered with the status ${status}.`)
}

/** Statuses that SDKs themselves try again. */
export function isTransient(status: number): boolean {
  return status >= 500 || status === 408 || status === 409 || status === 425 || status === 429
}

const encoder = new TextEncoder()
const decoder = new TextDecoder()

/** S21: some upstreams repeat the key that they refuse, and the caller must not learn it. Other bytes stay as they are. */
export function hideKeys(body: Uint8Array, { providers }: Settings): Uint8Array {
  const text = decoder.decode(body)
  const keys = providers.flatMap(({ apiKey }) => (apiKey === undefined || !text.includes(apiKey) ? [] : [apiKey]))
  if (keys.length === 0) return body
  return encoder.encode(keys.reduce((hidden, key) => hidden.replaceAll(key, '[hidden]'), text))
}
