import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { type BufferShare, Buffers } from '../../src/core/buffers.ts'
import { pullStream, toByteStream } from '../../src/core/byte-stream.ts'
import { GatewayError } from '../../src/core/errors.ts'
import { toParts } from '../../src/openai/long-strings.ts'
import { type ParsedJsonBody, parseJsonBody, readJsonBody } from '../../src/openai/parse-json-body.ts'
import { openShare } from '../support/open-share.ts'
import { scanByName } from './scan-by-name.ts'
import { jsonObjectText, jsonText } from './spaced-json.ts'

const maxDepth = 4

/** Names that some parser treats as equal, and names that only look equal. */
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
  fc.constantFrom(
    'İ',
    'i̇',
    'ß',
    'SS',
    'Σ',
    'σ',
    'ς',
    'K',
    'k',
    '\u212a',
    'ſ',
    's',
    '\\ud800',
    '\\u0000',
    '\\"',
    '\\\\',
  ),
)

/** Objects with a repeated name, which an encoder never writes. */
const repeating = fc
  .array(fc.tuple(name, jsonText), { maxLength: 4 })
  .map((members) => `{${members.map(([key, value]) => ` "${key}" : ${value}`).join(',')} }`)

const broken = fc
  .tuple(repeating, fc.nat(), fc.constantFrom('', '"', '{', '}', ',', ':', '\\', '[', ']', '0'))
  .map(([text, position, mark]) => {
    const at = position % text.length
    return text.slice(0, at) + mark + text.slice(at + 1)
  })

