import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fits, isExceeded, standingsOf } from '../../src/metering/check-limits.ts'
import { advance, type Counters, createCounters, giveBack, type Share, take } from '../../src/metering/counters.ts'
import { type Limits, noLimits } from '../../src/metering/limits.ts'

const now = Date.UTC(2026, 10, 22, 12, 0, 30)
const dayMs = 24 * 60 * 60 * 1_000

const share: Share = { tokens: 100, reservedNano: 1_000, isStream: false, countsAsRequest: true }

function countersAfter(limits: Limits, ...shares: readonly Share[]): Counters {
  const counters = createCounters(now)
  for (const taken of shares) take(counters, limits, taken)
  return counters
}

function limitsOf(changes: Partial<Limits>): Limits {
  return { ...noLimits, ...changes }
}

describe('standingsOf', () => {
  test('names every limit, money first', () => {
    const limits = limitsOf({
      rates: [
        { of: 'requests', per: 'minute', limit: 5 },
        { of: 'tokens', per: 'day', limit: 5_000 },
      ],
      budgets: [
        { per: 'month', limitNano: 9_000, timeZone: 'Europe/Berlin' },
        { per: 'total', limitNano: 90_000, timeZone: 'UTC' },
      ],
      concurrentCalls: 3,
      concurrentStreams: 2,
      callNano: 2_000,
    })
    const standings = standingsOf(countersAfter(limits, share), limits, { ...share, isStream: true })
    expect(standings).toMatchObject([
      { limit: 'usd_per_call', allowed: 2_000, used: 0, asked: 1_000 },
      { limit: 'budget/month', allowed: 9_000, used: 1_000, asked: 1_000 },
      { limit: 'budget/total', allowed: 90_000, used: 1_000, asked: 1_000, resetsInMs: undefined },
      { limit: 'requests/minute', allowed: 5, used: 1, asked: 1 },
      { limit: 'tokens/day', allowed: 5_000, used: 100, asked: 100 },
      { limit: 'concurrent_calls', allowed: 3, used: 1, asked: 1, resetsInMs: undefined },
      { limit: 'concurrent_streams', allowed: 2, used: 0, asked: 1 },
    ])
    expect(standings.some(isExceeded)).toBe(false)
  })

  test('lets the last unit be used, and not one more', () => {
    const limits = limitsOf({ budgets: [{ per: 'day', limitNano: 2_000, timeZone: 'UTC' }] })
    const isRefused = (asked: number) =>
      standingsOf(countersAfter(limits, share), limits, { ...share, reservedNano: asked }).some(isExceeded)
    expect([isRefused(1_000), isRefused(1_001)]).toEqual([false, true])
  })

  test('counts what is set aside and what is spent against a budget alike', () => {
    const limits = limitsOf({ budgets: [{ per: 'day', limitNano: 2_000, timeZone: 'UTC' }] })
    const counters = countersAfter(limits, share, share)
    giveBack(counters, now, { share, tokens: 10, costNano: 300 })
    expect(standingsOf(counters, limits, share)).toMatchObject([{ used: 1_300 }])
  })

  test('forgets with the period what was spent, and not what is set aside', () => {
    const limits = limitsOf({ budgets: [{ per: 'day', limitNano: 2_000, timeZone: 'UTC' }] })
    const counters = countersAfter(limits, share, share)
    giveBack(counters, now, { share, tokens: 10, costNano: 300 })
    advance(counters, now + dayMs)
    expect(standingsOf(counters, limits, share)).toMatchObject([{ used: 1_000 }])
  })

  test('says when a budget begins again, and when a rate that is used up lets the call through', () => {
    const limits = limitsOf({
      rates: [{ of: 'requests', per: 'minute', limit: 1 }],
      budgets: [{ per: 'day', limitNano: 1_000, timeZone: 'Asia/Tokyo' }],
    })
    const counters = countersAfter(limits, share)
    const [budget, rate] = standingsOf(counters, limits, share)
    expect(budget?.resetsInMs).toBe(Date.UTC(2026, 10, 22, 15) - now)
    advance(counters, now + (rate?.resetsInMs ?? 0) - 1)
    expect(standingsOf(counters, limits, share).filter(isExceeded)).toHaveLength(2)
    advance(counters, now + (rate?.resetsInMs ?? 0))
    expect(standingsOf(counters, limits, share).filter(isExceeded)).toMatchObject([{ limit: 'budget/day' }])
  })

  test('knows no time at which a call fits that is larger than its limit', () => {
    const limits = limitsOf({ rates: [{ of: 'tokens', per: 'minute', limit: 99 }] })
    expect(standingsOf(createCounters(now), limits, share)).toMatchObject([{ asked: 100, resetsInMs: undefined }])
  })

  test('asks nothing of a limit on streams for a call that is none', () => {
    const limits = limitsOf({ concurrentStreams: 1 })
    const counters = countersAfter(limits, { ...share, isStream: true })
    expect(standingsOf(counters, limits, share)).toEqual([])
    expect(standingsOf(counters, limits, { ...share, isStream: true }).some(isExceeded)).toBe(true)
  })
})

const few = fc.option(fc.nat({ max: 4 }), { nil: undefined })
const anyShare = fc.record({
  ...{ tokens: fc.nat({ max: 4 }), reservedNano: fc.nat({ max: 4 }), isStream: fc.boolean() },
  countsAsRequest: fc.boolean(),
})
const anyLimits: fc.Arbitrary<Limits> = fc.record({
  rates: fc.array(
    fc.record({
      ...{ of: fc.constantFrom('requests' as const, 'tokens' as const), limit: fc.nat({ max: 12 }) },
      per: fc.constantFrom('minute' as const, 'day' as const),
    }),
    { maxLength: 2 },
  ),
  budgets: fc.array(
    fc.record({
      ...{ per: fc.constantFrom('day' as const, 'total' as const), limitNano: fc.nat({ max: 12 }) },
      timeZone: fc.constantFrom('UTC', 'Europe/Berlin'),
    }),
    { maxLength: 2 },
  ),
  ...{ concurrentCalls: few, concurrentStreams: few, callNano: few },
})

test('a share fits where none of its limits is exceeded, and nowhere else (R38)', () => {
  fc.assert(
    fc.property(anyLimits, fc.array(anyShare, { maxLength: 4 }), anyShare, (limits, taken, asked) => {
      const counters = countersAfter(limits, ...taken)
      expect(fits(counters, limits, asked)).toBe(!standingsOf(counters, limits, asked).some(isExceeded))
    }),
  )
})
