import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  advance,
  type Counters,
  correctCost,
  countedBy,
  createCounters,
  endOf,
  expiresAt,
  follow,
  parseCounters,
  reserve,
  type Share,
  settle,
  spentIn,
  stringifyCounters,
} from '../../src/metering/counters.ts'
import { type Budget, type Limits, noLimits } from '../../src/metering/limits.ts'
import { startOfPeriod } from '../../src/metering/period.ts'
import { findRate, rateOf } from '../../src/metering/rate.ts'
import { usedOf } from '../../src/metering/rate-use.ts'

const noon = Date.UTC(2026, 10, 22, 12)
const hourMs = 60 * 60 * 1_000
const dayMs = 24 * hourMs

const share: Share = { tokens: 100, reservedNano: 1_000, isStream: true, attempt: 1 }
const rates: Limits['rates'] = [
  { unit: 'requests', window: 'minute', limit: 9 },
  { unit: 'tokens', window: 'hour', limit: 999 },
]
const limited: Limits = { ...noLimits, rates }

function used({ moment, lastUse }: Counters, name: string): number {
  const rate = findRate(name)
  return rate === undefined ? Number.NaN : usedOf(moment.windows, lastUse, rate)
}

function rateNames({ moment }: Counters): readonly string[] {
  return moment.windows.map(({ rate }) => rate.name)
}

function take(counters: Counters, limits: Limits, taken: Share): Counters {
  return reserve(follow(counters, countedBy(limits)), taken)
}

function toBudget(per: Budget['per'], timeZone = 'UTC'): Budget {
  return { per, limitNano: 1, timeZone }
}

/** Spends `costNano` like a call that starts and ends at once. */
function spend(counters: Counters, costNano: number): Counters {
  return settle(reserve(counters, share), counters.moment.latest, share, share.tokens, costNano)
}

