import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { costItems, costOf, sumNano } from '../../src/metering/cost.ts'
import type { Price } from '../../src/metering/price.ts'
import { media, price, tokenPrices, usage } from './arbitrary-prices.ts'

/** gpt-4o: $2.50 and $10 per million, $1.25 from the cache. */
const gpt4o: Price = { input: 2_500_000, output: 10_000_000, cachedInput: 1_250_000 }

test('R51 a call costs the exact sum of its items, rounded half up once', () => {
  void fc.assert(
    fc.property(price, usage, media, (prices, used, made) => {
      const pico = costItems(prices, used, made).reduce(
        (sum, { count, pico: each }) => sum + BigInt(count) * BigInt(each),
        0n,
      )
      expect(BigInt(costOf(prices, used, made))).toBe((pico + 500n) / 1_000n)
    }),
  )
})

test('R51 a cost is a whole number and never negative', () => {
  void fc.assert(
    fc.property(price, usage, media, (prices, used, made) => {
      const nano = costOf(prices, used, made)
      expect(Number.isSafeInteger(nano) && nano >= 0).toBe(true)
    }),
  )
})

test('R53 bills every token exactly once, whatever the details claim', () => {
  void fc.assert(
    fc.property(usage, (used) => {
      const one: Price = { input: 1_000, output: 1_000 }
      expect(costOf(one, used, {})).toBe(used.inputTokens + used.outputTokens)
    }),
  )
})

test('R51 one more token never makes a call cheaper', () => {
  void fc.assert(
    fc.property(tokenPrices, usage, fc.boolean(), (prices, { seconds: _, ...used }, isInput) => {
      const more = isInput
        ? { ...used, inputTokens: used.inputTokens + 1 }
        : { ...used, outputTokens: used.outputTokens + 1 }
      expect(costOf(prices, more, {})).toBeGreaterThanOrEqual(costOf(prices, used, {}))
    }),
  )
})

test('R53 negative counts cost nothing', () => {
  const used = { inputTokens: -5, outputTokens: -1, cachedInputTokens: -7, seconds: -1 }
  expect(costOf({ ...gpt4o, perSecondPico: 1_000 }, used, { images: -1, characters: -1 })).toBe(0)
})

test('R51 is exact beyond 2^53 pico-USD, and clamps to the maximum of the ledger', () => {
  const dear: Price = { input: 600_000_000, output: 0 }
  expect(costOf(dear, { inputTokens: 15_000_001, outputTokens: 0 }, {})).toBe(9_000_000_600_000)
  expect(costOf(dear, { inputTokens: 987_654_321_987, outputTokens: 0 }, {})).toBe(Number.MAX_SAFE_INTEGER)
  expect(costOf(dear, { inputTokens: Number.MAX_SAFE_INTEGER, outputTokens: 0 }, {})).toBe(Number.MAX_SAFE_INTEGER)
})

test('R51 rounds half a nano-USD up, and less down', () => {
  expect(sumNano([{ count: 1, pico: 500 }])).toBe(1)
  expect(sumNano([{ count: 1, pico: 499 }])).toBe(0)
  expect(sumNano([{ count: 3, pico: 500 }])).toBe(2)
  expect(sumNano([{ count: 1, pico: 9_007_199_254_740_499 }])).toBe(9_007_199_254_740)
  expect(sumNano([{ count: 1, pico: 9_007_199_254_740_500 }])).toBe(9_007_199_254_741)
})

test('bills cached, cache-write, audio, image and reasoning tokens at their own prices, and the rest at the plain ones', () => {
  const prices: Price = {
    input: 1_000,
    cachedInput: 100,
    cacheWrite: 1_250,
    audioInput: 8_000,
    imageInput: 2_000,
    output: 10_000,
    reasoning: 12_000,
    audioOutput: 20_000,
    imageOutput: 40_000,
  }
  const used = {
    inputTokens: 1_000,
    cachedInputTokens: 500,
    cacheWriteTokens: 100,
    audioInputTokens: 50,
    imageInputTokens: 50,
    outputTokens: 100,
    reasoningTokens: 50,
    audioOutputTokens: 20,
    imageOutputTokens: 10,
  }
  const input = 50_000 + 125_000 + 400_000 + 100_000 + 300_000
  const output = 600_000 + 400_000 + 400_000 + 200_000
  expect(costOf(prices, used, {})).toBe((input + output) / 1_000)
})

test('bills tokens without their own price as plain input and output', () => {
  const used = { inputTokens: 100, outputTokens: 10, cacheWriteTokens: 40, reasoningTokens: 10, audioInputTokens: 60 }
  expect(costOf(gpt4o, used, {})).toBe(350_000)
})

test('bills all of a long prompt by its tier, and one at the boundary by the plain prices', () => {
  const prices: Price = {
    input: 1_000,
    output: 2_000,
    tiers: [
      { aboveTokens: 500, input: 4_000, output: 8_000 },
      { aboveTokens: 200, input: 2_000, output: 4_000, cachedInput: 500 },
    ],
  }
  expect(costOf(prices, { inputTokens: 200, outputTokens: 10 }, {})).toBe(220)
  expect(costOf(prices, { inputTokens: 201, outputTokens: 10, cachedInputTokens: 100 }, {})).toBe(292)
  expect(costOf(prices, { inputTokens: 501, outputTokens: 10 }, {})).toBe(2_084)
})

test('bills an image by its size and quality, and by the first row if the request sets neither', () => {
  const prices: Price = {
    input: 0,
    output: 0,
    images: [
      { size: '1024x1024', quality: 'standard', nano: 40_000_000 },
      { size: '1792x1024', quality: 'standard', nano: 80_000_000 },
      { size: '1024x1024', quality: 'hd', nano: 80_000_000 },
      { size: '1792x1024', quality: 'hd', nano: 120_000_000 },
    ],
  }
  const none = { inputTokens: 0, outputTokens: 0 }
  expect(costOf(prices, none, { images: 2 })).toBe(80_000_000)
  expect(costOf(prices, none, { images: 1, imageQuality: 'hd', imageSize: 'auto' })).toBe(80_000_000)
  expect(costOf(prices, none, { images: 1, imageSize: '1792x1024', imageQuality: 'hd' })).toBe(120_000_000)
  expect(costOf(prices, none, { images: 1, imageSize: '9x9' })).toBe(120_000_000)
  expect(costOf({ ...prices, perImageNano: 7 }, none, { images: 1, imageSize: '9x9' })).toBe(7)
})

test('bills output once: by tokens if they were counted, else by images or characters', () => {
  const prices: Price = { input: 1_000, output: 2_000, perImageNano: 50, perCharacterPico: 3_000 }
  expect(costOf(prices, { inputTokens: 10, outputTokens: 10 }, { images: 1, characters: 5 })).toBe(30)
  expect(costOf(prices, { inputTokens: 10, outputTokens: 0 }, { images: 1, characters: 5 })).toBe(75)
})

test('bills audio by the second if it was not counted in tokens', () => {
  const prices: Price = { input: 2_000, output: 0, perSecondPico: 100_000 }
  expect(costOf(prices, { inputTokens: 0, outputTokens: 0, seconds: 12.345 }, {})).toBe(1_235)
  expect(costOf(prices, { inputTokens: 10, outputTokens: 0, seconds: 12.345 }, {})).toBe(20)
})

test('adds a price per call', () => {
  expect(costOf({ ...gpt4o, perRequestNano: 12_000_000 }, { inputTokens: 1, outputTokens: 0 }, {})).toBe(12_002_500)
})
