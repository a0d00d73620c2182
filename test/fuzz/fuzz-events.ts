import * as fc from 'fast-check'
import { expect } from 'vitest'
import type { Gateway } from '../support/gateway.ts'
import type { RawResponse } from '../support/raw-client.ts'
import { answer as answerWith } from '../support/upstream-scripts.ts'
import { post } from './ask-in-pieces.ts'
import { cutAt, type Fuzzer, places, type Target, withFaults } from './fuzzer.ts'

const usage = fc.record({ prompt_tokens: fc.nat(99), completion_tokens: fc.nat(99) })

const data = fc.oneof(
  {
    weight: 6,
    arbitrary: fc
      .string({ unit: 'binary', maxLength: 12 })
      .map((content) => ({ choices: [{ index: 0, delta: { content } }] })),
  },
  {
    weight: 2,
    arbitrary: fc
      .constantFrom('stop', 'length', null, '')
      .map((reason) => ({ choices: [{ index: 0, delta: {}, finish_reason: reason }] })),
  },
  { weight: 2, arbitrary: usage.map((counts) => ({ choices: [], usage: counts })) },
  { weight: 1, arbitrary: fc.constantFrom({ error: { message: 'overloaded' } }, { error: null }) },
  { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 2 }) },
)

/** One event with any line ending that the standard allows. */
const event = fc
  .tuple(
    fc.oneof(
      { weight: 8, arbitrary: fc.constant('') },
      fc.constantFrom('event: x\n', 'id: 1\n', ': ping\n', 'retry: 9\n', '\n'),
    ),
    data,
    fc.constantFrom('data: ', 'data: ', 'data:'),
    fc.constantFrom('\n', '\n', '\n', '\r\n', '\r'),
  )
  .map(([before, value, field, end]) => `${before}${field}${JSON.stringify(value)}\n\n`.replaceAll('\n', end))

const streams = fc
  .tuple(
    fc.array(event, { maxLength: 8 }),
    fc.constantFrom('data: [DONE]\n\n', 'data: [DONE]\n\n', 'data: [DONE]\r\n\r\n', ''),
    fc.oneof({ weight: 8, arbitrary: fc.constant('') }, event),
  )
  .map(([events, end, late]) => `${events.join('')}${end}${late}`)

/** Identifies the response as a stream; test/api/response-shapes.test.ts tests other beginnings. */
const firstEvent = Buffer.from('data: {"choices":[{"index":0,"delta":{"role":"assistant"}}]}\n\n')

const tokens = [
  ...[
    '\n',
    '\r',
    '\n\n',
    '\r\n',
    ':',
    'data:',
    'data: [DONE]\n\n',
    '"usage":{',
    '"usage" : {',
    'null',
    '{',
    '}',
    '\0',
    '\ufeff',
  ],
  Buffer.from([0xff]),
  Buffer.from([0xf0, 0x9f]),
]

export const eventFuzzer: Fuzzer<readonly [Buffer, readonly number[]]> = {
  promise: 'a stream passes unchanged up to its end, and pieces of any size give the same usage',
  inputs: fc.tuple(withFaults(streams, tokens), places),
  cases: 200,
  async attempt([faulty, cuts], target) {
    const bytes = Buffer.concat([firstEvent, faulty])
    const whole = await play([bytes], target)
    const cut = await play(cutAt(bytes, cuts), target)
    expect(cut).toEqual(whole)
    return whole.status === 200
  },
}

async function play(parts: readonly Uint8Array[], { gateway, upstream }: Target) {
  upstream.respond(answerWith(parts, { headers: { 'content-type': 'text/event-stream' }, framing: 'chunked' }))
  const body = '{"model":"gpt-4.1","messages":[],"stream":true,"stream_options":{"include_usage":true}}'
  const response = await post(gateway, '/v1/chat/completions', 'application/json', [Buffer.from(body)])
  if (response.status === 200) expectPassed(response.body, Buffer.concat(parts))
  else expect(response.status, response.text).toBe(502)
  return {
    status: response.status,
    // workerd relays the bytes itself; the amount that follows the last whole event is random.
    text: gateway.runtime === 'node' ? response.text : '',
    isComplete: response.isComplete,
    ...(await readLog(gateway, response)),
  }
}

const errorEvent = /[\n\r]*(event: error\n)?data: \{"error":\{"message":"The provider's stream .*\}\}\n\n$/s

/** All sent bytes, or those up to the end; Weir appends an error event to a truncated stream. */
function expectPassed(received: Buffer, sent: Buffer): void {
  const own = errorEvent.exec(received.toString('latin1'))?.[0] ?? ''
  const passed = received.subarray(0, received.length - own.length)
  expect(passed.equals(sent.subarray(0, passed.length)), received.toString()).toBe(true)
  if (own === '' && passed.length < sent.length) expect(passed.toString()).toMatch(/\[DONE\]/)
}

async function readLog(gateway: Gateway, response: RawResponse) {
  const id = response.header('x-request-id')
  const line = await gateway.findLog(({ request_id }) => request_id === id)
  const { outcome, input_tokens, output_tokens, finish_reason } = line
  return { outcome, input_tokens, output_tokens, finish_reason }
}
