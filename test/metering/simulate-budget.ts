import { grantAmount } from '../../src/metering/check-limits.ts'
import {
  advance,
  type Counters,
  countedBy,
  createCounters,
  follow,
  learn,
  reserve,
  settle,
} from '../../src/metering/counters.ts'
import { type Limits, noLimits } from '../../src/metering/limits.ts'
import { typicalOutputOf } from '../../src/metering/typical-outputs.ts'

/** Outputs of one model that costs a nano-USD per token. */
export interface Traffic {
  /** Of the output lengths, which are log-normally distributed. */
  readonly medianTokens: number
  readonly sigma: number
  /** Budget per day. */
  readonly budgetTokens: number
  readonly atOnce: number
}

export interface Outcome {
  readonly whole: number
  readonly cut: number
  /** Share of the budget. */
  readonly inWhole: number
  readonly inCut: number
}

const days = 20
const dayMs = 24 * 60 * 60 * 1_000
const maxTokens = 128_000
const model = 'openai/gpt-5'

/**
 * Simulates a caller without an output limit that calls every day until it is refused 20 times in a row. `floor` is the
 * minimum to which an output is lowered; with `isLearnt` it is a typical output. Every run has the same numbers.
 */
export function simulateBudget(traffic: Traffic, floor: number, isLearnt: boolean, seed = 1): Outcome {
  const { medianTokens, sigma, budgetTokens, atOnce } = traffic
  const limits: Limits = { ...noLimits, budgets: [{ per: 'day', limitNano: budgetTokens, timeZone: 'UTC' }] }
  const random = createRandom(seed)
  const start = Date.UTC(2026, 10, 2)
  let counters: Counters = follow(createCounters(start), countedBy(limits))
  const total = { whole: 0, cut: 0, inWhole: 0, inCut: 0 }
  for (let day = 0; day < days; day++) {
    counters = advance(counters, start + day * dayMs)
    const running: { readonly granted: number; readonly size: number }[] = []
    for (let refusals = 0; refusals < 20 || running.length > 0; ) {
      while (running.length < atOnce && refusals < 20) {
        const usual = isLearnt ? (typicalOutputOf(counters.usual, model) ?? floor) : floor
        const granted = grantAmount(counters, limits, { wish: maxTokens, usual, least: floor }, 4)
        const used = (counters.spentNano[1] ?? 0) + counters.reservedNano
        if (used + granted > budgetTokens) {
          refusals += 1
          if (running.length > 0) break
          continue
        }
        refusals = 0
        counters = reserve(counters, toShare(granted))
        running.push({ granted, size: Math.ceil(Math.min(maxTokens, medianTokens * Math.exp(sigma * random()))) })
      }
      const call = running.shift()
      if (call === undefined) break
      const tokens = Math.min(call.size, call.granted)
      const { latest } = counters.moment
      counters = settle(counters, latest, toShare(call.granted), tokens, tokens)
      if (isLearnt) counters = learn(counters, model, tokens, floor)
      if (call.size > call.granted) {
        total.cut += 1
        total.inCut += tokens
      } else {
        total.whole += 1
        total.inWhole += tokens
      }
    }
  }
  const all = budgetTokens * days
  return { ...total, inWhole: total.inWhole / all, inCut: total.inCut / all }
}

function toShare(reservedNano: number) {
  return { tokens: 0, reservedNano, isStream: false, attempt: 1 }
}

/** Returns a generator of normally distributed numbers with mean 0. */
function createRandom(seed: number): () => number {
  let state = seed
  const uniform = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return (state + 1) / (2 ** 32 + 1)
  }
  return () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform())
}
