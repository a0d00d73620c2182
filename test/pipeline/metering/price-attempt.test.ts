import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Price } from '../../../src/metering/price.ts'
import { worstCase } from '../../../src/metering/worst-case.ts'
import { priceAttempt } from '../../../src/pipeline/metering/price-attempt.ts'

/** $2 and $8 a million: 2,000 and 8,000 nano-USD a token. */
const price: Price = { input: 2_000_000, output: 8_000_000 }
type End = Parameters<typeof priceAttempt>[0]
const expected: Parameters<typeof priceAttempt>[1] = {
  price,
  inputTokens: 10,
  outputTokens: 100,
  media: {},
  seconds: 0,
  isPartial: false,
  isFree: false,
  reportsCharge: false,
}
const counted = { inputTokens: 12, outputTokens: 7 }

function record(changes: Partial<End>): End {
  const noFacts = { usage: undefined, media: undefined, producedTokens: undefined }
  return { status: 200, outcome: 'ok', wasSent: true, ...noFacts, ...changes }
}

const [inputNano, outputNano] = [10 * 2_000, 8_000]
const nothing = { costNano: 0, costSource: 'none', usage: undefined }

describe('the cost of a call', () => {
  test.each([
    { end: 'whole', outcome: 'ok' },
    { end: 'broken off', outcome: 'interrupted' },
    { end: 'left', outcome: 'client_gone' },
    { end: 'failed', outcome: 'upstream_error', status: 502 },
  ] as const)('is priced by the provider’s count, however it ended: $end', ({ end: _end, ...changes }) => {
    const cost = priceAttempt(record({ ...changes, usage: counted, producedTokens: 3 }), expected)
    expect(cost).toEqual({ costNano: 12 * 2_000 + 7 * 8_000, costSource: 'usage', usage: counted })
  })

  test.each([
    { end: 'the provider cannot be reached', outcome: 'upstream_error', status: 502, wasSent: false },
    { end: 'the provider refuses the key', outcome: 'upstream_error', status: 401 },
    { end: 'the provider is at its limit', outcome: 'upstream_error', status: 429 },
    { end: 'the provider fails', outcome: 'upstream_error', status: 500 },
    { end: 'Weir refuses', outcome: 'rejected', status: 400, wasSent: false },
    { end: 'the provider never responds', outcome: 'upstream_error', status: 504 },
    { end: 'the stream breaks off before its first content', outcome: 'interrupted' },
    { end: 'the caller leaves before anything was sent', outcome: 'client_gone', status: 499, wasSent: false },
  ] as const)('R06 is zero if nothing was generated: $end', ({ end: _end, ...changes }) => {
    expect(priceAttempt(record({ ...changes, producedTokens: 0 }), expected)).toEqual(nothing)
  })

  test('R06 is the input, marked as an estimate, if the caller leaves before any output', () => {
    const cost = priceAttempt(record({ outcome: 'client_gone', status: 499 }), expected)
    expect(cost).toEqual({
      costNano: inputNano,
      costSource: 'estimated',
      usage: { inputTokens: 10, outputTokens: 0 },
    })
  })

  test('case C3: is the amount reserved if a caller under a budget leaves before a whole response, and its usage is unknown', () => {
    const owed = { ...expected, isOwedUnread: true }
    const left = record({ outcome: 'client_gone', status: 499 })
    expect(priceAttempt(left, owed, 777)).toEqual({
      costNano: 777,
      costSource: 'reserved',
      usage: { inputTokens: 10, outputTokens: 0 },
    })
    // Usage that arrives nevertheless counts, and an unsent call is free.
    expect(priceAttempt({ ...left, usage: counted }, owed, 777)).toMatchObject({ costSource: 'usage', usage: counted })
    expect(priceAttempt({ ...left, producedTokens: 3 }, owed, 777)).toMatchObject({ costSource: 'estimated' })
    expect(priceAttempt({ ...left, wasSent: false }, owed, 777)).toEqual(nothing)
  })

  test.each(['client_gone', 'interrupted'] as const)(
    'R04 R06 is the input and one relayed token, marked as an estimate (%s)',
    (outcome) => {
      expect(priceAttempt(record({ outcome, producedTokens: 1 }), expected)).toEqual({
        costNano: inputNano + outputNano,
        costSource: 'estimated',
        usage: { inputTokens: 10, outputTokens: 1 },
      })
    },
  )

  test('R04 R05 grows with every relayed token, is never zero, and never exceeds the reservation', () => {
    const bounds = { price, inputTokens: 10, maxOutputTokens: 100, choices: 1, media: {} }
    const reserved = worstCase(bounds).nano
    let before = 0
    for (let producedTokens = 1; producedTokens < 300; producedTokens++) {
      const { costNano, costSource } = priceAttempt(record({ outcome: 'interrupted', producedTokens }), expected)
      expect(costSource).toBe('estimated')
      expect(costNano).toBeGreaterThanOrEqual(before)
      expect(costNano).toBeGreaterThan(0)
      expect(costNano).toBeLessThanOrEqual(reserved)
      before = costNano
    }
    expect(before).toBe(reserved)
  })

  test('R05 is zero for an error event, however long its text', () => {
    // The stream reader does not count an error as output: `producedTokens` is 0.
    expect(priceAttempt(record({ outcome: 'upstream_error', producedTokens: 0 }), expected)).toEqual(nothing)
  })

  test('is an estimate, not zero, if a provider responds without a count', () => {
    expect(priceAttempt(record({ producedTokens: 4 }), expected)).toMatchObject({
      costNano: inputNano + 4 * outputNano,
      costSource: 'estimated',
    })
    expect(priceAttempt(record({}), expected)).toMatchObject({ costNano: inputNano, costSource: 'estimated' })
  })

  test('is exact, by the request, if images or characters have a price', () => {
    const perImage: Price = { input: 0, output: 0, perImageNano: 40_000_000 }
    const images = { ...expected, price: perImage, outputTokens: 0, media: { images: 2 } }
    expect(priceAttempt(record({}), images)).toMatchObject({ costNano: 80_000_000, costSource: 'usage' })
    const perCharacter: Price = { input: 0, output: 0, perCharacterPico: 15_000_000 }
    const speech = { ...expected, price: perCharacter, outputTokens: 0, media: { characters: 100 } }
    expect(priceAttempt(record({ producedTokens: 1 }), speech)).toMatchObject({
      costNano: 1_500_000,
      costSource: 'usage',
    })
    expect(priceAttempt(record({ outcome: 'upstream_error', status: 500 }), speech)).toEqual(nothing)
  })

  test('case C7: is by the response’s count of images, and an estimate if neither response nor form has one', () => {
    const perImage: Price = {
      input: 0,
      output: 0,
      images: [
        { size: '1024x1024', nano: 40 },
        { size: '512x512', nano: 20 },
      ],
    }
    const requested = { ...expected, price: perImage, media: { images: 10, imageSize: 'auto' }, isPartial: true }
    expect(priceAttempt(record({}), requested)).toMatchObject({ costNano: 400, costSource: 'estimated' })
    const media = { images: 3, imageSize: '512x512' }
    expect(priceAttempt(record({ media }), requested)).toMatchObject({ costNano: 60, costSource: 'usage' })
    const named = { ...requested, media: { images: 10, imageSize: '1024x1024' } }
    expect(priceAttempt(record({ media }), named)).toMatchObject({ costNano: 120, costSource: 'usage' })
    expect(priceAttempt(record({ media: { images: 0 } }), requested)).toMatchObject({
      costNano: 0,
      costSource: 'usage',
    })
  })

  test('case C2: is by the estimated length of the audio if none is reported, also for an interrupted stream', () => {
    const sound = { ...expected, price: { input: 0, output: 0, perSecondPico: 1_000_000 }, inputTokens: 0, seconds: 30 }
    for (const end of [{}, { outcome: 'interrupted', producedTokens: 1 }, { outcome: 'client_gone' }] as const)
      expect(priceAttempt(record(end), sound)).toMatchObject({ costNano: 30_000, costSource: 'estimated' })
    expect(priceAttempt(record({ outcome: 'upstream_error', status: 500 }), sound)).toEqual(nothing)
    const usage = { inputTokens: 0, outputTokens: 0, seconds: 8.5 }
    expect(priceAttempt(record({ usage }), sound)).toMatchObject({ costNano: 8_500, costSource: 'usage' })
    expect(priceAttempt(record({ usage: counted }), sound)).toMatchObject({ costNano: 30_000, costSource: 'estimated' })
  })

  test('R54 is `unpriced` if no price is known, and keeps the provider’s count', () => {
    const cost = priceAttempt(record({ usage: counted }), { ...expected, price: undefined })
    expect(cost).toEqual({ costNano: 0, costSource: 'unpriced', usage: counted })
  })

  test('is the provider’s figure if the table has no price', () => {
    const usage = { ...counted, reportedNano: 4_200 }
    const cost = priceAttempt(record({ usage }), { ...expected, price: undefined })
    expect(cost).toMatchObject({ costNano: 4_200, costSource: 'provider' })
    expect(priceAttempt(record({ usage }), expected)).toMatchObject({ costSource: 'usage' })
  })

  test('case C9: is the provider’s figure if that is known to be its charge, even 0', () => {
    const trusting = { ...expected, reportsCharge: true }
    for (const reportedNano of [4_200, 0]) {
      const cost = priceAttempt(record({ usage: { ...counted, reportedNano } }), trusting)
      expect(cost).toMatchObject({ costNano: reportedNano, costSource: 'provider' })
    }
    expect(priceAttempt(record({ usage: counted }), trusting)).toMatchObject({ costSource: 'usage' })
    const zero = record({ usage: { ...counted, reportedNano: 0 } })
    expect(priceAttempt(zero, { ...expected, price: undefined })).toMatchObject({ costSource: 'unpriced' })
  })

  test('case C5: replaces a count of 0 beside text by an estimate, and keeps every other count', () => {
    const prompt = { ...counted, outputTokens: 0, cachedInputTokens: 3 }
    expect(priceAttempt(record({ usage: prompt, producedTokens: 5 }), expected)).toEqual({
      costNano: 12 * 2_000 + 5 * 8_000,
      costSource: 'estimated',
      usage: { ...prompt, outputTokens: 5 },
    })
    const reply = { inputTokens: 0, outputTokens: 7 }
    expect(priceAttempt(record({ usage: reply }), expected)).toMatchObject({
      costNano: inputNano + 7 * 8_000,
      costSource: 'estimated',
    })
    const zeros = { inputTokens: 0, outputTokens: 0 }
    expect(priceAttempt(record({ usage: zeros }), expected)).toMatchObject({ costNano: inputNano })
    expect(priceAttempt(record({ usage: zeros, outcome: 'upstream_error', status: 500 }), expected).costNano).toBe(0)
  })

  test.each([
    ['output', { input: 2_000_000, output: 0 }, counted],
    ['input', { input: 0, output: 8_000_000 }, counted],
    [
      'text in the output of an image model',
      { input: 1, output: 0, imageOutput: 9 },
      { ...counted, imageOutputTokens: 6 },
    ],
    ['tokens beside a price by the second', { input: 0, output: 0, perSecondPico: 9 }, counted],
  ] as const)('case C6: is unknown, never free, if the price has no rate for %s', (_what, part, usage) => {
    expect(priceAttempt(record({ usage }), { ...expected, price: part })).toMatchObject({
      costNano: 0,
      costSource: 'unpriced',
    })
  })

  test.each([
    ['all of the model', { input: 0, output: 0 }, counted, {}],
    ['no such token', { input: 2_000_000, output: 0 }, { inputTokens: 5, outputTokens: 0 }, {}],
    ['a kind with a rate', { input: 1, output: 0, imageOutput: 9 }, { ...counted, imageOutputTokens: 7 }, {}],
    ['a call', { input: 0, output: 0, perRequestNano: 9 }, counted, {}],
    ['images', { input: 0, output: 0, perImageNano: 9 }, counted, { images: 1 }],
    ['characters', { input: 0, output: 0, perCharacterPico: 9 }, counted, { characters: 1 }],
    ['seconds', { input: 0, output: 0, perSecondPico: 9 }, { ...counted, seconds: 2 }, {}],
  ] as const)('is known if the price is for %s', (_what, part, usage, media) => {
    expect(priceAttempt(record({ usage }), { ...expected, price: part, media })).toMatchObject({ costSource: 'usage' })
  })

  test('is zero if the caller’s own key pays, although tokens are counted', () => {
    const cost = priceAttempt(record({ usage: counted }), { ...expected, isFree: true })
    expect(cost).toEqual({ costNano: 0, costSource: 'none', usage: counted })
  })

  test('R51 is a whole number of nano-USD, whatever the usage', () => {
    const count = fc.nat({ max: 10_000_000 })
    const usages = fc.record({ inputTokens: count, outputTokens: count, cachedInputTokens: count })
    const prices = fc.record({ input: count, output: count, cachedInput: count })
    fc.assert(
      fc.property(usages, prices, (usage, price) => {
        const { costNano } = priceAttempt(record({ usage }), { ...expected, price })
        expect(Number.isSafeInteger(costNano)).toBe(true)
        expect(costNano).toBeGreaterThanOrEqual(0)
      }),
    )
  })
})
