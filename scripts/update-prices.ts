import { readFileSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { gzipSync } from 'node:zlib'
import type { Price } from '../src/metering/price.ts'
import { formatPriceList, type PriceList, parsePriceList } from './prices/price-list.ts'
import { readGenaiPrices } from './prices/read-genai-prices.ts'
import { readLitellm } from './prices/read-litellm.ts'

/**
 * Writes src/metering/prices.generated.ts, from what is installed and in the repository; nothing is fetched.
 *
 *   npm run prices:update [-- --day 2026-11-22]
 *   npm run prices:update -- --litellm model_prices_and_context_window.json --litellm-version 1.109.1
 *
 * The second form first takes over LiteLLM's file, downloaded from https://github.com/BerriAI/litellm.
 */
if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      day: { type: 'string', default: new Date().toISOString().slice(0, 10) },
      litellm: { type: 'string' },
      'litellm-version': { type: 'string', default: 'of an unknown version' },
    },
  })

  if (values.litellm !== undefined) {
    const list = readLitellm(readFileSync(values.litellm, 'utf8'))
    const head = [
      `# LiteLLM ${values['litellm-version']}, model_prices_and_context_window.json (https://github.com/BerriAI/litellm), MIT, © Berri AI; taken over ${values.day}`,
      '# Written by scripts/update-prices.ts. Corrections belong into by-hand.txt.',
    ]
    writeFileSync(new URL('prices/litellm.txt', import.meta.url), `${[...head, formatPriceList(list)].join('\n')}\n`)
  }

  const { text, disagreements, counts } = renderPriceTable(values.day)
  writeFileSync(new URL('../src/metering/prices.generated.ts', import.meta.url), text)
  for (const line of disagreements) console.log(`differs: ${line}`)
  console.log(JSON.stringify(counts))
  console.log(`${text.length} characters, ${gzipSync(text).length} compressed`)
}

interface RenderedTable {
  /** The text of src/metering/prices.generated.ts. */
  readonly text: string
  /** Prices that two data sets disagree on, for the developer to look up; the one named first is taken. */
  readonly disagreements: readonly string[]
  /** How many models each price source has. */
  readonly counts: Readonly<Record<string, number>>
}

/** Makes the price table as it holds on a day, `2026-11-22`. The same data and the same day give the same text. */
export function renderPriceTable(day: string): RenderedTable {
  const litellm = readText('prices/litellm.txt')
  const layers: readonly (readonly [name: string, list: PriceList])[] = [
    ['by hand', parsePriceList(readText('prices/by-hand.txt'))],
    ['genai-prices', readGenaiPrices(day)],
    ['LiteLLM', parsePriceList(litellm)],
  ]
  const table = new Map<string, Map<string, Price>>()
  const disagreements: string[] = []
  for (const source of new Set(layers.flatMap(([, list]) => [...list.keys()]))) {
    const prices = new Map<string, Price>()
    const layerByModel = new Map<string, string>()
    for (const [layer, list] of layers) {
      for (const [model, price] of list.get(source) ?? []) {
        const earlier = prices.get(model)
        if (earlier === undefined) layerByModel.set(model, layer)
        else if (!isSame(earlier, price)) {
          const first = `${layerByModel.get(model)} ${describePrice(earlier)}`
          disagreements.push(`${source} ${model}: ${first}, ${layer} ${describePrice(price)}`)
        }
        prices.set(model, earlier === undefined ? price : fill(earlier, price))
      }
    }
    table.set(source, prices)
  }
  const genaiPrices: { readonly version: string } = JSON.parse(
    readText('../node_modules/@pydantic/genai-prices/package.json'),
  )
  const [litellmSource = ''] = litellm.split('\n', 1)
  const text = `// Written by scripts/update-prices.ts. Do not change it here; run: npm run prices:update
// Prices as of ${day}, from these sources, the first that has a model counts:
// 1. scripts/prices/by-hand.txt, which names the source of each row
// 2. @pydantic/genai-prices ${genaiPrices.version} (https://github.com/pydantic/genai-prices), MIT, © Pydantic Services Inc.
// 3. ${litellmSource.replace(/^# /, '')}
// src/metering/price-table.ts says what the letters mean; figures are USD a million.

export const priceTable = \`${formatPriceList(table)}\`
`
  const counts = Object.fromEntries([...table].map(([source, prices]) => [source, prices.size]))
  return { text, disagreements, counts }
}

/** A later layer adds its limits and measures to an earlier price, and details of tokens only where it agrees on the rest. */
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

function describePrice({ input, output }: Price): string {
  return `${input / 1e6}/${output / 1e6}`
}

function readText(path: string): string {
  return readFileSync(new URL(path, import.meta.url), 'utf8')
}
