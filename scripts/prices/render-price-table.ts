import { readFileSync } from 'node:fs'
import type { Price } from '../../src/metering/price.ts'
import { formatPriceList, type PriceList, parsePriceList } from './price-list.ts'
import { readGenaiPrices } from './read-genai-prices.ts'

export interface RenderedTable {
  /** The text of src/metering/prices.generated.ts. */
  readonly text: string
  /** What two sources disagree on, for whoever updates the table to look up; the one named first is taken. */
  readonly disagreements: readonly string[]
  /** How many models each price source has. */
  readonly counts: Readonly<Record<string, number>>
}

interface Layer {
  readonly name: string
  readonly list: PriceList
}

/** Makes the price table as it holds on a day, `2026-11-22`. The same data and the same day give the same text. */
export function renderPriceTable(day: string): RenderedTable {
  const layers: readonly Layer[] = [
    { name: 'by hand', list: parsePriceList(readText('by-hand.txt')) },
    { name: 'genai-prices', list: readGenaiPrices(day) },
    { name: 'LiteLLM', list: parsePriceList(readText('litellm.txt')) },
  ]
  const sources = [...new Set(layers.flatMap(({ list }) => [...list.keys()]))]
  const disagreements: string[] = []
  const table = new Map(sources.map((source) => [source, merge(source, layers, disagreements)]))
  return {
    text: `${header(day)}export const priceTable = \`${formatPriceList(table)}\`\n`,
    disagreements,
    counts: Object.fromEntries([...table].map(([source, prices]) => [source, prices.size])),
  }
}

interface Taken {
  readonly price: Price
  readonly from: string
}

function merge(source: string, layers: readonly Layer[], disagreements: string[]): ReadonlyMap<string, Price> {
  const taken = new Map<string, Taken>()
  for (const { name, list } of layers) {
    for (const [model, price] of list.get(source) ?? []) {
      const earlier = taken.get(model)
      if (earlier !== undefined && !isSame(earlier.price, price)) {
        disagreements.push(`${source} ${model}: ${earlier.from} ${say(earlier.price)}, ${name} ${say(price)}`)
      }
      taken.set(
        model,
        earlier === undefined ? { price, from: name } : { ...earlier, price: fill(earlier.price, price) },
      )
    }
  }
  return new Map([...taken].map(([model, { price }]) => [model, price]))
}

/** What one source does not say, another may: limits and measures of its own always, details of tokens where the rest agrees. */
function fill(price: Price, { tiers, ...other }: Price): Price {
  if (isSame(price, other)) return { ...other, ...price }
  const { images, perSecondPico, perCharacterPico, maxOutputTokens } = other
  return {
    ...(images !== undefined && { images }),
    ...(perSecondPico !== undefined && { perSecondPico }),
    ...(perCharacterPico !== undefined && { perCharacterPico }),
    ...(maxOutputTokens !== undefined && { maxOutputTokens }),
    ...price,
  }
}

function isSame(one: Price, other: Price): boolean {
  return one.input === other.input && one.output === other.output
}

function say({ input, output }: Price): string {
  return `${input / 1e6}/${output / 1e6}`
}

function header(day: string): string {
  const { version } = JSON.parse(readText('../../node_modules/@pydantic/genai-prices/package.json')) as {
    readonly version: string
  }
  const [litellm = ''] = readText('litellm.txt').split('\n', 1)
  return `// Written by scripts/update-prices.ts. Do not change it here; run: npm run prices:update
// Prices as of ${day}, from these sources, the first that has a model counts:
// 1. scripts/prices/by-hand.txt, which names the source of each row
// 2. @pydantic/genai-prices ${version} (https://github.com/pydantic/genai-prices), MIT, © Pydantic Services Inc.
// 3. ${litellm.replace(/^# /, '')}
// src/metering/parse-price.ts says what the letters mean; figures are USD a million.

`
}

function readText(path: string): string {
  return readFileSync(new URL(path, import.meta.url), 'utf8')
}
