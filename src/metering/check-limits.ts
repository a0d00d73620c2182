import { type Counters, endOf, type Share, spentIn } from './counters.ts'
import type { LimitStatus, RateStatus } from './limit-status.ts'
import type { Budget, Limits } from './limits.ts'
import { type Rate, rateOf } from './rate.ts'
import { msUntilUseFallsTo, usedOf } from './rate-use.ts'

interface CallCostLimit {
  readonly kind: 'call_cost'
  readonly allowed: number
}

interface BudgetLimit {
  readonly kind: 'budget'
  readonly budget: Budget
  readonly allowed: number
}

interface RateLimit {
  readonly kind: 'rate'
  readonly rate: Rate
  readonly allowed: number
}

interface ConcurrencyLimit {
  readonly kind: 'concurrency'
  readonly unit: 'calls' | 'streams'
  readonly allowed: number
}

/** One limit of a subject. */
export type Limit = CallCostLimit | BudgetLimit | RateLimit | ConcurrencyLimit

export interface LimitOwner {
  readonly keyId: string
  readonly isPerUser: boolean
}

const knownLimits = new WeakMap<Limits, readonly Limit[]>()

/** Lists every limit in the order money, rates, concurrency. Cached by object, because every call checks them. */
export function listLimits(limits: Limits): readonly Limit[] {
  const known = knownLimits.get(limits)
  if (known !== undefined) return known
  const { callNano, budgets, rates, concurrentCalls, concurrentStreams } = limits
  const limitList: Limit[] = []
  if (callNano !== undefined) limitList.push({ kind: 'call_cost', allowed: callNano })
  for (const budget of budgets) limitList.push({ kind: 'budget', budget, allowed: budget.limitNano })
  for (const rate of rates) limitList.push({ kind: 'rate', rate: rateOf(rate), allowed: rate.limit })
  if (concurrentCalls !== undefined) limitList.push({ kind: 'concurrency', unit: 'calls', allowed: concurrentCalls })
  if (concurrentStreams !== undefined)
    limitList.push({ kind: 'concurrency', unit: 'streams', allowed: concurrentStreams })
  knownLimits.set(limits, limitList)
  return limitList
}

/**
 * Returns the limits that a call with this share would exceed; undefined if none. The counters must be advanced to now.
 */
export function exceededLimits(counters: Counters, limits: Limits, share: Share): readonly Limit[] | undefined {
  let exceeded: Limit[] | undefined
  for (const limit of listLimits(limits)) {
    const requested = requestedOf(limit, share)
    if (requested === undefined || amountUsed(limit, counters) + requested <= limit.allowed) continue
    exceeded ??= []
    exceeded.push(limit)
  }
  return exceeded
}

/** The money that a call requests from its limits, in nano-USD. */
export interface MoneyWish {
  readonly wish: number
  /** Cost of a typical output, between `least` and `wish`. */
  readonly usual: number
  readonly least: number
}

/**
 * Returns the money that the limits of a subject grant to a call: `wish` if they can pay it, else one part in `parts`
 * of the remainder, which leaves room for concurrent calls.
 *
 * Never less than `least`, and from a budget never less than `usual`; `exceededLimits` then refuses a grant that does
 * not fit. A limit that is smaller than `usual` even when unused needs only `least`, otherwise its key could never
 * call.
 * The counters must be advanced to now.
 */
export function grantAmount(
  counters: Counters,
  limits: Limits,
  { wish, usual, least }: MoneyWish,
  parts: number,
): number {
  let granted = wish
  for (const limit of listLimits(limits)) {
    if (limit.kind !== 'budget' && limit.kind !== 'call_cost') continue
    const remaining = limit.allowed - amountUsed(limit, counters)
    if (remaining >= wish) continue
    // The limit per call is not shared with other calls and does not grow later.
    const [part, needed] =
      limit.kind === 'budget'
        ? [Math.floor(remaining / parts), usual <= limit.allowed ? usual : least]
        : [remaining, least]
    granted = Math.min(granted, Math.max(needed, part))
  }
  return granted
}

/** Returns the amount of a limit that a call with this share requests; undefined if the limit does not apply to it. */
export function requestedOf(limit: Limit, share: Share): number | undefined {
  switch (limit.kind) {
    case 'call_cost':
    case 'budget':
      return share.reservedNano
    case 'rate':
      return limit.rate.unit === 'tokens' ? share.tokens : Number(share.attempt === 1)
    case 'concurrency':
      return limit.unit === 'calls' || share.isStream ? 1 : undefined
  }
}

/** Returns the used and reserved amount of a limit. */
function amountUsed(limit: Limit, counters: Counters): number {
  switch (limit.kind) {
    case 'call_cost':
      return 0
    case 'budget':
      return spentIn(counters, limit.budget) + counters.reservedNano
    case 'rate':
      return usedOf(counters.moment.windows, counters.lastUse, limit.rate)
    case 'concurrency':
      return limit.unit === 'calls' ? counters.calls : counters.streams
  }
}

/** Returns the status of one limit for a call that requests `requested` of it. */
export function statusOf(limit: Limit, counters: Counters, requested: number, owner: LimitOwner): LimitStatus {
  const { keyId, isPerUser } = owner
  const { kind, allowed } = limit
  switch (kind) {
    case 'call_cost':
      return { kind, keyId, isPerUser, allowed, used: 0, resetsInMs: undefined }
    case 'budget': {
      const endsAt = endOf(counters, limit.budget)
      const resetsInMs = endsAt === undefined ? undefined : endsAt - counters.moment.latest
      return {
        kind,
        period: limit.budget.per,
        keyId,
        isPerUser,
        allowed,
        used: amountUsed(limit, counters),
        resetsInMs,
      }
    }
    case 'rate':
      return rateStatusOf(limit, counters, requested, owner)
    case 'concurrency':
      return {
        kind,
        unit: limit.unit,
        keyId,
        isPerUser,
        allowed,
        used: amountUsed(limit, counters),
        resetsInMs: undefined,
      }
  }
}

/** Returns the status of one rate for a call that requests `requested` of it. */
export function rateStatusOf(limit: RateLimit, counters: Counters, requested: number, owner: LimitOwner): RateStatus {
  const { keyId, isPerUser } = owner
  const { rate, allowed } = limit
  const { moment, lastUse } = counters
  const used = usedOf(moment.windows, lastUse, rate)
  // For a refused call, the time at which it would fit; for an admitted one, the time at which all is free again.
  const remaining = used + requested > allowed ? allowed - requested : 0
  const resetsInMs =
    remaining < 0 ? undefined : msUntilUseFallsTo(moment.windows, lastUse, rate, moment.latest, remaining)
  return { kind: 'rate', unit: rate.unit, window: rate.window, keyId, isPerUser, allowed, used, resetsInMs }
}
