import * as fc from 'fast-check'
import { expect } from 'vitest'
import { writeSpaced } from '../openai/spaced-json.ts'
import { chatChunks, chatCompletion } from '../support/fixtures.ts'
import type { Script } from '../support/upstream-exchange.ts'
import { json, sse } from '../support/upstream-scripts.ts'
import { expectRefusal, post } from './ask-in-pieces.ts'
import { cutAt, type Fuzzer, places, withFaults } from './fuzzer.ts'

const anything = fc.jsonValue({ stringUnit: 'binary', maxDepth: 3 })

/** Mostly a chat of OpenAI's reference, with extra fields of any name and value. */
const chats = fc
  .tuple(
    fc.dictionary(fc.string({ unit: 'binary', maxLength: 8 }), anything, { maxKeys: 3 }),
    fc.record(
      {
        model: fc.oneof({ weight: 9, arbitrary: fc.constant('gpt-4.1') }, anything),
        messages: fc.oneof(
          {
            weight: 9,
            arbitrary: fc.array(fc.record({ role: fc.constant('user'), content: anything }), { maxLength: 3 }),
          },
          anything,
        ),
        stream: fc.oneof({ weight: 9, arbitrary: fc.boolean() }, anything),
        stream_options: fc.oneof(fc.constant({ include_usage: true }), anything),
        n: fc.oneof({ weight: 5, arbitrary: fc.integer({ min: 1, max: 3 }) }, anything),
        max_tokens: fc.oneof({ weight: 5, arbitrary: fc.integer({ min: 1, max: 100 }) }, anything),
        tools: anything,
        user: fc.string({ unit: 'binary' }),
      },
      { requiredKeys: ['model', 'messages'] },
    ),
    fc.infiniteStream(fc.constantFrom('', '', ' ', '\n', '\t', '\r\n  ')),
  )
  .map(([others, known, spaces]) => writeSpaced({ ...others, ...known }, () => spaces.next().value))

const tokens = [
  ...[
    '{',
    '}',
    '[',
    ']',
    '"',
    ':',
    ',',
    '\\',
    '\\u',
    '\\ud800',
    'null',
    '1e999',
    '-',
    '0',
    '\ufeff',
    '\0',
    '/*',
    '#',
    'NaN',
  ],
  ...['"model":"x",', '"Model":"x",', '"\\u006dodel":"x",', '"__proto__":{},', '['.repeat(40), '{"a":'.repeat(40)],
  Buffer.from([0xff]),
  Buffer.from([0xed, 0xa0, 0x80]),
]

export const jsonFuzzer: Fuzzer<readonly [Buffer, readonly number[]]> = {
  promise: 'Weir relays JSON with all its values, or refuses it and sends nothing',
  inputs: fc.tuple(withFaults(chats, tokens), places),
  cases: 400,
  async attempt([body, cuts], { gateway, upstream }) {
    upstream.respond(chatScript)
    const before = upstream.requests.length
    const response = await post(gateway, '/v1/chat/completions', 'application/json', cutAt(body, cuts))
    const exchanges = upstream.requests.slice(before)
    if (response.status !== 200) {
      expectRefusal(response)
      expect(exchanges).toEqual([])
      return false
    }
    expect(exchanges).toHaveLength(1)
    // Weir drops a byte order mark.
    const text = body.toString().replace(/^\ufeff/, '')
    const sent = JSON.parse(text)
    const received = exchanges[0]?.bodyJson as typeof sent
    if (sent.stream === true) {
      const { stream_options: options, ...others } = sent
      expect(received).toEqual({ ...others, stream_options: { ...options, include_usage: true } })
    } else expect(exchanges[0]?.bodyText).toBe(text)
    return true
  },
}

const chatScript: Script = {
  play: (wire, exchange) => {
    const { stream } = exchange.bodyJson as { stream?: unknown }
    return (stream === true ? sse(chatChunks) : json(200, chatCompletion)).play(wire, exchange)
  },
}
