import type { Hours } from '../config/route-settings.ts'
import { matchesAny } from '../core/match-pattern.ts'
import type { Price } from '../metering/price.ts'
import type { Target } from '../providers/registry.ts'
import { hashText, mix } from './hash.ts'
import type { Route, RouteEntry, TokenMix } from './routes.ts'

/** The facts about a call by which a route chooses. Those that cost something are computed when they are needed. */
export interface RoutingFacts {
  /** Milliseconds since 1970. */
  readonly now: number
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

/** A target in the order of attempts. */
export interface RankedTarget {
  readonly target: Target
  /** Where the configuration lists it; undefined for a step of `on_failure`. */
  readonly entry: RouteEntry | undefined
}

/**
 * Returns the targets of a route in the order of attempts: those whose breaker is closed first, each once. Targets whose
 * conditions do not hold are left out.
 */
export function rankTargets(route: Route, facts: RoutingFacts): readonly RankedTarget[] {
  const ranked = new Ranking(facts).rank(route)
  const healthy: RankedTarget[] = []
  const ill: RankedTarget[] = []
  const seen = new Set<string>()
  for (const entry of ranked) {
    const { name, target, health } = entry
    if (seen.has(name)) continue
    seen.add(name)
    if (health.accepts(facts.now)) healthy.push({ target, entry })
    else ill.push({ target, entry })
  }
  return ill.length === 0 ? healthy : [...healthy, ...ill]
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

type Leaf = RouteEntry & { readonly target: Target }

class Ranking {
  readonly #facts: RoutingFacts
  #session: number | undefined

  constructor(facts: RoutingFacts) {
    this.#facts = facts
  }

  rank(route: Route): readonly Leaf[] {
    const { now } = this.#facts
    switch (route.settings.strategy) {
      case 'ordered':
        return this.#expand(this.#allowed(route))
      case 'weighted':
        return this.#expand(byWeight(this.#allowed(route), Math.floor(this.#facts.random() * 0x1_0000_0000)))
      case 'sticky':
        return this.#expand(byWeight(this.#allowed(route), this.sessionHash()))
      case 'fastest':
        return sortBy(this.#expand(this.#allowed(route)), ({ health }) => health.latency(now))
      case 'cheapest':
        return sortBy(this.#expand(this.#allowed(route)), ({ target }) =>
          costOf(this.#facts.priceOf(target), route.mix),
        )
    }
  }

  #allowed({ entries }: Route): readonly RouteEntry[] {
    return entries.every(isUnconditional) ? entries : entries.filter((entry) => this.#isAllowed(entry))
  }

  #isAllowed(entry: RouteEntry): boolean {
    return conditions.every((condition) => tests[condition](entry, this.#facts, this) !== false)
  }

  test(entry: RouteEntry): readonly ConditionResult[] {
    return conditions.flatMap((condition) => {
      const holds = tests[condition](entry, this.#facts, this)
      return holds === undefined ? [] : { condition, holds }
    })
  }

  /** A call without a conversation gets a random number. */
  sessionHash(): number {
    if (this.#session === undefined) {
      const key = this.#facts.sessionKey()
      this.#session = key === '' ? Math.floor(this.#facts.random() * 0x1_0000_0000) : hashText(key)
    }
    return this.#session
  }

  #expand(entries: readonly RouteEntry[]): readonly Leaf[] {
    return entries.every(isLeaf)
      ? entries
      : entries.flatMap((entry) => (isLeaf(entry) ? [entry] : this.rank(entry.route)))
  }
}

function isLeaf(entry: RouteEntry): entry is Leaf {
  return entry.target !== undefined
}

function isUnconditional({ percent, when }: RouteEntry): boolean {
  return percent === undefined && when === undefined
}

/**
 * Weighted rendezvous hashing: each target keeps its share of the sessions, and a session moves only when its own target
 * leaves. Source: https://www.snia.org/sites/default/files/SDC15_presentations/dist_sys/Jason_Resch_New_Consistent_Hashings_Rev.pdf
 */
function byWeight(entries: readonly RouteEntry[], session: number): readonly RouteEntry[] {
  return sortBy(entries, ({ seed, weight }) =>
    weight === 0 ? Number.POSITIVE_INFINITY : -Math.log(mix(session, seed)) / weight,
  )
}

/**
 * Sorts by a number that is computed once for each; keeps the order of equal ones. By insertion: for 50 entries `sort`
 * takes twice as long, and a route has at most 200.
 */
function sortBy<Entry>(entries: readonly Entry[], numberOf: (entry: Entry) => number): readonly Entry[] {
  const sorted = [...entries]
  const numbers = new Float64Array(entries.length)
  for (const [index, entry] of entries.entries()) {
    const number = numberOf(entry)
    let at = index
    for (; at > 0 && (numbers[at - 1] ?? 0) > number; at--) {
      numbers[at] = numbers[at - 1] ?? 0
      const before = sorted[at - 1]
      if (before !== undefined) sorted[at] = before
    }
    numbers[at] = number
    sorted[at] = entry
  }
  return sorted
}

/** The cost of the usual call in pico-USD; infinite without a price. */
export function costOf(price: Price | undefined, { input, cached, output }: TokenMix): number {
  if (price === undefined) return Number.POSITIVE_INFINITY
  return (input - cached) * price.input + cached * (price.cachedInput ?? price.input) + output * price.output
}

/** The conditions of a target, in the order in which they are tested. */
export const conditions = ['percent', 'keys', 'tags', 'inputs', 'input_tokens', 'hours'] as const
export type Condition = (typeof conditions)[number]

/** Returns undefined if the target does not have the condition. */
type Test = (entry: RouteEntry, facts: RoutingFacts, ranking: Ranking) => boolean | undefined

const tests: Readonly<Record<Condition, Test>> = {
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
