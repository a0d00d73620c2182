import { readFailure } from './read-failure.ts'
import { RequestFailure } from './request-failure.ts'

/** The address of Weir, and the token of this page. */
export interface Gateway {
  /** Ends in `/v1`. */
  readonly baseUrl: string
  readonly token: string | undefined
}

/** Sends GET, or POST if `body` is set. Throws RequestFailure for every status outside 200–299. */
export async function callGateway(
  gateway: Gateway,
  path: string,
  options: { readonly body?: object; readonly signal: AbortSignal },
): Promise<Response> {
  const headers: Record<string, string> = {}
  if (options.body) headers['content-type'] = 'application/json'
  if (gateway.token) headers.authorization = `Bearer ${gateway.token}`
  const response = await fetch(gateway.baseUrl + path, {
    method: options.body ? 'POST' : 'GET',
    headers,
    body: options.body ? JSON.stringify(options.body) : null,
    signal: options.signal,
    cache: 'no-store',
    credentials: 'omit',
    redirect: 'error',
  })
  if (!response.ok) throw await readFailure(response)
  return response
}

/** Like callGateway, for a JSON response. */
export async function callForJson(...call: Parameters<typeof callGateway>): Promise<unknown> {
  const response = await callGateway(...call)
  return response.json().catch(() => {
    throw new RequestFailure('unreadable')
  })
}
