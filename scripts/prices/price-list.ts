import type { Price, ServicePrice, TokenPrices } from '../../src/metering/price.ts'
import { createPriceTable, type LaterPrice } from '../../src/metering/price-table.ts'
import { scaleRates } from '../../src/metering/scale-rates.ts'

/** A price, and the changes of it that are announced, the nearest first. */
export interface DatedPrice {
  readonly price: Price
  readonly later: readonly LaterPrice[]
  /** What else is known of the model, as the table writes it; empty where nothing is. */
  readonly facts: string
}

/** Prices by model name, by price source. */
export type PriceList = ReadonlyMap<string, ReadonlyMap<string, DatedPrice>>

/** Reads a list in the table's own format; lines that begin with `#` say where the rows after them are from. */
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

/** Writes a list: sources in their order, models by name, those of one price in one line. The same list gives the same text. */
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

/** Writes a price as the table holds it; src/metering/price-table.ts reads it again and says what the letters mean. */
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

/** Undefined unless all that is known of the tier are the plain prices times that; what is not known of it then is that too. */
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
    // A price of zero goes without saying for the two that are always there, and only for them.
    const isSaid = pico !== undefined && !(pico === 0 && (name === 'input' || name === 'output'))
    return isSaid ? [`${tokenCodes[name]}${pico / 1e6}`] : []
  })
}
