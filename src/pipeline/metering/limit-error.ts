import { GatewayError } from '../../core/errors.ts'
import { formatUsd } from '../../core/usd.ts'
import { isMoney, type LimitStatus } from '../../metering/limit-status.ts'
import { kindOfSubject } from '../../storage/ledger/decide-admission.ts'
import { toDuration, toLimitHeaders } from './limit-headers.ts'

interface Refusal {
  readonly limit: LimitStatus
  readonly asked: number
}

/**
 * Maximum `Retry-After` that OpenAI's SDKs honour; above it they retry after a second or two. Source: openai-node
 * `retryRequest`
 */
const maxRetryAfterMs = 60_000
/** Seconds to wait for a limit that does not reset by itself: a program that honours it asks once a day. */
const longWaitSeconds = 86_400
/** Retry interval for concurrency, because the end of running calls cannot be predicted. */
const concurrencyWaitMs = 1_000

/**
 * Returns the error of a call over a limit: the limit, its usage, the call's need, and when to retry (P02, P03, P07). A
 * budget, a long wait, and a call that never fits do not change while an SDK retries, so their headers tell the SDK not
 * to. `hint` names a request that would fit, and replaces the general advice. The message tells the holder of a user
 * token nothing about limits that others share.
 */
export function toLimitError({ limit, asked }: Refusal, hint?: string, hasUserToken = false): GatewayError {
  const code = isMoney(limit) ? 'insufficient_quota' : 'rate_limit_exceeded'
  const isShown = !hasUserToken || isOfUser(limit)
  const headers = { ...(isShown && toLimitHeaders([limit])), ...toRetryHeaders(limit, asked) }
  return new GatewayError(code, toMessage(limit, asked, hint, hasUserToken), { headers })
}

function toRetryHeaders(limit: LimitStatus, asked: number): Record<string, string> {
  const waitMs = limit.kind === 'concurrency' ? concurrencyWaitMs : limit.resetsInMs
  const isHopeless = waitMs === undefined || asked > limit.allowed
  const seconds = isHopeless && limit.resetsInMs === undefined ? longWaitSeconds : Math.ceil((waitMs ?? 0) / 1_000)
  const after = { 'retry-after': String(Math.max(1, seconds)) }
  if (isHopeless || isMoney(limit) || waitMs > maxRetryAfterMs) return { ...after, 'x-should-retry': 'false' }
  return { ...after, 'retry-after-ms': String(Math.max(1, Math.ceil(waitMs))) }
}

function toMessage(limit: LimitStatus, asked: number, fitting: string | undefined, hasUserToken: boolean): string {
  const { keyId, isPerUser, allowed, used, resetsInMs } = limit
  const show = isMoney(limit) ? formatUsd : (amount: number) => String(amount)
  const owner = isPerUser ? `each user of the key ${keyId}` : `the key ${keyId}`
  const whose = hasUserToken ? ownerForUser(limit) : owner
  const state = limit.kind === 'call_cost' ? '' : `, of which ${show(used)} are used or reserved`
  const when = resetsInMs === undefined ? '' : ` It resets in ${toDuration(resetsInMs)}.`
  // A token lives a day at most, so its limit per day is one for its lifetime.
  if (kindOfSubject(keyId) === 'token' && limit.kind === 'rate' && limit.window === 'day')
    return `Limit reached: this token has ${allowed} ${limit.unit} in total, of which ${used} are used or reserved.`
  if (whose === undefined) return `Limit reached: that of all users of this page together.${when}`
  const mayFitIfShorter = isMoney(limit) || (limit.kind === 'rate' && limit.unit === 'tokens')
  const shorter = mayFitIfShorter ? ' Set a lower max_tokens to reserve less.' : ''
  const hint = fitting === undefined ? shorter : ` ${fitting}`
  return `Limit reached: ${whose} has ${show(allowed)} ${describeLimit(limit)}${state}; this call may need ${show(asked)}.${when}${hint}`
}

/** True for a limit of the holder of a user token alone; false for one that is shared with others. */
export function isOfUser(limit: LimitStatus): boolean {
  return ownerForUser(limit) !== undefined
}

/** Returns undefined for a limit that the holder of a user token shares with others. */
function ownerForUser({ keyId, isPerUser }: LimitStatus): string | undefined {
  if (isPerUser) return 'each user'
  const kind = kindOfSubject(keyId)
  return kind === undefined ? undefined : { token: 'this token', network: 'this address' }[kind]
}

function describeLimit(limit: LimitStatus): string {
  switch (limit.kind) {
    case 'rate':
      return `${limit.unit} a ${limit.window}`
    case 'budget':
      return `USD ${limit.period === 'total' ? 'in total' : `a ${limit.period}`}`
    case 'concurrency':
      return `concurrent ${limit.unit}`
    case 'call_cost':
      return 'USD per call'
  }
}
