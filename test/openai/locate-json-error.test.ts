import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { locateJsonError } from '../../src/openai/locate-json-error.ts'
import { jsonText } from './spaced-json.ts'

test.each([
  ['', 'unexpected end of input at line 1, column 1; expected a value.'],
  ['{', 'unexpected end of input at line 1, column 2; expected a name in double quotes or }.'],
  ['{"a":1', 'unexpected end of input at line 1, column 7; expected a comma or the end.'],
  ["{'a':1}", 'unexpected "\'" at line 1, column 2; expected a name in double quotes or }.'],
  ['{"a" 1}', 'unexpected "1" at line 1, column 6; expected a colon.'],
  ['{"a":1,}', 'unexpected "}" at line 1, column 8; expected a name in double quotes.'],
  ['{\n  "a": [1,],\n}', 'unexpected "]" at line 2, column 11; expected a value.'],
  ['{"a":tru}', 'unexpected "t" at line 1, column 6; expected a value.'],
  ['{"a":01}', 'unexpected "1" at line 1, column 7; expected a comma or the end.'],
  ['{"a":"\n"}', 'unexpected "\\"" at line 1, column 6; expected a value.'],
  ['{"a":1}{', 'unexpected "{" at line 1, column 8; expected a comma or the end.'],
  ['[1}', 'unexpected "}" at line 1, column 3; expected a comma or the end.'],
  ['{"a":😀}', 'unexpected "😀" at line 1, column 6; expected a value.'],
])('names the position of the error and the expected token in %j', (text, message) => {
  expect(locateJsonError(text)).toBe(message)
})

const invalid = fc
  .tuple(
    jsonText,
    fc.nat(),
    fc.constantFrom('', ',', '"', '{', '}', '[', ']', ':', '\\', '\u0000', 'x', '-', '.'),
    fc.nat(3),
  )
  .map(([text, at, inserted, removed]) => {
    const start = at % (text.length + 1)
    return text.slice(0, start) + inserted + text.slice(start + removed)
  })
  .filter((text) => !isJson(text))

test('never throws, and names a position up to which the text can be JSON', () => {
  void fc.assert(
    fc.property(invalid, (text) => {
      const message = locateJsonError(text)
      const [, line, column] = /line (\d+), column (\d+)/.exec(message) ?? []
      const lines = text.split('\n')
      expect(Number(line)).toBeLessThanOrEqual(lines.length)
      const at = lines.slice(0, Number(line) - 1).reduce((sum, { length }) => sum + length + 1, 0) + Number(column) - 1
      expect(at).toBeLessThanOrEqual(text.length)
      expect(isTail(text, at)).toBe(message.startsWith('unexpected end of input'))
    }),
  )
})

test('never reports an error before the position where the parser does', () => {
  void fc.assert(
    fc.property(jsonText, fc.nat(), (text, at) => {
      const beginning = text.slice(0, at % (text.length + 1))
      if (isJson(beginning)) return
      const cutsToken = /["\w.+\\-]$|[^\s[\]{}:,]$/.test(beginning)
      if (!cutsToken) expect(locateJsonError(beginning)).toMatch(/^unexpected end of input/)
    }),
  )
})

test('quotes at most one character of the body', () => {
  const secret = 'my-secret-prompt'
  expect(locateJsonError(`{"a":"${secret}" "${secret}"}`)).not.toContain('secret')
  expect(locateJsonError(`{"a":${secret}}`)).not.toContain('secret')
})

test('does not search a very long text', () => {
  expect(locateJsonError('['.repeat(2_000_000))).toMatch(/ends too early\.$/)
})

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

function isTail(text: string, at: number): boolean {
  return text.slice(at).trim() === ''
}
