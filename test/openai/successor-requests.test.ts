import { expect, test } from 'vitest'
import { fitRequest, toGptImage, toReasoningChat } from '../../src/openai/successor-requests.ts'

function refit(text: string, by: Parameters<typeof fitRequest>[1]) {
  return fitRequest({ text, object: JSON.parse(text) }, by)
}

test.each([
  [
    '{"model":"gpt-4","seed":9007199254740993,"max_tokens":5,"temperature":1.0}',
    '{"max_completion_tokens":5,"reasoning_effort":"none","model":"gpt-4","seed":9007199254740993,"temperature":1.0}',
  ],
  [
    '{"max_completion_tokens":7,"max_tokens":5,"reasoning_effort":"low"}',
    '{"max_completion_tokens":7,"reasoning_effort":"low"}',
  ],
  ['{"presence_penalty":0,"frequency_penalty":1,"logit_bias":{"1":2},"n":2}', '{"reasoning_effort":"none","n":2}'],
])('case B6: adapts the chat request %s to a reasoning model', (text, fitted) => {
  const { text: to, object } = refit(text, toReasoningChat)
  expect(JSON.parse(to)).toEqual(JSON.parse(fitted))
  expect(object).toEqual(JSON.parse(to))
  if (text.includes('9007199254740993')) expect(to).toContain('9007199254740993')
})

test.each([
  [
    { size: '1792x1024', quality: 'hd', style: 'natural', response_format: 'url', n: 1 },
    { size: '1536x1024', quality: 'high', n: 1 },
  ],
  [
    { size: '256x256', quality: 'standard' },
    { size: '1024x1024', quality: 'medium' },
  ],
  [
    { size: 'auto', quality: 'low' },
    { size: 'auto', quality: 'low' },
  ],
  [{ size: 1024 }, { size: 1024 }],
])('case B6: adapts the image request %j to %j', (body, fitted) => {
  const { text, object } = refit(JSON.stringify(body), toGptImage)
  expect([JSON.parse(text), object]).toEqual([fitted, fitted])
})
