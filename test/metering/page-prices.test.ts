import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { pagePrices } from '../../scripts/prices/provider-pages.ts'
import { toPagePrice, withPagePrices } from '../../scripts/render-page-prices.ts'
import { createPriceTable } from '../../src/metering/price-table.ts'
import { priceTable } from '../../src/metering/prices.generated.ts'

const table = createPriceTable(priceTable)

test.each(pagePrices)('case C13: $source $model costs what $page says', (told) => {
  const { source, model, input, cachedInput, output, minute } = told
  const price = table.find(source, model)
  expect(price).toBeDefined()
  expect(price && toPagePrice(price, told)).toEqual(
    Object.fromEntries(
      Object.entries({ input, cachedInput, output, minute }).filter(([, value]) => value !== undefined),
    ),
  )
})

test('docs/prices.md has both sides of each (`node scripts/generate-docs.ts` writes it)', () => {
  const text = readFileSync(new URL('../../docs/prices.md', import.meta.url), 'utf8')
  expect(text).toBe(withPagePrices(text))
  expect(new Set(pagePrices.map(({ source }) => source)).size).toBeGreaterThanOrEqual(10)
})
