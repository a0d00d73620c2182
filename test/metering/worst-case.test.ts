import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { costOf } from '../../src/metering/cost.ts'
import type { MediaQuantities, Price } from '../../src/metering/price.ts'
import { maxLengthWithin, worstCase } from '../../src/metering/worst-case.ts'
import { media, price, usage } from './arbitrary-prices.ts'

const plain = { inputTokens: 100, maxOutputTokens: 50, choices: 1, media: {} }

const calls = fc.record({
  prices: fc
    .tuple(price, fc.constantFrom(undefined, 1.1, 3))
    .map(([plainPrice, regionFactor]) => ({ ...plainPrice, ...(regionFactor !== undefined && { regionFactor }) })),
  used: usage,
  made: media,
  choices: fc.integer({ min: 1, max: 4 }),
  spare: fc.nat(1_000),
})

test('R38 no call within its bounds costs more than its reservation', () => {
  void fc.assert(
    fc.property(calls, ({ prices, used, made, choices, spare }) => {
      const perChoice = Math.min(Math.ceil(used.outputTokens / choices), prices.maxOutputTokens ?? used.outputTokens)
      // Output that is billed by the piece is bounded by its pieces, not by tokens.
      const outputTokens = hasPieces(prices, made) ? 0 : Math.min(used.outputTokens, perChoice * choices)
      const worst = worstCase({
        price: prices,
        inputTokens: used.inputTokens + spare,
        maxOutputTokens: perChoice,
        choices,
        media: made,
        webSearches: used.webSearches,
        webSearchPreviews: used.webSearchPreviews,
        region: used.region,
        fileSearches: used.fileSearches,
        seconds: used.seconds,
        serviceTier: used.serviceTier,
      })
      expect(costOf(prices, { ...used, outputTokens }, made)).toBeLessThanOrEqual(worst.nano)
    }),
  )
})

function hasPieces(prices: Price, { images = 0, characters = 0 }: MediaQuantities): boolean {
  const isDrawn = images > 0 && (prices.images !== undefined || (prices.perImageNano ?? 0) > 0)
  return isDrawn || characters * (prices.perCharacterPico ?? 0) > 0
}

test('R38 reserves the price of the dearest kind of token', () => {
  const prices: Price = { input: 1_000, output: 2_000, cacheWrite: 1_250, audioOutput: 20_000 }
  expect(worstCase({ ...plain, price: prices })).toEqual({ tokens: 150, nano: 125 + 1_000 })
})

test('R38 reserves the price of a tier that the prompt may reach, not of one beyond it', () => {
  const prices: Price = {
    input: 1_000,
    output: 2_000,
    tiers: [
      { aboveTokens: 100, input: 9_000, output: 9_000 },
      { aboveTokens: 99, input: 2_000, output: 4_000 },
    ],
  }
  expect(worstCase({ ...plain, price: prices }).nano).toBe(400)
})

test('case C7: reserves the highest matching price for an image whose size may still be set', () => {
  const images = [
    { size: '256x256', quality: 'low', nano: 10 },
    { size: '1024x1024', quality: 'low', nano: 20 },
    { size: '1024x1024', quality: 'high', nano: 40 },
  ]
  const price: Price = { input: 0, output: 0, images }
  const nanoOf = (media: MediaQuantities, isPartial: boolean) => worstCase({ ...plain, price, media, isPartial }).nano
  expect(nanoOf({ images: 2 }, false)).toBe(20)
  expect(nanoOf({ images: 2 }, true)).toBe(80)
  expect(nanoOf({ images: 2, imageQuality: 'low' }, true)).toBe(40)
})

test('case C10: reserves the dearer of the plain and the requested service tier', () => {
  const fast = {
    tier: 'fast',
    input: 3_000,
    output: 6_000,
    tiers: [{ aboveTokens: 99, input: 5_000, output: 9_000 }],
  } as const
  const flex = { tier: 'flex', input: 500, output: 1_000 } as const
  const prices: Price = { input: 1_000, output: 2_000, services: [fast, flex] }
  const nano = (serviceTier?: 'fast' | 'flex' | 'batch') => worstCase({ ...plain, price: prices, serviceTier }).nano
  expect([nano(), nano('flex'), nano('batch'), nano('fast')]).toEqual([200, 200, 200, 500 + 450])
})

test('case C10: reserves the searches that the provider may run', () => {
  const prices: Price = { input: 0, output: 1, perWebSearchNano: 10_000_000, perFileSearchNano: 2_500_000 }
  const bounds = { ...plain, inputTokens: 0, maxOutputTokens: 0, price: prices }
  expect(worstCase({ ...bounds, webSearches: 4, fileSearches: 2 }).nano).toBe(45_000_000)
  expect(worstCase({ ...bounds, media: { webSearches: 1 } }).nano).toBe(10_000_000)
})

