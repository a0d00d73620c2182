import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Outline, outlineAtOnce, outlineLong } from '../../src/openai/outline-json.ts'

const encoder = new TextEncoder()
const decoder = new TextDecoder()

test('R69 empties long strings with any escapes, and keeps every other byte', async () => {
  const picture = 'abcd'.repeat(100_000)
  const escapes = '\\"\\\\'.repeat(20_000)
  const long = `${escapes}${picture}\\`
  const text = JSON.stringify({ a: 'x', data: [{ b64_json: picture }, { b64_json: long }], usage: { n: 1 } })
  expect(await outline(text)).toEqual({ a: 'x', data: [{ b64_json: '' }, { b64_json: '' }], usage: { n: 1 } })
})

test('case D4: keeps one of many numbers in a row, and the other values between rows (R69)', async () => {
  const vector = Array.from({ length: 50_000 }, (_, at) => at / 7)
  const data = [
    { index: 0, embedding: vector },
    { embedding: [...vector, 'a', ...vector, [], 1] },
    { embedding: [1, 2] },
  ]
  const shown = [{ index: 0, embedding: [0] }, { embedding: [0, 'a', 0, [], 1] }, { embedding: [1, 2] }]
  const usage = { prompt_tokens: 3 }
  for (const space of [undefined, 2])
    expect(await outline(JSON.stringify({ data, usage }, undefined, space))).toEqual({ data: shown, usage })
})

test('case D4: empties long, deeply nested lists (R69)', async () => {
  const content = Array.from({ length: 100_000 }, () => ({ token: 'a', logprob: -0.1, bytes: [97] }))
  const choices = [{ index: 0, message: { content: 'a' }, logprobs: { content, refusal: null }, finish_reason: 'stop' }]
  expect(await outline(JSON.stringify({ choices, usage: { n: 1 } }))).toEqual({
    choices: [{ ...choices[0], logprobs: { content: [], refusal: null } }],
    usage: { n: 1 },
  })
})

test.each([
  ['empty lists', `{"data":[${'[],'.repeat(1_000_000)}1]}`],
  ['names', `{"data":[${'{"a":1},'.repeat(200_000)}1]}`],
  ['words', `{"data":[${`"${'x'.repeat(1_000)}",`.repeat(20_000)}1]}`],
  ['escaped quotes', `{"data":"${'\\"'.repeat(1_000_000)}"}`],
  ['levels', `${'['.repeat(1_000_000)}${']'.repeat(1_000_000)}`],
])('case D4: returns no outline for too many %s', async (_, text) => {
  expect(await outlineLong(encoder.encode(text), yieldToEventLoop)).toBeUndefined()
})

test('locates the outermost usage, the last of several', async () => {
  const text = `{"a":{"usage":1}, "usage" : {"n":1} ,"usage":  {"n":2}}`
  const { usage } = (await outlineLong(encoder.encode(text), yieldToEventLoop)) as Outline
  expect(usage && text.slice(usage.start, usage.end).trim()).toBe('{"n":2}')
})

test('case D4: yields every few megabytes, also within a row of numbers, and never if it has one step only (R69)', async () => {
  let yields = 0
  const found = await outlineLong(encoder.encode(`{"a":[${'1.5,'.repeat(5_000_000)}[]]}`), async () => void yields++)
  expect(yields).toBe(4)
  expect(decoder.decode(found?.bytes)).toMatch(/^\{"a":\[(0,)+\[\]\]\}$/)
  expect(await outlineLong(encoder.encode(`{"a":[${'1'.repeat(9_000_000)}]}`), yieldToEventLoop)).toBeUndefined()
  const long = 'A'.repeat(9_000_000)
  const picture = outlineAtOnce(encoder.encode(JSON.stringify({ a: long, b: long, type: 'x' })))
  expect(JSON.parse(decoder.decode(picture?.bytes))).toEqual({ a: '', b: '', type: 'x' })
  expect(outlineAtOnce(encoder.encode('{"a":1}'))).toEqual({ bytes: encoder.encode('{"a":1}'), usage: undefined })
})

test('keeps JSON without long parts unchanged', () => {
  void fc.assert(
    fc.property(fc.json(), fc.constantFrom(undefined, 1), (json, space) => {
      const text = JSON.stringify(JSON.parse(json), undefined, space)
      expect(decoder.decode(outlineAtOnce(encoder.encode(text))?.bytes)).toBe(text)
    }),
  )
})

async function outline(text: string): Promise<unknown> {
  const found = await outlineLong(encoder.encode(text), yieldToEventLoop)
  return found && JSON.parse(decoder.decode(found.bytes))
}

async function yieldToEventLoop(): Promise<void> {}
