import type { IncomingMessage } from 'node:http'
import { GatewayError } from '../../core/errors.ts'

/**
 * Refuses what `node:http` lets through and another server on the way may read differently (S65): two hosts, odd transfer encodings,
 * a body where none belongs; and a count of headers beyond which old Node versions drop the rest silently (R73).
 */
export function refuseMalformed(request: IncomingMessage, maxHeaders: number): void {
  const { rawHeaders, headers, method } = request
  if (rawHeaders.length / 2 > maxHeaders) {
    throw new GatewayError('headers_too_large', `The request has more than ${maxHeaders} headers.`)
  }
  const encoding = headers['transfer-encoding']
  if (encoding !== undefined && (encoding.toLowerCase() !== 'chunked' || request.httpVersion !== '1.1')) {
    throw new GatewayError('bad_request', 'The only transfer encoding that is taken is `chunked`, in HTTP/1.1.')
  }
  if (countHosts(rawHeaders) > 1) throw new GatewayError('bad_request', 'The request has two Host headers.')
  const hasBody =
    encoding !== undefined || (headers['content-length'] !== undefined && headers['content-length'] !== '0')
  if (hasBody && (method === 'GET' || method === 'HEAD'))
    throw new GatewayError('bad_request', `A ${method} request takes no body.`)
}

function countHosts(rawHeaders: readonly string[]): number {
  let count = 0
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at]
    if (name?.length === 4 && name.toLowerCase() === 'host') count++
  }
  return count
}
