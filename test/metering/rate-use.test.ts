import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { RateWindow } from '../../src/metering/limits.ts'
import { rateOf } from '../../src/metering/rate.ts'
import {
  addUse,
  advanceUse,
  correctTokens,
  emptyRateUse,
  msUntilUseFallsTo,
  type RateUse,
  selectRates,
  stringifyRateUse,
  toRateUse,
  usedOf,
} from '../../src/metering/rate-use.ts'

const lengthMs: Readonly<Record<RateWindow, number>> = { minute: 60_000, hour: 3_600_000, day: 86_400_000 }
const periods: readonly RateWindow[] = ['minute', 'hour', 'day']

/** The use of one token rate at an instant. */
interface Window {
  readonly use: RateUse
  readonly at: number
}

interface Use {
  readonly at: number
  readonly amount: number
}

/** Steps in parts of the window: a history covers a few windows, with bursts and pauses. */
const histories = fc.array(
  fc.record({
    step: fc.oneof(
      fc.constant(0),
      fc.double({ min: 0, max: 0.02, noNaN: true }),
      fc.double({ min: 0, max: 1.2, noNaN: true }),
    ),
    amount: fc.integer({ min: 0, max: 40 }),
  }),
  { maxLength: 80 },
)

describe.each(periods)('a window of a %s', (per) => {
  const length = lengthMs[per]
  const slice = length / 60

  const rate = rateOf({ unit: 'tokens', window: per })
  const start: Window = { use: selectRates(emptyRateUse, [rate.name]), at: 0 }

  function bring({ use, at }: Window, now: number): Window {
    return { use: advanceUse(use, at, now), at: now }
  }

  function usedIn(window: Window, now: number): number {
    const { windows, lastUse } = bring(window, now).use
    return usedOf(windows, lastUse, rate)
  }

  function addTo(window: Window, now: number, amount: number): Window {
    const { use } = bring(window, now)
    return { use: { windows: use.windows, lastUse: addUse(use.windows, use.lastUse, 0, amount) }, at: now }
  }

  function correct({ use, at }: Window, then: number, difference: number): Window {
    return { use: correctTokens(use.windows, use.lastUse, then, at, difference), at }
  }

  /** Admits the uses that fit, like the ledger. */
  function run(history: readonly { readonly step: number; readonly amount: number }[], limit: number) {
    let window = start
    const admitted: Use[] = []
    let now = Date.UTC(2026, 10, 22) + 12_345
    for (const { step, amount } of history) {
      now += Math.round(step * length)
      if (usedIn(window, now) + amount > limit) continue
      window = addTo(window, now, amount)
      admitted.push({ at: now, amount })
    }
    return { window, admitted, now }
  }

  test('never exceeds the limit in any interval of its length', () => {
    fc.assert(
      fc.property(histories, fc.integer({ min: 1, max: 100 }), (history, limit) => {
        const { admitted } = run(history, limit)
        // The fullest intervals start with a use.
        for (const { at } of admitted) expect(sumIn(admitted, at, at + length)).toBeLessThanOrEqual(limit)
      }),
      { numRuns: 300 },
    )
  })

  test('frees a use at the end of the window, or at most 1/60 of it later', () => {
    fc.assert(
      fc.property(histories, fc.double({ min: 0, max: 2, noNaN: true }), (history, pause) => {
        const { window, admitted, now } = run(history, 200)
        const later = now + Math.round(pause * length)
        const used = usedIn(window, later)
        expect(used).toBeGreaterThanOrEqual(sumIn(admitted, later - length, later))
        expect(used).toBeLessThanOrEqual(sumIn(admitted, later - length - slice + 1, later))
      }),
      { numRuns: 300 },
    )
  })

  test('reports to the millisecond when the use falls to an amount', () => {
    fc.assert(
      fc.property(histories, fc.integer({ min: 0, max: 200 }), (history, rest) => {
        const { window, now } = run(history, 200)
        const { use } = bring(window, now)
        const wait = msUntilUseFallsTo(use.windows, use.lastUse, rate, now, rest)
        expect(usedIn(window, now + wait)).toBeLessThanOrEqual(rest)
        if (wait > 0) expect(usedIn(window, now + wait - 1)).toBeGreaterThan(rest)
      }),
      { numRuns: 300 },
    )
  })

  test('stores at most 61 slices, however many uses are added', () => {
    let window = start
    for (let step = 0; step < 1_000; step++) {
      window = addTo(window, step * slice, 1)
      const stored = JSON.parse(stringifyRateUse(window.use, window.at)) as Record<string, readonly number[]>
      expect(stored[rate.name]?.length).toBeLessThanOrEqual(61 * 2)
    }
    expect(usedIn(window, 999 * slice)).toBe(61)
  })

  test('survives being stored and read', () => {
    fc.assert(
      fc.property(histories, (history) => {
        const { use, at } = run(history, 200).window
        const stored = JSON.parse(stringifyRateUse(use, at)) as Record<string, readonly number[]>
        const read = toRateUse(stored, at)
        expect(JSON.parse(stringifyRateUse(read, at))).toEqual(stored)
        for (const later of [at, at + length / 2, at + 2 * length]) {
          expect(usedIn({ use: read, at }, later)).toBe(usedIn({ use, at }, later))
        }
      }),
    )
  })

  test('equals a window in which the corrected amounts were added at once', () => {
    const uses = fc.array(
      fc.record({ step: fc.nat({ max: 100 }), expected: fc.nat({ max: 40 }), used: fc.nat({ max: 60 }) }),
      { maxLength: 60 },
    )
    fc.assert(
      fc.property(uses, (list) => {
        let corrected = start
        let direct = start
        let now = 0
        const taken = list.map(({ step, ...use }) => {
          now += Math.round((step / 1_000) * length)
          corrected = addTo(corrected, now, use.expected)
          direct = addTo(direct, now, use.used)
          return { ...use, at: now }
        })
        for (const { at, expected, used } of taken) corrected = correct(corrected, at, used - expected)
        expect(usedIn(corrected, now)).toBe(usedIn(direct, now))
      }),
      { numRuns: 300 },
    )
  })

  test('ignores corrections of uses that have left it, and never falls below 0', () => {
    const now = length + slice
    const first = addTo(addTo(start, 0, 10), now, 5)
    const late = correct(first, 0, 100)
    expect(usedIn(late, now)).toBe(5)
    expect(usedIn(correct(late, now, -7), now)).toBe(0)
  })
})

function sumIn(uses: readonly Use[], from: number, to: number): number {
  return uses.reduce((sum, { at, amount }) => (at >= from && at <= to ? sum + amount : sum), 0)
}
