import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { type PagePrice, pagePrices } from '../../scripts/prices/provider-pages.ts'
import { toPagePrice, withPagePrices } from '../../scripts/render-page-prices.ts'
import { createPriceTable } from '../../src/metering/price-table.ts'
import { priceTable } from '../../src/metering/prices.generated.ts'

const table = createPriceTable(priceTable)

function compare(listed: PagePrice) {
  const { source, model, input, cachedInput, output, minute, hour } = listed
  const price = table.find(source, model)
  const theirs = Object.entries({ input, cachedInput, output, minute, hour }).filter(([, value]) => value !== undefined)
  return { ours: price && toPagePrice(price, listed), theirs: Object.fromEntries(theirs) }
}

test.each(pagePrices.filter(({ differs }) => differs === undefined))(
  'case C13: $source $model has the price of $page',
  (listed) => {
    const { ours, theirs } = compare(listed)
    expect(ours).toEqual(theirs)
  },
)

test.each(pagePrices.filter(({ differs }) => differs !== undefined))(
  'case C13: $source $model differs from $page: $differs',
  (listed) => {
    const { ours, theirs } = compare(listed)
    expect(ours).toBeDefined()
    expect(ours).not.toEqual(theirs)
  },
)

test('docs/prices.md has both prices of each (`node scripts/generate-docs.ts` writes it)', () => {
  const text = readFileSync(new URL('../../docs/prices.md', import.meta.url), 'utf8')
  expect(text).toBe(withPagePrices(text))
  expect(new Set(pagePrices.map(({ source }) => source)).size).toBeGreaterThanOrEqual(15)
})
