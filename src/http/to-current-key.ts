import { toUsd } from '../core/usd.ts'
import type { AccountState } from '../pipeline/account-of.ts'
import type { Caller } from '../pipeline/call.ts'
import type { Standing } from '../storage/ledger.ts'

const resets: Readonly<Record<string, string>> = { day: 'daily', week: 'weekly', month: 'monthly' }
const intervals: Readonly<Record<string, string>> = { minute: '1m', hour: '1h', day: '1d' }

/**
 * What OpenRouter tells of the key that asks, in USD, with all of Weir's own limits in `limits`. `limit` is the budget that leaves least.
 * Source: https://openrouter.ai/docs/api/api-reference/api-keys/get-current-key
 */
export function toCurrentKey({ keyId, key }: Caller, { balance, standings }: AccountState, now: number): object {
  const budget = tightest(standings, 'budget/')
  const expiresAt = key?.key.expiresAt
  return {
    label: key?.secret.hint ?? keyId,
    name: key?.key.name ?? keyId,
    limit: budget === undefined ? null : toUsd(budget.allowed),
    limit_remaining: budget === undefined ? null : toUsd(remaining(budget)),
    limit_reset: (budget && resets[periodOf(budget)]) ?? null,
    usage: toUsd(balance.spentNano),
    usage_daily: toUsd(balance.dayNano),
    usage_weekly: toUsd(balance.weekNano),
    usage_monthly: toUsd(balance.monthNano),
    // Calls that the caller's own key pays for cost nothing here.
    ...{
      byok_usage: 0,
      byok_usage_daily: 0,
      byok_usage_weekly: 0,
      byok_usage_monthly: 0,
      include_byok_in_limit: false,
    },
    ...{ is_free_tier: false, is_provisioning_key: false, is_management_key: false, creator_user_id: null },
    expires_at: expiresAt === undefined ? null : toIso(expiresAt),
    rate_limit: toRateLimit(standings),
    usage_reserved: toUsd(balance.reservedNano),
    limits: standings.map((standing) => toLimit(standing, now)),
  }
}

/** OpenRouter's clients want it to be there; -1 is its word for none. */
function toRateLimit(standings: readonly Standing[]): object {
  const rate = tightest(standings, 'requests/')
  const note = 'See `limits`, which has all of them.'
  if (rate === undefined) return { requests: -1, interval: '1m', note }
  return { requests: rate.allowed, interval: intervals[periodOf(rate)] ?? '1m', note }
}

function toLimit({ limit, keyId, allowed, used, resetsInMs }: Standing, now: number): object {
  const isMoney = limit.startsWith('budget/') || limit === 'usd_per_call'
  const show = isMoney ? toUsd : (amount: number) => amount
  return {
    limit,
    key_id: keyId,
    unit: isMoney ? 'usd' : limit.replace(/^concurrent_|\/.*$/g, ''),
    allowed: show(allowed),
    used: show(used),
    remaining: show(Math.max(0, allowed - used)),
    resets_at: resetsInMs === undefined || used === 0 ? null : toIso(now + resetsInMs),
  }
}

function tightest(standings: readonly Standing[], prefix: string): Standing | undefined {
  return standings
    .filter(({ limit }) => limit.startsWith(prefix))
    .reduce<Standing | undefined>((least, next) => {
      return least === undefined || remaining(next) < remaining(least) ? next : least
    }, undefined)
}

function remaining({ allowed, used }: Standing): number {
  return Math.max(0, allowed - used)
}

function periodOf({ limit }: Standing): string {
  return limit.split('/')[1] ?? ''
}

function toIso(time: number): string {
  return new Date(time).toISOString()
}
