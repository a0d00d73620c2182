import { STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import { GatewayError } from '../../../core/errors.ts'
import { toOpenAIError } from '../../../dialects/openai-format.ts'
import { nodeSecrets } from '../node-secrets.ts'

/** Answers bytes that `node:http` cannot read as a request, in the same shape as every other error (P01), and closes the connection. */
export function answerParseError(error: Error & { readonly code?: string }, socket: Duplex): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy()
  const refusal = toRefusal(error.code)
  const body = JSON.stringify(toOpenAIError(refusal))
  const head = [
    `HTTP/1.1 ${refusal.status} ${STATUS_CODES[refusal.status]}`,
    'content-type: application/json; charset=utf-8',
    `content-length: ${Buffer.byteLength(body)}`,
    'access-control-allow-origin: *',
    'cache-control: no-store, private',
    `x-request-id: req_${nodeSecrets.randomHex(16)}`,
    'connection: close',
  ]
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`)
}

function toRefusal(code: string | undefined): GatewayError {
  if (code === 'HPE_HEADER_OVERFLOW')
    return new GatewayError('headers_too_large', 'The headers of this request are over 16 KiB.')
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT')
    return new GatewayError('request_timeout', 'The request did not arrive in time.')
  return new GatewayError('bad_request', 'This is not a valid HTTP/1.1 request.')
}
