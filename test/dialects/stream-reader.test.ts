import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { messages } from '../../src/dialects/messages.ts'
import { createStreamReader, type StreamSummary } from '../../src/dialects/stream-reader.ts'
import { createEventSplitter } from '../../src/sse/split-events.ts'
import { messageStream } from '../support/anthropic-fixtures.ts'
import { type FormatName, formats } from './formats.ts'

const encoder = new TextEncoder()
const decoder = new TextDecoder()

const word = '{"choices":[{"index":0,"delta":{"content":"a"},"finish_reason":null}]}'
const stop = '{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}'
const usage = '{"choices":[],"usage":{"prompt_tokens":19,"completion_tokens":2}}'
const counted = { inputTokens: 19, outputTokens: 2 }

describe('createStreamReader', () => {
  test('R12 reports a chat stream as complete only after `[DONE]` or a finish reason', () => {
    expect(read([word, '[DONE]'])).toMatchObject({ isComplete: true, finishReason: undefined })
    expect(read([word, stop])).toMatchObject({ isComplete: true, finishReason: 'stop' })
    expect(read([word, usage])).toMatchObject({ isComplete: false, usage: counted })
    expect(read([word])).toMatchObject({ isComplete: false })
    expect(read([])).toMatchObject({ isComplete: false, failure: undefined, usage: undefined })
    expect(read([word, '"[DONE]'])).toMatchObject({ isComplete: true })
    expect(read([JSON.stringify({ choices: [{ delta: { content: 'say [DONE]' } }] })])).toMatchObject({
      isComplete: false,
    })
  })

  test('case A11: drops and does not count events after `[DONE]`, in the same chunk or a later one', () => {
    for (const late of [word, stop, usage, '{"error":{"message":"overloaded"}}', '[DONE]']) {
      const ended = read([word, '[DONE]', late])
      expect(ended).toMatchObject({ isComplete: true, finishReason: undefined, failure: undefined, usage: undefined })
      expect(ended.passed).toBe(toStream([word, '[DONE]']))
    }
  })

  test('case C4: uses the reason of a truncated choice for the stream, whichever choice ends last', () => {
    const end = (index: number, reason: string) =>
      JSON.stringify({ choices: [{ index, delta: {}, finish_reason: reason }] })
    const cut = [end(0, 'stop'), end(1, 'length'), end(2, 'stop')]
    for (const order of [cut, cut.toReversed(), [...cut, word, word, word, word, word]])
      expect(read(order, { choices: 3 })).toMatchObject({ isComplete: true, finishReason: 'length' })
    const whole = [end(0, 'stop'), end(1, 'tool_calls'), end(2, 'stop')]
    expect(read(whole, { choices: 3 })).toMatchObject({ finishReason: 'stop' })
  })

  test.each([
    {
      name: 'several choices',
      chunk: { choices: [{ finish_reason: null }, { finish_reason: 'length' }] },
      reason: 'length',
    },
    { name: 'an empty reason', chunk: { choices: [{ finish_reason: '' }] }, reason: undefined },
    { name: 'a number', chunk: { choices: [{ finish_reason: 1 }] }, reason: undefined },
    { name: 'no choices', chunk: { choices: null }, reason: undefined },
    { name: 'invalid choices', chunk: { choices: ['stop', null, 1] }, reason: undefined },
    {
      name: 'a completion’s choice',
      chunk: { choices: [{ text: 'a', index: 0, finish_reason: 'stop' }] },
      reason: 'stop',
    },
    { name: 'a provider’s own reason', chunk: { choices: [{ finish_reason: 'eos_token' }] }, reason: 'eos_token' },
  ])('R12 R53 reads the finish reason: $name', ({ chunk, reason }) => {
    expect(read([word, JSON.stringify(chunk)]).finishReason).toBe(reason)
  })

  test('R12 finds the finish reason if events without content follow', () => {
    expect(read([word, stop, usage, '{"choices":[]}', '{"choices":[]}'])).toMatchObject({
      finishReason: 'stop',
      usage: counted,
    })
  })

  test.each([
    { shape: 'responses', type: 'response.completed', reason: 'completed' },
    { shape: 'responses', type: 'response.incomplete', reason: 'incomplete' },
    { shape: 'responses', type: 'response.failed', reason: 'failed' },
    { shape: 'responses', type: 'response.output_text.done', reason: undefined },
    { shape: 'typed', type: 'image_generation.completed', reason: 'completed' },
    { shape: 'typed', type: 'transcript.text.done', reason: 'done' },
    { shape: 'typed', type: 'transcript.text.delta', reason: undefined },
  ] as const)('R12 reads the end of a $shape stream: $type', ({ shape, type, reason }) => {
    const summary = read([JSON.stringify({ type, delta: 'a' })], { shape })
    expect(summary.finishReason).toBe(reason)
    expect(summary.isComplete).toBe(reason !== undefined)
  })

  test('reads the usage of Responses inside `response`, and that of audio at the top', () => {
    const tokens = { input_tokens: 36, output_tokens: 87, output_tokens_details: { reasoning_tokens: 5 } }
    const expected = { inputTokens: 36, outputTokens: 87, reasoningTokens: 5 }
    const completed = JSON.stringify({ type: 'response.completed', response: { status: 'completed', usage: tokens } })
    expect(read([completed], { shape: 'responses' }).usage).toEqual(expected)
    expect(read([JSON.stringify({ type: 'transcript.text.done', usage: tokens })], { shape: 'typed' }).usage).toEqual(
      expected,
    )
  })

  test.each([
    '{"choices":[],"usage":{"prompt_tokens":19,"completion_tokens":2}}',
    '{"choices": [], "usage": {"prompt_tokens": 19, "completion_tokens": 2}}',
    '{"choices":[],"usage" :{"prompt_tokens":19,"completion_tokens":2}}',
    '{ "usage"  :  { "prompt_tokens" : 19 , "completion_tokens" : 2 } , "choices" : [ ] }',
    '{"usage":{"completion_tokens_details":{},"prompt_tokens":19,"completion_tokens":2},"choices":[]}',
  ])('R52 finds the usage, and hides its chunk only with `hidesUsage`: %s', (chunk) => {
    for (const size of [1, 5, 1_000]) {
      const shown = read([word, chunk, ...Array.from({ length: 10 }, () => word)], { size })
      expect(shown.usage).toEqual(counted)
      expect(shown.passed).toContain(chunk)
      const hidden = read([word, chunk, stop, '[DONE]'], { size, hidesUsage: true })
      expect(hidden).toMatchObject({ usage: counted, isComplete: true, finishReason: 'stop' })
      expect(hidden.passed).toBe(toStream([word, stop, '[DONE]']))
    }
  })

  test('R52 finds a usage whose event has line breaks in its JSON', () => {
    const lines = ['{"choices":', '[],', '"usage": {"prompt_tokens":19,', '"completion_tokens":2}}']
    const text = `${lines.map((line) => `data: ${line}`).join('\r\n')}\r\n\r\n`
    expect(readText(text, { hidesUsage: true })).toMatchObject({ usage: counted, passed: '' })
  })

  test('R52 does not hide a chunk with a choice, without usage, or with unreadable usage', () => {
    const chunks = [
      '{"choices":[{"index":0}],"usage":{"prompt_tokens":19,"completion_tokens":2}}',
      '{"choices":[],"usage":null}',
      '{"choices":[],"usage":{}}',
      '{"choices":[],"prompt_filter_results":[{"usage":{"prompt_tokens":1}}]}',
      '{"choices":[],"usage":{"prompt_tokens":19',
    ]
    expect(read(chunks, { hidesUsage: true }).passed).toBe(toStream(chunks))
  })

  test('adds the cost to a usage at any position, and changes nothing else', () => {
    const toCost = (): number => 0.000_012_3
    const result = read([word, stop, usage, '[DONE]'], { toCost })
    expect(result).toMatchObject({ usage: counted, isComplete: true, finishReason: 'stop' })
    const priced = usage.replace('{"prompt', '{"cost":0.0000123,"prompt')
    expect(result.passed).toBe(toStream([word, stop, priced, '[DONE]']))
    const completed =
      '{"type":"response.completed","response":{"n":1.0,"usage":{"input_tokens":36,"output_tokens":87}}}'
    const text = `event: response.completed\r\nid: 7\r\ndata: ${completed}\r\n\r\n`
    expect(readText(text, { shape: 'responses', toCost }).passed).toBe(
      `event: response.completed\nid: 7\ndata: ${completed.replace('{"input', '{"cost":0.0000123,"input')}\n\n`,
    )
    const spoken = '{"type":"transcript.text.done","usage":{"input_tokens":1,"output_tokens":2}}'
    expect(read([spoken], { shape: 'typed', toCost: () => null }).passed).toContain('"usage":{"cost":null,"input')
  })

  test('R32 adds the cost with any chunk boundaries', () => {
    const events = [word, '{"choices":[],"usage":null}', stop, usage, word, '[DONE]']
    const priced = events.map((event) => event.replace('{"prompt', '{"cost":1,"prompt'))
    for (let size = 1; size < 200; size += 7) {
      expect(read(events, { size, toCost: () => 1 }).passed).toBe(toStream(priced))
    }
  })

  test('adds no cost to an unreadable usage, and replaces a cost that the provider reports', () => {
    const toCost = (): number => 1
    for (const odd of [
      '{"usage":{}}',
      '{"choices":[],"usage":{"prompt_tokens":19',
      '{"choices":[{"usage":{"a":1}}]}',
    ]) {
      expect(read([odd], { toCost }).passed).toBe(toStream([odd]))
    }
    const other = usage.replace('{"prompt', '{"cost":7,"prompt')
    expect(read([other], { toCost }).passed).toBe(toStream([other.replace('7', '1')]))
    const lines = ['{"choices":', '[],', '"usage": {"prompt_tokens":19,', '"completion_tokens":2}}']
    const text = `${lines.map((line) => `data: ${line}`).join('\n')}\n\n`
    expect(readText(text, { toCost }).passed).toBe(text.replace('{"prompt', '{"cost":1,"prompt'))
  })

  test('R53 case C5: uses the maximum of each readable count', () => {
    const of = (prompt: unknown, output: unknown): string =>
      JSON.stringify({ choices: [{ index: 0 }], usage: { prompt_tokens: prompt, completion_tokens: output } })
    expect(read([of(19, 1), of(0, 2), of(0, 0), of(-1, -1), of('3', '4'), of(null, null)]).usage).toEqual(counted)
  })

  test('case C5: ignores zeros after a text, and estimates the text', () => {
    const zeros = '{"choices":[],"usage":{"prompt_tokens":0,"completion_tokens":0}}'
    const result = read([...Array.from({ length: 50 }, () => word), stop, zeros])
    expect(result.usage).toBeUndefined()
    expect(result.producedTokens).toBeGreaterThanOrEqual(49)
  })

  test('R53 keeps a usage that arrives long before the end', () => {
    expect(read([usage, ...Array.from({ length: 50 }, () => word), stop]).usage).toEqual(counted)
  })

  test('R05 detects an error event, and no error in the model’s output', () => {
    expect(read([word, '{"error":{"message":"broke down"}}']).failure).toBeDefined()
    expect(read(['{"type":"error","message":"broke down"}'], { shape: 'responses' }).failure).toBeDefined()
    expect(read([JSON.stringify({ choices: [{ delta: { content: '{"error":{}}' } }] })]).failure).toBeUndefined()
    expect(read(['{"choices":[],"error":null}']).failure).toBeUndefined()
  })

  test('R31 R53 reads any JSON and invalid JSON without throwing', () => {
    const anything = fc.oneof(
      fc.json(),
      fc.string(),
      fc.constantFrom('[]', 'null', '"usage":{', '{"usage":{', '{"choices":{"length":1}}', '{"response":{"usage":[]}}'),
    )
    fc.assert(
      fc.property(
        fc.array(anything, { maxLength: 6 }),
        fc.constantFrom('chat', 'responses', 'typed'),
        (data, shape) => {
          const lines = data.map((value) => value.replace(/[\r\n]/g, ' '))
          expect(read(lines, { shape, hidesUsage: shape === 'chat' }).isComplete).toBeTypeOf('boolean')
        },
      ),
      { numRuns: 300 },
    )
  })

  test('R32 R52 returns the same summary with any chunk boundaries', () => {
    const events = [word, '{"choices":[{"delta":{"content":"😀你好"}}],"usage":null}', stop, usage, '[DONE]']
    const bytes = encoder.encode(toStream(events))
    const whole = readBytes([bytes], { hidesUsage: true })
    expect(whole.passed).toBe(toStream(events.filter((event) => event !== usage)))
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: bytes.length }), { maxLength: 20 }), (offsets) => {
        const edges = [0, ...offsets, bytes.length].sort((left, right) => left - right)
        const pieces = edges.slice(1).map((edge, index) => bytes.subarray(edges[index], edge))
        expect(readBytes(pieces, { hidesUsage: true })).toEqual(whole)
      }),
      { numRuns: 300 },
    )
  })
})

