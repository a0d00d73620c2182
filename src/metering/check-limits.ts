import { type Counters, endOf, type Share, spentIn } from './counters.ts'
import type { LimitStatus, RateStatus } from './limit-status.ts'
import type { Budget, Limits } from './limits.ts'
import { type Rate, rateOf } from './rate.ts'
import { msUntilAtMost, usedOf } from './rate-use.ts'

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

/** Every limit, in the order money, rates, concurrency; made once for each object, since every call checks them. */
export function listLimits(limits: Limits): readonly Limit[] {
  const known = knownLimits.get(limits)
  if (known !== undefined) return known
  const { callNano, budgets, rates, concurrentCalls, concurrentStreams } = limits
  const made: Limit[] = []
  if (callNano !== undefined) made.push({ kind: 'call_cost', allowed: callNano })
  for (const budget of budgets) made.push({ kind: 'budget', budget, allowed: budget.limitNano })
  for (const rate of rates) made.push({ kind: 'rate', rate: rateOf(rate), allowed: rate.limit })
  if (concurrentCalls !== undefined) made.push({ kind: 'concurrency', unit: 'calls', allowed: concurrentCalls })
  if (concurrentStreams !== undefined) made.push({ kind: 'concurrency', unit: 'streams', allowed: concurrentStreams })
  knownLimits.set(limits, made)
  return made
}

/** The limits that a call with this share would exceed, if any. The counters must have been brought to now. */
export function exceededLimits(counters: Counters, limits: Limits, share: Share): readonly Limit[] | undefined {
  let exceeded: Limit[] | undefined
  for (const limit of listLimits(limits)) {
    const asked = askedOf(limit, share)
    if (asked === undefined || amountUsed(limit, counters) + asked <= limit.allowed) continue
    exceeded ??= []
    exceeded.push(limit)
  }
  return exceeded
}

/** The money that a call asks its limits for, in nano-USD. */
export interface MoneyWish {
  readonly wish: number
  /** A usual answer, from `least` to `wish`. */
  readonly usual: number
  readonly least: number
}

/**
 * The money that the limits of a subject grant a call: the whole where they carry it, else one part in `parts` of what is left, so that several calls
 * share it. Never less than `least`, nor of a budget less than `usual`; `exceededLimits` then refuses what does not fit. A limit that never has room
 * for `usual`, however little is used of it, asks for `least` alone, or its key could never call again.
 * The counters must have been brought to now.
 */
export function grantedBy(
  counters: Counters,
  limits: Limits,
  { wish, usual, least }: MoneyWish,
  parts: number,
): number {
  let granted = wish
  for (const limit of listLimits(limits)) {
    if (limit.kind !== 'budget' && limit.kind !== 'call_cost') continue
    const rest = limit.allowed - amountUsed(limit, counters)
    if (rest >= wish) continue
    // The limit on one call is not shared with others, and is the same tomorrow.
    const [part, needed] =
      limit.kind === 'budget' ? [Math.floor(rest / parts), usual <= limit.allowed ? usual : least] : [rest, least]
    granted = Math.min(granted, Math.max(needed, part))
  }
  return granted
}

/** The part of a limit that a call with this share asks for; undefined for a limit that does not concern it. */
export function askedOf(limit: Limit, share: Share): number | undefined {
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

/** Used and reserved. */
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

/** One limit as it stands for a call that asks for `asked` of it. */
export function statusOf(limit: Limit, counters: Counters, asked: number, owner: LimitOwner): LimitStatus {
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
      return rateStatusOf(limit, counters, asked, owner)
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

/** One rate as it stands for a call that asks for `asked` of it. */
export function rateStatusOf(limit: RateLimit, counters: Counters, asked: number, owner: LimitOwner): RateStatus {
  const { keyId, isPerUser } = owner
  const { rate, allowed } = limit
  const { moment, lastUse } = counters
  const used = usedOf(moment.windows, lastUse, rate)
  // For a call that is refused, when it would fit; for one that fits, when all is free again.
  const rest = used + asked > allowed ? allowed - asked : 0
  const resetsInMs = rest < 0 ? undefined : msUntilAtMost(moment.windows, lastUse, rate, moment.latest, rest)
  return { kind: 'rate', unit: rate.unit, window: rate.window, keyId, isPerUser, allowed, used, resetsInMs }
}