describe('counters', () => {
  test('reserve the share of a call', () => {
    const counters = take(createCounters(noon), limited, share)
    expect(counters).toMatchObject({ reservedNano: 1_000, calls: 1, streams: 1 })
    expect(spentIn(counters, toBudget('total'))).toBe(0)
    expect([used(counters, 'requests/minute'), used(counters, 'tokens/hour')]).toEqual([1, 100])
  })

  test('count tokens and money of a further attempt, but no request (R55)', () => {
    const counters = take(createCounters(noon), limited, { ...share, attempt: 2 })
    expect([used(counters, 'requests/minute'), used(counters, 'tokens/hour')]).toEqual([0, 100])
  })

  test('release a reservation and record the actual cost', () => {
    const counters = settle(take(createCounters(noon), limited, share), noon, share, 30, 70)
    expect(counters).toMatchObject({ reservedNano: 0, calls: 0, streams: 0 })
    expect(spentIn(counters, toBudget('total'))).toBe(70)
    expect([used(counters, 'requests/minute'), used(counters, 'tokens/hour')]).toEqual([1, 30])
    expect(spentIn(counters, toBudget('month'))).toBe(70)
  })

  test('record the tokens of a call that reserved none', () => {
    const none = { ...share, tokens: 0 }
    const taken = take(createCounters(noon), limited, none)
    expect(used(settle(taken, noon, none, 30, 70), 'tokens/hour')).toBe(30)
    const later = advance(taken, noon + 5 * 60_000)
    expect(used(settle(later, noon, none, 30, 70), 'tokens/hour')).toBe(30)
  })

  test('record the cost of a call at its end, whatever the day of its start', () => {
    const taken = spend(take(createCounters(noon), noLimits, share), 500)
    expect(spentIn(taken, toBudget('day'))).toBe(500)
    const counters = settle(advance(taken, noon + 13 * hourMs), noon, share, 30, 70)
    expect(spentIn(counters, toBudget('day'))).toBe(70)
  })

  test('restart each period at its end, and not before (R49)', () => {
    const day = toBudget('day', 'Europe/Berlin')
    const limits = { ...noLimits, budgets: [day] }
    const began = follow(createCounters(Date.UTC(2026, 9, 24, 12)), countedBy(limits))
    const spent = spend(began, 5)
    const midnight = Date.parse('2026-10-26T00:00:00+01:00')
    const next = advance(spent, Date.parse('2026-10-25T00:00:00+02:00'))
    expect([spentIn(next, day), endOf(next, day)]).toEqual([0, midnight])
    const again = spend(next, 7)
    expect(spentIn(advance(again, midnight - 1), day)).toBe(7)
    expect(spentIn(advance(again, midnight), day)).toBe(0)
  })

  test('never go back in time: a late clock reopens no period (R50)', () => {
    const early = spend(advance(spend(createCounters(noon), 5), noon + dayMs), 9)
    const counters = advance(early, noon)
    expect(counters.moment.latest).toBe(noon + dayMs)
    expect(spentIn(counters, toBudget('day'))).toBe(9)
  })

  test('case C16 keep the spending of a month whose time zone changes, before the next call and after it', () => {
    const utc = spend(createCounters(noon), 500)
    const berlin = { ...noLimits, budgets: [toBudget('month', 'Europe/Berlin')] }
    expect(spentIn(utc, toBudget('month', 'Europe/Berlin'))).toBe(500)
    const next = spend(follow(utc, countedBy(berlin)), 20)
    expect(spentIn(next, toBudget('month', 'Europe/Berlin'))).toBe(520)
    expect(endOf(next, toBudget('month', 'Europe/Berlin'))).toBe(Date.parse('2026-12-01T00:00:00+01:00'))
    expect(parseCounters(stringifyCounters(next))).toEqual(next)
  })

  test('case C16 are exact to the nano-USD if the new zone has the midnights of the old one', () => {
    const berlin = toBudget('day', 'Europe/Berlin')
    // 23:30 and 00:30 in Berlin; UTC's day contains both.
    const evening = follow(
      createCounters(Date.parse('2026-11-22T22:30:00Z')),
      countedBy({ ...noLimits, budgets: [berlin] }),
    )
    const night = spend(advance(spend(evening, 500), Date.parse('2026-11-22T23:30:00Z')), 20)
    expect(spentIn(night, toBudget('day', 'Europe/Paris'))).toBe(20)
    expect(spentIn(night, toBudget('day'))).toBe(520)
  })

  test('case C16 include the previous month if it still runs in the new zone', () => {
    const november = spend(createCounters(Date.parse('2026-11-15T12:00:00Z')), 500)
    const december = spend(advance(november, Date.parse('2026-12-01T02:00:00Z')), 20)
    expect(spentIn(december, toBudget('month'))).toBe(20)
    // In New York it is still 30 November, and in Tokyo it has been December since the day before.
    expect(spentIn(december, toBudget('month', 'America/New_York'))).toBe(520)
    expect(spentIn(parseCounters(stringifyCounters(december)), toBudget('month', 'America/New_York'))).toBe(520)
    expect(spentIn(december, toBudget('month', 'Asia/Tokyo'))).toBe(20)
    // A whole month without a call lies in between.
    const idle = advance(november, Date.parse('2027-01-01T02:00:00Z'))
    expect(spentIn(idle, toBudget('month', 'America/New_York'))).toBe(0)
  })

  test('case C16 property: a new period starts with the spending since its start, give or take that within a day of it', () => {
    const zones = ['Europe/Berlin', 'America/New_York', 'Asia/Kolkata', 'Pacific/Kiritimati', 'Pacific/Pago_Pago']
    fc.assert(
      fc.property(
        fc.array(fc.record({ pauseMs: fc.nat({ max: 3 * dayMs }), costNano: fc.nat({ max: 1_000 }) }), {
          maxLength: 60,
        }),
        fc.constantFrom('day' as const, 'week' as const, 'month' as const),
        fc.constantFrom(...zones),
        (calls, per, zone) => {
          let counters = createCounters(noon)
          const spent: { readonly at: number; readonly costNano: number }[] = []
          for (const { pauseMs, costNano } of calls) {
            const at = counters.moment.latest + pauseMs
            counters = spend(advance(counters, at), costNano)
            spent.push({ at, costNano })
          }
          const start = startOfPeriod(per, zone, counters.moment.latest)
          const since = (from: number) => spent.reduce((sum, { at, costNano }) => sum + (at >= from ? costNano : 0), 0)
          const followed = follow(counters, countedBy({ ...noLimits, budgets: [toBudget(per, zone)] }))
          expect(spentIn(followed, toBudget(per, zone))).toBe(spentIn(counters, toBudget(per, zone)))
          expect(spentIn(followed, toBudget(per, zone))).toBeGreaterThanOrEqual(since(start + 14 * hourMs))
          expect(spentIn(followed, toBudget(per, zone))).toBeLessThanOrEqual(since(start - dayMs))
          // From then on it is exact.
          const next = spend(followed, 7)
          expect(spentIn(next, toBudget(per, zone))).toBe(spentIn(followed, toBudget(per, zone)) + 7)
        },
      ),
    )
  })

  test('case C19 correct a cost in the running periods that contain it', () => {
    const berlin = toBudget('day', 'Europe/Berlin')
    const began = follow(createCounters(noon), countedBy({ ...noLimits, budgets: [berlin] }))
    const next = spend(advance(spend(began, 500), noon + dayMs), 20)
    const corrected = correctCost(next, noon, -450)
    const spentOf = (counters: Counters) =>
      [toBudget('total'), toBudget('month'), toBudget('day'), berlin].map((budget) => spentIn(counters, budget))
    expect(spentOf(next)).toEqual([520, 520, 20, 20])
    expect(spentOf(corrected)).toEqual([70, 70, 20, 20])
    expect(spentOf(correctCost(next, noon + dayMs, 5))).toEqual([525, 525, 25, 25])
    expect(parseCounters(stringifyCounters(corrected))).toEqual(corrected)
    // In December, the known spending of November changes too, because November still runs in New York.
    const december = advance(next, Date.parse('2026-12-01T02:00:00Z'))
    const newYork = toBudget('month', 'America/New_York')
    expect(spentIn(december, newYork)).toBe(520)
    expect(spentIn(correctCost(december, noon, -450), newYork)).toBe(70)
    expect(spentIn(correctCost(december, noon, -450), toBudget('month'))).toBe(0)
  })

  test('drop a rate without a limit, and keep the others', () => {
    const both = take(createCounters(noon), limited, share)
    const one = take(both, { ...noLimits, rates: rates.slice(1) }, share)
    expect(rateNames(one)).toEqual(['tokens/hour'])
    expect(used(one, 'tokens/hour')).toBe(200)
    const other = take(one, { ...noLimits, rates: rates.slice(0, 1) }, share)
    expect(rateNames(other)).toEqual(['requests/minute'])
    expect(used(other, 'requests/minute')).toBe(1)
  })

  test('survive as JSON', () => {
    const counters = spend(take(createCounters(noon), limited, share), 7)
    expect(parseCounters(stringifyCounters(counters))).toEqual(counters)
  })

  test('are stored in the form of the previous version, with slices in one list', () => {
    const counters = advance(spend(take(createCounters(noon), limited, share), 7), noon + 61_000)
    const [minute, hour] = [noon / 1_000, noon / 60_000]
    expect(JSON.parse(stringifyCounters(counters))).toEqual({
      latest: noon + 61_000,
      rates: { 'requests/minute': [minute + 61, 0], 'tokens/hour': [hour, 200, hour + 1, 0] },
      periods: {
        'day@UTC': { endsAt: noon + dayMs / 2, nano: 7 },
        'week@UTC': { endsAt: noon + dayMs / 2, nano: 7 },
        'month@UTC': { endsAt: Date.UTC(2026, 11), nano: 7 },
      },
      spentNano: 7,
      reservedNano: 1_000,
      calls: 1,
      streams: 1,
    })
  })

  test('are read in the form of the previous version: late-pruned slices, empty windows, other periods', () => {
    const minute = noon / 1_000
    const counters = parseCounters(
      JSON.stringify({
        latest: noon,
        rates: {
          'requests/minute': [minute - 70, 5, minute - 60, 2, minute - 1, 3],
          'tokens/day': [],
          'images/day': [1, 2],
        },
        periods: { 'day@UTC': { endsAt: noon + 1, nano: 4 }, 'day@Europe/Berlin': { endsAt: noon + 2, nano: 5 } },
        spentNano: 9,
        reservedNano: 1,
        calls: 1,
        streams: 0,
      }),
    )
    expect(rateNames(counters)).toEqual(['requests/minute', 'tokens/day'])
    expect([used(counters, 'requests/minute'), used(counters, 'tokens/day')]).toEqual([5, 0])
    const berlin = toBudget('day', 'Europe/Berlin')
    expect([spentIn(counters, berlin), endOf(counters, berlin)]).toEqual([5, noon + 2])
    expect(spentIn(counters, toBudget('total'))).toBe(9)
  })
})