test('case D5: keeps one of several long events, an outline of a very long one, and nothing of too many values (S87)', () => {
  const reader = createStreamReader(formats.chat, true)
  const splitter = createEventSplitter(reader.see)
  const push = (data: string) => splitter.push(encoder.encode(`data: ${data}\n\n`))
  for (let at = 0; at < 20; at++)
    push(JSON.stringify({ choices: [{ index: 0, delta: { content: 'x'.repeat(30_000) } }] }))
  expect(reader.heldBytes()).toBeLessThan(40_000)
  for (let at = 0; at < 4; at++) push(JSON.stringify({ choices: [], picture: 'x'.repeat(2_000_000) }))
  expect(reader.heldBytes()).toBe(0)
  push(`{"choices":[],"usage":{"prompt_tokens":7,"completion_tokens":5},"picture":"${'x'.repeat(2_000_000)}"}`)
  push(`{"choices":[],"usage":{"prompt_tokens":9,"completion_tokens":9},"a":[${'[],'.repeat(900_000)}1]}`)
  expect(reader.heldBytes()).toBe(0)
  expect(reader.summarise().usage).toMatchObject({ inputTokens: 7, outputTokens: 5 })
})

interface ReadOptions {
  readonly choices?: number
  readonly shape?: FormatName
  readonly hidesUsage?: boolean
  readonly toCost?: () => number | null
  /** Bytes per chunk. */
  readonly size?: number
}

