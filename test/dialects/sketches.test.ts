import { describe, expect, test } from 'vitest'
import { GatewayError } from '../../src/core/errors.ts'
import type { Dialect } from '../../src/dialects/dialect.ts'
import { createStreamReader } from '../../src/dialects/stream-reader.ts'
import { createEventSplitter } from '../../src/sse/split-events.ts'
import { geminiSketch } from './gemini-sketch.ts'

// A dialect of another maker, used only through the contract, which must not depend on OpenAI. The events are from the
// documentation: https://ai.google.dev/api/generate-content

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
