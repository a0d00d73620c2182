import { describe, expect, test } from 'vitest'
import type { JsonObject } from '../../src/core/json.ts'
import { chatCompletions } from '../../src/dialects/chat-completions.ts'
import type { Dialect } from '../../src/dialects/dialect.ts'
import { generateContent } from '../../src/dialects/generate-content.ts'
import { messages } from '../../src/dialects/messages.ts'
import { responses } from '../../src/dialects/responses.ts'
import { translateRequest } from '../../src/translation/translate.ts'

const user = { role: 'user', content: 'hi' }
/** No string can be made of it. */
const noText = { toString: 1, valueOf: 1 }
/** Work that grew with the square of it would exceed the time of a test. */
const many = 60_000

function translate(from: Dialect, to: Dialect, body: JsonObject, model = 'claude-sonnet-4-5'): JsonObject {
  const target = { model, limitField: undefined, maxOutputTokens: undefined }
  return translateRequest(body, from, to, { isStream: false }, target).body
}

function listOf<Value>(create: (index: number) => Value): Value[] {
  return Array.from({ length: many }, (_, index) => create(index))
}

describe('An effort without a meaning is refused with its path', () => {
  test.each<[string, Dialect, Dialect, JsonObject]>([
    ['reasoning_effort', chatCompletions, messages, { messages: [user], reasoning_effort: 'banana' }],
    ['reasoning_effort', chatCompletions, responses, { messages: [user], reasoning_effort: { low: 1 } }],
    ['reasoning.effort', chatCompletions, generateContent, { messages: [user], reasoning: { effort: 'constructor' } }],
    ['reasoning.effort', responses, messages, { input: 'hi', reasoning: { effort: '' } }],
    ['output_config.effort', messages, chatCompletions, { messages: [user], output_config: { effort: ['low'] } }],
    [
      'generationConfig.thinkingConfig.thinkingLevel',
      generateContent,
      messages,
      { contents: [{ parts: [{ text: 'hi' }] }], generationConfig: { thinkingConfig: { thinkingLevel: 'toString' } } },
    ],
  ])('%s', (param, from, to, body) => {
    expect(() => translate(from, to, body)).toThrow(expect.objectContaining({ code: 'invalid_value', param }))
  })
})

describe('A value of another type is refused with its path', () => {
  const toPart = (part: object) => ({ messages: [{ role: 'user', content: [part] }] })
  const url = 'data:image/png;base64,aGk='
  test.each<[string, Dialect, Dialect, JsonObject]>([
    ['user', chatCompletions, messages, { messages: [user], user: 7 }],
    ['user', responses, generateContent, { input: 'hi', user: { id: 'a' } }],
    ['prompt_cache_key', chatCompletions, messages, { messages: [user], prompt_cache_key: 1 }],
    ['prompt_cache_key', responses, chatCompletions, { input: 'hi', prompt_cache_key: ['a'] }],
    ['cache_control', chatCompletions, messages, { messages: [user], cache_control: 'ephemeral' }],
    ['cache_control', messages, chatCompletions, { messages: [user], cache_control: true }],
    ['tools[0].cache_control', chatCompletions, messages, { messages: [user], tools: [{ cache_control: 1 }] }],
    [
      'messages[0].content[0].cache_control',
      chatCompletions,
      messages,
      toPart({ type: 'text', text: 'hi', cache_control: 'ephemeral' }),
    ],
    [
      'messages[0].content[0].image_url.detail',
      chatCompletions,
      responses,
      toPart({ type: 'image_url', image_url: { url, detail: 2 } }),
    ],
    [
      'messages[0].content[0].file.filename',
      chatCompletions,
      messages,
      toPart({ type: 'file', file: { file_data: url, filename: {} } }),
    ],
    [
      'input[0].content[0].detail',
      responses,
      chatCompletions,
      { input: [{ role: 'user', content: [{ type: 'input_image', image_url: url, detail: {} }] }] },
    ],
    [
      'input[0].content[0].filename',
      responses,
      messages,
      { input: [{ role: 'user', content: [{ type: 'input_file', file_data: url, filename: 1 }] }] },
    ],
    ['tools[0].format', responses, messages, { input: 'hi', tools: [{ type: 'custom', name: 'a', format: 'text' }] }],
    ['metadata.user_id', messages, chatCompletions, { messages: [user], metadata: { user_id: 7 } }],
    [
      'messages[0].content[0].title',
      messages,
      chatCompletions,
      toPart({ type: 'document', source: { type: 'url', url: 'https://a.example/a.pdf' }, title: 7 }),
    ],
    [
      'messages[0].content[0].input',
      messages,
      chatCompletions,
      { messages: [{ role: 'assistant', content: [{ type: 'tool_use', id: 'a', name: 'f', input: 'text' }] }] },
    ],
    [
      'contents[0].parts[0].inlineData.displayName',
      generateContent,
      messages,
      { contents: [{ parts: [{ inlineData: { mimeType: 'application/pdf', data: 'aGk=', displayName: 1 } }] }] },
    ],
  ])('%s', (param, from, to, body) => {
    expect(() => translate(from, to, body)).toThrow(expect.objectContaining({ code: 'invalid_value', param }))
  })
})

