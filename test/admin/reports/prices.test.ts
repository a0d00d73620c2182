import { expect, test } from 'vitest'
import { listPrices } from '../../../src/admin/reports/prices.ts'
import { createPriceBook } from '../../../src/metering/price-book.ts'

test('case C13: a listed price has the price per second of audio in a chat beside the token prices', () => {
  const prices = createPriceBook([], {}, { now: () => Date.parse('2026-11-29T12:00:00Z') })
  const { items } = listPrices({ limit: 10, provider: 'mistral', model: 'voxtral-small-latest' }, { prices })
  expect(items).toMatchObject([{ input: 0.1, output: 0.4, per_second: null, per_sound_second: 0.000_066_666_667 }])
})
