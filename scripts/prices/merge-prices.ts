import { formatFacts, parseFacts } from '../../src/metering/model-facts.ts'
import { type Price, type ServicePrice, type TokenPrices, tokenRates } from '../../src/metering/price.ts'
import type { DatedPrice, PriceList } from './price-list.ts'

/** A source of prices. The first layer that has a model counts. */
export interface Layer {
  readonly name: string
  readonly list: PriceList
  /** Explains why its price counts if a later layer has another one. */
  why(source: string, model: string): string
  /** True if its context is the model's whole window, not the maximum input. */
  readonly knowsWindow?: boolean
}

/** Rates that differ between two layers. */
export interface Disagreement {
  readonly source: string
  readonly models: readonly string[]
  readonly taken: string
  readonly other: string
  /** Each rate: its name, the value taken and the other layer's value. */
  readonly rates: readonly (readonly [name: string, taken: number, other: number])[]
  readonly why: string
}

export interface MergedPrices {
  readonly list: PriceList
  readonly disagreements: readonly Disagreement[]
}

/**
 * Merges the layers' prices of a day. Later layers add the rates that the first one lacks, if they agree with it on the
 * rest.
 */
export function mergePrices(layers: readonly Layer[], day: string): MergedPrices {
  const list = new Map<string, Map<string, DatedPrice>>()
  const disagreements = new Map<string, Disagreement>()
  for (const source of new Set(layers.flatMap((layer) => [...layer.list.keys()]))) {
    const merged = new Map<string, DatedPrice>()
    const firsts = new Map<string, Layer>()
    for (const layer of layers) {
      for (const [model, listed] of layer.list.get(source) ?? []) {
        const dated = advance(listed, day)
        const known = merged.get(model)
        const first = firsts.get(model)
        if (known === undefined || first === undefined) {
          firsts.set(model, layer)
          merged.set(model, dated)
          continue
        }
        const rates = differingRates(known.price, dated.price)
        if (rates.length > 0) {
          const { why, name: taken } = first
          note(disagreements, { source, models: [model], taken, other: layer.name, rates, why: why(source, model) })
        }
        merged.set(model, { ...fill(known, dated), facts: mergeFacts(known.facts, dated.facts, layer.knowsWindow) })
      }
    }
    list.set(source, merged)
  }
  return { list, disagreements: [...disagreements.values()] }
}

/** Joins the names of one model into one disagreement. */
function note(disagreements: Map<string, Disagreement>, found: Disagreement): void {
  const { models, ...rest } = found
  const key = JSON.stringify(rest)
  disagreements.set(key, { ...rest, models: [...(disagreements.get(key)?.models ?? []), ...models] })
}

/** Applies the announced changes that have taken effect by that day. */
function advance(dated: DatedPrice, day: string): DatedPrice {
  const begun = dated.later.findLast(({ from }) => from <= day)
  return begun === undefined
    ? dated
    : { ...dated, price: begun.price, later: dated.later.filter(({ from }) => from > day) }
}

function mergeFacts(first: string, second: string, secondKnowsWindow = false): string {
  const [one, other] = [parseFacts(first), parseFacts(second)]
  const contextTokens = secondKnowsWindow ? (other.contextTokens ?? one.contextTokens) : one.contextTokens
  return formatFacts({ ...other, ...one, ...(contextTokens !== undefined && { contextTokens }) })
}

function fill(first: DatedPrice, { price, later }: DatedPrice): Omit<DatedPrice, 'facts'> {
  const filled = isSame(first.price, price) ? fillAll(first.price, price) : { ...measuresOf(price), ...first.price }
  const changes = first.later.length > 0 || !isSame(first.price, price) ? first.later : later
  return {
    price: filled,
    later: changes.map((change) => ({ ...change, price: { ...measuresOf(filled), ...change.price } })),
  }
}

function fillAll(first: Price, second: Price): Price {
  const { input, output, ...known } = first
  const services = mergeServices(first.services, second.services)
  return {
    ...second,
    // A missing price for input or output does not mean free if another layer has one.
    ...(input > 0 && { input }),
    ...(output > 0 && { output }),
    ...known,
    ...(services.length > 0 && { services }),
  }
}

function mergeServices(
  first: readonly ServicePrice[] = [],
  second: readonly ServicePrice[] = [],
): readonly ServicePrice[] {
  const missing = second.filter(({ tier }) => first.every((each) => each.tier !== tier))
  return [...first, ...missing]
}

/** Returns the prices that do not depend on token prices. */
function measuresOf(price: Price): Partial<Price> {
  const { images, perSecondPico, perSoundSecondPico, perCharacterPico, perRequestNanoByContext } = price
  const { perWebSearchNano, perWebSearchPreviewNano, perFileSearchNano, maxOutputTokens } = price
  return {
    ...(images !== undefined && { images }),
    ...(perSecondPico !== undefined && { perSecondPico }),
    ...(perSoundSecondPico !== undefined && { perSoundSecondPico }),
    ...(perCharacterPico !== undefined && { perCharacterPico }),
    ...(perRequestNanoByContext !== undefined && { perRequestNanoByContext }),
    ...(perWebSearchNano !== undefined && { perWebSearchNano }),
    ...(perWebSearchPreviewNano !== undefined && { perWebSearchPreviewNano }),
    ...(perFileSearchNano !== undefined && { perFileSearchNano }),
    ...(maxOutputTokens !== undefined && { maxOutputTokens }),
  }
}

/** Returns true if two prices agree in the rates that both have. */
function isSame(one: Price, other: Price): boolean {
  const agrees = (left: number, right: number) => left === right || left === 0 || right === 0
  return agrees(one.input, other.input) && agrees(one.output, other.output)
}

const measureNames = ['perSecondPico', 'perSoundSecondPico', 'perCharacterPico'] as const satisfies (keyof Price)[]
const nanoNames = ['perRequestNano', 'perWebSearchNano', 'perFileSearchNano'] as const satisfies (keyof Price)[]

/** Lists differing rates: in USD per million, searches and requests in USD each. Ignores rounding differences. */
function differingRates(one: Price, other: Price): Disagreement['rates'] {
  const tiers = (one.tiers ?? []).flatMap((tier) => {
    const same = other.tiers?.find(({ aboveTokens }) => aboveTokens === tier.aboveTokens)
    return same === undefined ? [] : differingTokens(tier, same, ` above ${tier.aboveTokens / 1_000}k`)
  })
  const services = (one.services ?? []).flatMap((service) => {
    const same = other.services?.find(({ tier }) => tier === service.tier)
    return same === undefined ? [] : differingTokens(service, same, ` ${service.tier}`)
  })
  const measures = measureNames.flatMap((name) => differing(name, one[name], other[name], 1e6))
  const pieces = nanoNames.flatMap((name) => differing(name, one[name], other[name], 1e9))
  return [...differingTokens(one, other, ''), ...tiers, ...services, ...measures, ...pieces]
}

function differingTokens(one: TokenPrices, other: TokenPrices, suffix: string): Disagreement['rates'] {
  return tokenRates.flatMap((name) => differing(name + suffix, one[name], other[name], 1e6))
}

function differing(name: string, left = 0, right = 0, unit: number): Disagreement['rates'] {
  const areBothKnown = left > 0 && right > 0
  return areBothKnown && Math.abs(left - right) > left / 10_000 ? [[name, left / unit, right / unit]] : []
}
