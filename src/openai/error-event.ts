import type { GatewayError } from '../core/errors.ts'
import { toErrorBody } from './error-body.ts'
import type { StreamShape } from './operations.ts'

const encoder = new TextEncoder()

/**
 * An error in the middle of a stream. OpenAI's SDKs throw on an `error` member in an event's data; Responses also names the event.
 * Sources: openai-node core/streaming; https://platform.openai.com/docs/api-reference/responses-streaming/error
 */
export function toErrorEvent(error: GatewayError, shape: StreamShape): Uint8Array {
  const body = toErrorBody(error)
  if (shape !== 'responses') return encoder.encode(`data: ${JSON.stringify(body)}\n\n`)
  const { code, message, param } = body.error
  return encoder.encode(`event: error\ndata: ${JSON.stringify({ type: 'error', code, message, param, ...body })}\n\n`)
}
