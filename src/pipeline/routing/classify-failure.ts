import type { FailureKind } from '../../config/route-settings.ts'
import { type ErrorCode, GatewayError } from '../../core/errors.ts'
import type { Attempt, AttemptResult } from '../call/attempt.ts'
import { kindOfError, kindOfRefusal } from '../call/failure-kind.ts'

/** A failed attempt, as the next step is chosen by. */
export interface AttemptFailure {
  readonly kind: FailureKind
  /** The status that the provider answered, or that of the error in its place. */
  readonly status: number
  /** From `Retry-After` or `retry-after-ms`; undefined if the provider names no time. */
  readonly retryAfterMs: number | undefined
}

type Failed = Exclude<AttemptResult, { kind: 'answered' }>

/** Tells why an attempt failed. `now` is in milliseconds since 1970. */
export function classifyFailure(result: Failed, attempt: Attempt, now: number): AttemptFailure {
  const { status, failure } = attempt
  if (result.kind === 'failed') return { kind: failure ?? kindOfError(result.error), status, retryAfterMs: undefined }
  const { response } = result
  const retryAfterMs = readRetryAfter(response.headers, now) ?? readRetryAfter(response.rateHeaders ?? {}, now)
  return { kind: failure ?? kindOfRefusal(response.status, response.body), status, retryAfterMs }
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

/** Reads a number of seconds, or a date. Source: https://www.rfc-editor.org/rfc/rfc9110#field.retry-after */
function readRetryAfter(headers: Readonly<Record<string, string>>, now: number): number | undefined {
  const ms = Number.parseFloat(headers['retry-after-ms'] ?? '')
  if (ms >= 0) return ms
  const value = headers['retry-after']
  if (value === undefined) return undefined
  const seconds = Number(value)
  if (Number.isFinite(seconds)) return Math.max(0, seconds * 1_000)
  const date = Date.parse(value)
  return Number.isNaN(date) ? undefined : Math.max(0, date - now)
}
