import * as fc from 'fast-check'
import type { WireForm } from './form-parsers.ts'

/** Mostly the first, valid value; sometimes one of the others. */
function mostly<T>(right: fc.Arbitrary<T>, ...wrong: readonly T[]): fc.Arbitrary<T> {
  return fc.oneof({ weight: 50, arbitrary: right }, { weight: 1, arbitrary: fc.constantFrom(...wrong) })
}

const boundaries = mostly(
  fc.constantFrom('----WebKitFormBoundaryAbC', 'b', '--b-', "it's.a_b+c", 'B'.repeat(70)),
  'a=b',
  'a b',
  'a:b/c?(d)',
  'é',
  'B'.repeat(71),
)

function typeOf(own: string): fc.Arbitrary<string> {
  return mostly(
    fc.constantFrom(
      `multipart/form-data; boundary=${own}`,
      `multipart/form-data; boundary="${own}"`,
      `Multipart/Form-Data;charset=utf-8;Boundary=${own}`,
      `multipart/form-data; charset=ISO-8859-1; boundary=${own}`,
    ),
    `multipart/form-data; x="; boundary=zz"; boundary=${own}`,
    `multipart/form-data; boundary=${own}; x="; boundary=zz"`,
    `multipart/form-data; boundary=zz; boundary=${own}`,
    `multipart/form-data; boundary=${own}; boundary=zz`,
    `multipart/form-data; boundary*=utf-8''zz; boundary=${own}`,
    `multipart/form-data; xboundary=zz; boundary=${own}`,
    `multipart/form-data; charset=utf-16le; boundary=${own}`,
    `multipart/form-data; boundary = ${own}`,
    `multipart/form-data; boundary='${own}'`,
    `multipart/form-data; boundary="${own.replace(/.$/, '\\$&')}"`,
    `multipart/form-data; boundary=${own},zz`,
    `multipart/form-data; boundary=${own};`,
    `multipart/mixed; boundary=${own}`,
  )
}

const names = mostly(
  fc.constantFrom('model', 'n', 'size', 'quality', 'stream', 'response_format', 'user', 'file', 'metadata[a]', 'größe'),
  'Model',
  'model ',
  ' model',
  'mod\\el',
  'model[]',
  'mod%65l',
  '%6dodel',
  '=?utf-8?q?model?=',
  'model\0',
  'ｍodel',
)

const fileNames = fc.constantFrom(
  'a.mp3',
  'größe.mp3',
  'a%22b.mp3',
  'a\\b.mp3',
  'a\\\\b.mp3',
  'a\\"b.mp3',
  'a\\',
  'a\\\\',
  'x; name=model',
  'x\\"; name=model; x=\\"',
  'x\\"; name=\\"model',
  "'; name=model",
  '=?utf-8?q?a?=',
  '',
)

/** Names of file parts; sometimes the name of a field. */
const fileParts = mostly(fc.constantFrom('file', 'image[]', 'x'), 'model', 'n')

const dispositions = fc
  .tuple(names, fileNames, fileParts)
  .chain(([name, file, part]) =>
    mostly(
      fc.constantFrom(
        `form-data; name="${name}"`,
        `form-data; name="${name}"`,
        `form-data; name="${name}"`,
        `form-data; name="${part}"; filename="${file}"`,
        `form-data;name=${name}`,
        `form-data; name="${part}"; filename=${file}`,
        `form-data; name="${part}"; filename="${file}"; filename*=utf-8''gr%C3%B6%C3%9Fe`,
        `form-data; name="${part}"; filename*=utf-8''a%22%3B%20name%3Dmodel`,
        `Form-Data; Name="${name}"`,
      ),
      `form-data; filename="${file}"; name="${name}"`,
      `form-data; name="x"; name="${name}"`,
      `form-data; name="${name}"; name="x"`,
      `form-data; name*=utf-8''${name}`,
      `form-data; name="x"; name*=utf-8''${name}`,
      `form-data; name*0="mod"; name*1="el"`,
      `form-data; name='${name}'`,
      `form-data; name="${name}`,
      `form-data; name=${name}"`,
      `form-data; name="${name}" x`,
      `form-data; name = "${name}"`,
      `form-data;\r\n name="${name}"`,
      `form-data;\tname="${name}"`,
      `form-data; x; name="${name}"`,
      `form-data; x="a;b"; name="${name}"`,
      `form-data, name="${name}"`,
      `form-data name="${name}"`,
      `attachment; name="${name}"`,
      `form-data; name="${name}";`,
      `form-data; name="${name}" `,
      `form-data; name=""`,
      'form-data',
    ),
  )

