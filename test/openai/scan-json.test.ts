import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { findRepeatedName, JsonMeter, locateMembers } from '../../src/openai/scan-json.ts'
import { depthOf, jsonObjectText, jsonText } from './spaced-json.ts'

/** Measures a text with `JsonMeter` in pieces of `size` characters. */
function measure(text: string, size = text.length): JsonMeter {
  const meter = new JsonMeter()
  for (let at = 0; at < text.length; at += size) meter.push(text.slice(at, at + size))
  return meter
}

test('measures the depth of the parsed value, with any strings', () => {
  void fc.assert(
    fc.property(jsonText, (text) => {
      expect(measure(text).deepest).toBe(depthOf(JSON.parse(text)))
    }),
  )
})

test('locates every member of the outermost object and its value', () => {
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
  ['{"max_token\u017f":1,"max_tokens":2}', 'max_tokens'],
  ['{"\u212aey":1,"key":2}', 'key'],
  ['{"__proto__":1,"__proto__":2}', '__proto__'],
  ['{"a":{"model":1},"b":[{"model":1}],"model":1}', undefined],
  ['{"messages":"\\"model\\":1,","model":"a"}', undefined],
])('S58 S86 finds the repeated top-level name of %s', (text, duplicate) => {
  expect(findRepeatedName(text)).toBe(duplicate)
})

test('S61 measures the depth of a text that would overflow a parser', () => {
  expect(measure('['.repeat(1_000_000)).deepest).toBe(1_000_000)
  expect(measure(`${'[{"a":'.repeat(32)}1${'}]'.repeat(32)}`).deepest).toBe(64)
})

test('measures the same for a text in any pieces', () => {
  void fc.assert(
    fc.property(jsonObjectText, fc.integer({ min: 1, max: 9 }), (text, size) => {
      const { deepest, commas, weight } = measure(text)
      expect(measure(text, size)).toMatchObject({ deepest, commas, weight })
    }),
  )
})

test('counts the commas between the members of the outermost object', () => {
  void fc.assert(
    fc.property(jsonObjectText, (text) => {
      const count = Object.keys(JSON.parse(text)).length
      expect(measure(text).commas).toBe(Math.max(0, count - 1))
    }),
  )
})

test('does not throw for invalid JSON, and terminates', () => {
  const marks = fc.array(fc.constantFrom('{', '}', '[', ']', '"', '\\', ':', ',', '1', ' '), { maxLength: 30 })
  void fc.assert(
    fc.property(
      fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: marks.map((parts) => parts.join('')) })),
      (text) => {
        measure(text)
        locateMembers(text)
        findRepeatedName(text)
      },
    ),
  )
})

test('scans a string of backslashes once', () => {
  const text = `{"a":"${'\\\\'.repeat(200_000)}","b":"${'\\"'.repeat(200_000)}","model":"m"}`
  const members = locateMembers(text)
  const span = members.get('model')
  expect(span && text.slice(span.start, span.end)).toBe('"m"')
})

test('case D4: weighs values, names, escapes and characters by their cost to parse (S87)', () => {
  expect(measure(`[${'[],'.repeat(1_000)}1]`).weight).toBeCloseTo(2_002 + 3_003 / 32)
  expect(measure(`{${'"a":1,'.repeat(999)}"b":1}`).weight).toBeCloseTo(1_001 + 4 * 1_000 + 6_001 / 32)
  expect(measure(`["${'\\n'.repeat(800)}"]`).weight).toBeCloseTo(2 + 100 + 1_604 / 32)
  expect(measure(`["${'[{,:'.repeat(16)}"]`).weight).toBeCloseTo(2 + 68 / 32)
})

test('case D4: finds long strings with any content', () => {
  const long = '\\"[{,:'.repeat(60_000)
  const text = `{"a":"x","b":"${long}","c":"${'y'.repeat(300_000)}"}`
  for (const size of [text.length, 1_000, 7]) {
    const found = measure(text, size).longStrings
    expect(found.map(({ start, end, hasEscapes }) => [text.slice(start, start + 3), end - start, hasEscapes])).toEqual([
      ['"\\"', long.length + 2, true],
      ['"yy', 300_002, false],
    ])
  }
})
