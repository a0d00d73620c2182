import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { exceededLimits, grantAmount, listLimits, requestedOf, statusOf } from '../../src/metering/check-limits.ts'
import {
  advance,
  type Counters,
  countedBy,
  createCounters,
  follow,
  reserve,
  type Share,
  settle,
} from '../../src/metering/counters.ts'
import { limitName } from '../../src/metering/limit-status.ts'
import { type Limits, noLimits } from '../../src/metering/limits.ts'

const now = Date.UTC(2026, 10, 22, 12, 0, 30)
const dayMs = 24 * 60 * 60 * 1_000

const share: Share = { tokens: 100, reservedNano: 1_000, isStream: false, attempt: 1 }

function countersAfter(limits: Limits, ...shares: readonly Share[]): Counters {
  let counters = follow(createCounters(now), countedBy(limits))
  for (const taken of shares) counters = reserve(counters, taken)
  return counters
}

const owner = { keyId: 'key_a', isPerUser: false }

/** Returns the status of every limit that applies to the share, before the share is taken. */
function statusesOf(counters: Counters, limits: Limits, wanted: Share) {
  return listLimits(limits).flatMap((limit) => {
    const requested = requestedOf(limit, wanted)
    if (requested === undefined) return []
    const status = statusOf(limit, counters, requested, owner)
    return [
      {
        limit: limitName(status),
        allowed: status.allowed,
        used: status.used,
        requested,
        resetsInMs: status.resetsInMs,
      },
    ]
  })
}

function isExceeded({ used, requested, allowed }: { used: number; requested: number; allowed: number }): boolean {
  return used + requested > allowed
}

function limitsOf(changes: Partial<Limits>): Limits {
  return { ...noLimits, ...changes }
}

describe('limits', () => {
  test('names every limit, money first', () => {
    const limits = limitsOf({
      rates: [
        { unit: 'requests', window: 'minute', limit: 5 },
        { unit: 'tokens', window: 'day', limit: 5_000 },
      ],
      budgets: [
        { per: 'month', limitNano: 9_000, timeZone: 'Europe/Berlin' },
        { per: 'total', limitNano: 90_000, timeZone: 'UTC' },
      ],
      concurrentCalls: 3,
      concurrentStreams: 2,
      callNano: 2_000,
    })
    const statuses = statusesOf(countersAfter(limits, share), limits, { ...share, isStream: true })
    expect(statuses).toMatchObject([
      { limit: 'usd_per_call', allowed: 2_000, used: 0, requested: 1_000 },
      { limit: 'budget/month', allowed: 9_000, used: 1_000, requested: 1_000 },
      { limit: 'budget/total', allowed: 90_000, used: 1_000, requested: 1_000, resetsInMs: undefined },
      { limit: 'requests/minute', allowed: 5, used: 1, requested: 1 },
      { limit: 'tokens/day', allowed: 5_000, used: 100, requested: 100 },
      { limit: 'concurrent_calls', allowed: 3, used: 1, requested: 1, resetsInMs: undefined },
      { limit: 'concurrent_streams', allowed: 2, used: 0, requested: 1 },
    ])
    expect(statuses.some(isExceeded)).toBe(false)
  })

  test('allows use up to the last unit, and no more', () => {
    const limits = limitsOf({ budgets: [{ per: 'day', limitNano: 2_000, timeZone: 'UTC' }] })
    const isRefused = (requested: number) =>
      statusesOf(countersAfter(limits, share), limits, { ...share, reservedNano: requested }).some(isExceeded)
    expect([isRefused(1_000), isRefused(1_001)]).toEqual([false, true])
  })

  test('counts reserved and spent money against a budget', () => {
    const limits = limitsOf({ budgets: [{ per: 'day', limitNano: 2_000, timeZone: 'UTC' }] })
    const counters = settle(countersAfter(limits, share, share), now, share, 10, 300)
    expect(statusesOf(counters, limits, share)).toMatchObject([{ used: 1_300 }])
  })

  test('drops the spent money with its period, but not the reserved money', () => {
    const limits = limitsOf({ budgets: [{ per: 'day', limitNano: 2_000, timeZone: 'UTC' }] })
    const counters = advance(settle(countersAfter(limits, share, share), now, share, 10, 300), now + dayMs)
    expect(statusesOf(counters, limits, share)).toMatchObject([{ used: 1_000 }])
  })

  test('reports when a budget restarts, and when an exhausted rate admits the call', () => {
    const limits = limitsOf({
      rates: [{ unit: 'requests', window: 'minute', limit: 1 }],
      budgets: [{ per: 'day', limitNano: 1_000, timeZone: 'Asia/Tokyo' }],
    })
    const counters = countersAfter(limits, share)
    const [budget, rate] = statusesOf(counters, limits, share)
    expect(budget?.resetsInMs).toBe(Date.UTC(2026, 10, 22, 15) - now)
    const before = advance(counters, now + (rate?.resetsInMs ?? 0) - 1)
    expect(statusesOf(before, limits, share).filter(isExceeded)).toHaveLength(2)
    const after = advance(counters, now + (rate?.resetsInMs ?? 0))
    expect(statusesOf(after, limits, share).filter(isExceeded)).toMatchObject([{ limit: 'budget/day' }])
  })

  test('reports no reset time for a call larger than its limit', () => {
    const limits = limitsOf({ rates: [{ unit: 'tokens', window: 'minute', limit: 99 }] })
    expect(statusesOf(createCounters(now), limits, share)).toMatchObject([{ requested: 100, resetsInMs: undefined }])
  })

  test('ignores a limit on streams for a call without streaming', () => {
    const limits = limitsOf({ concurrentStreams: 1 })
    const counters = countersAfter(limits, { ...share, isStream: true })
    expect(statusesOf(counters, limits, share)).toEqual([])
    expect(statusesOf(counters, limits, { ...share, isStream: true }).some(isExceeded)).toBe(true)
  })
})

