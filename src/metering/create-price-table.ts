import { parsePrice } from './parse-price.ts'
import type { Price } from './price.ts'

interface TableRow {
  readonly provider: string
  readonly model: string
  readonly price: Price
}

export interface PriceTable {
  find(source: string, model: string): Price | undefined
  list(): readonly TableRow[]
}

/**
 * Reads the generated table: `@source` begins a section, and each line is the names of models that cost the same, `|`, and their price.
 * A section is read when it is first asked for, a price when its model is, since most processes need few of them.
 */
export function createPriceTable(text: string): PriceTable {
  const sections = new Map(text.split('\n@').map(toSection))
  const indexes = new Map<string, ReadonlyMap<string, string>>()

  function index(source: string): ReadonlyMap<string, string> {
    const known = indexes.get(source)
    if (known !== undefined) return known
    const made = toIndex(sections.get(source) ?? '')
    indexes.set(source, made)
    return made
  }

  return {
    find(source, model) {
      const price = index(source).get(model)
      return price === undefined ? undefined : parsePrice(price)
    },
    list: () =>
      [...sections.keys()].flatMap((provider) =>
        [...index(provider)].map(([model, price]) => ({ provider, model, price: parsePrice(price) })),
      ),
  }
}

function toSection(text: string): readonly [string, string] {
  const end = text.indexOf('\n')
  return [text.slice(0, end).replace('@', ''), text.slice(end + 1)]
}

function toIndex(section: string): ReadonlyMap<string, string> {
  const prices = new Map<string, string>()
  for (const line of section.split('\n')) {
    const bar = line.indexOf('|')
    if (bar < 0) continue
    for (const name of line.slice(0, bar).split(' ')) prices.set(name, line.slice(bar + 1))
  }
  return prices
}
