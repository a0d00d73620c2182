import type { Price } from '../src/metering/price.ts'
import { createPriceTable } from '../src/metering/price-table.ts'
import { priceTable } from '../src/metering/prices.generated.ts'
import { type PagePrice, pagePrices, pagesReadOn } from './prices/provider-pages.ts'
import { replaceBetween } from './replace-between.ts'

/** docs/prices.md with our prices beside those of the providers' own pages. */
export function withPagePrices(text: string): string {
  const table = createPriceTable(priceTable)
  const rows = pagePrices.map((told) => {
    const { source, model, page, note, dated = '–', differs } = told
    const price = table.find(source, model)
    const ours = price === undefined ? 'none' : describe(toPagePrice(price, told))
    const theirs = describe(told)
    const url = `[${new URL(page).hostname}](${page})${note === undefined ? '' : `, ${note}`}`
    const equal = ours === theirs ? 'yes' : `no: ${differs ?? 'not known why'}`
    return `| ${source} | \`${model}\` | ${ours} | ${theirs} | ${equal} | ${url} | ${dated} | ${pagesReadOn} |`
  })
  const head = [
    '| provider | model | here | there | equal | page | dated | read |',
    '| --- | --- | --- | --- | --- | --- | --- | --- |',
  ]
  return replaceBetween(
    text,
    'Written by scripts/generate-docs.ts from scripts/prices/provider-pages.ts.',
    [...head, ...rows].join('\n'),
  )
}

/** Our price of all that the page tells. */
export function toPagePrice(
  { input, output, cachedInput, perSecondPico = 0 }: Price,
  told: PagePrice,
): Pick<PagePrice, 'input' | 'cachedInput' | 'output' | 'minute' | 'hour'> {
  return {
    ...(told.input !== undefined && { input: input / 1e6 }),
    ...(told.cachedInput !== undefined && cachedInput !== undefined && { cachedInput: cachedInput / 1e6 }),
    ...(told.output !== undefined && { output: output / 1e6 }),
    // Prices a second are rounded to whole pico-USD.
    ...(told.minute !== undefined && { minute: Math.round(perSecondPico * 60 * 1e-6) / 1e6 }),
    ...(told.hour !== undefined && { hour: Math.round(perSecondPico * 3_600 * 1e-6) / 1e6 }),
  }
}

function describe({ input, cachedInput, output, minute, hour }: Partial<PagePrice>): string {
  if (hour !== undefined) return `$${hour} an hour`
  if (minute !== undefined) return `$${minute} a minute`
  const cached = cachedInput === undefined ? '' : ` · cached $${cachedInput}`
  return `$${input}${cached}${output === undefined ? '' : ` · $${output}`}`
}
