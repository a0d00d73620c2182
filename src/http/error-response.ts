import { type ErrorCode, errorTable, type GatewayError } from '../core/errors.ts'
import { type GatewayResponse, toJsonResponse } from '../core/gateway-response.ts'
import { toOpenAIError } from '../dialects/openai-format.ts'

/** Headers that tell an SDK whether, and when, to try again, where an error names none: 429 and 503 always say when (P07), and a lasting error says so (P03). */
const retryHeaders: Partial<Readonly<Record<ErrorCode, Readonly<Record<string, string>>>>> = {
  too_many_attempts: { 'retry-after': '60' },
  rate_limit_exceeded: { 'retry-after': '1' },
  insufficient_quota: { 'retry-after': '86400', 'x-should-retry': 'false' },
  idempotency_in_progress: { 'retry-after': '2' },
  idempotency_unknown: { 'x-should-retry': 'false' },
  idempotency_mismatch: { 'x-should-retry': 'false' },
  admin_not_configured: { 'retry-after': '60', 'x-should-retry': 'false' },
  overloaded: { 'retry-after': '1' },
  draining: { 'retry-after': '1', connection: 'close' },
  no_provider_configured: { 'retry-after': '60', 'x-should-retry': 'false' },
  storage_not_configured: { 'retry-after': '60', 'x-should-retry': 'false' },
  store_unavailable: { 'retry-after': '5' },
  plan_quota_exceeded: { 'retry-after': '3600', 'x-should-retry': 'false' },
  upstream_redirected: { 'x-should-retry': 'false' },
  upstream_tls_error: { 'x-should-retry': 'false' },
}

/**
 * The reader of an error: an OpenAI SDK; a front end of the old proxy, which wants the message at the top too; a GraphQL client; an
 * administrator, who gets RFC 9457.
 */
export type ErrorReader = 'openai' | 'legacy' | 'graphql' | 'admin'

/** The one place where an error becomes a reply. */
export function toErrorResponse(error: GatewayError, reader: ErrorReader = 'openai'): GatewayResponse {
  const type = reader === 'admin' ? { 'content-type': 'application/problem+json' } : {}
  return toJsonResponse(error.status, bodies[reader](error), { ...type, ...retryHeaders[error.code], ...error.headers })
}

const bodies: Readonly<Record<ErrorReader, (error: GatewayError) => object>> = {
  openai: toOpenAIError,
  legacy: (error) => ({ ...toOpenAIError(error), message: error.message }),
  graphql: ({ message, code, status, param }) => ({
    errors: [{ message, extensions: { code, status, ...(param !== undefined && { param }) } }],
  }),
  admin: ({ message, code, status, param }) => ({
    type: `urn:weir:error:${code}`,
    title: toTitle(code),
    status,
    detail: message,
    code,
    ...(param !== undefined && { param }),
  }),
}

/** The first sentence of an error's meaning. */
function toTitle(code: ErrorCode): string {
  return errorTable[code].meaning.replace(/(?<=\w)\.(?: .*)?$/, '')
}
