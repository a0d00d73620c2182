import { expect, test } from 'vitest'
import { operations } from '../../../src/dialects/operations.ts'
import { toCallRequest } from '../../../src/pipeline/call/read-request.ts'
import { sessionKeyOf } from '../../../src/pipeline/routing/session-key.ts'

function keyOf(body: object, headers: Record<string, string> = {}, sessionId?: string): string {
  const object = { model: 'm', ...body }
  const request = toCallRequest(
    { text: JSON.stringify(object), object },
    operations['messages' in object ? 'chat.completions' : 'input' in object ? 'responses' : 'completions'],
  )
  return sessionKeyOf({ sessionId, headers }, request)
}

const system = { role: 'system', content: 'You are a geographer.' }
const first = { role: 'user', content: [{ type: 'text', text: 'Where does the Rhine end?' }] }
const answer = { role: 'assistant', content: 'In the North Sea.' }

test('a conversation keeps its key from turn to turn', () => {
  const key = keyOf({ messages: [system, first] })
  expect(key).not.toBe('')
  expect(keyOf({ messages: [system, first, answer, { role: 'user', content: 'And the Po?' }] })).toBe(key)
  expect(keyOf({ messages: [system, { role: 'user', content: 'Where does the Po end?' }] })).not.toBe(key)
  expect(keyOf({ messages: [first] })).not.toBe(key)
})

test.each<[string, (instructions: string, question: string) => object]>([
  [
    'chat completions',
    (content, question) => ({
      messages: [
        { role: 'system', content },
        { role: 'user', content: question },
      ],
    }),
  ],
  ['Messages', (content, question) => ({ system: content, messages: [{ role: 'user', content: question }] })],
  ['Responses', (content, question) => ({ instructions: content, input: question })],
])('conversations with one long system prompt are told apart by their first messages: %s', (_dialect, toBody) => {
  const instructions = system.content.repeat(1_000)
  const key = keyOf(toBody(instructions, 'Where does the Rhine end?'))
  expect(keyOf(toBody(instructions, 'Where does the Po end?'))).not.toBe(key)
  expect(keyOf(toBody('', 'Where does the Rhine end?'))).not.toBe(key)
  expect(key.length).toBeLessThan(5_000)
})

test('beginnings that differ in a picture, or in tokens only, are of different conversations', () => {
  const withPicture = (url: string) => ({ role: 'user', content: [{ type: 'image_url', image_url: { url } }] })
  expect(keyOf({ messages: [withPicture('https://a.example/1')] })).not.toBe(
    keyOf({ messages: [withPicture('https://a.example/2')] }),
  )
  expect(keyOf({ prompt: [1, 2, 3] })).not.toBe(keyOf({ prompt: [1, 23] }))
})

test('a name that the client gives to its conversation precedes its beginning', () => {
  expect(keyOf({ messages: [first], prompt_cache_key: 'k' })).toBe('k')
  expect(keyOf({ messages: [first], prompt_cache_key: 'k' }, { 'session-id': 's' })).toBe('s')
  expect(keyOf({ messages: [first] }, { 'session-id': 's' }, 'own')).toBe('own')
  expect(keyOf({ prompt: '' })).toBe('')
})

test('a mark of Anthropic’s prompt cache, which moves to the newest message, does not change the key', () => {
  const text = { type: 'text', text: 'Where does the Rhine end?' }
  const marked = { role: 'user', content: [{ ...text, cache_control: { type: 'ephemeral' } }] }
  expect(keyOf({ messages: [system, marked] })).toBe(keyOf({ messages: [system, first, answer, marked] }))
})

test('long texts are told apart by their beginning, their end and their length', () => {
  const keyOfText = (text: string) => keyOf({ messages: [{ role: 'user', content: [{ type: 'text', text }] }] })
  const middle = 'x'.repeat(1_000_000)
  const keys = [`a${middle}a`, `a${middle}b`, `b${middle}a`, `a${middle}xa`].map(keyOfText)
  expect(new Set(keys).size).toBe(4)
  expect(Math.max(...keys.map(({ length }) => length))).toBeLessThan(300)
  const parts = Array.from({ length: 10_000 }, () => ({ type: 'text', text: middle.slice(0, 1_000) }))
  expect(keyOf({ messages: [{ role: 'user', content: parts }] })).toHaveLength(1_024)
})
