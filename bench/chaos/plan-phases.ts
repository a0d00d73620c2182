import { type Strategy, strategies } from '../../src/config/route-settings.ts'
import type { Random } from '../crash/create-random.ts'

export const targetNames = ['a', 'b', 'c'] as const
export type TargetName = (typeof targetNames)[number]

/** The behaviour of a target. `well` and `slow` answer whole; `cut`, `torn` and `hung` are billed, although they do not. */
export const behaviours = ['well', 'slow', 'refused', 'limited', 'overloaded', 'cut', 'torn', 'hung'] as const
export type Behaviour = (typeof behaviours)[number]

/** The routes that make further rounds over their targets. */
export const retrying: ReadonlySet<Strategy> = new Set(['ordered', 'sticky'])

/**
 * - `mixed`: one target is healthy, and the others may be.
 * - `dark`: no target is healthy.
 * - `brief`: all targets are limited or overloaded, and well after a moment. All calls go by routes that make further rounds.
 * - `storm`: all targets are overloaded to the end, and all calls go by one such route: its budget of retries is used up.
 */
const kinds = ['mixed', 'dark', 'brief', 'storm'] as const
type PhaseKind = (typeof kinds)[number]

export interface PlannedCall {
  /** The request id, which joins the books. */
  readonly id: string
  /** The name of its route. */
  readonly route: Strategy
  readonly isStream: boolean
  /** Tokens that a target reports. */
  readonly inputTokens: number
  readonly outputTokens: number
}

/** A part of the run with one behaviour of each target, but that all are well after the beginning of a brief one. */
export interface Phase {
  readonly kind: PhaseKind
  readonly behaviours: Readonly<Record<TargetName, Behaviour>>
  readonly calls: readonly PlannedCall[]
}

/** Plans `calls` calls. Each fourth phase is not mixed. */
export function planPhases(calls: number, callsPerPhase: number, random: Random): readonly Phase[] {
  return Array.from({ length: Math.ceil(calls / callsPerPhase) }, (_, number) => {
    const kind = random.chance(3 / 4) ? 'mixed' : random.pick(kinds.slice(1))
    const healthy = kind === 'mixed' ? random.pick(targetNames) : undefined
    const choose = (name: TargetName): Behaviour =>
      name === healthy ? random.pick(['well', 'well', 'slow']) : random.pick(choices[kind])
    const chosen = { a: choose('a'), b: choose('b'), c: choose('c') }
    const routes = routesOf(kind, random)
    const length = Math.min(callsPerPhase, calls - number * callsPerPhase)
    return {
      kind,
      behaviours: chosen,
      calls: Array.from({ length }, (_, index) => planCall(`p${number}c${index}`, random.pick(routes), random)),
    }
  })
}

export function isHealthy(behaviour: Behaviour): boolean {
  return behaviour === 'well' || behaviour === 'slow'
}

const choices: Readonly<Record<PhaseKind, readonly Behaviour[]>> = {
  mixed: behaviours,
  // A torn answer is one, for its caller.
  dark: behaviours.filter((behaviour) => !isHealthy(behaviour) && behaviour !== 'torn'),
  brief: ['limited', 'overloaded'],
  storm: ['overloaded'],
}

function routesOf(kind: PhaseKind, random: Random): readonly Strategy[] {
  if (kind === 'brief') return [...retrying]
  return kind === 'storm' ? [random.pick([...retrying])] : strategies
}

function planCall(id: string, route: Strategy, random: Random): PlannedCall {
  return {
    id,
    route,
    isStream: random.chance(0.5),
    inputTokens: random.integer(40, 2_000),
    outputTokens: random.integer(2, 400),
  }
}
