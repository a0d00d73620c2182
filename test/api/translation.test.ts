import { expect, test } from 'vitest'
import {
  message,
  messageRequest,
  overloaded,
  thinkingBlock,
  toolStream,
  toolUse,
} from '../support/anthropic-fixtures.ts'
import { ask, expectError } from '../support/ask.ts'
import { describeOnBoth } from '../support/describe-on-both.ts'
import { gatewayToken } from '../support/gateway.ts'
import type { ScriptedUpstream } from '../support/scripted-upstream.ts'
import { json, sse } from '../support/upstream-scripts.ts'

const key = 'sk-upstream-of-the-test-77'

const toEnv = (upstream: ScriptedUpstream) => ({
  ANTHROPIC_API_KEY: key,
  ANTHROPIC_BASE_URL: upstream.url,
  TOKEN: gatewayToken,
})

const completion = {
  id: 'chatcmpl-1',
  object: 'chat.completion',
  created: 1,
  model: 'm',
  choices: [{ index: 0, message: { role: 'assistant', content: 'Hi' }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 3, completion_tokens: 1, total_tokens: 4 },
}

const chat = {
  model: 'claude-sonnet-5-5',
  messages: [
    { role: 'system', content: 'Be brief.' },
    { role: 'user', content: 'Hello, Claude' },
  ],
}

/** The data of each event. */
const dataOf = (text: string) =>
  text
    .split('\n')
    .filter((line) => line.startsWith('data: '))
    .map((line) => line.slice('data: '.length))

describeOnBoth('A chat with Claude', (start, { startUpstream }) => {
  async function open() {
    const upstream = await startUpstream()
    return { upstream, gateway: await start({ env: toEnv(upstream) }) }
  }

  test('is sent as Messages, and its response comes back as a chat completion', async () => {
    const { upstream, gateway } = await open()
    upstream.respond(json(200, message))
    const result = await ask(gateway, { target: '/v1/chat/completions', body: { ...chat, seed: 1 } })
    const sent = await upstream.nextRequest()
    expect(`${sent.method} ${sent.target}`).toBe('POST /v1/messages')
    expect(sent.headers).toMatchObject({ 'x-api-key': key, 'anthropic-version': '2023-06-01' })
    expect(JSON.parse(sent.bodyText)).toEqual({
      model: 'claude-sonnet-5-5',
      max_tokens: 128_000,
      system: 'Be brief.',
      messages: [{ role: 'user', content: [{ type: 'text', text: 'Hello, Claude' }] }],
    })
    expect(result.status).toBe(200)
    expect(result.header('x-weir-dropped')).toBe('seed')
    expect(JSON.parse(result.text)).toMatchObject({
      id: message.id,
      object: 'chat.completion',
      model: 'claude-sonnet-5-5',
      choices: [{ index: 0, message: { role: 'assistant', content: message.content[0]?.text }, finish_reason: 'stop' }],
      usage: {
        prompt_tokens: 5_995,
        completion_tokens: 503,
        total_tokens: 6_498,
        prompt_tokens_details: { cached_tokens: 3_000 },
      },
    })
  })

  test('streams as chunks, with reasoning, a tool call and usage', async () => {
    const { upstream, gateway } = await open()
    upstream.respond(sse(toolStream, { doneAtEnd: false }))
    const body = { ...chat, stream: true, stream_options: { include_usage: true } }
    const result = await ask(gateway, { target: '/v1/chat/completions', body })
    const texts = dataOf(result.text)
    expect(texts.at(-1)).toBe('[DONE]')
    const chunks = texts.slice(0, -1).map((text) => JSON.parse(text))
    const { signature } = thinkingBlock
    expect(chunks.map(({ choices, usage }) => usage ?? choices[0].delta)).toEqual([
      { role: 'assistant', content: '' },
      { reasoning_content: 'The user ' },
      { reasoning_content: 'greets me.' },
      { reasoning_details: [{ type: 'reasoning.text', signature, index: 0, format: 'anthropic-claude-v1' }] },
      toCallDelta({ id: toolUse.id, type: 'function', function: { name: toolUse.name, arguments: '' } }),
      ...['{"location": "San', ' Francisco, CA", "unit"', ': "fahrenheit"}'].map((text) =>
        toCallDelta({ function: { arguments: text } }),
      ),
      {},
      expect.objectContaining({ prompt_tokens: 5_995, completion_tokens: 503 }),
    ])
    expect(chunks.at(-2).choices[0].finish_reason).toBe('tool_calls')
  })

  test('gets an error of the provider in OpenAI’s shape, with its status', async () => {
    const { upstream, gateway } = await open()
    upstream.respond(json(529, overloaded, { headers: { 'retry-after': '7' } }))
    const result = await ask(gateway, { target: '/v1/chat/completions', body: chat })
    expect([result.status, result.header('retry-after')]).toEqual([529, '7'])
    expect(JSON.parse(result.text)).toMatchObject({
      error: { message: 'Overloaded', type: 'server_error', code: null },
    })
  })

  test('ends with an error event if the stream breaks off, and without `[DONE]`', async () => {
    const { upstream, gateway } = await open()
    upstream.respond(sse(toolStream.slice(0, 5), { doneAtEnd: false }))
    const result = await ask(gateway, { target: '/v1/chat/completions', body: { ...chat, stream: true } })
    const last = dataOf(result.text).at(-1) ?? ''
    expect(JSON.parse(last)).toMatchObject({ error: { code: 'upstream_interrupted' } })
  })

  test('is refused for a field without which it would mean something else', async () => {
    const { upstream, gateway } = await open()
    const result = await ask(gateway, { target: '/v1/chat/completions', body: { ...chat, n: 2 } })
    expectError(result, { code: 'field_not_translatable', param: 'n' })
    expect(upstream.requests).toHaveLength(0)
  })
})

const toCallDelta = (call: object) => ({ tool_calls: [{ index: 0, ...call }] })

describeOnBoth('A message for an OpenAI model', (start, { startUpstream }) => {
  test('is sent as a chat, and its response comes back as a message', async () => {
    const upstream = await startUpstream()
    upstream.respond(json(200, completion))
    const gateway = await start({ env: { CUSTOM_BASE_URL: `${upstream.url}/v1`, TOKEN: gatewayToken } })
    const result = await ask(gateway, { target: '/v1/messages', body: { ...messageRequest, model: 'custom/m' } })
    const sent = await upstream.nextRequest()
    expect(`${sent.method} ${sent.target}`).toBe('POST /v1/chat/completions')
    expect(sent.headers).not.toHaveProperty('anthropic-version')
    expect(JSON.parse(sent.bodyText)).toEqual({
      model: 'm',
      max_tokens: 1_024,
      messages: [{ role: 'user', content: 'Hello, Claude' }],
    })
    expect(JSON.parse(result.text)).toEqual({
      id: 'chatcmpl-1',
      type: 'message',
      role: 'assistant',
      model: 'm',
      content: [{ type: 'text', text: 'Hi' }],
      stop_reason: 'end_turn',
      stop_sequence: null,
      usage: { input_tokens: 3, cache_creation_input_tokens: 0, cache_read_input_tokens: 0, output_tokens: 1 },
    })
  })
})
