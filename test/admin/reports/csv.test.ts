import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { toCsvLine } from '../../../src/admin/reports/export.ts'

it('writes a line by RFC 4180, with each string in quotation marks', () => {
  const cells = ['plain', 'a,b', 'say "hi"', 'two\r\nlines', '', undefined, 1.5, true, ['x', 'y'], ' kept ']
  const line = '"plain","a,b","say ""hi""","two\r\nlines","",,1.5,true,"x;y"," kept "\r\n'
  expect(toCsvLine(cells)).toBe(line)
})

it.each(['=1+1', '+1', '-1', '@SUM(A1)', '=HYPERLINK("http://x","y")', ' =1', '＝1', '＋1', '－1', '＠x'])(
  'case D13: prevents %j from becoming a formula, alone, in a list, or with another cell separator',
  (text) => {
    expect(readCsv(toCsvLine([text, [text]]))).toEqual([[`'${text}`, `'${text}`]])
    expect(readCsv(toCsvLine([['x', text, 'y'], `x;${text}`]))).toEqual([[`x;'${text};y`, `x;'${text}`]])
    for (const divider of [';', ',', '\t', '\r', '\n', '\r\n'])
      expect(readCsv(toCsvLine([`x${divider}${text}`, '']))).toEqual([[`x${divider}'${text}`, '']])
  },
)

it.each(['\t1', '\r1', '\nx'])('case D13: escapes a cell that begins with %j', (text) => {
  expect(readCsv(toCsvLine([text, '']))).toEqual([[`'${text}`, '']])
})

it('case D13: escapes terminal controls and bidirectional controls', () => {
  const hostile = ['\u001b[2J', '\u009b2J', '\u007f', 'a\u202eb', '\u2066', '\u200f', '\0']
  const shown = ['\\u001b[2J', '\\u009b2J', '\\u007f', 'a\\u202eb', '\\u2066', '\\u200f', '\\u0000']
  expect(readCsv(toCsvLine(hostile))).toEqual([shown])
  expect(readCsv(toCsvLine([hostile, '']))).toEqual([[shown.join(';'), '']])
})

it('leaves numbers and harmless strings unchanged', () => {
  expect(toCsvLine([-1, 'a=b', "'quoted", '1-2', 'a, b', '0.25'])).toBe('-1,"a=b","\'quoted","1-2","a, b",0.25\r\n')
})

it('can be read back for any cells', () => {
  const plain = fc.string({ unit: fc.constantFrom('"', ',', '\r', '\n', 'x', ';', 'é', '漢') })
  const cell = plain.filter((text) => !/^[\t\r\n]/.test(text))
  void fc.assert(
    fc.property(fc.array(fc.array(cell, { minLength: 2, maxLength: 2 })), (rows) => {
      expect(readCsv(rows.map(toCsvLine).join(''))).toEqual(rows)
    }),
  )
})

it('case D13: no cell begins with a formula sign, for any content and any cell separator', () => {
  const text = fc.string({ unit: fc.constantFrom('"', ',', ';', '\t', '\r', '\n', ' ', '=', '-', '＝', 'x') })
  void fc.assert(
    fc.property(fc.array(fc.oneof(text, fc.array(text)), { minLength: 2 }), (cells) => {
      for (const read of readCsv(toCsvLine(cells)).flat())
        for (const piece of read.split(/[;,\t\r\n]/)) expect(piece).not.toMatch(/^ *[=＝-]/)
    }),
  )
})

/** Parses CSV by the grammar of RFC 4180, independently of the writer. */
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
