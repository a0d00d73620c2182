import { toLimitObject } from '../../admin/reports/limit-object.ts'
import { GatewayError } from '../../core/errors.ts'
import { type GatewayResponse, toJsonResponse } from '../../core/gateway-response.ts'
import { toUsd } from '../../core/usd.ts'
import { type LimitStatus, type RateStatus, remainingOf } from '../../metering/limit-status.ts'
import type { Caller } from '../../pipeline/call/call.ts'
import { requireMetering } from '../../pipeline/call/require-ports.ts'
import type { Balance } from '../../storage/ledger/ledger.ts'
import { nothingSpent } from '../../storage/ledger/read-account.ts'
import type { CurrentKeyObject } from '../openapi/api-schemas.ts'
import type { CallerRequest } from '../route.ts'

/** `GET /v1/key`: returns the caller's key with its limits. */
export async function retrieveCurrentKey(request: CallerRequest): Promise<GatewayResponse> {
  const { caller, ports } = request
  return toJsonResponse(200, { data: toCurrentKey(caller, await loadAccount(request), ports.clock.now()) })
}

/** USD limit that front ends show for a key without a budget; one-api uses the same number. */
const noLimitUsd = 100_000_000
/** Expiry of a key that never expires, in seconds since 1970: the year 2100, because front ends show a date. */
const neverExpires = 4_102_444_800

/**
 * `GET /v1/dashboard/billing/subscription`. Front ends show `hard_limit_usd - total_usage / 100` as the remaining
 * budget, so the limit is the remaining budget plus all usage so far.
 * Source: https://github.com/songquanpeng/one-api/blob/main/controller/billing.go
 */
export async function retrieveSubscription(request: CallerRequest): Promise<GatewayResponse> {
  const { balance, limits } = await loadAccount(request)
  const budget = tightest(limits.filter(({ kind }) => kind === 'budget'))
  const limit = budget === undefined ? noLimitUsd : toUsd(balance.spentNano + remainingOf(budget))
  const expiresAt = request.caller.key?.key.expiresAt
  return toJsonResponse(200, {
    object: 'billing_subscription',
    has_payment_method: true,
    soft_limit_usd: limit,
    hard_limit_usd: limit,
    system_hard_limit_usd: limit,
    access_until: expiresAt === undefined ? neverExpires : Math.floor(expiresAt / 1_000),
  })
}

const nanoPerCent = 10_000_000

/** `GET /v1/dashboard/billing/usage`: returns all usage so far in cents; the requested dates are ignored. */
export async function retrieveBillingUsage(request: CallerRequest): Promise<GatewayResponse> {
  const { balance } = await loadAccount(request)
  return toJsonResponse(200, { object: 'list', total_usage: balance.spentNano / nanoPerCent })
}

/** The spending of a key, and the status of its limits and of those of its ancestors. */
interface Account {
  readonly balance: Balance
  readonly limits: readonly LimitStatus[]
}

async function loadAccount({ caller: { keyId, userToken }, ports }: CallerRequest): Promise<Account> {
  if (userToken !== undefined)
    throw new GatewayError(
      'permission_denied',
      'A user token has no account. The headers `x-ratelimit-*` of each response show the remaining limits; the holder of the key sees its spending.',
    )
  const { ledger } = requireMetering(ports)
  const now = ports.clock.now()
  const [balance = nothingSpent, limits] = await Promise.all([ledger.balance(keyId, now), ledger.limits(keyId, now)])
  return { balance, limits }
}

const resets: Readonly<Record<string, string>> = { day: 'daily', week: 'weekly', month: 'monthly' }

/**
 * Converts a key to OpenRouter's object of the current key, in USD. `limit` is the budget with the smallest remainder;
 * `limits` lists every limit of Weir.
 * Source: https://openrouter.ai/docs/api/api-reference/api-keys/get-current-key
 */
function toCurrentKey({ keyId, key }: Caller, { balance, limits }: Account, now: number): CurrentKeyObject {
  const budget = tightest(limits.filter((limit) => limit.kind === 'budget'))
  const expiresAt = key?.key.expiresAt
  return {
    label: key?.secret?.hint ?? keyId,
    name: key?.key.name ?? keyId,
    limit: budget === undefined ? null : toUsd(budget.allowed),
    limit_remaining: budget === undefined ? null : toUsd(remainingOf(budget)),
    limit_reset: (budget && resets[budget.period]) ?? null,
    usage: toUsd(balance.spentNano),
    usage_daily: toUsd(balance.dayNano),
    usage_weekly: toUsd(balance.weekNano),
    usage_monthly: toUsd(balance.monthNano),
    // Calls paid by the caller's own provider key have no cost here.
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
    limits: limits.map((limit) => toLimitObject(limit, now)),
  }
}

const intervals: Readonly<Record<RateStatus['window'], string>> = { minute: '1m', hour: '1h', day: '1d' }

/** OpenRouter's clients require this field; -1 means no limit. */
function toRateLimit(limits: readonly LimitStatus[]): CurrentKeyObject['rate_limit'] {
  const rate = tightest(
    limits.filter((limit): limit is RateStatus => limit.kind === 'rate' && limit.unit === 'requests'),
  )
  const note = 'See `limits` for all limits.'
  if (rate === undefined) return { requests: -1, interval: '1m', note }
  return { requests: rate.allowed, interval: intervals[rate.window], note }
}

/** Returns the limit with the smallest remainder. */
function tightest<Status extends LimitStatus>(limits: readonly Status[]): Status | undefined {
  return limits.reduce<Status | undefined>((smallest, next) => {
    return smallest === undefined || remainingOf(next) < remainingOf(smallest) ? next : smallest
  }, undefined)
}

function toIso(time: number): string {
  return new Date(time).toISOString()
}
