import { isJsonObject } from '../core/json.ts'
import { type BreakerState, maxRetryAfterMs, replaces } from './health.ts'

/** One breaker of a HealthBook. */
export type NamedBreaker = readonly [id: string, state: BreakerState]

/** Callers cannot invent an id, so a server has far fewer. */
const maxBreakers = 1_000
/** About five times the longest names of models. */
const maxIdLength = 500
/** The clocks of two machines differ by less. */
const maxSkewMs = 10_000
/** A state is kept for this long after it has ended: all who ask have then heard of it. */
const keptMs = 600_000

/** The latest state of each breaker, where the processes that share them meet. */
export class BreakerBoard {
  readonly #states = new Map<string, BreakerState>()

  /** Takes the states that are later than those here, and returns them. Ignores what is no breaker. */
  merge(breakers: unknown, now: number): readonly NamedBreaker[] {
    const taken = readBreakers(breakers, now).filter(([id, state]) => {
      const known = this.#states.get(id)
      return known === undefined || replaces(state, known)
    })
    for (const [id, state] of taken) {
      // The last one of the map is the newest.
      this.#states.delete(id)
      this.#states.set(id, state)
    }
    for (const id of this.#states.keys()) {
      if (this.#states.size <= maxBreakers) break
      this.#states.delete(id)
    }
    return taken
  }

  /** Returns all states, also those of breakers that closed lately. */
  list(now: number): readonly NamedBreaker[] {
    for (const [id, state] of this.#states) if (isOver(state, now)) this.#states.delete(id)
    return [...this.#states]
  }
}

/** Reads the breakers of a message; another version of Weir may have sent it. */
export function readBreakers(message: unknown, now: number): readonly NamedBreaker[] {
  if (!Array.isArray(message)) return []
  return message.slice(0, maxBreakers).flatMap((entry: unknown) => {
    const [id, value]: readonly unknown[] = Array.isArray(entry) ? entry : []
    const state = readState(value, now)
    return typeof id !== 'string' || id.length > maxIdLength || state === undefined ? [] : [[id, state] as const]
  })
}

function readState(value: unknown, now: number): BreakerState | undefined {
  if (!isJsonObject(value)) return undefined
  const { since, openUntil, openMs, probingUntil } = value
  if (!isTime(since) || !isTime(openUntil) || !isTime(openMs) || !isTime(probingUntil)) return undefined
  const state = { since, openUntil, openMs, probingUntil }
  // A wrong clock must not set a target aside for days.
  const isAhead = since > now + maxSkewMs || Math.max(openUntil, probingUntil) > now + maxSkewMs + maxRetryAfterMs
  return isAhead || isOver(state, now) ? undefined : state
}

function isTime(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && Number.isFinite(value)
}

function isOver({ since, openUntil, probingUntil }: BreakerState, now: number): boolean {
  return Math.max(since, openUntil, probingUntil) + keptMs < now
}
