import type { AccountState } from '../../admin/caller-account.ts'
import { toUsd } from '../../core/usd.ts'
import { isMoney, type LimitStatus, limitName, type RateStatus, remainingOf } from '../../metering/limit-status.ts'
import type { Caller } from '../../pipeline/call/call.ts'
import type { CurrentKeyObject, LimitObject } from '../openapi/api-schemas.ts'

const resets: Readonly<Record<string, string>> = { day: 'daily', week: 'weekly', month: 'monthly' }
const intervals: Readonly<Record<RateStatus['window'], string>> = { minute: '1m', hour: '1h', day: '1d' }

/**
 * OpenRouter's object of the key that asks, in USD, with all of Weir's own limits in `limits`. `limit` is the tightest budget.
 * Source: https://openrouter.ai/docs/api/api-reference/api-keys/get-current-key
 */
export function toCurrentKey({ keyId, key }: Caller, { balance, limits }: AccountState, now: number): CurrentKeyObject {
  const budget = tightest(limits.filter((limit) => limit.kind === 'budget'))
  const expiresAt = key?.key.expiresAt
  return {
    label: key?.secret.hint ?? keyId,
    name: key?.key.name ?? keyId,
    limit: budget === undefined ? null : toUsd(budget.allowed),
    limit_remaining: budget === undefined ? null : toUsd(remainingOf(budget)),
    limit_reset: (budget && resets[budget.period]) ?? null,
    usage: toUsd(balance.spentNano),
    usage_daily: toUsd(balance.dayNano),
    usage_weekly: toUsd(balance.weekNano),
    usage_monthly: toUsd(balance.monthNano),
    // Calls that the caller's own key pays for cost nothing here.
    byok_usage: 0,
    byok_usage_daily: 0,
    byok_usage_weekly: 0,
    byok_usage_monthly: 0,
    include_byok_in_limit: false,
    is_free_tier: false,
    is_provisioning_key: false,
    is_management_key: false,
    creator_user_id: null,
    expires_at: expiresAt === undefined ? null : toIso(expiresAt),
    rate_limit: toRateLimit(limits),
    usage_reserved: toUsd(balance.reservedNano),
    limits: limits.map((limit) => toLimit(limit, now)),
  }
}

/** OpenRouter's clients want it to be there; -1 is its word for none. */
function toRateLimit(limits: readonly LimitStatus[]): CurrentKeyObject['rate_limit'] {
  const rate = tightest(
    limits.filter((limit): limit is RateStatus => limit.kind === 'rate' && limit.unit === 'requests'),
  )
  const note = 'See `limits`, which has all of them.'
  if (rate === undefined) return { requests: -1, interval: '1m', note }
  return { requests: rate.allowed, interval: intervals[rate.window], note }
}

function toLimit(status: LimitStatus, now: number): LimitObject {
  const { keyId, allowed, used, resetsInMs } = status
  const show = isMoney(status) ? toUsd : (amount: number) => amount
  return {
    limit: limitName(status),
    key_id: keyId,
    unit: status.kind === 'rate' || status.kind === 'concurrency' ? status.unit : 'usd',
    allowed: show(allowed),
    used: show(used),
    remaining: show(remainingOf(status)),
    resets_at: resetsInMs === undefined || used === 0 ? null : toIso(now + resetsInMs),
  }
}

function tightest<Status extends LimitStatus>(limits: readonly Status[]): Status | undefined {
  return limits.reduce<Status | undefined>((least, next) => {
    return least === undefined || remainingOf(next) < remainingOf(least) ? next : least
  }, undefined)
}

function toIso(time: number): string {
  return new Date(time).toISOString()
}
