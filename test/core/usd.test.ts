import fc from 'fast-check'
import { expect, it } from 'vitest'
import { maxUsd, toNano, toUsd } from '../../src/core/usd.ts'

it.each([
  [0, 0],
  [0.1, 100_000_000],
  [1e-9, 1],
  [1.005, 1_005_000_000],
  [0.123456789, 123_456_789],
  [8_388_607.999999999, 8_388_607_999_999_999],
  [8_999_999.99, 8_999_999_990_000_000],
  [maxUsd, 9_000_000_000_000_000],
])('%d USD are %d nano-USD', (usd, nano) => {
  expect(toNano(usd)).toBe(nano)
})

it.each([-1, -1e-9, Number.NaN, Number.POSITIVE_INFINITY, 1e-10, 0.1234567891, 1.0000000001, maxUsd + 1e-3, 1e300])(
  'rejects %d USD',
  (usd) => {
    expect(toNano(usd)).toBeUndefined()
  },
)

const viaJson = (nano: number) => toNano(JSON.parse(JSON.stringify(toUsd(nano))) as number)

it('converts to USD and back without loss, also through JSON', () => {
  const amounts = fc.oneof(fc.nat(1_000_000), fc.bigInt(0n, 2n ** 23n * 10n ** 9n - 1n).map(Number))
  fc.assert(
    fc.property(amounts, (nano) => {
      expect(viaJson(nano)).toBe(nano)
      expect(toUsd(nano).toFixed(9).replace('.', '').padStart(10, '0')).toBe(String(nano).padStart(10, '0'))
    }),
    { numRuns: 2_000 },
  )
})
