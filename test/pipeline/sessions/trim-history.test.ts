import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { estimateTokens } from '../../../src/openai/estimate-tokens.ts'
import { type ChatMessage, trimHistory } from '../../../src/pipeline/sessions/trim-history.ts'

const user = (content: string): ChatMessage => ({ role: 'user', content })
const assistant = (content: string): ChatMessage => ({ role: 'assistant', content })
const call: ChatMessage = { role: 'assistant', content: null, tool_calls: [{ id: 'call_1' }] }
const result: ChatMessage = { role: 'tool', tool_call_id: 'call_1', content: '21 °C' }

const sum = (messages: readonly ChatMessage[]) => messages.reduce((total, each) => total + estimateTokens(each), 0)

describe('trimHistory', () => {
  const history = [user('one'), assistant('1'), user('two'), call, result, assistant('2')]
  const prompt = [user('three')]

  test('keeps everything that fits', () => {
    const all = [...history, ...prompt]
    expect(trimHistory(history, prompt, sum(all))).toEqual(all)
  })

  test('drops the oldest exchange whole if one token is missing', () => {
    const all = [...history, ...prompt]
    expect(trimHistory(history, prompt, sum(all) - 1)).toEqual(all.slice(2))
  })

  test('drops an exchange with its tool calls whole, never in part', () => {
    const last = [call, result, assistant('2'), ...prompt]
    expect(trimHistory(history, prompt, sum(last))).toEqual(prompt)
  })

  test('sends the prompt even if it exceeds the window alone', () => {
    expect(trimHistory(history, prompt, -1_000)).toEqual(prompt)
    expect(trimHistory([], prompt, 0)).toEqual(prompt)
    expect(trimHistory([], [], 0)).toEqual([])
  })

  test('keeps the call of a tool’s result, whatever its size', () => {
    expect(trimHistory([user('one'), assistant('1'), user('two'), call], [result], 0)).toEqual([
      user('two'),
      call,
      result,
    ])
  })

  test('keeps the last exchange if nothing is added to it', () => {
    expect(trimHistory(history, [], 0)).toEqual(history.slice(2))
  })

  test('treats messages before the first prompt as an exchange', () => {
    const greeted = [assistant('Hello!'), ...history]
    const all = [...greeted, ...prompt]
    expect(trimHistory(greeted, prompt, sum(all))).toEqual(all)
    expect(trimHistory(greeted, prompt, sum(all) - 1)).toEqual([...history, ...prompt])
  })

  const message: fc.Arbitrary<ChatMessage> = fc.record({
    role: fc.constantFrom('user', 'assistant', 'tool'),
    content: fc.oneof(fc.string({ maxLength: 40 }), fc.constant(null)),
  })
  const messages = (maxLength: number) => fc.array(message, { maxLength })

  test('always ends with the new messages, begins with an exchange, and keeps the longest run that fits', () => {
    void fc.assert(
      fc.property(messages(12), messages(4), fc.integer({ min: -10, max: 300 }), (old, fresh, budget) => {
        const all = [...old, ...fresh]
        const kept = trimHistory(old, fresh, budget)
        const start = all.length - kept.length
        expect(kept).toEqual(all.slice(start))
        expect(start).toBeLessThanOrEqual(old.length)
        const starts = all.flatMap(({ role }, at) => (at <= old.length && (at === 0 || role === 'user') ? [at] : []))
        if (all.length > 0) expect(starts).toContain(start)
        const isLastExchange = starts.every((at) => at <= start)
        if (!isLastExchange) expect(sum(kept)).toBeLessThanOrEqual(budget)
        const longer = starts.filter((at) => at < start)
        for (const at of longer) expect(sum(all.slice(at))).toBeGreaterThan(budget)
      }),
      { numRuns: 1_000 },
    )
  })

  test('mutates neither argument', () => {
    const frozen = Object.freeze([...history])
    expect(() => trimHistory(frozen, Object.freeze([...prompt]), 10)).not.toThrow()
  })
})

describe('estimateTokens', () => {
  test.each([
    ['English', { content: 'The quick brown fox jumps over the lazy dog.' }, 10],
    ['Chinese', { content: '今天天气很好，我们去公园散步吧。' }, 12],
    ['an image', { content: [{ type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } }] }, 255],
    [
      'a tool call',
      { content: null, tool_calls: [{ function: { name: 'weather', arguments: '{"city":"Paris"}' } }] },
      12,
    ],
  ])('never underestimates %s', (_name, message, tokens) => {
    expect(estimateTokens({ role: 'user', ...message })).toBeGreaterThanOrEqual(tokens)
  })

  test('grows with every character', () => {
    void fc.assert(
      fc.property(fc.string(), fc.string(), (left, right) => {
        const estimate = (content: string) => estimateTokens({ role: 'user', content })
        expect(estimate(left + right)).toBeGreaterThanOrEqual(estimate(left))
      }),
    )
  })
})
