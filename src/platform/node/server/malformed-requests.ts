import { type IncomingMessage, STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import { type ErrorCode, GatewayError } from '../../../core/errors.ts'
import { toOpenAIError } from '../../../dialects/openai-format.ts'
import { nodeSecrets } from '../node-secrets.ts'

/**
 * Returns an error for a request that `node:http` accepts but another server on the path may parse differently (S65):
 * no or several hosts, unusual transfer encodings, an unexpected body, HTTP/0.9. Also limits the number of headers: old
 * Node versions silently drop the rest (R73).
 */
export function findMalformation(request: IncomingMessage, maxHeaders: number): GatewayError | undefined {
  const { rawHeaders, headers, method, httpVersion } = request
  const encoding = headers['transfer-encoding']
  const hasBody =
    encoding !== undefined || (headers['content-length'] !== undefined && headers['content-length'] !== '0')
  if (rawHeaders.length / 2 > maxHeaders)
    return malformed(`The request has more than ${maxHeaders} headers.`, 'headers_too_large')
  if (httpVersion !== '1.1' && httpVersion !== '1.0') return malformed('Send the request as HTTP/1.1.')
  if (encoding !== undefined && (encoding.toLowerCase() !== 'chunked' || httpVersion !== '1.1'))
    return malformed('The only supported transfer encoding is `chunked`, in HTTP/1.1.')
  if (!isHostClear(request))
    return malformed('Send exactly one Host header: a host name or IP address, and optionally a port.')
  if (hasBody && (method === 'GET' || method === 'HEAD')) return malformed(`Send ${method} requests without a body.`)
  return undefined
}

/** Closes the connection, because the bytes that follow could belong to this request. */
function malformed(message: string, code: ErrorCode = 'bad_request'): GatewayError {
  return new GatewayError(code, message, { headers: { connection: 'close' } })
}

/**
 * Returns true for exactly one valid Host header. HTTP/1.0 may leave it out, and health checks of load balancers do.
 */
function isHostClear({ rawHeaders, headers, httpVersion }: IncomingMessage): boolean {
  const count = countHosts(rawHeaders)
  if (count === 0) return httpVersion === '1.0'
  return count === 1 && /^([\w.-]+|\[[0-9a-f:.]+\])(:\d{1,5})?$/i.test(headers.host ?? '')
}

function countHosts(rawHeaders: readonly string[]): number {
  let count = 0
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at]
    if (name?.length === 4 && name.toLowerCase() === 'host') count++
  }
  return count
}

/** The response to a request that could not be parsed. */
export interface ParserRefusal {
  readonly requestId: string
  readonly error: GatewayError
}

/**
 * Responds to bytes that `node:http` cannot parse, in the format of all other errors (P01), and closes the connection.
 * With `isOpen`, pages of every origin may read the response; the origin of the request is unknown (S42). Returns
 * undefined if the client has disconnected.
 */
export function respondToParseError(
  parseError: Error & { readonly code?: string },
  socket: Duplex,
  isOpen: boolean,
): ParserRefusal | undefined {
  if (parseError.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return undefined
  }
  const error = toRefusal(parseError.code)
  const requestId = `req_${nodeSecrets.randomHex(16)}`
  const body = JSON.stringify(toOpenAIError(error))
  const head = [
    `HTTP/1.1 ${error.status} ${STATUS_CODES[error.status]}`,
    'content-type: application/json; charset=utf-8',
    `content-length: ${Buffer.byteLength(body)}`,
    ...(isOpen ? ['access-control-allow-origin: *', 'access-control-expose-headers: x-request-id'] : []),
    'vary: Origin',
    'cache-control: no-store, private',
    `x-request-id: ${requestId}`,
    'connection: close',
  ]
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`)
  return { requestId, error }
}

function toRefusal(code: string | undefined): GatewayError {
  if (code === 'HPE_HEADER_OVERFLOW')
    return new GatewayError('headers_too_large', 'The headers of this request exceed 16 KiB.')
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT')
    return new GatewayError('request_timeout', 'The request did not arrive in time.')
  return new GatewayError('bad_request', 'This is not a valid HTTP/1.1 request.')
}
