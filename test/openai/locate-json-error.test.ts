import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { locateJsonError } from '../../src/openai/locate-json-error.ts'
import { jsonText } from './spaced-json.ts'

test.each([
  ['', 'it ends too early, at line 1, column 1, where a value is missing.'],
  ['{', 'it ends too early, at line 1, column 2, where a name in double quotes or } is missing.'],
  ['{"a":1', 'it ends too early, at line 1, column 7, where a comma or the end is missing.'],
  ["{'a':1}", 'unexpected "\'" at line 1, column 2, where a name in double quotes or } belongs.'],
  ['{"a" 1}', 'unexpected "1" at line 1, column 6, where a colon belongs.'],
  ['{"a":1,}', 'unexpected "}" at line 1, column 8, where a name in double quotes belongs.'],
  ['{\n  "a": [1,],\n}', 'unexpected "]" at line 2, column 11, where a value belongs.'],
  ['{"a":tru}', 'unexpected "t" at line 1, column 6, where a value belongs.'],
  ['{"a":01}', 'unexpected "1" at line 1, column 7, where a comma or the end belongs.'],
  ['{"a":"\n"}', 'unexpected "\\"" at line 1, column 6, where a value belongs.'],
  ['{"a":1}{', 'unexpected "{" at line 1, column 8, where a comma or the end belongs.'],
  ['[1}', 'unexpected "}" at line 1, column 3, where a comma or the end belongs.'],
  ['{"a":😀}', 'unexpected "😀" at line 1, column 6, where a value belongs.'],
])('names the place and what belongs there in %j', (text, message) => {
  expect(locateJsonError(text)).toBe(message)
})

const spoilt = fc
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

test('never throws, and names a place up to which the text could be JSON', () => {
  void fc.assert(
    fc.property(spoilt, (text) => {
      const message = locateJsonError(text)
      const [, line, column] = /line (\d+), column (\d+)/.exec(message) ?? []
      const lines = text.split('\n')
      expect(Number(line)).toBeLessThanOrEqual(lines.length)
      const at = lines.slice(0, Number(line) - 1).reduce((sum, { length }) => sum + length + 1, 0) + Number(column) - 1
      expect(at).toBeLessThanOrEqual(text.length)
      expect(isTail(text, at)).toBe(message.startsWith('it ends too early'))
    }),
  )
})

test('never finds fault before the place where the parser does', () => {
  void fc.assert(
    fc.property(jsonText, fc.nat(), (text, at) => {
      const beginning = text.slice(0, at % (text.length + 1))
      if (isJson(beginning)) return
      const cutsToken = /["\w.+\\-]$|[^\s[\]{}:,]$/.test(beginning)
      if (!cutsToken) expect(locateJsonError(beginning)).toMatch(/^it ends too early/)
    }),
  )
})

test('quotes no more of the body than one character', () => {
  const secret = 'my-secret-prompt'
  expect(locateJsonError(`{"a":"${secret}" "${secret}"}`)).not.toContain('secret')
  expect(locateJsonError(`{"a":${secret}}`)).not.toContain('secret')
})

test('does not search what is very long', () => {
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