test.each([
  ['generationConfig.max_outputTokens', { generationConfig: { maxOutputTokens: 10, max_outputTokens: 9_999 } }],
  ['tools[0].function_declarations', { tools: [{ functionDeclarations: [], function_declarations: [] }] }],
  ['contents[0].parts[0].inline_data', { contents: [{ parts: [{ inlineData: {}, inline_data: {} }] }] }],
])('S86 a member in two spellings is refused: %s', (param, members) => {
  const body = { contents: [{ parts: [{ text: 'hi' }] }], ...members }
  expect(() => translate(generateContent, chatCompletions, body)).toThrow(
    expect.objectContaining({ code: 'invalid_value', param }),
  )
})

describe('A request that takes long to convert is refused with its path', () => {
  const toFile = (text: string) => ({ type: 'file', file: { file_data: `data:text/plain;base64,${btoa(text)}` } })

  test('text files of more than 4 MiB together', () => {
    const file = toFile('hi '.repeat(800_000))
    const content = [{ type: 'text', text: 'Read them.' }, file, file]
    expect(() => translate(chatCompletions, messages, { messages: [{ role: 'user', content }] })).toThrow(
      expect.objectContaining({ code: 'field_not_translatable', param: 'messages[0].content[2]' }),
    )
    const [{ content: sent }] = translate(chatCompletions, messages, { messages: [{ role: 'user', content: [file] }] })
      .messages as [{ content: object[] }]
    expect(sent).toEqual([
      {
        type: 'document',
        source: { type: 'text', media_type: 'text/plain', data: expect.stringMatching(/^(?:hi )+$/) },
      },
    ])
  })

  test.each([
    ['long', `{"a":"${'x'.repeat(2_500_000)}"}`],
    ['of many values', `{"a":[${'[],'.repeat(150_000)}1]}`],
  ])('inputs of tools that are %s together', (_what, input) => {
    const calls = [1, 2].map((id) => ({
      id: `call_${id}`,
      type: 'function',
      function: { name: 'f', arguments: input },
    }))
    const body = { messages: [user, { role: 'assistant', tool_calls: calls }] }
    for (const to of [messages, generateContent])
      expect(() => translate(chatCompletions, to, body)).toThrow(
        expect.objectContaining({ code: 'json_too_large', param: 'messages[1].tool_calls[1]' }),
      )
    expect(() => translate(chatCompletions, responses, body)).not.toThrow()
  })
})

test('a limit that is infinite in JavaScript is refused', () => {
  const body = { messages: [user], max_tokens: JSON.parse('1e400') }
  expect(() => translate(chatCompletions, messages, body)).toThrow(
    expect.objectContaining({ code: 'invalid_value', param: 'max_tokens' }),
  )
})

test('a name in a choice of tools that is no text is dropped', () => {
  const choice = { type: 'allowed_tools', allowed_tools: { tools: [{ function: { name: noText } }] } }
  expect(translate(chatCompletions, messages, { messages: [user], tool_choice: choice })).not.toHaveProperty('tools')
})

