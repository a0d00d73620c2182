import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { formatPrice } from '../../scripts/prices/price-list.ts'
import { parsePrice } from '../../src/metering/price-table.ts'
import { toPrice } from '../../src/metering/to-price.ts'
import { price } from './arbitrary-prices.ts'

/** A decimal as somebody types it, with at most so many places, and the whole number that it stands for. */
function decimals(places: number): fc.Arbitrary<readonly [text: string, whole: bigint]> {
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

test('R51 a price in USD a million tokens becomes exactly that many pico-USD', () => {
  void fc.assert(
    fc.property(decimals(6), ([text, pico]) => {
      expect(BigInt(toPrice({ input: Number(text) }).input)).toBe(pico)
    }),
  )
})

test('R51 a price by the call or the picture becomes exactly that many nano-USD', () => {
  void fc.assert(
    fc.property(decimals(9), ([text, nano]) => {
      expect(BigInt(toPrice({ per_request: Number(text) }).perRequestNano ?? -1)).toBe(nano)
      expect(BigInt(toPrice({ per_image: Number(text) }).perImageNano ?? -1)).toBe(nano)
    }),
  )
})

test('R51 a price by the second or the character becomes exactly that many pico-USD', () => {
  void fc.assert(
    fc.property(fc.integer({ min: 0, max: 1e12 }), (pico) => {
      const text = `${Math.floor(pico / 1e12)}.${String(pico % 1e12).padStart(12, '0')}`
      expect(toPrice({ per_second: Number(text) }).perSecondPico).toBe(pico)
      expect(toPrice({ per_character: Number(text) }).perCharacterPico).toBe(pico)
    }),
  )
})

test('a price has only what was written, and zero for input and output', () => {
  expect(toPrice({ output: 10, cached_input: undefined, reasoning: 0 })).toEqual({
    input: 0,
    output: 10_000_000,
    reasoning: 0,
  })
})

test('R51 the table’s text gives back the price that was written, to the last digit', () => {
  void fc.assert(
    fc.property(price, (written) => {
      expect(parsePrice(formatPrice(written))).toEqual(written)
    }),
  )
})
