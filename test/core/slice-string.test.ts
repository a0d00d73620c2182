import fc from 'fast-check'
import { expect, test } from 'vitest'
import { sliceString } from '../../src/core/slice-string.ts'

test('slices join to the original string, are at most `length` long, and never split a surrogate pair', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.integer({ min: 2, max: 9 }), (text, length) => {
      const slices = [...sliceString(text, length)]
      expect(slices.join('')).toBe(text)
      for (const slice of slices) expect(slice.length).toBeLessThanOrEqual(length)
      const bytes = Buffer.concat(slices.map((slice) => Buffer.from(slice)))
      expect(bytes.equals(Buffer.from(text))).toBe(true)
    }),
  )
  expect([...sliceString('ab😀c', 3)]).toEqual(['ab', '😀c'])
})
