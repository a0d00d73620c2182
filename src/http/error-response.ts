import { type Answer, toJsonAnswer } from '../core/answer.ts'
import type { ErrorCode, GatewayError } from '../core/errors.ts'
import { toErrorBody } from '../openai/error-body.ts'

/** Headers that tell an SDK whether, and when, to try again: 503 always says when (P07), and what will not mend itself says so (P03). */
const retryHeaders: Partial<Readonly<Record<ErrorCode, Readonly<Record<string, string>>>>> = {
  draining: { 'retry-after': '1', connection: 'close' },
  no_provider_configured: { 'retry-after': '60', 'x-should-retry': 'false' },
  upstream_redirected: { 'x-should-retry': 'false' },
  upstream_tls_error: { 'x-should-retry': 'false' },
}

/** The one place where an error becomes a reply. */
export function toErrorAnswer(error: GatewayError): Answer {
  return toJsonAnswer(error.status, toErrorBody(error), { ...retryHeaders[error.code], ...error.headers })
}
