import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { toCsvLine } from '../../../src/admin/reports/export.ts'

it('writes a line by RFC 4180', () => {
  const cells = ['plain', 'a,b', 'say "hi"', 'two\r\nlines', '', undefined, 1.5, true, ['x', 'y'], ' kept ']
  expect(toCsvLine(cells)).toBe('plain,"a,b","say ""hi""","two\r\nlines",,,1.5,true,x;y, kept \r\n')
})

it.each(['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1', '\n=1', '=HYPERLINK("http://x","y")'])(
  'lets no spreadsheet take %j for a formula',
  (text) => {
    expect(readCsv(toCsvLine([text, [text]]))).toEqual([[`'${text}`, `'${text}`]])
  },
)

it('leaves numbers and what is harmless as it is', () => {
  expect(toCsvLine([-1, 'a=b', "'quoted", '1-2'])).toBe("-1,a=b,'quoted,1-2\r\n")
})

it('can be read back whatever is in the cells', () => {
  const cell = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.string({ unit: fc.constantFrom('"', ',', '\r', '\n', 'x', '=') }),
  )
  void fc.assert(
    fc.property(fc.array(fc.array(cell, { minLength: 2, maxLength: 2 })), (rows) => {
      const expected = rows.map((cells) => cells.map((text) => (/^[=+\-@\t\r\n]/.test(text) ? `'${text}` : text)))
      expect(readCsv(rows.map(toCsvLine).join(''))).toEqual(expected)
    }),
  )
})

/** Reads CSV by the grammar of RFC 4180, and knows nothing of how it is written. */
function readCsv(text: string): readonly (readonly string[])[] {
  const rows: string[][] = []
  let row: string[] = []
  const field = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/gy
  for (let match = field.exec(text); match !== null; match = field.exec(text)) {
    const [, quoted, plain = '', end] = match
    row.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'))
    if (end === ',') continue
    rows.push(row)
    row = []
    if (field.lastIndex === text.length) break
  }
  return rows
}
