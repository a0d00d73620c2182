import type { Conditions, Hours } from '../config/route-settings.ts'
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
  /** False if its breaker was open. */
  readonly isHealthy: boolean
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
  for (const { name, target, health } of ranked) {
    if (seen.has(name)) continue
    seen.add(name)
    if (health.accepts(facts.now)) healthy.push({ target, isHealthy: true })
    else ill.push({ target, isHealthy: false })
  }
  return ill.length === 0 ? healthy : [...healthy, ...ill]
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
        return this.#expand(byWeight(this.#allowed(route), this.#sessionHash()))
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

  #isAllowed({ percent, when, seed }: RouteEntry): boolean {
    // Another number than the one that ranks: a canary's sessions are spread over the other targets.
    if (percent !== undefined && mix(this.#sessionHash(), ~seed) * 100 >= percent) return false
    return when === undefined || holds(when, this.#facts)
  }

  /** A call without a conversation gets a random number. */
  #sessionHash(): number {
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
function costOf(price: Price | undefined, { input, cached, output }: TokenMix): number {
  if (price === undefined) return Number.POSITIVE_INFINITY
  return (input - cached) * price.input + cached * (price.cachedInput ?? price.input) + output * price.output
}

function holds(
  { keys, tags, inputs, minInputTokens, maxInputTokens, hours }: Conditions,
  facts: RoutingFacts,
): boolean {
  if (keys !== undefined && !keys.some((id) => facts.keyIds.includes(id))) return false
  if (tags !== undefined && !facts.tags().some((tag) => matchesAny(tags, tag))) return false
  if (inputs !== undefined && !inputs.some((kind) => facts.inputs().has(kind))) return false
  const isBounded = minInputTokens > 0 || maxInputTokens !== Number.POSITIVE_INFINITY
  if (isBounded && (facts.inputTokens() < minInputTokens || facts.inputTokens() > maxInputTokens)) return false
  return hours === undefined || isWithin(hours, facts.now)
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
