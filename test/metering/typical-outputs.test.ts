import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  createCounters,
  learn,
  parseCounters,
  reserve,
  settle,
  stringifyCounters,
} from '../../src/metering/counters.ts'
import {
  learnOutput,
  noTypicalOutputs,
  type TypicalOutputs,
  typicalOutputOf,
} from '../../src/metering/typical-outputs.ts'
import { simulateBudget } from './simulate-budget.ts'

const floor = 1_024
const model = 'openai/gpt-5'

function learnt(sizes: readonly number[], before: TypicalOutputs = noTypicalOutputs): TypicalOutputs {
  return sizes.reduce((outputs, tokens) => learnOutput(outputs, model, tokens, floor), before)
}

/** Returns uniformly distributed sizes, the same series in every run. */
function sizesBetween(min: number, max: number, count: number): number[] {
  let state = 1
  return Array.from({ length: count }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return min + Math.floor((state / 2 ** 32) * (max - min))
  })
}

describe('the typical output (case C4)', () => {
  test('case C4: is reached within a few long outputs, and falls slowly with short ones', () => {
    expect(typicalOutputOf(learnt([6_000]), model)).toBe(1_536)
    expect(typicalOutputOf(learnt([6_000, 6_000, 6_000, 6_000, 6_000]), model)).toBe(6_000)
    const long = learnt([6_000, 6_000, 6_000, 6_000, 6_000])
    expect(typicalOutputOf(learnt([10], long), model)).toBe(5_736)
    // Dropped when the floor is enough.
    expect(learnt(new Array<number>(60).fill(10), long)).toEqual([])
  })

  test('case C4: exceeds most outputs, but not all', () => {
    const sizes = sizesBetween(2_000, 12_000, 3_000)
    let outputs = noTypicalOutputs
    let longer = 0
    for (const [at, tokens] of sizes.entries()) {
      if (at >= 1_000 && tokens > (typicalOutputOf(outputs, model) ?? floor)) longer += 1
      outputs = learnOutput(outputs, model, tokens, floor)
    }
    expect(longer / 2_000).toBeGreaterThan(0.05)
    expect(longer / 2_000).toBeLessThan(0.25)
  })

  test.each([
    { medianTokens: 150, sigma: 0.8, budgetTokens: 50_000, atOnce: 1, cut: 1, whole: 0.99 },
    { medianTokens: 700, sigma: 0.8, budgetTokens: 50_000, atOnce: 8, cut: 0.8, whole: 0.97 },
    { medianTokens: 2_500, sigma: 0.8, budgetTokens: 50_000, atOnce: 8, cut: 0.5, whole: 1 },
    { medianTokens: 8_000, sigma: 0.8, budgetTokens: 50_000, atOnce: 1, cut: 0.4, whole: 1 },
    { medianTokens: 8_000, sigma: 0.8, budgetTokens: 250_000, atOnce: 8, cut: 0.4, whole: 1.1 },
    { medianTokens: 20_000, sigma: 0.6, budgetTokens: 250_000, atOnce: 8, cut: 0.4, whole: 1.2 },
  ])(
    'case C4: a small budget pays for fewer cut outputs than with a constant: $medianTokens tokens, $atOnce at once, of $budgetTokens',
    ({ cut, whole, ...traffic }) => {
      const constant = simulateBudget(traffic, floor, false)
      const typical = simulateBudget(traffic, floor, true)
      expect(typical.cut).toBeLessThanOrEqual(constant.cut * cut)
      expect(typical.whole).toBeGreaterThanOrEqual(constant.whole * whole)
    },
  )

  test('case C4: is stored for eight models of a key, and never exceeds the longest output', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ name: fc.nat({ max: 20 }), tokens: fc.nat({ max: 200_000 }) }), { maxLength: 80 }),
        (history) => {
          let outputs = noTypicalOutputs
          let maxTokens = floor
          for (const { name, tokens } of history) {
            outputs = learnOutput(outputs, `openai/${name}`, tokens, floor)
            maxTokens = Math.max(maxTokens, tokens)
          }
          expect(outputs.length).toBeLessThanOrEqual(8)
          for (const { tokens } of outputs) {
            expect(tokens).toBeGreaterThan(floor)
            expect(tokens).toBeLessThanOrEqual(maxTokens)
          }
        },
      ),
    )
    expect(learnOutput(noTypicalOutputs, 'x'.repeat(129), 9_000, floor)).toBe(noTypicalOutputs)
  })

  test('case C4: is stored as part of the counters', () => {
    const now = Date.UTC(2026, 10, 22)
    const share = { tokens: 1, reservedNano: 5, isStream: false, attempt: 1 }
    const counters = learn(createCounters(now), model, 9_000, floor)
    expect(learn(counters, 'openai/short', 10, floor)).toBe(counters)
    const next = settle(reserve(counters, share), now, share, 1, 5)
    expect(next.usual).toEqual([{ model, tokens: 1_536 }])
    expect(parseCounters(stringifyCounters(next))).toEqual(next)
    expect(stringifyCounters(createCounters(now))).not.toContain('usual')
  })
})
