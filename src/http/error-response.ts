import { type ErrorCode, errorTable, type GatewayError } from '../core/errors.ts'
import { type GatewayResponse, toJsonResponse } from '../core/gateway-response.ts'
import { toGeminiError } from '../dialects/gemini-format.ts'
import { toMessagesError } from '../dialects/messages.ts'
import { toOpenAIError } from '../dialects/openai-format.ts'
import { readRetryAfter } from '../dialects/response-headers.ts'

/**
 * Default retry headers by error code. 429 and 503 always name a delay (P07); a lasting error tells SDKs not to retry
 * (P03).
 */
const retryHeaders: Partial<Readonly<Record<ErrorCode, Readonly<Record<string, string>>>>> = {
  too_many_attempts: { 'retry-after': '60' },
  rate_limit_exceeded: { 'retry-after': '1' },
  route_limited: { 'retry-after': '5' },
  route_without_target: { 'retry-after': '60', 'x-should-retry': 'false' },
  insufficient_quota: { 'retry-after': '86400', 'x-should-retry': 'false' },
  challenge_unavailable: { 'retry-after': '5' },
  client_tokens_not_configured: { 'retry-after': '60', 'x-should-retry': 'false' },
  idempotency_in_progress: { 'retry-after': '2' },
  idempotency_unknown: { 'x-should-retry': 'false' },
  idempotency_mismatch: { 'x-should-retry': 'false' },
  admin_not_configured: { 'retry-after': '60', 'x-should-retry': 'false' },
  overloaded: { 'retry-after': '1' },
  draining: { 'retry-after': '1', connection: 'close' },
  no_provider_configured: { 'retry-after': '60', 'x-should-retry': 'false' },
  storage_not_configured: { 'retry-after': '60', 'x-should-retry': 'false' },
  store_unavailable: { 'retry-after': '5' },
  issuer_unavailable: { 'retry-after': '5' },
  plan_quota_exceeded: { 'retry-after': '3600', 'x-should-retry': 'false' },
  upstream_redirected: { 'x-should-retry': 'false' },
  upstream_tls_error: { 'x-should-retry': 'false' },
}

/**
 * The format of an error, by its client: an SDK of OpenAI, Anthropic or Google; a front end of the old proxy, which also reads a top-level
 * `message`; a GraphQL client; an administrator, who gets RFC 9457.
 */
export type ErrorFormat = 'openai' | 'anthropic' | 'gemini' | 'legacy' | 'graphql' | 'admin'

/** Formats an error as a response. No other function does. */
export function toErrorResponse(error: GatewayError, format: ErrorFormat, requestId: string): GatewayResponse {
  const retry = { ...retryHeaders[error.code], ...error.headers }
  return toJsonResponse(error.status, bodies[format](error, requestId, readRetryAfter(retry)), {
    ...(format === 'admin' && { 'content-type': 'application/problem+json' }),
    // Anthropic's SDKs read the id from this header only.
    ...(format === 'anthropic' && { 'request-id': requestId }),
    ...retry,
  })
}

const bodies: Readonly<
  Record<ErrorFormat, (error: GatewayError, requestId: string, retryAfterSeconds: number | undefined) => object>
> = {
  openai: toOpenAIError,
  anthropic: (error, requestId) => ({ ...toMessagesError(error), request_id: requestId }),
  gemini: ({ status, message, type, code, param, details }, _requestId, retryAfterSeconds) =>
    toGeminiError({ status, message, type, code, param, details, retryAfterSeconds }),
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

/** Returns the first sentence of an error's meaning. */
function toTitle(code: ErrorCode): string {
  return errorTable[code].meaning.replace(/(?<=\w)\.(?: .*)?$/, '')
}
