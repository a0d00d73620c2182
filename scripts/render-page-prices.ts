import type { Price } from '../src/metering/price.ts'
import { createPriceTable } from '../src/metering/price-table.ts'
import { priceTable } from '../src/metering/prices.generated.ts'
import { type PagePrice, pagePrices, pagesReadOn } from './prices/provider-pages.ts'
import { replaceBetween } from './replace-between.ts'

/** Updates the table of docs/prices.md that compares Weir's prices with the providers' own pages. */
export function withPagePrices(markdown: string): string {
  const table = createPriceTable(priceTable)
  const rows = pagePrices.map((published) => {
    const { source, model, page, note, dated = '–', differs } = published
    const price = table.find(source, model)
    const ours = price === undefined ? 'none' : describe(toPagePrice(price, published))
    const theirs = describe(published)
    const url = `[${new URL(page).hostname}](${page})${note === undefined ? '' : `, ${note}`}`
    const equal = ours === theirs ? 'yes' : `no: ${differs ?? 'unknown reason'}`
    return `| ${source} | \`${model}\` | ${ours} | ${theirs} | ${equal} | ${url} | ${dated} | ${pagesReadOn} |`
  })
  const head = [
    '| provider | model | Weir | provider’s page | equal | page | date of the page | read on |',
    '| --- | --- | --- | --- | --- | --- | --- | --- |',
  ]
  return replaceBetween(
    markdown,
    'Written by scripts/generate-docs.ts from scripts/prices/provider-pages.ts.',
    [...head, ...rows].join('\n'),
  )
}

/** Returns Weir's price for the rates that the page publishes. */
export function toPagePrice(
  { input, output, cachedInput, perSecondPico = 0 }: Price,
  published: PagePrice,
): Pick<PagePrice, 'input' | 'cachedInput' | 'output' | 'minute' | 'hour'> {
  return {
    ...(published.input !== undefined && { input: input / 1e6 }),
    ...(published.cachedInput !== undefined && cachedInput !== undefined && { cachedInput: cachedInput / 1e6 }),
    ...(published.output !== undefined && { output: output / 1e6 }),
    // Prices per second are rounded to whole pico-USD.
    ...(published.minute !== undefined && { minute: Math.round(perSecondPico * 60 * 1e-6) / 1e6 }),
    ...(published.hour !== undefined && { hour: Math.round(perSecondPico * 3_600 * 1e-6) / 1e6 }),
  }
}

function describe({ input, cachedInput, output, minute, hour }: Partial<PagePrice>): string {
  if (hour !== undefined) return `$${hour} an hour`
  if (minute !== undefined) return `$${minute} a minute`
  const cached = cachedInput === undefined ? '' : ` · cached $${cachedInput}`
  return `$${input}${cached}${output === undefined ? '' : ` · $${output}`}`
}
