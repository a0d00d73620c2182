import { expect, test } from 'vitest'
import { chatCompletions } from '../../src/dialects/chat-completions.ts'

const toChunk = (call: object) => ({
  id: 'c',
  object: 'chat.completion.chunk',
  choices: [{ index: 0, delta: { tool_calls: [{ index: 0, ...call }] }, finish_reason: null }],
})

test('joins the chunks of a call of a function', () => {
  const joined = chatCompletions.fromEvents?.([
    toChunk({ id: 'call_1', type: 'function', function: { name: 'weather', arguments: '' } }),
    toChunk({ function: { arguments: '{"city":' } }),
    toChunk({ function: { arguments: '"Jena"}' } }),
  ])
  const call = { id: 'call_1', type: 'function', function: { name: 'weather', arguments: '{"city":"Jena"}' } }
  expect(joined?.choices).toMatchObject([{ message: { tool_calls: [call] } }])
})

// Source: https://platform.openai.com/docs/guides/function-calling#custom-tools, read on 2026-11-30.
test('joins the chunks of a call of a custom tool, with its name', () => {
  const joined = chatCompletions.fromEvents?.([
    toChunk({ id: 'call_1', type: 'custom', custom: { name: 'note', input: '' } }),
    toChunk({ custom: { input: 'Buy ' } }),
    toChunk({ custom: { input: 'milk' } }),
  ])
  expect(joined?.choices).toEqual([
    {
      index: 0,
      finish_reason: null,
      message: { tool_calls: [{ id: 'call_1', type: 'custom', custom: { name: 'note', input: 'Buy milk' } }] },
    },
  ])
})