const few = fc.option(fc.nat({ max: 4 }), { nil: undefined })
const anyShare = fc.record({
  tokens: fc.nat({ max: 4 }),
  reservedNano: fc.nat({ max: 4 }),
  isStream: fc.boolean(),
  attempt: fc.integer({ min: 1, max: 2 }),
})
const anyLimits: fc.Arbitrary<Limits> = fc.record({
  rates: fc.array(
    fc.record({
      unit: fc.constantFrom('requests' as const, 'tokens' as const),
      limit: fc.nat({ max: 12 }),
      window: fc.constantFrom('minute' as const, 'day' as const),
    }),
    { maxLength: 2 },
  ),
  budgets: fc.array(
    fc.record({
      per: fc.constantFrom('day' as const, 'total' as const),
      limitNano: fc.nat({ max: 12 }),
      timeZone: fc.constantFrom('UTC', 'Europe/Berlin'),
    }),
    { maxLength: 2 },
  ),
  concurrentCalls: few,
  concurrentStreams: few,
  callNano: few,
})

test('a share fits if and only if it exceeds none of its limits (R38)', () => {
  fc.assert(
    fc.property(anyLimits, fc.array(anyShare, { maxLength: 4 }), anyShare, (limits, taken, requested) => {
      const counters = countersAfter(limits, ...taken)
      const exceeded = statusesOf(counters, limits, requested).filter(isExceeded)
      expect(exceededLimits(counters, limits, requested) ?? []).toHaveLength(exceeded.length)
    }),
  )
})

describe('the money that limits grant', () => {
  const budget = (limitNano: number) => ({ budgets: [{ per: 'total', limitNano, timeZone: 'UTC' }] }) as const
  const grant = (limits: Partial<Limits>, taken: number, wish: number, least: number, usual = least) => {
    const all = limitsOf(limits)
    return grantAmount(countersAfter(all, { ...share, reservedNano: taken }), all, { wish, usual, least }, 4)
  }

  test('case C4: is the requested amount if they can pay it, else a part of the remainder, and never below the minimum', () => {
    expect(grant({}, 0, 9_000, 10)).toBe(9_000)
    expect(grant(budget(10_000), 1_000, 9_000, 10)).toBe(9_000)
    expect(grant(budget(10_000), 1_001, 9_000, 10)).toBe(2_249)
    expect(grant(budget(10_000), 9_900, 9_000, 30)).toBe(30)
    expect(grant({ ...budget(10_000), callNano: 700 }, 1_001, 9_000, 10)).toBe(700)
  })

  test('case C4: never falls below a typical output, and near the end of a budget grants no amount that would cut it', () => {
    expect(grant(budget(10_000), 1_001, 9_000, 10, 4_000)).toBe(4_000)
    // More than the remainder, so the call is refused.
    expect(grant(budget(10_000), 7_000, 9_000, 10, 4_000)).toBe(4_000)
    // A budget that cannot pay it even when unused does not require it.
    expect(grant(budget(3_000), 1_000, 9_000, 10, 4_000)).toBe(500)
    expect(grant({ callNano: 700 }, 0, 9_000, 10, 4_000)).toBe(700)
  })

  test('case C4: fits if the minimum fits', () => {
    fc.assert(
      fc.property(fc.nat(9_999), fc.nat(9_999), fc.nat(20_000), fc.nat(20_000), (limitNano, taken, one, other) => {
        const [least, wish] = [Math.min(one, other), Math.max(one, other)]
        const granted = grant(budget(limitNano), taken, wish, least)
        expect(granted).toBeGreaterThanOrEqual(least)
        expect(granted).toBeLessThanOrEqual(wish)
        expect(taken + granted <= limitNano).toBe(taken + least <= limitNano)
      }),
    )
  })
})