const otherHeaders = fc.oneof(
  { weight: 40, arbitrary: fc.constant('') },
  {
    weight: 12,
    arbitrary: fc.constantFrom(
      'Content-Type: text/plain\r\n',
      'Content-Type: text/plain; charset=utf-8\r\n',
      'Content-Type: text/plain; charset=ISO-8859-1\r\n',
      'Content-Type: application/json\r\n',
      'Content-Length: 3\r\n',
      'Content-Transfer-Encoding: 8bit\r\n',
      'X-Note: content-disposition: form-data; name="model"\r\n',
    ),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      'Content-Type: audio/mpeg\r\n',
      'Content-Type: application/octet-stream\r\n',
      'Content-Type: text/plain; charset=utf-16le\r\n',
      'Content-Type: text/plain; charset=utf-7\r\n',
      'Content-Type: multipart/mixed; boundary=zz\r\n',
      'Content-Type: message/rfc822\r\n',
      'Content-Transfer-Encoding: base64\r\n',
      'Content-Transfer-Encoding: quoted-printable\r\n',
      'Content-Encoding: gzip\r\n',
      'Content-Disposition: form-data; name="n"\r\n',
      'X-Note: a\r\n b\r\n',
      'X-Note: a\nb: c\r\n',
      'X-Note: a\rb: c\r\n',
      'no header\r\n',
      ' : x\r\n',
      ': x\r\n',
      'X\0: y\r\n',
      '\ufeff',
    ),
  },
)

function valuesOf(own: string): fc.Arbitrary<string> {
  return fc.oneof(
    {
      weight: 30,
      arbitrary: fc.constantFrom('whisper-1', '3', 'true', '', 'groß', 'a\r\nb\n', 'null', 'd2hpc3Blci0x', '=41'),
    },
    {
      weight: 2,
      arbitrary: fc.constantFrom(
        `x--${own}`,
        `x\n--${own}\n`,
        `x\r--${own}\r`,
        `--${own}`,
        `--${own}--`,
        `x\r\n--${own}x`,
        `x\r\n--${own} \r\n`,
        `\r\n--${own.slice(0, -1)}\r\n`,
        '\r',
        '\n',
        '\r\n',
        '\ufeffa',
        '\0',
        '--zz\r\nContent-Disposition: form-data; name="model"\r\n\r\ndear\r\n--zz--',
      ),
    },
  )
}

function partOf(own: string): fc.Arbitrary<string> {
  const lineEnd = fc.oneof(
    { weight: 200, arbitrary: fc.constant('\r\n') },
    { weight: 1, arbitrary: fc.constantFrom('\n', '\r', '\r\r\n', ' \r\n', '') },
  )
  return fc
    .tuple(dispositions, otherHeaders, fc.boolean(), valuesOf(own), lineEnd, lineEnd, lineEnd)
    .map(([disposition, other, isBefore, value, first, second, third]) => {
      const own_ = `Content-Disposition: ${disposition}\r\n`
      return `--${own}${first}${isBefore ? other + own_ : own_ + other}${second}${value}${third}`
    })
}

/** Tokens that are significant to parsers, inserted anywhere. */
const strayTokens = [
  '\r\n',
  '\n',
  '\r',
  '--',
  '-',
  '\0',
  ';',
  '"',
  '\\',
  ' ',
  '\t',
  'é',
  ':',
  'filename="x"',
  '; name="model"',
  '\r\n\r\n',
]

/** Forms on the wire, valid and invalid in every way that a parser misread; most have at most one fault. */
export const arbitraryForm: fc.Arbitrary<WireForm> = boundaries
  .chain((own) =>
    fc.record({
      type: typeOf(own),
      parts: fc.array(partOf(own), { minLength: 1, maxLength: 3 }),
      opening: mostly(fc.constant(''), '\r\n', 'x\r\n', ' ', '\n', '--zz\r\n'),
      ending: mostly(
        fc.constantFrom(`--${own}--\r\n`, `--${own}--`, `--${own}--\r\n\r\n`),
        '',
        `--${own}`,
        `--${own}-`,
        `--${own}--x`,
        `--${own}-- \r\n`,
        `--${own}--\n`,
        `--${own}--\r\n--${own}\r\nContent-Disposition: form-data; name="model"\r\n\r\ndear\r\n--${own}--\r\n`,
      ),
      stray: fc.option(
        fc.tuple(
          fc.constantFrom(...strayTokens),
          fc.double({ min: 0, max: 1, noNaN: true }),
          fc.integer({ min: 0, max: 2 }),
        ),
        {
          freq: 4,
          nil: undefined,
        },
      ),
    }),
  )
  .map(({ type, parts, opening, ending, stray }) => {
    const body = Buffer.from(opening + parts.join('') + ending)
    if (stray === undefined) return { type, body }
    const [token, place, dropped] = stray
    const at = Math.floor(place * body.length)
    return { type, body: Buffer.concat([body.subarray(0, at), Buffer.from(token), body.subarray(at + dropped)]) }
  })
