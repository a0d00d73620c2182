import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { RatePeriod } from '../../src/metering/limits.ts'
import { addTo, correct, type RateWindow, untilAtMost, usedIn } from '../../src/metering/rate-window.ts'

const lengthMs: Readonly<Record<RatePeriod, number>> = { minute: 60_000, hour: 3_600_000, day: 86_400_000 }
const periods: readonly RatePeriod[] = ['minute', 'hour', 'day']

interface Use {
  readonly at: number
  readonly amount: number
}

/** Steps in thousandths of the window, so that a history covers a few windows, in bursts and with pauses. */
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

  /** Admits what fits, as the ledger does. */
  function run(history: readonly { readonly step: number; readonly amount: number }[], limit: number) {
    const window: RateWindow = []
    const admitted: Use[] = []
    let now = Date.UTC(2026, 10, 22) + 12_345
    for (const { step, amount } of history) {
      now += Math.round(step * length)
      if (usedIn(window, per, now) + amount > limit) continue
      addTo(window, per, now, amount)
      admitted.push({ at: now, amount })
    }
    return { window, admitted, now }
  }

  test('holds in no stretch of its length more than the limit, wherever it begins', () => {
    fc.assert(
      fc.property(histories, fc.integer({ min: 1, max: 100 }), (history, limit) => {
        const { admitted } = run(history, limit)
        // The fullest stretches begin with a use.
        for (const { at } of admitted) expect(sumIn(admitted, at, at + length)).toBeLessThanOrEqual(limit)
      }),
      { numRuns: 300 },
    )
  })

  test('frees what was used when the window is over, and a 60th of it later at most', () => {
    fc.assert(
      fc.property(histories, fc.double({ min: 0, max: 2, noNaN: true }), (history, pause) => {
        const { window, admitted, now } = run(history, 200)
        const later = now + Math.round(pause * length)
        const used = usedIn(window, per, later)
        expect(used).toBeGreaterThanOrEqual(sumIn(admitted, later - length, later))
        expect(used).toBeLessThanOrEqual(sumIn(admitted, later - length - slice + 1, later))
      }),
      { numRuns: 300 },
    )
  })

  test('says to the millisecond when so much is left', () => {
    fc.assert(
      fc.property(histories, fc.integer({ min: 0, max: 200 }), (history, rest) => {
        const { window, now } = run(history, 200)
        const wait = untilAtMost(window, per, now, rest)
        expect(usedIn([...window], per, now + wait)).toBeLessThanOrEqual(rest)
        if (wait > 0) expect(usedIn([...window], per, now + wait - 1)).toBeGreaterThan(rest)
      }),
      { numRuns: 300 },
    )
  })

  test('keeps no more than 61 slices, however much is added', () => {
    const window: RateWindow = []
    for (let step = 0; step < 1_000; step++) {
      const now = step * slice
      usedIn(window, per, now)
      addTo(window, per, now, 1)
      expect(window.length).toBeLessThanOrEqual(61 * 2)
    }
    expect(usedIn(window, per, 999 * slice)).toBe(61)
  })

  test('is as if what was corrected had been added so at first', () => {
    const uses = fc.array(
      fc.record({ step: fc.nat({ max: 100 }), asked: fc.nat({ max: 40 }), used: fc.nat({ max: 60 }) }),
      { maxLength: 60 },
    )
    fc.assert(
      fc.property(uses, (list) => {
        const corrected: RateWindow = []
        const direct: RateWindow = []
        let now = 0
        const taken = list.map(({ step, ...use }) => {
          now += Math.round((step / 1_000) * length)
          addTo(corrected, per, now, use.asked)
          addTo(direct, per, now, use.used)
          return { ...use, at: now }
        })
        for (const { at, asked, used } of taken) correct(corrected, per, at, used - asked)
        expect(usedIn(corrected, per, now)).toBe(usedIn(direct, per, now))
      }),
      { numRuns: 300 },
    )
  })

  test('takes no correction for what has left it, and never holds less than nothing', () => {
    const window: RateWindow = []
    addTo(window, per, 0, 10)
    usedIn(window, per, length + slice)
    addTo(window, per, length + slice, 5)
    correct(window, per, 0, 100)
    expect(usedIn(window, per, length + slice)).toBe(5)
    correct(window, per, length + slice, -7)
    expect(usedIn(window, per, length + slice)).toBe(0)
  })
})

function sumIn(uses: readonly Use[], from: number, to: number): number {
  return uses.reduce((sum, { at, amount }) => (at >= from && at <= to ? sum + amount : sum), 0)
}
