import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { formatPrice } from '../../scripts/prices/price-list.ts'
import { parsePrice } from '../../src/metering/price-table.ts'
import { toPrice } from '../../src/metering/to-price.ts'
import { price } from './arbitrary-prices.ts'

/**
 * A decimal as an operator types it, with at most that many places, and its value as a whole number of the last place.
 */
function decimals(places: number): fc.Arbitrary<readonly [typed: string, whole: bigint]> {
  return fc
    .tuple(fc.integer({ min: 0, max: 999_999 }), fc.integer({ min: 0, max: 10 ** places - 1 }))
    .map(
      ([units, parts]) =>
        [
          `${units}.${String(parts).padStart(places, '0')}`,
          BigInt(units) * 10n ** BigInt(places) + BigInt(parts),
        ] as const,
    )
}

test('R51 converts a price in USD per million tokens exactly to pico-USD', () => {
  void fc.assert(
    fc.property(decimals(6), ([typed, pico]) => {
      expect(BigInt(toPrice({ input: Number(typed) }).input)).toBe(pico)
    }),
  )
})

test('R51 converts a price per call or image exactly to nano-USD', () => {
  void fc.assert(
    fc.property(decimals(9), ([typed, nano]) => {
      expect(BigInt(toPrice({ per_request: Number(typed) }).perRequestNano ?? -1)).toBe(nano)
      expect(BigInt(toPrice({ per_image: Number(typed) }).perImageNano ?? -1)).toBe(nano)
    }),
  )
})

test('R51 converts a price per second or character exactly to pico-USD', () => {
  void fc.assert(
    fc.property(fc.integer({ min: 0, max: 1e12 }), (pico) => {
      const typed = `${Math.floor(pico / 1e12)}.${String(pico % 1e12).padStart(12, '0')}`
      expect(toPrice({ per_second: Number(typed) }).perSecondPico).toBe(pico)
      expect(toPrice({ per_character: Number(typed) }).perCharacterPico).toBe(pico)
    }),
  )
})

test('a price has only the written fields, and 0 for missing input and output', () => {
  expect(toPrice({ output: 10, cached_input: undefined, reasoning: 0 })).toEqual({
    input: 0,
    output: 10_000_000,
    reasoning: 0,
  })
})

test('R51 a formatted price parses to the same price, to the last digit', () => {
  void fc.assert(
    fc.property(price, (written) => {
      expect(parsePrice(formatPrice(written))).toEqual(written)
    }),
  )
})
