import type { Price, ServicePrice, TokenPrices } from '../../src/metering/price.ts'
import { createPriceTable, type LaterPrice } from '../../src/metering/price-table.ts'
import { scaleRates } from '../../src/metering/scale-rates.ts'

/** A price with its announced changes, the nearest first. */
export interface DatedPrice {
  readonly price: Price
  readonly later: readonly LaterPrice[]
  /** Other facts about the model, in the table's format; '' if none is known. */
  readonly facts: string
}

/** Prices by model name, by price source. */
export type PriceList = ReadonlyMap<string, ReadonlyMap<string, DatedPrice>>

/** Parses a list in the table's format. Lines that begin with `#` name the source of the rows below. */
export function parsePriceList(text: string): PriceList {
  const rows = text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .join('\n')
  const list = new Map<string, Map<string, DatedPrice>>()
  for (const { provider, model, price, later, facts } of createPriceTable(rows).list()) {
    list.set(provider, (list.get(provider) ?? new Map<string, DatedPrice>()).set(model, { price, later, facts }))
  }
  return list
}

/** Formats a list: sources in their order, models by name, models of one price in one line. Deterministic. */
export function formatPriceList(list: PriceList): string {
  const lines: string[] = []
  for (const [source, prices] of list) {
    const namesByPrice = new Map<string, string[]>()
    for (const [name, { price, later, facts }] of [...prices].sort(([one], [other]) => (one < other ? -1 : 1))) {
      const changes = later.map((change) => ` @${change.from} ${formatPrice(change.price)}`)
      const text = formatPrice(price) + changes.join('') + (facts === '' ? '' : `|${facts}`)
      namesByPrice.set(text, [...(namesByPrice.get(text) ?? []), name])
    }
    lines.push(`@${source}`, ...[...namesByPrice].map(([price, names]) => `${names.join(' ')}|${price}`))
  }
  return lines.join('\n')
}

/** Formats a price for the table. src/metering/price-table.ts parses it and explains the letters. */
export function formatPrice(price: Price): string {
  const fields = formatTokens(price)
  if (price.perWebSearchNano !== undefined) fields.push(`e${price.perWebSearchNano / 1e9}`)
  if (price.perWebSearchPreviewNano !== undefined) fields.push(`E${price.perWebSearchPreviewNano / 1e9}`)
  if (price.perFileSearchNano !== undefined) fields.push(`l${price.perFileSearchNano / 1e9}`)
  if (price.perRequestNanoByContext !== undefined) {
    const { low, medium, high } = price.perRequestNanoByContext
    fields.push(`Q${[low, medium, high].map((nano) => nano / 1e9).join('/')}`)
  } else if (price.perRequestNano !== undefined) fields.push(`q${price.perRequestNano / 1e9}`)
  if (price.perImageNano !== undefined) fields.push(`p${price.perImageNano / 1e9}`)
  for (const { size = '', quality = '', nano } of price.images ?? []) {
    fields.push(`x${quality === '' ? size : `${size}/${quality}`}=${nano / 1e9}`)
  }
  if (price.perSecondPico !== undefined) fields.push(`s${price.perSecondPico / 1e6}`)
  if (price.perSoundSecondPico !== undefined) fields.push(`S${price.perSoundSecondPico / 1e6}`)
  if (price.perCharacterPico !== undefined) fields.push(`k${price.perCharacterPico / 1e6}`)
  if (price.maxOutputTokens !== undefined) fields.push(`m${price.maxOutputTokens}`)
  for (const tier of price.tiers ?? []) fields.push(`t${tier.aboveTokens}`, ...formatTokens(tier))
  for (const service of price.services ?? []) {
    const factor = factorOf(price, service)
    if (factor !== undefined) {
      fields.push(`y${service.tier}*${factor}`)
      continue
    }
    fields.push(`y${service.tier}`, ...formatTokens(service))
    for (const tier of service.tiers ?? []) fields.push(`t${tier.aboveTokens}`, ...formatTokens(tier))
  }
  return fields.join(' ')
}

/** Returns the factor if each known price of the tier is the plain price times it; unknown prices then scale too. */
function factorOf(price: Price, service: ServicePrice): number | undefined {
  const { input, output } = price
  const factor = round(input > 0 ? service.input / input : service.output / output)
  if (!(factor > 0 && Number.isFinite(factor))) return undefined
  const { tiers = [], ...plain } = scaleRates(price, factor)
  const isScaled = (rates: TokenPrices, scaled: TokenPrices | undefined) =>
    (Object.keys(tokenCodes) as (keyof TokenPrices)[]).every(
      (name) => rates[name] === undefined || Math.abs(rates[name] - (scaled?.[name] ?? -1)) <= 1,
    )
  const hasTiers = (service.tiers ?? []).every((tier) =>
    isScaled(
      tier,
      tiers.find(({ aboveTokens }) => aboveTokens === tier.aboveTokens),
    ),
  )
  return isScaled(service, plain) && hasTiers ? factor : undefined
}

function round(value: number): number {
  return Math.round(value * 1e4) / 1e4
}

const tokenCodes: Readonly<Record<keyof TokenPrices, string>> = {
  input: 'i',
  output: 'o',
  cachedInput: 'c',
  cacheWrite: 'w',
  longCacheWrite: 'W',
  audioInput: 'a',
  imageInput: 'g',
  reasoning: 'r',
  audioOutput: 'A',
  imageOutput: 'G',
}

function formatTokens(prices: TokenPrices): string[] {
  return (Object.keys(tokenCodes) as (keyof TokenPrices)[]).flatMap((name) => {
    const pico = prices[name]
    // Zero is the default for input and output, which are always present, and only for them.
    const isWritten = pico !== undefined && !(pico === 0 && (name === 'input' || name === 'output'))
    return isWritten ? [`${tokenCodes[name]}${pico / 1e6}`] : []
  })
}
