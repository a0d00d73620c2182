import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { createReplyCollector, type Reply, readWholeReply } from '../../../src/pipeline/stream/collect-reply.ts'
import { createEventSplitter } from '../../../src/sse/split-events.ts'
import { openShare } from '../../support/open-share.ts'
import { delta } from './answers.ts'

const encoder = new TextEncoder()

/** Collects a stream in pieces of these sizes in bytes; the last piece has the rest. */
function collect(text: string, sizes: readonly number[] = []): Reply {
  const collector = createReplyCollector(openShare())
  const splitter = createEventSplitter((event) => {
    collector.see(event)
    return true
  })
  const bytes = encoder.encode(text)
  let start = 0
  for (const size of [...sizes, bytes.length]) {
    splitter.push(bytes.subarray(start, start + size))
    start += size
  }
  expect(collector.isComplete()).toBe(collector.reply().isComplete)
  return collector.reply()
}

function toText(events: readonly object[], end = '\n\n'): string {
  return events.map((event) => `data: ${JSON.stringify(event)}${end}`).join('')
}

test.each(['\u2028', '\u2029', '\u0085', '\v', '\f'])(
  'R32 does not treat %j within a word as a line end',
  (separator) => {
    const words = [`a${separator}b`, separator, `${separator}data: [DONE]${separator}`, `${separator}data: {}`]
    const chunks = words.map((content) => delta({ content }))
    expect(collect(toText(chunks))).toMatchObject({ content: words.join(''), isComplete: false })
    expect(collect(`${toText(chunks, '\r\n\r\n')}data: [DONE]\n\n`)).toMatchObject({
      content: words.join(''),
      isComplete: true,
    })
  },
)

test('R32 reads an event whose JSON is split over several data lines', () => {
  const lines = JSON.stringify(delta({ content: 'miau' }, 'stop'), null, 2).split('\n')
  const event = `${lines.map((line) => `data: ${line}`).join('\n')}\n\n`
  expect(collect(event)).toMatchObject({ content: 'miau', isComplete: true })
})

const call = { id: 'call_1', type: 'function', function: { name: 'weather', arguments: '{"city":"Zürich"}' } }
const events = [
  delta({ role: 'assistant', content: '' }),
  delta({ content: 'Grüezi 🐈 ' }),
  delta({ content: 'miau' }),
  delta({ tool_calls: [{ index: 0, id: 'call_1', type: 'function', function: { name: 'weather', arguments: '' } }] }),
  delta({ tool_calls: [{ index: 0, function: { arguments: '{"city":"Zü' } }] }),
  delta({ tool_calls: [{ index: 0, function: { arguments: 'rich"}' } }] }),
  delta({}, 'tool_calls'),
]
const reply: Reply = {
  content: 'Grüezi 🐈 miau',
  toolCalls: [call],
  refusal: undefined,
  model: 'gpt-4.1-2025-04-14',
  isComplete: true,
}

test('assembles the same message however the bytes are split', () => {
  void fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 200 })),
      fc.constantFrom('\n\n', '\r\n\r\n', '\r\r'),
      (sizes, end) => {
        expect(collect(`: ping\n\n${toText(events, end)}data: [DONE]${end}`, sizes)).toEqual(reply)
      },
    ),
  )
})

test.each([
  ['is complete with a finish reason and no `[DONE]`', toText(events), true],
  ['is complete with `[DONE]` and no finish reason', `${toText(events.slice(0, 3))}data: [DONE]\n\n`, true],
  ['is not complete without either', toText(events.slice(0, 3)), false],
  [
    'is not complete after an error',
    `${toText([...events, { error: { message: 'overloaded' } }])}data: [DONE]\n\n`,
    false,
  ],
  ['is not complete while another choice ends', toText([...events.slice(0, 3), delta({}, 'stop', 1)]), false],
])('a reply %s', (_name, text, isComplete) => {
  expect(collect(text).isComplete).toBe(isComplete)
})

test('separates tool calls whose pieces alternate', () => {
  const pieces = [0, 1, 0, 1].map((index, turn) =>
    delta({ tool_calls: [{ index, ...(turn < 2 && { id: `call_${index}` }), function: { arguments: `${turn}` } }] }),
  )
  expect(collect(toText(pieces)).toolCalls).toEqual([
    { id: 'call_0', type: 'function', function: { name: '', arguments: '02' } },
    { id: 'call_1', type: 'function', function: { name: '', arguments: '13' } },
  ])
})

test('ignores events that are not chat chunks', () => {
  const odd = [{}, { choices: null }, { choices: [null] }, { choices: [{ delta: 5 }] }, delta({ tool_calls: [5, {}] })]
  expect(collect(`${toText(odd)}data: {"cut\n\ndata: 5\n\nevent: x\n\n`)).toMatchObject({
    content: null,
    isComplete: false,
  })
})

test('reads the same message from a whole response', () => {
  const { content, toolCalls, model } = reply
  const message = { role: 'assistant', content, tool_calls: toolCalls }
  const choices = [{ index: 0, message, finish_reason: 'tool_calls' }]
  expect(readWholeReply(JSON.stringify({ model, choices }))).toEqual(reply)
  expect(readWholeReply(encoder.encode(JSON.stringify({ model, choices })))).toEqual(reply)
})

test.each(['', 'hello', '[]', '{}', '{"choices":[]}', '{"choices":[{"text":"x"}]}'])(
  '%j contains no message',
  (body) => {
    expect(readWholeReply(body)).toBeUndefined()
  },
)
