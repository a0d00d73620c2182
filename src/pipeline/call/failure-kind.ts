import type { FailureKind } from '../../config/route-settings.ts'
import { GatewayError, notSentReason } from '../../core/errors.ts'
import { isByteStream, type ResponseBody, toText } from '../../core/gateway-response.ts'
import { parseJsonObject } from '../../core/json.ts'
import type { ErrorFacts } from '../../dialects/dialect.ts'
import { readErrorFacts } from '../../translation/read-error-facts.ts'

/** Tells by status, code and words why a provider refused a call. */
export function kindOfRefusal(status: number, body: ResponseBody): FailureKind {
  const text = isByteStream(body) ? '' : toText(body.slice(0, searchedLength))
  // A 200 may report a failure, too.
  const facts = readErrorFacts(parseJsonObject(text) ?? {}, status < 400 ? undefined : status)
  return kindOf(facts, text)
}

/** Tells by its error why an attempt failed. */
export function kindOfError(error: unknown): FailureKind {
  return error instanceof GatewayError ? kindOfCode(error.code, error.reason) : 'bad_request'
}

/** The same by the code; without a code, the provider broke off its response. */
export function kindOfCode(code: string | undefined, reason?: string): FailureKind {
  switch (code) {
    case 'upstream_connect_timeout':
    case 'upstream_dns_error':
    case 'upstream_tls_error':
      return 'connection'
    case 'upstream_unreachable':
      return reason === notSentReason ? 'connection' : 'unknown_outcome'
    case 'upstream_auth_failed':
      return 'auth'
    case 'upstream_empty_answer':
      return 'empty'
    case 'upstream_refused_reply':
      return 'content_policy'
    case 'upstream_first_byte_timeout':
    case 'upstream_total_timeout':
    case 'upstream_idle_timeout':
      return 'timeout'
    case 'upstream_interrupted':
      return 'unknown_outcome'
    default:
      return code === undefined || code.startsWith('upstream_') ? 'overload' : 'bad_request'
  }
}

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
  /model_not_found|model .{1,200}(?:not found|does not exist|is not supported)|not_found_error|deploymentnotfound|not have access to model/i

function kindOf({ status, code, message }: ErrorFacts, body: string): FailureKind {
  const text = `${code ?? ''} ${body}`
  if (status === 413 || contextWords.test(text)) return 'context_window'
  // OpenRouter's moderation repeats the words that it flags, as other refusals may repeat words of the caller.
  if (status === 403 && policyWords.test(text)) return 'content_policy'
  if (status === 402 || quotaWords.test(quotaStatuses.has(status) ? text : (code ?? '')) || noCredit.test(message))
    return 'quota'
  if (status === 429) return 'rate_limit'
  if (status < 500 && policyWords.test(text)) return 'content_policy'
  if (status === 404 || ((status === 400 || status === 403) && modelWords.test(text))) return 'model'
  if (status === 401 || status === 403) return 'auth'
  if (status === 408 || status === 409 || status === 425 || status >= 500) return 'overload'
  return 'bad_request'
}