const outcomes = fc.array(
  fc.record({
    share: fc.record({
      tokens: fc.nat({ max: 10_000 }),
      reservedNano: fc.nat({ max: 1_000_000_000 }),
      isStream: fc.boolean(),
      attempt: fc.integer({ min: 1, max: 2 }),
    }),
    tokens: fc.nat({ max: 10_000 }),
    costNano: fc.nat({ max: 1_000_000_000 }),
  }),
  { maxLength: 40 },
)

test('R51 any order of reservations and settlements ends with the same sums, to the nano-USD', () => {
  const orders = outcomes.chain((list) =>
    fc.tuple(fc.constant(list), fc.shuffledSubarray([...list.keys()], { minLength: list.length })),
  )
  fc.assert(
    fc.property(orders, fc.array(fc.nat({ max: 60_000 }), { minLength: 1 }), ([list, order], pauses) => {
      let counters = createCounters(noon)
      const takenAt = list.map(({ share: taken }, index) => {
        counters = advance(counters, counters.moment.latest + (pauses[index % pauses.length] ?? 0))
        counters = take(counters, limited, taken)
        return counters.moment.latest
      })
      for (const index of order) {
        const outcome = list[index]
        if (outcome === undefined) continue
        counters = settle(counters, takenAt[index] ?? 0, outcome.share, outcome.tokens, outcome.costNano)
      }
      const sum = list.reduce((total, { costNano }) => total + costNano, 0)
      expect(counters).toMatchObject({ reservedNano: 0, calls: 0, streams: 0 })
      expect(spentIn(counters, toBudget('total'))).toBe(sum)
      expect(spentIn(counters, toBudget('month'))).toBe(sum)
      expect(used(counters, 'tokens/hour')).toBe(list.reduce((total, { tokens }) => total + tokens, 0))
    }),
  )
})

