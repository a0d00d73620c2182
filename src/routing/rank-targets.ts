import type { Hours } from '../config/route-settings.ts'
import { matchesAny } from '../core/match-pattern.ts'
import type { Price } from '../metering/price.ts'
import type { Target } from '../providers/registry.ts'
import { hashText, mix } from './hash.ts'
import { isTarget, type Route, type RouteEntry, type TargetEntry, type TokenMix } from './routes.ts'

/** The facts about a call by which a route chooses. Those that cost something are computed when they are needed. */
export interface RoutingFacts {
  /** Milliseconds since 1970. */
  readonly now: number
  readonly isStream: boolean
  /** Identifies the conversation; empty if the request does not. */
  sessionKey(): string
  /** Ids of the caller's key and its ancestors, or the id of its policy. */
  readonly keyIds: readonly string[]
  /** As `name:value`. */
  tags(): readonly string[]
  inputs(): ReadonlySet<string>
  inputTokens(): number
  priceOf(target: Target): Price | undefined
  /** From 0 to 1. */
  random(): number
}

/**
 * Yields the targets of a route in the order of attempts: those whose breaker is closed first, each once. Targets whose
 * conditions do not hold are left out. Nearly all calls need the first only, so the others are found when they are needed.
 */
export function* rankTargets(route: Route, facts: RoutingFacts): Generator<TargetEntry, void> {
  const ill: TargetEntry[] = []
  const seen = new Set<string>()
  for (const entry of new Ranking(facts).rank(route)) {
    if (seen.has(entry.name)) continue
    seen.add(entry.name)
    if (entry.health.accepts(facts.now)) yield entry
    else ill.push(entry)
  }
  yield* ill
}

/** A condition of a target, and whether it holds for a call. */
export interface ConditionResult {
  readonly condition: Condition
  readonly holds: boolean
}

/** Returns all conditions of a target of a route. {@link rankTargets} leaves it out unless all hold. */
export function testConditions(entry: RouteEntry, facts: RoutingFacts): readonly ConditionResult[] {
  return new Ranking(facts).test(entry)
}

class Ranking {
  readonly #facts: RoutingFacts
  #session: number | undefined

  constructor(facts: RoutingFacts) {
    this.#facts = facts
  }

  *rank(route: Route): Generator<TargetEntry, void> {
    for (const entry of this.#order(route)) {
      if (isTarget(entry)) yield entry
      else yield* this.rank(entry.route)
    }
  }