type ReadResult = StreamSummary & { readonly passed: string }

test('tells when the first event with output has passed, if it is asked to look for it', () => {
  const reader = createStreamReader(messages.events, false, undefined, 1, messages.reply?.hasOutput)
  const splitter = createEventSplitter(reader.see)
  const seen = messageStream.map((event) => {
    splitter.push(encoder.encode(event))
    return reader.hasOutput()
  })
  const first = messageStream.findIndex((event) => event.includes('text_delta'))
  expect(first).toBeGreaterThan(1)
  expect(seen).toEqual(messageStream.map((_event, index) => index >= first))
  expect(createStreamReader(messages.events, false).hasOutput()).toBe(true)
})

/** Reads a stream of these data; returns the summary and the passed text. */
function read(data: readonly string[], options: ReadOptions = {}): ReadResult {
  return readText(toStream(data), options)
}

function readText(text: string, options: ReadOptions): ReadResult {
  const bytes = encoder.encode(text)
  const { size = bytes.length } = options
  const pieces: Uint8Array[] = []
  for (let start = 0; start < bytes.length; start += size) pieces.push(bytes.subarray(start, start + size))
  return readBytes(pieces, options)
}

function readBytes(
  pieces: readonly Uint8Array[],
  { shape = 'chat', hidesUsage = false, toCost, choices }: ReadOptions,
): ReadResult {
  const reader = createStreamReader(formats[shape], hidesUsage, toCost, choices)
  const splitter = createEventSplitter(reader.see)
  const streaming = new TextDecoder()
  let passed = ''
  for (const piece of pieces) for (const run of splitter.push(piece)) passed += streaming.decode(run, { stream: true })
  return { ...reader.summarise(), passed: passed + streaming.decode() + decoder.decode(splitter.rest()) }
}

function toStream(data: readonly string[]): string {
  return data.map((text) => `data: ${text}\n\n`).join('')
}