test.each<[string, Partial<Limits>, number]>([
  ['no limit that persists', { concurrentCalls: 3, callNano: 5 }, noon],
  ['a rate per minute', { rates: [{ unit: 'requests', window: 'minute', limit: 9 }] }, noon + 61_000],
  ['rates per minute and hour', { rates }, noon + 61 * 60_000],
  ['a rate per day', { rates: [{ unit: 'tokens', window: 'day', limit: 9 }] }, noon + 61 * 24 * 60_000],
  ['a budget per day', { budgets: [toBudget('day')] }, noon + 12 * hourMs],
  ['a budget per month', { budgets: [toBudget('day'), toBudget('month', 'Asia/Tokyo')] }, Date.UTC(2026, 10, 30, 15)],
  ['a budget without an end', { rates, budgets: [toBudget('total')] }, Number.POSITIVE_INFINITY],
])('case D17: with %s, counters lapse with the last window', (_, some, expected) => {
  const limits = { ...noLimits, ...some }
  const open = take(createCounters(noon), limits, share)
  expect(expiresAt(open, limits)).toBe(Number.POSITIVE_INFINITY)
  const settled = settle(open, noon, share, 100, 1_000)
  expect(expiresAt(settled, limits)).toBe(expected)
  if (expected === Number.POSITIVE_INFINITY) return
  // From then on they equal new counters.
  const later = advance(settled, expected)
  for (const limit of limits.rates) expect(used(later, rateOf(limit).name)).toBe(0)
  for (const budget of limits.budgets) expect(spentIn(later, budget)).toBe(0)
  if (expected === noon) return
  const before = advance(settled, expected - 1)
  const left = [
    ...limits.rates.map((limit) => used(before, rateOf(limit).name)),
    ...limits.budgets.map((budget) => spentIn(before, budget)),
  ]
  expect(Math.max(...left)).toBeGreaterThan(0)
})
