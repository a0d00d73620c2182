import type { Random } from '../crash/create-random.ts'

export const targetNames = ['a', 'b', 'c'] as const
export type TargetName = (typeof targetNames)[number]

/** The behaviour of a target. `well` and `slow` answer; a `cut` answer has no event, and a whole one is half a body. */
export const behaviours = ['well', 'slow', 'refused', 'limited', 'overloaded', 'cut', 'hung'] as const
export type Behaviour = (typeof behaviours)[number]

export const strategies = ['ordered', 'weighted', 'sticky', 'fastest', 'cheapest'] as const

export interface PlannedCall {
  /** The request id, which joins the books. */
  readonly id: string
  /** The name of its route. */
  readonly route: (typeof strategies)[number]
  readonly isStream: boolean
  /** Tokens that a target reports. */
  readonly inputTokens: number
  readonly outputTokens: number
}

/** A part of the run in which no target changes. */
export interface Phase {
  readonly behaviours: Readonly<Record<TargetName, Behaviour>>
  readonly hasHealthy: boolean
  readonly calls: readonly PlannedCall[]
}

/** Plans `calls` calls. In one of twelve phases no target is healthy. */
export function planPhases(calls: number, callsPerPhase: number, random: Random): readonly Phase[] {
  return Array.from({ length: Math.ceil(calls / callsPerPhase) }, (_, number) => {
    const isDark = random.chance(1 / 12)
    const healthy = isDark ? undefined : random.pick(targetNames)
    const choose = (name: TargetName): Behaviour => {
      if (name === healthy) return random.pick(['well', 'well', 'slow'])
      return random.pick(isDark ? ill : behaviours)
    }
    const chosen = { a: choose('a'), b: choose('b'), c: choose('c') }
    const length = Math.min(callsPerPhase, calls - number * callsPerPhase)
    return {
      behaviours: chosen,
      hasHealthy: !isDark,
      calls: Array.from({ length }, (_, index) => planCall(`p${number}c${index}`, random)),
    }
  })
}

export function isHealthy(behaviour: Behaviour): boolean {
  return behaviour === 'well' || behaviour === 'slow'
}

const ill = behaviours.filter((behaviour) => !isHealthy(behaviour))

function planCall(id: string, random: Random): PlannedCall {
  return {
    id,
    route: random.pick(strategies),
    isStream: random.chance(0.5),
    inputTokens: random.integer(20, 2_000),
    outputTokens: random.integer(1, 400),
  }
}