test('S58 S61 accepts and rejects the same texts as a scan of every name, and for the same reason', () => {
  void fc.assert(
    fc.property(fc.oneof(repeating, broken, jsonObjectText, jsonText), (written) => {
      // Half a surrogate pair is not valid UTF-8.
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
  ['of which two differ in case', (at: number) => (at === 49_999 ? 'NAME_7' : `name_${at}`), 'NAME_7'],
])('S58 parses fifty thousand members %s in linear time', (_names, toName, repeated) => {
  const text = `{${Array.from({ length: 50_000 }, (_, at) => `"${toName(at)}":0`).join(',')}}`
  const begun = performance.now()
  const found = parse(text)
  // Quadratic time would take minutes.
  expect(performance.now() - begun).toBeLessThan(5_000)
  if (repeated === undefined) expect(found).toHaveProperty('text', text)
  else expect(found).toBe(`invalid_value ${repeated}`)
})

test('S60 keeps a member named `__proto__` as a member', () => {
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

/** The parsed body, or the code and the field of the error. */
function parse(text: string): unknown {
  try {
    return parseJsonBody(new TextEncoder().encode(text), maxDepth)
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error
    return error.param === undefined || error.param === null ? error.code : `${error.code} ${error.param}`
  }
}

test.each([
  ['11 million empty arrays', `{"a":[${'[],'.repeat(11_000_000)}1]}`],
  ['names', `{"a":{${Array.from({ length: 150_000 }, (_, at) => `"n${at}":1`).join()}}}`],
  ['spaces', `{"a":${' '.repeat(30_000_000)}1}`],
  ['escapes', `{"a":"${'\\n'.repeat(4_000_000)}"}`],
])('case D4: rejects JSON that takes long to parse: %s (S87, R69)', async (_, text) => {
  await expect(read(text)).rejects.toThrow(/too many values, names, escapes or spaces/)
})

test('case D4: rejects a body with too many values before all of it has arrived', async () => {
  let sent = 0
  const source = pullStream(
    async () => {
      sent += 65_536
      return { done: false, value: encoder.encode(sent === 65_536 ? '{"a":[' : '[],'.repeat(21_845)) }
    },
    async () => {},
  )
  await expect(readJsonBody(source, limits, openShare())).rejects.toThrow(/too many values/)
  expect(sent).toBeLessThan(2_000_000)
})

test('case D4: reads long bodies unchanged, in pieces that split characters and escapes', async () => {
  const picture = 'abcd'.repeat(6 * 1_048_576)
  const words = 'Wörter, 文字, \\ud83d\\ude00 \\\\ \\"'.repeat(100_000)
  const text = ` {"input":[${'123456, '.repeat(99_999)}1],"words":"${words}","picture":["${picture}",{"a":"${'y'.repeat(300_000)}"}]} `
  const share = openShare()
  const body = await read(text, share)
  expect(wholeOf(body) === text).toBe(true)
  const { picture: read1, ...rest } = body.object
  expect(rest).toEqual({ input: JSON.parse(text).input, words: JSON.parse(`"${words}"`) })
  expect(JSON.stringify(read1) === JSON.stringify([picture, { a: 'y'.repeat(300_000) }])).toBe(true)
  expect(body.text.length).toBeLessThan(1_000_000)
  // The picture takes one byte per character, the words two, and as much again for the unescaped words.
  const parsed = String(JSON.parse(`"${words}"`))
  expect(share.bytes).toBe(2 * body.text.length + picture.length + 300_000 + 2 * words.length + 2 * parsed.length)
})

test.each([
  ['', 'at the beginning'],
  ['\ufeff', 'after a byte order mark'],
])('case D4: finds a long string after multi-byte characters, %s%s', async (mark) => {
  const long = 'x'.repeat(1_100_000)
  const text = `{"ä文😀":"é","a":"${long}","b":"文","c":["${long}y"]}`
  const body = await read(mark + text)
  expect(wholeOf(body) === text).toBe(true)
  expect(body.object).toEqual(JSON.parse(text))
})

test('case D4: holds a picture in one byte per character beside non-Latin words', async () => {
  const share = openShare()
  const body = await read(`{"words":"文字","picture":"${'abcd'.repeat(5_000_000)}"}`, share)
  expect(body.object.words).toBe('文字')
  expect(share.bytes).toBeLessThan(20_100_000)
})

test.each([
  ['unescaped', `"文${'x'.repeat(9_000_000)}"`],
  ['escaped', `"${'x'.repeat(8_400_000)}\\u6587${'x'.repeat(8_400_000)}"`],
])('case D4: rejects long non-Latin strings, %s, which take two bytes per character', async (_, value) => {
  await expect(read(`{"a":${value}}`)).rejects.toThrow(/long strings with non-Latin characters/)
})

test('keeps a string that looks like the mark of a long string', async () => {
  const long = 'x'.repeat(1_100_000)
  const body = await read(`{"a":"\\u0000long 7","b":"${long}"}`)
  expect(body.object.a).toBe('\0long 7')
  expect(wholeOf(body)).toBe(`{"a":"\\u0000long 7","b":"${long}"}`)
  await expect(read(`{"a":"\\u0000long 0","b":"${long}"}`)).rejects.toThrow(/too long, or a long field appears twice/)
})

function wholeOf({ text, longs = [] }: ParsedJsonBody): string {
  return toParts(text, longs).join('')
}

test('case D4: accepts 300,000 tokens as numbers', async () => {
  const tokens = `{"input":[${'123456, '.repeat(299_999)}1]}`
  expect((await read(tokens)).text).toBe(tokens)
})

test.each([
  ['a control character in a long string', `{"a":"${'x'.repeat(1_100_000)}\n"}`, /control character/],
  ['a truncated long body', `{"a":"${'x'.repeat(1_100_000)}`, /not valid JSON/],
  ['a long name', `{"${'x'.repeat(1_100_000)}":1}`, /name in the body is too long/],
  ['an invalid escape in a long string', `{"a":"${'x'.repeat(1_100_000)}\\x"}`, /not valid JSON/],
  ['a repeated name', `{"b":1,"a":"${'x'.repeat(1_100_000)}","B":2}`, /`B` appears twice/],
])('rejects %s', async (_, text, message) => {
  await expect(read(text)).rejects.toThrow(message)
})

test('rejects invalid UTF-8 anywhere in a long body', async () => {
  for (const at of [70_000, 1_099_998]) {
    const bytes = encoder.encode(`{"a":"${'x'.repeat(1_100_000)}"}`)
    bytes[at] = 0xe4
    await expect(readJsonBody(toByteStream(bytes), limits, openShare())).rejects.toThrow('not UTF-8')
  }
})

test('case D3: reserves the bytes that it holds, and rejects if there is no room', async () => {
  const share = openShare(4_000_000)
  await expect(read(`{"a":"${'x'.repeat(3_000_000)}"}`, share)).rejects.toMatchObject({ code: 'body_too_large' })
  const buffers = new Buffers(6_000_000)
  buffers.open().require(2_000_000)
  const other = buffers.open()
  await expect(read(`{"a":"${'x'.repeat(1_500_000)}"}`, other)).rejects.toMatchObject({
    code: 'overloaded',
    status: 503,
  })
})

test.each([
  ['breaks off', `{"a":"${'x'.repeat(3_000_000)}`, new Error('gone')],
  ['is not JSON', `{"a":"${'x'.repeat(3_000_000)}`, undefined],
])('case D3: frees the memory of a long body that %s before any garbage collection', async (_, text, error) => {
  const bytes = encoder.encode(text)
  const before = process.memoryUsage().external
  for (let count = 0; count < 30; count++) await expect(readBytes(bytes, openShare(), error)).rejects.toThrow()
  expect(process.memoryUsage().external - before).toBeLessThan(30_000_000)
})

const encoder = new TextEncoder()

const limits = {
  bound: { bytes: 64 * 1_048_576, tooLarge: () => new GatewayError('body_too_large', 'too large') },
  maxDepth: 64,
  yieldToEventLoop: async () => {},
}

function read(text: string, share: BufferShare = openShare()) {
  return readBytes(encoder.encode(text), share)
}

/** Reads a body that arrives in pieces and fails at the end with `error`, if given. */
function readBytes(bytes: Uint8Array, share: BufferShare, error?: Error) {
  let at = 0
  const source = pullStream(
    async () => {
      const value = bytes.subarray(at, at + 65_537)
      at += value.length
      if (value.length === 0 && error !== undefined) throw error
      return { done: value.length === 0, value }
    },
    async () => {},
  )
  return readJsonBody(source, limits, share)
}