test('a function call without a name is refused', () => {
  expect(() => translate(chatCompletions, messages, { messages: [user], function_call: { name: noText } })).toThrow(
    expect.objectContaining({ code: 'field_not_translatable', param: 'function_call' }),
  )
})

test.each([messages, generateContent])('arguments that nest too deep to be written become text', (to) => {
  const input = `${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}`
  const calls = [{ id: 'call_1', type: 'function', function: { name: 'dig', arguments: input } }]
  const body = translate(chatCompletions, to, { messages: [user, { role: 'assistant', tool_calls: calls }] })
  expect(JSON.stringify(body)).toContain(JSON.stringify({ input }))
})

test('a data URL of millions of semicolons is a URL', () => {
  const url = `data:${';'.repeat(12_000_000)}`
  const image = { type: 'image_url', image_url: { url } }
  const body = translate(chatCompletions, messages, { messages: [{ role: 'user', content: [image] }] })
  expect(body.messages).toEqual([{ role: 'user', content: [{ type: 'image', source: { type: 'url', url } }] }])
})

test('the parameters of a data URL are left out', () => {
  const image = { type: 'image_url', image_url: { url: 'data:image/png;charset=x;base64,aGk=' } }
  const body = translate(chatCompletions, messages, { messages: [{ role: 'user', content: [image] }] })
  const source = { type: 'base64', media_type: 'image/png', data: 'aGk=' }
  expect(body.messages).toEqual([{ role: 'user', content: [{ type: 'image', source }] }])
})

test('an order of properties cannot name what every object inherits', () => {
  const parameters = { type: 'OBJECT', properties: { a: { type: 'STRING' } }, propertyOrdering: ['__proto__', 'a'] }
  const body = translate(generateContent, messages, {
    contents: [{ parts: [{ text: 'hi' }] }],
    tools: [{ functionDeclarations: [{ name: 'f', parameters }] }],
  })
  expect(JSON.stringify(body.tools)).toContain('"properties":{"a":{"type":"string"}}')
})

describe('A long request is translated in linear time', () => {
  test('with many messages of one role', () => {
    const body = translate(chatCompletions, messages, { messages: listOf(() => user) })
    expect(body.messages).toEqual([{ role: 'user', content: listOf(() => ({ type: 'text', text: 'hi' })) }])
  })

  test.each([messages, responses, generateContent])('with many tools, of which others are allowed', (to) => {
    const tools = listOf((index) => ({ type: 'function', function: { name: `tool_${index}` } }))
    const allowed = listOf((index) => ({ type: 'function', function: { name: `other_${index}` } }))
    const choice = { type: 'allowed_tools', allowed_tools: { mode: 'auto', tools: allowed } }
    expect(() => translate(chatCompletions, to, { messages: [user], tools, tool_choice: choice })).not.toThrow()
  })

  test('with many calls of Gemini’s, and results of others', () => {
    const calls = listOf((index) => ({ functionCall: { name: `f${index}` } }))
    const results = listOf((index) => ({ functionResponse: { name: `other${index}`, response: {} } }))
    const contents = [{ role: 'model', parts: calls }, { parts: results }]
    expect(translate(generateContent, chatCompletions, { contents }).messages).toHaveLength(1 + many)
  })

  test('with many texts between a signature and its call', () => {
    const message = {
      role: 'assistant',
      reasoning_details: [{ format: 'google-gemini-v1', data: 'signed' }],
      content: listOf(() => ({ type: 'text', text: 'hi' })),
      tool_calls: [{ id: 'call_1', type: 'function', function: { name: 'f', arguments: '{}' } }],
    }
    const body = translate(chatCompletions, generateContent, { messages: [message] })
    expect(JSON.stringify(body).match(/signed/g)).toHaveLength(1)
  })

  test('with many texts in one instruction', () => {
    const content = Array.from({ length: 300_000 }, () => ({ type: 'text', text: 'hi' }))
    const body = translate(chatCompletions, messages, { messages: [{ role: 'system', content }, user] })
    expect(body.system).toHaveLength(300_000)
  })
})