test('case C10: reserves searches with the older tool at its price, or at that of the newer one if it has none', () => {
  const prices: Price = { input: 0, output: 1, perWebSearchNano: 10_000_000 }
  const bounds = { ...plain, inputTokens: 0, maxOutputTokens: 0, webSearchPreviews: 4 }
  expect(worstCase({ ...bounds, price: prices }).nano).toBe(40_000_000)
  expect(worstCase({ ...bounds, price: { ...prices, perWebSearchPreviewNano: 25_000_000 } }).nano).toBe(100_000_000)
})

test('case C10: reserves a requested region with its factor, also in the requested tier', () => {
  const fast = { tier: 'fast', input: 3_000, output: 6_000 } as const
  const prices: Price = { input: 1_000, output: 2_000, regionFactor: 1.1, services: [fast] }
  const bounds = { ...plain, price: prices, region: 'us' } as const
  expect(worstCase(bounds).nano).toBe(220)
  expect(worstCase({ ...bounds, serviceTier: 'fast' }).nano).toBe(660)
  expect(worstCase({ ...bounds, region: undefined }).nano).toBe(200)
})

test('S59 every choice counts', () => {
  const prices: Price = { input: 1_000, output: 2_000 }
  expect(worstCase({ ...plain, price: prices, choices: 128 })).toEqual({ tokens: 100 + 6_400, nano: 100 + 12_800 })
})

test('S59 lowers a limit above the model’s maximum output to that maximum', () => {
  const prices: Price = { input: 1_000, output: 2_000, maxOutputTokens: 1_000 }
  expect(worstCase({ ...plain, price: prices, maxOutputTokens: 1e9 })).toEqual({ tokens: 1_100, nano: 2_100 })
})

test('S59 clamps absurd bounds to the maximum of the ledger', () => {
  const worst = worstCase({
    price: { input: 1_000_000_000, output: 1_000_000_000 },
    inputTokens: Number.MAX_SAFE_INTEGER,
    maxOutputTokens: Number.MAX_SAFE_INTEGER,
    choices: Number.MAX_SAFE_INTEGER,
    media: { images: Number.MAX_SAFE_INTEGER },
  })
  expect(worst).toEqual({ tokens: Number.MAX_SAFE_INTEGER, nano: Number.MAX_SAFE_INTEGER })
})

test('S59 bounds an image by its size and quality, not by its unknown tokens', () => {
  const prices: Price = {
    input: 5_000_000,
    output: 40_000_000,
    images: [
      { size: '1024x1024', quality: 'high', nano: 167_000_000 },
      { size: '1024x1024', quality: 'low', nano: 11_000_000 },
    ],
  }
  const bounds = { ...plain, inputTokens: 0, maxOutputTokens: 4_096, price: prices }
  expect(worstCase({ ...bounds, media: { images: 2, imageQuality: 'low' } }).nano).toBe(22_000_000)
  expect(worstCase({ ...bounds, media: { images: 1 } }).nano).toBe(167_000_000)
})

test('reserves no money for a free model', () => {
  expect(worstCase({ ...plain, price: { input: 0, output: 0 }, media: { images: 3 }, seconds: 9 }).nano).toBe(0)
})

test('case C4: the longest output within an amount costs at most that, and one more token exceeds it', () => {
  void fc.assert(
    fc.property(calls, fc.nat(10 ** 12), ({ prices, used, choices }, nano) => {
      const bounds = { ...plain, price: prices, inputTokens: used.inputTokens, maxOutputTokens: 5_000, choices }
      const worstOf = (maxOutputTokens: number) => worstCase({ ...bounds, maxOutputTokens }).nano
      const fits = maxLengthWithin(bounds, nano)
      if (fits === undefined) {
        expect(worstOf(0)).toBeGreaterThan(nano)
        return
      }
      expect(worstOf(fits)).toBeLessThanOrEqual(nano)
      if (fits < 5_000) expect(worstOf(fits + 1)).toBeGreaterThan(nano)
    }),
  )
})

test('case C19: finds the longest output even if the caller requests an absurd number of tokens', () => {
  const bounds = { ...plain, price: { input: 1, output: 1_000_000 }, maxOutputTokens: Number.MAX_SAFE_INTEGER }
  expect(maxLengthWithin(bounds, 2_048_000)).toBe(2_048)
})
