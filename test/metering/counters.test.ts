import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  advance,
  type Counters,
  createCounters,
  giveBack,
  type Share,
  spendingOf,
  take,
} from '../../src/metering/counters.ts'
import { type Limits, noLimits } from '../../src/metering/limits.ts'
import { usedIn } from '../../src/metering/rate-window.ts'

const noon = Date.UTC(2026, 10, 22, 12)
const hourMs = 60 * 60 * 1_000
const dayMs = 24 * hourMs

const share: Share = { tokens: 100, reservedNano: 1_000, isStream: true, countsAsRequest: true }
const rates: Limits['rates'] = [
  { of: 'requests', per: 'minute', limit: 9 },
  { of: 'tokens', per: 'hour', limit: 999 },
]
const limited: Limits = { ...noLimits, rates }

function used(counters: Counters, name: string): number {
  const [, per] = name.split('/') as [string, 'minute' | 'hour' | 'day']
  return usedIn(counters.rates[name] ?? [], per, counters.latest)
}

describe('counters', () => {
  test('take what a call sets aside', () => {
    const counters = createCounters(noon)
    take(counters, limited, share)
    expect(counters).toMatchObject({ reservedNano: 1_000, calls: 1, streams: 1, spentNano: 0 })
    expect([used(counters, 'requests/minute'), used(counters, 'tokens/hour')]).toEqual([1, 100])
  })

  test('count a further attempt by its tokens and its money, and not as a request (R55)', () => {
    const counters = createCounters(noon)
    take(counters, limited, { ...share, countsAsRequest: false })
    expect([used(counters, 'requests/minute'), used(counters, 'tokens/hour')]).toEqual([0, 100])
  })

  test('give back what was set aside, and keep what the call came to', () => {
    const counters = createCounters(noon)
    take(counters, limited, share)
    giveBack(counters, noon, { share, tokens: 30, costNano: 70 })
    expect(counters).toMatchObject({ reservedNano: 0, calls: 0, streams: 0, spentNano: 70 })
    expect([used(counters, 'requests/minute'), used(counters, 'tokens/hour')]).toEqual([1, 30])
    expect(spendingOf(counters, 'month@UTC').nano).toBe(70)
  })

  test('keep the tokens of a call that was expected to use none', () => {
    const counters = createCounters(noon)
    const none = { ...share, tokens: 0 }
    take(counters, limited, none)
    giveBack(counters, noon, { share: none, tokens: 30, costNano: 70 })
    expect(used(counters, 'tokens/hour')).toBe(30)
  })

  test('book what a call came to when it ends, whatever the day on which it began', () => {
    const counters = createCounters(noon)
    take(counters, noLimits, share)
    spendingOf(counters, 'day@UTC').nano = 500
    advance(counters, noon + 13 * hourMs)
    giveBack(counters, noon, { share, tokens: 30, costNano: 70 })
    expect(spendingOf(counters, 'day@UTC').nano).toBe(70)
  })

  test('begin each period again when it is over, and not before (R49)', () => {
    const counters = createCounters(Date.UTC(2026, 9, 24, 12))
    const name = 'day@Europe/Berlin'
    spendingOf(counters, name).nano = 5
    const midnight = Date.parse('2026-10-26T00:00:00+01:00')
    advance(counters, Date.parse('2026-10-25T00:00:00+02:00'))
    expect(spendingOf(counters, name)).toEqual({ endsAt: midnight, nano: 0 })
    spendingOf(counters, name).nano = 7
    advance(counters, midnight - 1)
    expect(spendingOf(counters, name).nano).toBe(7)
    advance(counters, midnight)
    expect(spendingOf(counters, name).nano).toBe(0)
  })

  test('never go back in time, so that a late clock opens nothing again (R50)', () => {
    const counters = createCounters(noon)
    spendingOf(counters, 'day@UTC').nano = 5
    advance(counters, noon + dayMs)
    spendingOf(counters, 'day@UTC').nano = 9
    advance(counters, noon)
    expect(counters.latest).toBe(noon + dayMs)
    expect(spendingOf(counters, 'day@UTC').nano).toBe(9)
  })

  test('forget a rate that has no limit any more, and keep the others', () => {
    const counters = createCounters(noon)
    take(counters, limited, share)
    take(counters, { ...noLimits, rates: rates.slice(1) }, share)
    expect(Object.keys(counters.rates)).toEqual(['tokens/hour'])
    expect(used(counters, 'tokens/hour')).toBe(200)
    take(counters, { ...noLimits, rates: rates.slice(0, 1) }, share)
    expect(Object.keys(counters.rates)).toEqual(['requests/minute'])
    expect(used(counters, 'requests/minute')).toBe(1)
  })

  test('survive as JSON', () => {
    const counters = createCounters(noon)
    take(counters, limited, share)
    expect(JSON.parse(JSON.stringify(counters))).toEqual(counters)
  })
})

const outcomes = fc.array(
  fc.record({
    share: fc.record({
      tokens: fc.nat({ max: 10_000 }),
      reservedNano: fc.nat({ max: 1_000_000_000 }),
      isStream: fc.boolean(),
      countsAsRequest: fc.boolean(),
    }),
    tokens: fc.nat({ max: 10_000 }),
    costNano: fc.nat({ max: 1_000_000_000 }),
  }),
  { maxLength: 40 },
)

test('R51 any order of takings and returns ends with the same sums, to the nano-dollar', () => {
  const orders = outcomes.chain((list) =>
    fc.tuple(fc.constant(list), fc.shuffledSubarray([...list.keys()], { minLength: list.length })),
  )
  fc.assert(
    fc.property(orders, fc.array(fc.nat({ max: 60_000 }), { minLength: 1 }), ([list, order], pauses) => {
      const counters = createCounters(noon)
      const takenAt = list.map(({ share: taken }, index) => {
        advance(counters, counters.latest + (pauses[index % pauses.length] ?? 0))
        take(counters, limited, taken)
        return counters.latest
      })
      for (const index of order) {
        const outcome = list[index]
        if (outcome !== undefined) giveBack(counters, takenAt[index] ?? 0, outcome)
      }
      const sum = list.reduce((total, { costNano }) => total + costNano, 0)
      expect(counters).toMatchObject({ spentNano: sum, reservedNano: 0, calls: 0, streams: 0 })
      expect(spendingOf(counters, 'month@UTC').nano).toBe(sum)
      expect(used(counters, 'tokens/hour')).toBe(list.reduce((total, { tokens }) => total + tokens, 0))
    }),
  )
})