  #order(route: Route): Iterable<RouteEntry> {
    const { now, isStream } = this.#facts
    const allowed = route.entries.filter((entry) => this.#isAllowed(entry))
    switch (route.settings.strategy) {
      case 'ordered':
        return allowed
      case 'weighted':
        return byWeight(allowed, Math.floor(this.#facts.random() * 0x1_0000_0000))
      case 'sticky':
        return byWeight(allowed, this.sessionHash())
      case 'fastest':
        return minFirst(this.#expand(allowed), ({ health }) => health.latency(now, isStream))
      case 'throughput':
        return minFirst(this.#expand(allowed), ({ health }) => health.tokenTime(now))
      case 'cheapest':
        return minFirst(this.#expand(allowed), ({ target }) => costOf(this.#facts.priceOf(target), route.mix))
    }
  }

  #isAllowed(entry: RouteEntry): boolean {
    const { priceCheck, percent, when } = entry
    if (priceCheck?.problem !== undefined) return false
    if (percent !== undefined && this.#holds('percent', entry) === false) return false
    return when === undefined || conditionsOfWhen.every((condition) => this.#holds(condition, entry) !== false)
  }

  test(entry: RouteEntry): readonly ConditionResult[] {
    return conditions.flatMap((condition) => {
      const holds = this.#holds(condition, entry)
      return holds === undefined ? [] : { condition, holds }
    })
  }

  /** Returns undefined if the target does not have the condition. */
  #holds(condition: Condition, entry: RouteEntry): boolean | undefined {
    return tests[condition](entry, this.#facts, this)
  }

  /** A call without a conversation gets a random number. */
  sessionHash(): number {
    if (this.#session === undefined) {
      const key = this.#facts.sessionKey()
      this.#session = key === '' ? Math.floor(this.#facts.random() * 0x1_0000_0000) : hashText(key)
    }
    return this.#session
  }

  /** These strategies compare the targets of inner routes with the others. */
  #expand(entries: readonly RouteEntry[]): readonly TargetEntry[] {
    return entries.flatMap((entry) => (isTarget(entry) ? entry : [...this.rank(entry.route)]))
  }
}

/**
 * Weighted rendezvous hashing: each target keeps its share of the sessions, and a session moves only when its own target
 * leaves. Source: https://www.snia.org/sites/default/files/SDC15_presentations/dist_sys/Jason_Resch_New_Consistent_Hashings_Rev.pdf
 */
function byWeight(entries: readonly RouteEntry[], session: number): Iterable<RouteEntry> {
  return minFirst(entries, ({ seed, weight }) =>
    weight === 0 ? Number.POSITIVE_INFINITY : -Math.log(mix(session, seed)) / weight,
  )
}

/** Yields the entries by a number that is computed once for each; keeps the order of equal ones. */
function* minFirst<Entry>(entries: readonly Entry[], numberOf: (entry: Entry) => number): Generator<Entry, void> {
  const rest = [...entries]
  const numbers = rest.map(numberOf)
  while (rest.length > 0) {
    let min = 0
    for (let at = 1; at < numbers.length; at++) if ((numbers[at] ?? 0) < (numbers[min] ?? 0)) min = at
    yield* rest.splice(min, 1)
    numbers.splice(min, 1)
  }
}

/** The cost of the usual call in pico-USD; infinite without a price. */
export function costOf(price: Price | undefined, { input, cached, output }: TokenMix): number {
  if (price === undefined) return Number.POSITIVE_INFINITY
  return (input - cached) * price.input + cached * (price.cachedInput ?? price.input) + output * price.output
}

const conditionsOfWhen = ['keys', 'tags', 'inputs', 'input_tokens', 'hours'] as const
/** The conditions of a target, in the order in which they are tested. */
export const conditions = ['max_price', 'percent', ...conditionsOfWhen] as const
export type Condition = (typeof conditions)[number]

type Test = (entry: RouteEntry, facts: RoutingFacts, ranking: Ranking) => boolean | undefined

const tests: Readonly<Record<Condition, Test>> = {
  max_price: ({ priceCheck }) => priceCheck && priceCheck.problem === undefined,
  // Another number than the one that ranks: a canary's sessions are spread over the other targets.
  percent: ({ percent, seed }, _facts, ranking) =>
    percent === undefined ? undefined : mix(ranking.sessionHash(), ~seed) * 100 < percent,
  keys: ({ when }, { keyIds }) => when?.keys?.some((id) => keyIds.includes(id)),
  tags({ when }, facts) {
    const patterns = when?.tags
    return patterns === undefined ? undefined : facts.tags().some((tag) => matchesAny(patterns, tag))
  },
  inputs: ({ when }, facts) => when?.inputs?.some((kind) => facts.inputs().has(kind)),
  input_tokens({ when }, facts) {
    if (when === undefined || (when.minInputTokens === 0 && when.maxInputTokens === Number.POSITIVE_INFINITY))
      return undefined
    const tokens = facts.inputTokens()
    return tokens >= when.minInputTokens && tokens <= when.maxInputTokens
  },
  hours: ({ when }, { now }) => (when?.hours === undefined ? undefined : isWithin(when.hours, now)),
}

/** One formatter for each time zone, because creating one takes 50 µs. */
const formatters = new Map<string, Intl.DateTimeFormat>()

function isWithin({ days, from, until, timeZone }: Hours, now: number): boolean {
  let formatter = formatters.get(timeZone)
  if (formatter === undefined) {
    formatter = new Intl.DateTimeFormat('en', {
      timeZone,
      weekday: 'short',
      hour: '2-digit',
      minute: '2-digit',
      hourCycle: 'h23',
    })
    formatters.set(timeZone, formatter)
  }
  const parts = new Map(formatter.formatToParts(now).map(({ type, value }) => [type, value]))
  const day = parts.get('weekday')?.toLowerCase() ?? ''
  const minutes = Number(parts.get('hour')) * 60 + Number(parts.get('minute'))
  if (days !== undefined && !days.includes(day)) return false
  return from < until ? minutes >= from && minutes < until : minutes >= from || minutes < until
}
