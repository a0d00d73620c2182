import { expect, test } from 'vitest'
import { chatCompletions } from '../../src/dialects/chat-completions.ts'
import { messages } from '../../src/dialects/messages.ts'
import { translateRequest } from '../../src/translation/translate.ts'

const toClaude = (fields: object) => {
  const body = { model: 'm', messages: [{ role: 'user', content: 'Hi' }], ...fields }
  const target = { model: 'claude-sonnet-4-5', limitField: 'max_tokens', maxOutputTokens: 64_000 }
  const { body: sent, dropped } = translateRequest(body, chatCompletions, messages, { isStream: false }, target)
  return { max_tokens: sent.max_tokens, thinking: sent.thinking, dropped }
}

test('the limit of a caller is never raised for thinking, which fits into it', () => {
  expect(toClaude({ max_tokens: 10_000, reasoning_effort: 'high' })).toEqual({
    max_tokens: 10_000,
    thinking: { type: 'enabled', budget_tokens: 8_000 },
    dropped: [],
  })
})

test('an effort that no room is left for is left out by name', () => {
  expect(toClaude({ max_tokens: 100, reasoning_effort: 'low' })).toEqual({
    max_tokens: 100,
    thinking: undefined,
    dropped: ['reasoning_effort'],
  })
})
