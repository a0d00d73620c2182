import { type Answer, toJsonAnswer } from '../core/answer.ts'
import type { ErrorCode, GatewayError } from '../core/errors.ts'
import { toErrorBody } from '../openai/error-body.ts'

/** Headers that tell an SDK whether, and when, to try again: 503 always says when (P07), and what will not mend itself says so (P03). */
const retryHeaders: Partial<Readonly<Record<ErrorCode, Readonly<Record<string, string>>>>> = {
  draining: { 'retry-after': '1', connection: 'close' },
  no_provider_configured: { 'retry-after': '60', 'x-should-retry': 'false' },
  storage_not_configured: { 'retry-after': '60', 'x-should-retry': 'false' },
  store_unavailable: { 'retry-after': '5' },
  upstream_redirected: { 'x-should-retry': 'false' },
  upstream_tls_error: { 'x-should-retry': 'false' },
}

/**
 * The one place where an error becomes a reply. On the old proxy's routes the message stands at the top too, where its front ends read it.
 */
export function toErrorAnswer(error: GatewayError, isLegacy = false): Answer {
  const body = isLegacy ? { ...toErrorBody(error), message: error.message } : toErrorBody(error)
  return toJsonAnswer(error.status, body, { ...retryHeaders[error.code], ...error.headers })
}
