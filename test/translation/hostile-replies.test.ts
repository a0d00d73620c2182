import { describe, expect, test } from 'vitest'
import type { JsonObject } from '../../src/core/json.ts'
import { chatCompletions } from '../../src/dialects/chat-completions.ts'
import type { Dialect } from '../../src/dialects/dialect.ts'
import { generateContent } from '../../src/dialects/generate-content.ts'
import { messages } from '../../src/dialects/messages.ts'
import { responses } from '../../src/dialects/responses.ts'
import { ReplyTranslation } from '../../src/translation/translate.ts'

const context = { request: {}, id: '1', now: 1, model: 'm', wantsUsage: true }

describe.each<[string, Dialect, string]>([
  ['messages', messages, 'input'],
  ['generateContent', generateContent, 'args'],
])('Arguments that are no object become text: %s', (_id, to, member) => {
  test.each([
    ['cut short', '{"city":"Par'],
    ['a list', '[1]'],
    ['too deep to be written', `${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}`],
    ['of too many values', `{"a":[${'[],'.repeat(300_000)}1]}`],
  ])('%s', (_what, text) => {
    const calls = [{ id: 'call_1', type: 'function', function: { name: 'f', arguments: text } }]
    const choices = [{ index: 0, message: { role: 'assistant', tool_calls: calls }, finish_reason: 'tool_calls' }]
    const whole = new ReplyTranslation(chatCompletions, to, context).toWhole({ choices })
    expect(JSON.stringify(whole)).toContain(`${JSON.stringify(member)}:${JSON.stringify({ input: text })}`)
  })
})

describe('A cost that is unknown stays unknown', () => {
  const counts = { prompt_tokens: 1, completion_tokens: 1, input_tokens: 1, output_tokens: 1, promptTokenCount: 1 }
  test.each<[string, Dialect, (usage: object) => JsonObject]>([
    ['chat', chatCompletions, (usage) => ({ choices: [{ message: {}, finish_reason: 'stop' }], usage })],
    ['messages', messages, (usage) => ({ content: [], stop_reason: 'end_turn', usage })],
    ['responses', responses, (usage) => ({ status: 'completed', output: [], usage })],
    ['gemini', generateContent, (usageMetadata) => ({ candidates: [{ finishReason: 'STOP' }], usageMetadata })],
  ])('%s', (_what, from, toBody) => {
    const to = from === chatCompletions ? messages : chatCompletions
    const read = (usage: object) => JSON.stringify(new ReplyTranslation(from, to, context).toWhole(toBody(usage)))
    expect(read({ ...counts, cost: null })).toContain('"cost":null')
    expect(read({ ...counts, cost: 0.5 })).toContain('"cost":0.5')
    expect(read({ ...counts, cost: 'much' })).not.toContain('"cost"')
    expect(read(counts)).not.toContain('"cost"')
  })
})

describe('Characters that are held for later events are counted', () => {
  const toText = (content: string) => ({ choices: [{ index: 0, delta: { content } }] })
  const toCall = (text: string, index = 0) => ({
    choices: [{ index: 0, delta: { tool_calls: [{ index, id: 'a', function: { name: 'f', arguments: text } }] } }],
  })
  const waiting = (index: number) => ({
    type: 'response.output_text.delta',
    output_index: index,
    item_id: 'msg',
    content_index: 0,
    delta: 'x'.repeat(900),
  })
  const signed = { type: 'content_block_delta', index: 0, delta: { signature: 'x'.repeat(900) } }

  test.each<[string, Dialect, Dialect, readonly object[]]>([
    ['texts of Responses', chatCompletions, responses, Array.from({ length: 10 }, () => toText('x'.repeat(900)))],
    ['inputs of Gemini', chatCompletions, generateContent, Array.from({ length: 10 }, () => toCall('x'.repeat(900)))],
    ['calls that wait', chatCompletions, messages, Array.from({ length: 10 }, (_, at) => toCall('x'.repeat(900), at))],
    ['items that wait', responses, messages, Array.from({ length: 10 }, (_, at) => waiting(at))],
    ['signatures', messages, chatCompletions, Array.from({ length: 10 }, () => signed)],
  ])('%s', (_what, from, to, events) => {
    const translation = new ReplyTranslation(from, to, context)
    for (const event of events) translation.toEvents({ ...event }, JSON.stringify(event))
    expect(translation.heldLength).toBeGreaterThanOrEqual(8_000)
  })

  test('texts that pass are not held', () => {
    const translation = new ReplyTranslation(chatCompletions, messages, context)
    for (const event of Array.from({ length: 10 }, () => toText('x'.repeat(900))))
      translation.toEvents(event, JSON.stringify(event))
    expect(translation.heldLength).toBe(0)
  })
})
