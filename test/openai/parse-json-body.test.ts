import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { GatewayError } from '../../src/core/errors.ts'
import { parseJsonBody } from '../../src/openai/parse-json-body.ts'
import { scanByName } from './scan-by-name.ts'
import { jsonObjectText, jsonText } from './spaced-json.ts'

const maxDepth = 4

/** Names that are alike to some parser, and those that only seem so. */
const name = fc.oneof(
  fc.constantFrom(
    'model',
    'MODEL',
    'mod\\u0065l',
    'a',
    'A',
    '__proto__',
    '__PROTO__',
    'constructor',
    '0',
    '00',
    '',
    ' model',
  ),
  fc.constantFrom('İ', 'i̇', 'ß', 'SS', 'Σ', 'σ', 'ς', 'K', 'k', '\\ud800', '\\u0000', '\\"', '\\\\'),
)

/** What an encoder never writes: one name several times. */
const repeating = fc
  .array(fc.tuple(name, jsonText), { maxLength: 4 })
  .map((members) => `{${members.map(([key, value]) => ` "${key}" : ${value}`).join(',')} }`)

const broken = fc
  .tuple(repeating, fc.nat(), fc.constantFrom('', '"', '{', '}', ',', ':', '\\', '[', ']', '0'))
  .map(([text, place, mark]) => {
    const at = place % text.length
    return text.slice(0, at) + mark + text.slice(at + 1)
  })

test('S58 S61 takes and refuses what a scan of every name takes and refuses, and for the same reason', () => {
  void fc.assert(
    fc.property(fc.oneof(repeating, broken, jsonObjectText, jsonText), (written) => {
      // Half a surrogate pair is no UTF-8.
      const text = written.toWellFormed()
      const { depth, duplicate } = scanByName(text, maxDepth)
      const found = parse(text)
      if (depth > maxDepth) expect(found).toBe('json_too_deep')
      else if (!isObject(text)) expect(found).toBe('invalid_json')
      else if (duplicate !== undefined) expect(found).toBe(`invalid_value ${duplicate}`)
      else expect(found).toEqual({ text, object: JSON.parse(text) })
    }),
    { numRuns: 3_000 },
  )
})

test.each([
  ['whose names are plain', (at: number) => `name_${at}`, undefined],
  ['whose names have capitals', (at: number) => `Name${at}`, undefined],
  ['that all have one name', () => 'name', 'name'],
  ['of which two differ in case', (at: number) => (at === 99_999 ? 'NAME_7' : `name_${at}`), 'NAME_7'],
])('S58 reads a hundred thousand members %s in one go', (_what, toName, repeated) => {
  const text = `{${Array.from({ length: 100_000 }, (_, at) => `"${toName(at)}":0`).join(',')}}`
  const begun = performance.now()
  const found = parse(text)
  // Anything but linear takes minutes.
  expect(performance.now() - begun).toBeLessThan(5_000)
  if (repeated === undefined) expect(found).toHaveProperty('text', text)
  else expect(found).toBe(`invalid_value ${repeated}`)
})

test('S60 keeps a member named `__proto__` one', () => {
  const body = parseJsonBody(new TextEncoder().encode('{"__proto__":{"a":1}}'), maxDepth)
  expect(Object.keys(body.object)).toEqual(['__proto__'])
})

function isObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
  } catch {
    return false
  }
}

/** What was parsed, or the error's code and the field that it names. */
function parse(text: string): unknown {
  try {
    return parseJsonBody(new TextEncoder().encode(text), maxDepth)
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error
    return error.param === undefined || error.param === null ? error.code : `${error.code} ${error.param}`
  }
}
