import { createPriceTable } from '../../src/metering/create-price-table.ts'
import type { Price } from '../../src/metering/price.ts'
import { formatPrice } from './format-price.ts'

/** Prices by model name, by price source. */
export type PriceList = ReadonlyMap<string, ReadonlyMap<string, Price>>

/** Reads a list in the table's own format; lines that begin with `#` say where the rows after them are from. */
export function parsePriceList(text: string): PriceList {
  const rows = text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .join('\n')
  const list = new Map<string, Map<string, Price>>()
  for (const { provider, model, price } of createPriceTable(rows).list()) {
    list.set(provider, (list.get(provider) ?? new Map<string, Price>()).set(model, price))
  }
  return list
}

/** Writes a list: sources in their order, models by name, those of one price in one line. The same list gives the same text. */
export function formatPriceList(list: PriceList): string {
  return [...list].map(([source, prices]) => [`@${source}`, ...formatLines(prices)].join('\n')).join('\n')
}

function formatLines(prices: ReadonlyMap<string, Price>): readonly string[] {
  const names = new Map<string, string[]>()
  for (const [name, price] of [...prices].sort(([one], [other]) => (one < other ? -1 : 1))) {
    const text = formatPrice(price)
    names.set(text, [...(names.get(text) ?? []), name])
  }
  return [...names].map(([price, models]) => `${models.join(' ')}|${price}`)
}
