import { readFileSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { gzipSync } from 'node:zlib'
import type { Price, TokenPrices } from '../src/metering/price.ts'
import { type DatedPrice, formatPriceList, type PriceList, parsePriceList } from './prices/price-list.ts'
import { readGenaiPrices } from './prices/read-genai-prices.ts'
import { readLitellm } from './prices/read-litellm.ts'

const byHand = 'by hand'

const rateNames = [
  'input',
  'output',
  'cachedInput',
  'cacheWrite',
  'audioInput',
  'imageInput',
  'reasoning',
  'audioOutput',
  'imageOutput',
] as const satisfies readonly (keyof TokenPrices)[]

/** When the version that is installed was released; the package does not say so. */
const genaiPrices = { version: '0.1.8', released: '2026-09-23' }

/**
 * Writes src/metering/prices.generated.ts, from what is installed and in the repository; nothing is fetched.
 *
 *   npm run prices:update [-- --day 2026-11-22]
 *   npm run prices:update -- --litellm model_prices_and_context_window.json --litellm-version 1.110.2
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
  const [litellmSource = ''] = litellm.split('\n', 1)
  const layers: readonly Layer[] = [
    { name: byHand, list: parsePriceList(readText('prices/by-hand.txt')) },
    ...[
      { name: 'genai-prices', list: readGenaiPrices(day), asOf: genaiPrices.released },
      { name: 'LiteLLM', list: parsePriceList(litellm), asOf: litellmSource.slice(-day.length) },
    ].sort((one, other) => (one.asOf < other.asOf ? 1 : -1)),
  ]
  const table = new Map<string, Map<string, DatedPrice>>()
  const disagreements: string[] = []
  for (const source of new Set(layers.flatMap(({ list }) => [...list.keys()]))) {
    const prices = new Map<string, DatedPrice>()
    const layerByModel = new Map<string, string>()
    for (const { name, list } of layers) {
      for (const [model, dated] of list.get(source) ?? []) {
        const known = prices.get(model)
        if (known === undefined) {
          prices.set(model, dated)
          layerByModel.set(model, name)
          continue
        }
        const isTaken = layerByModel.get(model) === byHand || !undercutsAnHour(known, dated)
        const [first, second] = isTaken ? [known, dated] : [dated, known]
        const names = [layerByModel.get(model), name]
        const rates = differingRates(first.price, second.price)
        if (rates.length > 0) {
          const [taken, other] = isTaken ? names : names.reverse()
          const describe = (price: Price) => rates.map((rate) => `${rate} ${(price[rate] ?? 0) / 1e6}`).join(' ')
          disagreements.push(
            `${source} ${model}: ${taken} ${describe(first.price)}; ${other} ${describe(second.price)}`,
          )
        }
        if (!isTaken) layerByModel.set(model, name)
        prices.set(model, fill(first, second))
      }
    }
    table.set(source, prices)
  }
  const installed: { readonly version: string } = JSON.parse(
    readText('../node_modules/@pydantic/genai-prices/package.json'),
  )
  if (installed.version !== genaiPrices.version)
    throw new Error(
      `Write version ${installed.version} of @pydantic/genai-prices and its day into scripts/update-prices.ts.`,
    )
  const text = `// Written by scripts/update-prices.ts. Do not change it here; run: npm run prices:update
// Prices as of ${day}, from these sources. The first counts, then the newer of the others:
// 1. scripts/prices/by-hand.txt, which names the source of each row
// 2. @pydantic/genai-prices ${genaiPrices.version} (https://github.com/pydantic/genai-prices), MIT, © Pydantic Services Inc.; released ${genaiPrices.released}
// 3. ${litellmSource.replace(/^# /, '')}
// src/metering/price-table.ts says what the letters mean; figures are USD a million.

export const priceTable = \`${formatPriceList(table)}\`
`
  const counts = Object.fromEntries([...table].map(([source, prices]) => [source, prices.size]))
  return { text, disagreements, counts }
}

/** A data set that has one price for the whole day may undercut the hours in which it is dearer. */
function undercutsAnHour(known: DatedPrice, byHour: DatedPrice): boolean {
  const sum = ({ price }: DatedPrice) => price.input + price.output
  return byHour.isByHour === true && sum(byHour) > sum(known)
}

interface Layer {
  readonly name: string
  readonly list: PriceList
}

/** A later layer adds its limits and measures to an earlier price, and prices that the earlier does not have where both agree on the rest. */
function fill(first: DatedPrice, { price, later, facts }: DatedPrice): DatedPrice {
  const agrees = isSame(first.price, price)
  const { images, perSecondPico, perCharacterPico, maxOutputTokens } = price
  const measures = {
    ...(images !== undefined && { images }),
    ...(perSecondPico !== undefined && { perSecondPico }),
    ...(perCharacterPico !== undefined && { perCharacterPico }),
    ...(maxOutputTokens !== undefined && { maxOutputTokens }),
  }
  const { tiers, ...plain } = price
  const filled = agrees
    ? {
        ...plain,
        ...withoutZeros(first.price),
        ...(first.price.tiers === undefined && tiers !== undefined && { tiers }),
      }
    : { ...measures, ...first.price }
  const changes = first.later.length > 0 || !agrees ? first.later : later
  const { perSecondPico: seconds, maxOutputTokens: most } = filled
  const limits = {
    ...(seconds !== undefined && { perSecondPico: seconds }),
    ...(most !== undefined && { maxOutputTokens: most }),
  }
  return {
    price: filled,
    facts: first.facts === '' ? facts : first.facts,
    later: changes.map((change) => ({ ...change, price: { ...limits, ...change.price } })),
  }
}

/** A layer that has no price for input or output does not say that it is free, where another has one. */
function withoutZeros(price: Price): Price {
  const { input, output, ...other } = price
  return { ...(input > 0 && { input }), ...(output > 0 && { output }), ...other } as Price
}

/** Whether two prices agree as far as both speak. */
function isSame(one: Price, other: Price): boolean {
  const agrees = (left: number, right: number) => left === right || left === 0 || right === 0
  return agrees(one.input, other.input) && agrees(one.output, other.output)
}

/** The rates of which both prices speak, and say something else. */
function differingRates(one: Price, other: Price): readonly (keyof TokenPrices)[] {
  return rateNames.filter((rate) => {
    const [left = 0, right = 0] = [one[rate], other[rate]]
    return left > 0 && right > 0 && left !== right
  })
}

function readText(path: string): string {
  return readFileSync(new URL(path, import.meta.url), 'utf8')
}
