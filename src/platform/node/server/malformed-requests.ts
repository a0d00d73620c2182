import { type IncomingMessage, STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import { type ErrorCode, GatewayError } from '../../../core/errors.ts'
import { toOpenAIError } from '../../../dialects/openai-format.ts'
import { nodeSecrets } from '../node-secrets.ts'

/**
 * What `node:http` lets through and another server on the way may read differently (S65): none or two hosts, odd transfer encodings, a body
 * where none belongs, HTTP/0.9; and a count of headers beyond which old Node versions drop the rest silently (R73).
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
    return malformed('The only transfer encoding that is taken is `chunked`, in HTTP/1.1.')
  if (!isHostClear(request)) return malformed('Send exactly one Host header: a name or an address, and a port.')
  if (hasBody && (method === 'GET' || method === 'HEAD')) return malformed(`A ${method} request takes no body.`)
  return undefined
}

/** What follows on such a connection could be part of this request, so it is closed. */
function malformed(message: string, code: ErrorCode = 'bad_request'): GatewayError {
  return new GatewayError(code, message, { headers: { connection: 'close' } })
}

/** HTTP/1.0 may leave it out, and health checks of load balancers do. */
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

/** A request that could not be read, as it was refused. */
export interface ParserRefusal {
  readonly requestId: string
  readonly error: GatewayError
}

/**
 * Answers bytes that `node:http` cannot read as a request, in the same shape as every other error (P01), and closes the connection. `isOpen` tells that
 * pages of every origin may read it; which one asks is not known (S42). Undefined where nobody is left to be told.
 */
export function answerParseError(
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
    return new GatewayError('headers_too_large', 'The headers of this request are over 16 KiB.')
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT')
    return new GatewayError('request_timeout', 'The request did not arrive in time.')
  return new GatewayError('bad_request', 'This is not a valid HTTP/1.1 request.')
}
