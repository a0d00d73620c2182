import { describe, expect, test } from 'vitest'
import { GatewayError } from '../../src/core/errors.ts'
import type { Dialect } from '../../src/dialects/dialect.ts'
import { createStreamReader } from '../../src/dialects/stream-reader.ts'
import { createEventSplitter } from '../../src/sse/split-events.ts'
import { geminiSketch } from './gemini-sketch.ts'
import { messagesSketch } from './messages-sketch.ts'

// Dialects of other makers, used only through the contract, which must not depend on OpenAI. The events are from the
// documentation: https://docs.anthropic.com/en/docs/build-with-claude/streaming,
// https://ai.google.dev/api/generate-content

const events = (...list: readonly object[]) =>
  list.map((data) => `event: ${'type' in data ? data.type : 'x'}\ndata: ${JSON.stringify(data)}\n\n`).join('')

const started = {
  type: 'message_start',
  message: {
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    content: [],
    model: 'claude-sonnet-4-5',
    stop_reason: null,
    usage: { input_tokens: 25, cache_read_input_tokens: 100, cache_creation_input_tokens: 0, output_tokens: 1 },
  },
}
const delta = (text: string) => ({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } })
const stopped = {
  type: 'message_delta',
  delta: { stop_reason: 'end_turn', stop_sequence: null },
  usage: { output_tokens: 15 },
}
const filler = Array.from({ length: 20 }, () => delta('word '))
const candidate = (text: string, more: object = {}) => ({
  candidates: [{ content: { parts: [{ text }], role: 'model' }, index: 0, ...more }],
  usageMetadata: { promptTokenCount: 8, candidatesTokenCount: 20, thoughtsTokenCount: 5, totalTokenCount: 33 },
  modelVersion: 'gemini-2.5-flash',
})

function read({ events: format }: Dialect, text: string) {
  const reader = createStreamReader(format, false)
  const passed: string[] = []
  const splitter = createEventSplitter((event) => reader.see(event))
  for (const run of splitter.push(new TextEncoder().encode(text))) passed.push(new TextDecoder().decode(run))
  return { ...reader.summarise(), hasEnded: reader.hasEnded(), passed: passed.join('') }
}

describe('Anthropic’s Messages, through the contract', () => {
  test('counts the input of the first event and the output of the last, with any number of events between', () => {
    const text = events(started, { type: 'ping' }, ...filler, stopped, { type: 'message_stop' })
    const summary = read(messagesSketch, text)
    expect(summary).toMatchObject({
      isComplete: true,
      failure: undefined,
      finishReason: 'end_turn',
      usage: { inputTokens: 125, cachedInputTokens: 100, outputTokens: 15 },
    })
    expect(summary.passed).toBe(text)
  })

  test('reports a stream that breaks off as incomplete, and reports its error', () => {
    expect(read(messagesSketch, events(started, ...filler))).toMatchObject({ isComplete: false, failure: undefined })
    const overloaded = { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } }
    expect(read(messagesSketch, events(started, overloaded))).toMatchObject({
      isComplete: false,
      failure: expect.anything(),
    })
  })

  test('bounds a request, reads a complete response, and formats an error for its SDK', () => {
    const body = { model: 'claude-sonnet-4-5', max_tokens: 1_024, messages: [{ role: 'user', content: 'Hello' }] }
    expect(messagesSketch.readRequest({ ...body, stream: true })).toEqual({
      model: 'claude-sonnet-4-5',
      isStream: true,
      wantsUsage: true,
    })
    expect(messagesSketch.boundRequest(body)).toMatchObject({ maxOutputTokens: 1_024, choices: 1 })
    expect(() => messagesSketch.readRequest({ model: 'm' })).toThrow(/max_tokens/)
    const response = { type: 'message', content: [{ type: 'text', text: 'Hi' }], stop_reason: 'end_turn' }
    const usage = { input_tokens: 10, output_tokens: 2 }
    expect(messagesSketch.readResponse({ ...response, usage })).toMatchObject({
      finishReason: 'end_turn',
      usage: { inputTokens: 10, outputTokens: 2 },
      isError: false,
    })
    expect(messagesSketch.readResponse(response)).toMatchObject({ usage: undefined, outputText: 'Hi' })
    const error = new GatewayError('rate_limit_exceeded', 'Later.')
    expect(messagesSketch.toErrorBody(error)).toEqual({
      type: 'error',
      error: { type: 'rate_limit_error', message: 'Later.' },
    })
    expect(messagesSketch.events.toErrorEvent(error)).toMatch(/^event: error\ndata: \{"type":"error"/)
  })
})

describe('Gemini’s generateContent, through the contract', () => {
  const chunks = [candidate('Hel'), candidate('lo'), candidate('!', { finishReason: 'STOP' })]
  const text = chunks.map((chunk) => `data: ${JSON.stringify(chunk)}\r\n\r\n`).join('')

  test('is complete by its finish reason, without a terminator, and counts thoughts as output', () => {
    expect(read(geminiSketch, text)).toMatchObject({
      isComplete: true,
      hasEnded: false,
      finishReason: 'STOP',
      usage: { inputTokens: 8, outputTokens: 25, reasoningTokens: 5 },
      passed: text,
    })
  })

  test('estimates the output without usage', () => {
    const uncounted = chunks.map(({ usageMetadata: _usage, ...chunk }) => `data: ${JSON.stringify(chunk)}\n\n`).join('')
    expect(read(geminiSketch, uncounted).producedTokens).toBeGreaterThan(0)
  })

  test('has no field for its model, which is in the path', () => {
    expect(geminiSketch.toModelFields('gemini-2.5-flash')).toEqual({})
    expect(geminiSketch.readRequest({ contents: [] })).toMatchObject({ model: undefined })
    const generationConfig = { maxOutputTokens: 50, candidateCount: 2 }
    expect(geminiSketch.boundRequest({ contents: [], generationConfig })).toMatchObject({
      maxOutputTokens: 50,
      choices: 2,
    })
    expect(geminiSketch.toErrorBody(new GatewayError('model_not_found', 'No such model.'))).toEqual({
      error: { code: 404, message: 'No such model.', status: 'NOT_FOUND' },
    })
  })
})
