import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { findRepeatedName, locateMembers, measureJson } from '../../src/openai/scan-json.ts'
import { depthOf, jsonObjectText, jsonText } from './spaced-json.ts'

test('tells the depth that the parsed value has, whatever its strings hold', () => {
  void fc.assert(
    fc.property(jsonText, (text) => {
      expect(measureJson(text, Number.POSITIVE_INFINITY).depth).toBe(depthOf(JSON.parse(text)))
    }),
  )
})

test('finds every member of the outermost object, and where its value stands', () => {
  void fc.assert(
    fc.property(jsonObjectText, (text) => {
      const value: Record<string, unknown> = JSON.parse(text)
      const members = locateMembers(text)
      const found = [...members].map(([name, { start, end }]) => [name, JSON.parse(text.slice(start, end))])
      expect(Object.fromEntries(found)).toEqual(value)
    }),
  )
})

test.each([
  ['{"model":"a","model":"b"}', 'model'],
  ['{"model":"a","mod\\u0065l":"b"}', 'model'],
  ['{"model":"a","MODEL":"b"}', 'MODEL'],
  ['{"__proto__":1,"__proto__":2}', '__proto__'],
  ['{"a":{"model":1},"b":[{"model":1}],"model":1}', undefined],
  ['{"messages":"\\"model\\":1,","model":"a"}', undefined],
])('S58 sees the name that comes twice at the top of %s', (text, duplicate) => {
  expect(findRepeatedName(text)).toBe(duplicate)
})

test('S61 stops at the depth that is too deep', () => {
  const text = '['.repeat(1_000_000)
  expect(measureJson(text, 64).depth).toBe(65)
  expect(measureJson(`${'[{"a":'.repeat(32)}1${'}]'.repeat(32)}`, 64).depth).toBe(64)
})

test('tells how many commas part the members of the outermost object', () => {
  void fc.assert(
    fc.property(jsonObjectText, (text) => {
      const count = Object.keys(JSON.parse(text)).length
      expect(measureJson(text, Number.POSITIVE_INFINITY).commas).toBe(Math.max(0, count - 1))
    }),
  )
})

test('does not throw on what is no JSON, and ends', () => {
  const marks = fc.array(fc.constantFrom('{', '}', '[', ']', '"', '\\', ':', ',', '1', ' '), { maxLength: 30 })
  void fc.assert(
    fc.property(
      fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: marks.map((parts) => parts.join('')) })),
      (text) => {
        measureJson(text, 64)
        locateMembers(text)
        findRepeatedName(text)
      },
    ),
  )
})

test('looks at a string of backslashes once', () => {
  const text = `{"a":"${'\\\\'.repeat(200_000)}","b":"${'\\"'.repeat(200_000)}","model":"m"}`
  const members = locateMembers(text)
  const span = members.get('model')
  expect(span && text.slice(span.start, span.end)).toBe('"m"')
})
