import type { FailureKind } from '../../config/route-settings.ts'
import { type ErrorCode, GatewayError, notSentReason } from '../../core/errors.ts'
import { isByteStream, toText } from '../../core/gateway-response.ts'
import { parseJsonObject } from '../../core/json.ts'
import type { ErrorFacts } from '../../dialects/dialect.ts'
import { readErrorFacts } from '../../translation/read-error-facts.ts'
import type { Attempt, AttemptResult } from '../call/attempt.ts'

/** A failed attempt, as the next step is chosen by. */
export interface AttemptFailure {
  readonly kind: FailureKind
  /** The status that the provider answered, or that of the error in its place. */
  readonly status: number
  /** From `Retry-After`, `retry-after-ms` or Google's `RetryInfo`; undefined if the provider names no time. */
  readonly retryAfterMs: number | undefined
}

type Failed = Exclude<AttemptResult, { kind: 'answered' }>

/** Tells by status, code and words why an attempt failed. `now` is in milliseconds since 1970. */
export function classifyFailure(result: Failed, { status }: Pick<Attempt, 'status'>, now: number): AttemptFailure {
  if (result.kind === 'failed') return { kind: kindOfError(result.error), status, retryAfterMs: undefined }
  const { response } = result
  const text = isByteStream(response.body) ? '' : toText(response.body).slice(0, searchedLength)
  const facts = readErrorFacts(parseJsonObject(text) ?? {}, response.status)
  const { retryAfterSeconds } = facts
  const retryAfterMs =
    readRetryAfterMs(response.headers, now) ??
    readRetryAfterMs(response.rateHeaders ?? {}, now) ??
    (retryAfterSeconds === undefined ? undefined : retryAfterSeconds * 1_000)
  if (result.isRegional === true) return { kind: 'region', status, retryAfterMs }
  return { kind: kindOf(response.status, facts, text), status, retryAfterMs }
}

/** True for a refusal of Weir that concerns one target: another may take the call. */
export function isOfTarget(refusal: unknown): boolean {
  return refusal instanceof GatewayError && ofTarget.has(refusal.code)
}

const ofTarget: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'field_not_translatable',
  'credential_required',
  'previous_response_not_found',
  'model_unpriced',
])

/** Characters of an error body that are searched. */
const searchedLength = 8_192

/**
 * Sources: https://platform.openai.com/docs/guides/error-codes, https://platform.claude.com/docs/en/api/errors,
 * https://ai.google.dev/gemini-api/docs/troubleshooting, https://api-docs.deepseek.com/quick_start/error_codes
 */
const contextWords =
  /context_length_exceeded|prompt is too long|maximum context length|input token count .* exceeds|string_above_max_length|context window/i
const policyWords =
  /content_policy|content_filter|content management policy|moderation_blocked|safety system|flagged|prohibited_content|cyber_policy|invalid_prompt/i
const quotaWords =
  /insufficient_quota|insufficient balance|billing_hard_limit|billing_not_active|exceeded your current quota|spend(?:ing)?[ _]limit|out of credits/i
/** Other errors may repeat words of the caller, who must not be able to set the whole account aside. */
const quotaStatuses: ReadonlySet<number> = new Set([403, 429])
/** Anthropic's 400. */
const noCredit = /^your credit balance is too low/i
const modelWords =
  /model_not_found|model .{1,200}(?:not found|does not exist|is not supported)|not_found_error|deploymentnotfound/i

function kindOf(status: number, { code, message }: ErrorFacts, body: string): FailureKind {
  const text = `${code ?? ''} ${body}`
  if (status === 413 || contextWords.test(text)) return 'context_window'
  if (status === 402 || quotaWords.test(quotaStatuses.has(status) ? text : (code ?? '')) || noCredit.test(message))
    return 'quota'
  if (status === 429) return 'rate_limit'
  if (status < 500 && policyWords.test(text)) return 'content_policy'
  if (status === 401 || status === 403) return 'auth'
  if (status === 404 || (status === 400 && modelWords.test(text))) return 'model'
  if (status === 408 || status === 409 || status === 425 || status >= 500) return 'overload'
  return 'bad_request'
}

function kindOfError(error: unknown): FailureKind {
  if (!(error instanceof GatewayError)) return 'bad_request'
  switch (error.code) {
    case 'upstream_connect_timeout':
    case 'upstream_dns_error':
    case 'upstream_tls_error':
      return 'connection'
    case 'upstream_unreachable':
      return error.reason === notSentReason ? 'connection' : 'unknown_outcome'
    case 'upstream_auth_failed':
      return 'auth'
    case 'upstream_first_byte_timeout':
    case 'upstream_total_timeout':
    case 'upstream_idle_timeout':
      return 'timeout'
    case 'upstream_interrupted':
      return 'unknown_outcome'
    default:
      return error.code.startsWith('upstream_') ? 'overload' : 'bad_request'
  }
}

/** Reads a number of seconds, or a date. Source: https://www.rfc-editor.org/rfc/rfc9110#field.retry-after */
function readRetryAfterMs(headers: Readonly<Record<string, string>>, now: number): number | undefined {
  const ms = Number.parseFloat(headers['retry-after-ms'] ?? '')
  if (ms >= 0 && Number.isFinite(ms)) return ms
  const value = headers['retry-after'] ?? ''
  if (/^\d{1,9}(?:\.\d+)?$/.test(value)) return Number(value) * 1_000
  const date = Date.parse(value)
  return Number.isNaN(date) ? undefined : Math.max(0, date - now)
}
