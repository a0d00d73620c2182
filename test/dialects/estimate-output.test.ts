import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createStreamReader } from '../../src/dialects/stream-reader.ts'
import { createEventSplitter } from '../../src/sse/split-events.ts'
import { type FormatName, formats } from './formats.ts'

const say = (content: string, more: object = {}) => ({
  id: 'chatcmpl-1',
  object: 'chat.completion.chunk',
  created: 1_741_569_952,
  model: 'gpt-4.1',
  choices: [{ index: 0, delta: { content }, finish_reason: null }],
  ...more,
})
/** The first event of a stream. OpenAI's has no text; Ollama's and Gemini's have. */
const opening = (content: string) => ({
  ...say(''),
  choices: [{ index: 0, delta: { role: 'assistant', content }, finish_reason: null }],
})
const role = opening('')
const stop = { ...say(''), choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] }
const error = { error: { message: 'x'.repeat(5_000) } }

const words = (count: number, word = ' weir') => Array.from({ length: count }, () => say(word))

/** Estimates the tokens of a stream without usage. */
function estimate(events: readonly object[], shape: FormatName = 'chat'): number | undefined {
  const reader = createStreamReader(formats[shape], false)
  const splitter = createEventSplitter((event) => reader.see(event))
  const text = events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join('')
  splitter.push(new TextEncoder().encode(text))
  return reader.summarise().producedTokens
}

describe('the estimated output of a stream without usage', () => {
  test.each([
    { name: 'no event', events: [], tokens: 0 },
    { name: 'only a role', events: [role], tokens: 0 },
    { name: 'one word', events: [role, say('Hello')], tokens: 2 },
    { name: 'an end without text', events: [role, stop], tokens: 0 },
    { name: 'a hundred words', events: [role, ...words(100), stop], tokens: 125 },
    { name: 'a hundred letters', events: [role, ...words(100, 'a'), stop], tokens: 100 },
    { name: 'all text in the first event', events: [say('word '.repeat(400)), stop], tokens: 500 },
    { name: 'text in the first event of many', events: [opening('word'.repeat(10)), ...words(100), stop], tokens: 135 },
    { name: 'one letter in the first event of many', events: [opening('a'), ...words(100, 'a')], tokens: 101 },
    { name: 'a few long events', events: [role, ...words(10, 'word '.repeat(40)), stop], tokens: 500 },
    { name: 'many very long events', events: [role, ...words(12, 'word '.repeat(6_000)), stop], tokens: 90_000 },
    { name: 'emoji', events: [role, ...words(50, '🙂'), stop], tokens: 50 },
  ])('R04 is one token per four bytes, and at least one per event with text: $name', ({ events, tokens }) => {
    expect(estimate(events)).toBe(tokens)
  })

  test('R05 is 0 for an error of any length', () => {
    expect(estimate([error])).toBe(0)
    expect(estimate([role, error])).toBe(0)
    expect(estimate([role, ...words(20, 'a'), error])).toBe(20)
  })

  test('R04 stays correct for events that OpenAI pads to hide their lengths', () => {
    // https://platform.openai.com/docs/api-reference/chat/create#chat-create-stream_options, `include_obfuscation`
    const padded = (text: string) => say(text, { obfuscation: 'x'.repeat(16 - text.length) })
    const texts = fc.array(fc.string({ minLength: 1, maxLength: 15, unit: fc.constantFrom('a', 'b', ' ') }), {
      minLength: 8,
      maxLength: 60,
    })
    fc.assert(
      fc.property(texts, (list) => {
        const tokens = estimate([role, ...list.map(padded)])
        expect(tokens).toBeGreaterThanOrEqual(list.length)
        const shortestOfLast = Math.min(...list.slice(-4).map((text) => text.length))
        expect(tokens).toBeLessThanOrEqual(Math.max(list.length, Math.ceil((list.length * shortestOfLast) / 4)))
      }),
    )
  })

  test('includes function calls, reasoning and legacy completions', () => {
    const call = { tool_calls: [{ index: 0, id: 'call_1', function: { arguments: '{"city":"Ulm"}' } }] }
    expect(estimate([role, { choices: [{ delta: call }] }])).toBeGreaterThan(2)
    const thought = { ...say(''), choices: [{ index: 0, delta: { reasoning_content: 'think' }, finish_reason: null }] }
    expect(estimate([role, ...Array.from({ length: 9 }, () => thought), stop])).toBe(12)
    expect(estimate([{ choices: [{ index: 0, text: 'a river with a weir in it' }] }])).toBe(7)
  })

  test('is one token per delta event in a Responses stream', () => {
    const event = (type: string) => ({ type, response: { status: 'in_progress' } })
    const opening = [event('response.created'), event('response.in_progress')]
    expect(estimate(opening, 'responses')).toBe(0)
    expect(estimate([...opening, event('response.failed')], 'responses')).toBe(0)
    const pieces = Array.from({ length: 30 }, () => event('response.output_text.delta'))
    expect(estimate([...opening, ...pieces, event('response.output_text.done')], 'responses')).toBe(30)
  })
})
