import { expect, test } from 'vitest'
import { outlineJson } from '../../src/openai/outline-json.ts'

const encoder = new TextEncoder()

test('R69 empties long strings and leaves every other byte, whatever escapes they hold', () => {
  const picture = 'abcd'.repeat(100_000)
  const escapes = '\\"\\\\'.repeat(100_000)
  const text = JSON.stringify({ a: 'x', data: [{ b64_json: picture }, { b64_json: `${escapes}\\` }], usage: { n: 1 } })
  const value = JSON.parse(new TextDecoder().decode(outlineJson(encoder.encode(text))))
  expect(value).toEqual({ a: 'x', data: [{ b64_json: '' }, { b64_json: '' }], usage: { n: 1 } })
})

test('leaves a short text, and one that is cut off, as they are', () => {
  for (const text of [JSON.stringify({ a: 'x'.repeat(300_000) }), `{"a":"${'x'.repeat(1_100_000)}`]) {
    const bytes = encoder.encode(text)
    expect(outlineJson(bytes)).toBe(bytes)
  }
})
