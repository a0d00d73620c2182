import type { GatewayResponse } from '../../core/gateway-response.ts'
import { etag, script, types } from '../client.generated.ts'
import { matchesEtag } from '../matches-etag.ts'
import type { RouteRequest } from '../route.ts'

/** Pages of all origins may import it: it is the same for everyone, and holds no secret. */
const headers = {
  'access-control-allow-origin': '*',
  'cross-origin-resource-policy': 'cross-origin',
  'cache-control': 'no-cache',
}

/** `GET /client.js`: the client for web pages. Browsers keep it, and ask each time whether it has changed. */
export function retrieveClient({ incoming }: RouteRequest): GatewayResponse {
  const all = { ...headers, 'content-type': 'text/javascript; charset=utf-8', etag }
  if (matchesEtag(incoming.header('if-none-match'), etag)) return { status: 304, headers: all, body: '' }
  return { status: 200, headers: all, body: script }
}

/** `GET /client.d.ts`: the types of the client, for editors. */
export function retrieveClientTypes(): GatewayResponse {
  return { status: 200, headers: { ...headers, 'content-type': 'text/plain; charset=utf-8' }, body: types }
}
