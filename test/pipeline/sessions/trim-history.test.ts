import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { estimateTokens } from '../../../src/openai/estimate-tokens.ts'
import { type ChatMessage, trimHistory } from '../../../src/pipeline/sessions/trim-history.ts'

const user = (content: string): ChatMessage => ({ role: 'user', content })
const assistant = (content: string): ChatMessage => ({ role: 'assistant', content })
const call: ChatMessage = { role: 'assistant', content: null, tool_calls: [{ id: 'call_1' }] }
const result: ChatMessage = { role: 'tool', tool_call_id: 'call_1', content: '21 °C' }

const sum = (messages: readonly ChatMessage[]) => messages.reduce((total, each) => total + estimateTokens(each), 0)

describe('trimming a history', () => {
  const history = [user('one'), assistant('1'), user('two'), call, result, assistant('2')]
  const question = [user('three')]

  test('keeps everything that fits', () => {
    const all = [...history, ...question]
    expect(trimHistory(history, question, sum(all))).toEqual(all)
  })

  test('drops the oldest turn as a whole, one token short', () => {
    const all = [...history, ...question]
    expect(trimHistory(history, question, sum(all) - 1)).toEqual(all.slice(2))
  })

  test('drops a turn with its tool calls rather than keep a part of it', () => {
    const last = [call, result, assistant('2'), ...question]
    expect(trimHistory(history, question, sum(last))).toEqual(question)
  })

  test('sends the question also where it fills the window alone', () => {
    expect(trimHistory(history, question, -1_000)).toEqual(question)
    expect(trimHistory([], question, 0)).toEqual(question)
    expect(trimHistory([], [], 0)).toEqual([])
  })

  test('keeps the call that a tool’s result answers, whatever it costs', () => {
    expect(trimHistory([user('one'), assistant('1'), user('two'), call], [result], 0)).toEqual([
      user('two'),
      call,
      result,
    ])
  })

  test('keeps the last turn where nothing is added to it', () => {
    expect(trimHistory(history, [], 0)).toEqual(history.slice(2))
  })

  test('takes what stands before the first question as a turn of its own', () => {
    const greeted = [assistant('Hello!'), ...history]
    const all = [...greeted, ...question]
    expect(trimHistory(greeted, question, sum(all))).toEqual(all)
    expect(trimHistory(greeted, question, sum(all) - 1)).toEqual([...history, ...question])
  })

  const message: fc.Arbitrary<ChatMessage> = fc.record({
    role: fc.constantFrom('user', 'assistant', 'tool'),
    content: fc.oneof(fc.string({ maxLength: 40 }), fc.constant(null)),
  })
  const messages = (maxLength: number) => fc.array(message, { maxLength })

  test('always ends with the new messages, begins where a turn begins, and keeps the longest run that fits', () => {
    void fc.assert(
      fc.property(messages(12), messages(4), fc.integer({ min: -10, max: 300 }), (old, fresh, budget) => {
        const all = [...old, ...fresh]
        const kept = trimHistory(old, fresh, budget)
        const start = all.length - kept.length
        expect(kept).toEqual(all.slice(start))
        expect(start).toBeLessThanOrEqual(old.length)
        const starts = all.flatMap(({ role }, at) => (at <= old.length && (at === 0 || role === 'user') ? [at] : []))
        if (all.length > 0) expect(starts).toContain(start)
        const isLastTurn = starts.every((at) => at <= start)
        if (!isLastTurn) expect(sum(kept)).toBeLessThanOrEqual(budget)
        const longer = starts.filter((at) => at < start)
        for (const at of longer) expect(sum(all.slice(at))).toBeGreaterThan(budget)
      }),
      { numRuns: 1_000 },
    )
  })

  test('changes neither of its arguments', () => {
    const frozen = Object.freeze([...history])
    expect(() => trimHistory(frozen, Object.freeze([...question]), 10)).not.toThrow()
  })
})

describe('estimating tokens', () => {
  test.each([
    ['English', { content: 'The quick brown fox jumps over the lazy dog.' }, 10],
    ['Chinese', { content: '今天天气很好，我们去公园散步吧。' }, 12],
    ['a picture', { content: [{ type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } }] }, 255],
    [
      'a tool call',
      { content: null, tool_calls: [{ function: { name: 'weather', arguments: '{"city":"Paris"}' } }] },
      12,
    ],
  ])('never guesses %s too low', (_name, message, tokens) => {
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
