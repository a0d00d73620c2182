import type { FailureKind } from '../../config/route-settings.ts'
import { type ErrorCode, GatewayError } from '../../core/errors.ts'
import { isByteStream, type ResponseBody, toText } from '../../core/gateway-response.ts'
import { parseJsonObject } from '../../core/json.ts'
import { readErrorFacts } from '../../translation/read-error-facts.ts'
import type { Attempt, AttemptResult } from '../call/attempt.ts'
import { kindOfError, kindOfRefusal } from '../call/failure-kind.ts'

/** A failed attempt, as the next step is chosen by. */
export interface AttemptFailure {
  readonly kind: FailureKind
  /** The status that the provider answered, or that of the error in its place. */
  readonly status: number
  /** From `Retry-After`, `retry-after-ms` or Google's `RetryInfo`; undefined if the provider names no time. */
  readonly retryAfterMs: number | undefined
}

type Failed = Exclude<AttemptResult, { kind: 'answered' }>

/** Tells why an attempt failed. `now` is in milliseconds since 1970. */
export function classifyFailure(
  result: Failed,
  attempt: Pick<Attempt, 'status' | 'failure'>,
  now: number,
): AttemptFailure {
  const { status, failure } = attempt
  if (result.kind === 'failed') return { kind: failure ?? kindOfError(result.error), status, retryAfterMs: undefined }
  const { headers, rateHeaders = {}, body } = result.response
  const retryAfterMs = readRetryAfterMs(headers, now) ?? readRetryAfterMs(rateHeaders, now) ?? readRetryInfoMs(body)
  return { kind: failure ?? kindOfRefusal(result.response.status, body), status, retryAfterMs }
}

/** Google names the time in the body. */
function readRetryInfoMs(body: ResponseBody): number | undefined {
  if (isByteStream(body) || body.length > maxBodyLength) return undefined
  const { retryAfterSeconds } = readErrorFacts(parseJsonObject(toText(body)) ?? {}, undefined)
  return retryAfterSeconds === undefined ? undefined : retryAfterSeconds * 1_000
}

const maxBodyLength = 8_192

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

/** Reads a number of seconds, or a date. Source: https://www.rfc-editor.org/rfc/rfc9110#field.retry-after */
function readRetryAfterMs(headers: Readonly<Record<string, string>>, now: number): number | undefined {
  const ms = Number.parseFloat(headers['retry-after-ms'] ?? '')
  if (ms >= 0 && Number.isFinite(ms)) return ms
  const value = headers['retry-after'] ?? ''
  if (/^\d{1,9}(?:\.\d+)?$/.test(value)) return Number(value) * 1_000
  const date = Date.parse(value)
  return Number.isNaN(date) ? undefined : Math.max(0, date - now)
}
