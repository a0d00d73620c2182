import { describe, expect, test } from 'vitest'
import { GatewayError } from '../../src/core/errors.ts'
import { isJsonObject, type JsonObject } from '../../src/core/json.ts'
import { messages, tokenCounts } from '../../src/dialects/messages.ts'
import { createStreamReader } from '../../src/dialects/stream-reader.ts'
import { createEventSplitter } from '../../src/sse/split-events.ts'
import {
  cachedUsage,
  message,
  messageRequest,
  messageStart,
  messageStop,
  messageStream,
  overloaded,
  ping,
  thinkingBlock,
  toMessageDelta,
  toMessageEvent,
  toolStream,
  toolUse,
  toTextDelta,
} from '../support/anthropic-fixtures.ts'

const whole = { inputTokens: 5_995, cachedInputTokens: 3_000, cacheWriteTokens: 900, longCacheWriteTokens: 400 }

function read(events: readonly string[]) {
  const reader = createStreamReader(messages.events, false)
  const passed: string[] = []
  const splitter = createEventSplitter((event) => reader.see(event))
  for (const run of splitter.push(new TextEncoder().encode(events.join('')))) passed.push(new TextDecoder().decode(run))
  return { ...reader.summarise(), hasEnded: reader.hasEnded(), passed: passed.join('') }
}

const parse = (events: readonly string[]) =>
  events.map((event): JsonObject => JSON.parse(event.split('\ndata: ')[1] ?? ''))

describe('a request', () => {
  test.each([
    ['model', { ...messageRequest, model: undefined }, 'missing_required_parameter'],
    ['max_tokens', { ...messageRequest, max_tokens: undefined }, 'missing_required_parameter'],
    ['max_tokens', { ...messageRequest, max_tokens: '5' }, 'invalid_value'],
    ['max_tokens', { ...messageRequest, max_tokens: 1.5 }, 'invalid_value'],
    ['messages', { ...messageRequest, messages: null }, 'missing_required_parameter'],
    ['messages', { ...messageRequest, messages: 'Hello' }, 'invalid_value'],
    ['stream', { ...messageRequest, stream: 'yes' }, 'invalid_value'],
    ['Max_Tokens', { ...messageRequest, Max_Tokens: 9 }, 'invalid_value'],
    ['Model', { ...messageRequest, Model: 'm' }, 'invalid_value'],
    ['toolſ', { ...messageRequest, toolſ: [] }, 'invalid_value'],
    ['tools[0].Max_Uses', { ...messageRequest, tools: [{ Max_Uses: 9 }] }, 'invalid_value'],
    ['thinking.Budget_Tokens', { ...messageRequest, thinking: { Budget_Tokens: 9 } }, 'invalid_value'],
  ])('is refused for its %s: S86', (param, body, code) => {
    expect(() => messages.readRequest(body)).toThrow(expect.objectContaining({ param, code }))
  })

  test('always expects usage, and passes unknown fields', () => {
    expect(messages.readRequest({ ...messageRequest, stream: true, context_management: {} })).toEqual({
      model: 'claude-sonnet-5-5',
      isStream: true,
      wantsUsage: true,
    })
  })

  test('S89 names the models of its tools and its fallbacks', () => {
    const advisor = { type: 'advisor_20260301', name: 'advisor', model: 'claude-opus-5-5' }
    const tool = { name: 'get_weather', input_schema: { type: 'object', properties: { model: { type: 'string' } } } }
    expect(messages.otherModels({ ...messageRequest, tools: [tool, advisor] })).toEqual([
      { param: 'tools', model: 'claude-opus-5-5', isAlternative: false },
    ])
    expect(messages.otherModels({ ...messageRequest, fallbacks: [{ model: 'claude-haiku-5-5' }] })).toEqual([
      { param: 'fallbacks', model: 'claude-haiku-5-5', isAlternative: true },
    ])
  })

  test('is bounded by its limit, its searches, its tier and its region', () => {
    const tools = [
      { type: 'web_search_20260318', name: 'web_search', max_uses: 3 },
      { type: 'web_search_20250305', name: 'other' },
      { name: 'get_weather', input_schema: {} },
    ]
    const body = { ...messageRequest, tools, speed: 'fast', inference_geo: 'us', service_tier: 'auto' }
    expect(messages.boundRequest(body)).toMatchObject({
      maxOutputTokens: 1_024,
      choices: 1,
      webSearches: 13,
      serviceTier: 'fast',
      region: 'us',
    })
    expect(messages.boundRequest(messageRequest)).not.toHaveProperty('webSearches')
  })

  test('counts system blocks, tools, pictures and documents, and no minimum for calls and thinking', () => {
    const inputOf = (body: JsonObject) => messages.boundRequest({ ...messageRequest, ...body }).inputTokens
    const plain = inputOf({})
    expect(plain).toBeLessThan(20)
    expect(inputOf({ tools: [{ name: 'x', input_schema: {} }] })).toBeGreaterThanOrEqual(plain + 804)
    expect(inputOf({ system: [{ type: 'text', text: 'a'.repeat(3_500) }] })).toBeGreaterThan(plain + 1_000)
    expect(inputOf({ tools: [{ name: 'x', description: 'a'.repeat(3_500), input_schema: {} }] })).toBeGreaterThan(
      plain + 1_000,
    )
    const ask = (...content: readonly JsonObject[]) => inputOf({ messages: [{ role: 'user', content }] })
    const data = 'QUJD'.repeat(50_000)
    const image = { type: 'image', source: { type: 'base64', media_type: 'image/png', data } }
    expect(ask(image)).toBeLessThan(4_884)
    expect(ask(image)).toBeGreaterThanOrEqual(4_784)
    expect(ask({ type: 'image', source: { type: 'url', url: 'https://a.test/b.png' } })).toBeGreaterThanOrEqual(4_784)
    expect(ask({ type: 'tool_result', tool_use_id: 'x', content: [image, image] })).toBeGreaterThanOrEqual(9_568)
    const pdf = { type: 'document', source: { type: 'base64', media_type: 'application/pdf', data } }
    expect(ask(pdf)).toBeGreaterThanOrEqual(7_500)
    const text = { type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'word '.repeat(700) } }
    expect(ask(text)).toBeGreaterThanOrEqual(1_000)
    expect(ask(toolUse, thinkingBlock)).toBeLessThan(150)
    expect(inputOf({ unknown_field: 'a'.repeat(3_500) })).toBeGreaterThan(plain + 1_000)
  })
})

describe('the output limit (case C4)', () => {
  const { outputLimit } = messages

  test.each([
    [{}, undefined],
    [{ tool_choice: { type: 'auto' } }, undefined],
    [{ tool_choice: { type: 'any' } }, 'tool_choice'],
    [{ tool_choice: { type: 'tool', name: 'x' } }, 'tool_choice'],
    [{ output_config: { effort: 'low' } }, undefined],
    [{ output_config: { format: { type: 'json_schema', schema: {} } } }, 'output_config'],
    [{ output_format: { type: 'json_schema', schema: {} } }, 'output_format'],
  ])('a response to %j must not be truncated because of %s', (body, member) => {
    expect(outputLimit?.needsCompleteFor(body)).toBe(member)
  })

  test.each([
    [{ thinking: { type: 'enabled', budget_tokens: 4_000 } }, 4_000],
    [{ thinking: { type: 'adaptive' } }, 0],
    [{}, 0],
  ])('%j reserves %i tokens for thinking', (body, tokens) => {
    expect(outputLimit?.reasoningOf(body)).toBe(tokens)
  })
})

describe('a whole response', () => {
  test('reports its usage with both lifetimes of the cache, and its searches', () => {
    const usage = {
      ...cachedUsage,
      server_tool_use: { web_search_requests: 2, web_fetch_requests: 1 },
      output_tokens_details: { thinking_tokens: 100 },
      speed: 'fast',
      inference_geo: 'us',
    }
    expect(messages.readResponse({ ...message, usage })).toEqual({
      usage: {
        ...whole,
        outputTokens: 503,
        reasoningTokens: 100,
        webSearches: 2,
        serviceTier: 'fast',
        region: 'us',
      },
      finishReason: 'end_turn',
      isError: false,
      hasResult: true,
      outputText: '',
    })
  })

  test.each(['end_turn', 'max_tokens', 'tool_use', 'refusal', 'pause_turn', 'model_context_window_exceeded'])(
    'keeps the stop reason %s',
    (stop_reason) => {
      expect(messages.readResponse({ ...message, stop_reason }).finishReason).toBe(stop_reason)
    },
  )

  test('a compaction and an advisor count in addition to the totals, which leave them out', () => {
    const iterations = [
      { type: 'compaction', input_tokens: 180_000, output_tokens: 3_500, cache_read_input_tokens: 1_000 },
      { type: 'message', input_tokens: 23_000, output_tokens: 1_000 },
      { type: 'advisor_message', input_tokens: 10, output_tokens: 20 },
    ]
    const usage = { input_tokens: 23_000, output_tokens: 1_000, iterations }
    expect(messages.readResponse({ ...message, usage }).usage).toMatchObject({
      inputTokens: 204_010,
      outputTokens: 4_520,
      cachedInputTokens: 1_000,
    })
  })

  test('without a count has the text of its blocks; without blocks it is an error or no result', () => {
    const content = [thinkingBlock, { type: 'text', text: 'Hi' }, toolUse]
    const uncounted = { ...message, content, usage: undefined }
    expect(messages.readResponse(uncounted).outputText).toBe(`The user greets me.Hi${JSON.stringify(toolUse.input)}`)
    expect(messages.readResponse(overloaded)).toMatchObject({ isError: true })
    expect(messages.readResponse({ ok: true })).toMatchObject({ isError: false, hasResult: false })
  })
})

describe('a stream', () => {
  test('counts the input of its first event and the output of its last, and passes every byte', () => {
    const filler = Array.from({ length: 30 }, () => toTextDelta('word '))
    const stream = [...messageStream.slice(0, 5), ...filler, ...messageStream.slice(5)]
    expect(read(stream)).toMatchObject({
      isComplete: true,
      hasEnded: true,
      failure: undefined,
      finishReason: 'end_turn',
      usage: { ...whole, outputTokens: 503 },
      passed: stream.join(''),
    })
  })

  test('takes the largest of repeated counts', () => {
    const later = {
      input_tokens: 5_000,
      cache_read_input_tokens: 3_000,
      output_tokens: 600,
      server_tool_use: { web_search_requests: 1 },
    }
    const stream = [messageStart, toTextDelta('x'), toMessageDelta('end_turn', later), messageStop]
    expect(read(stream).usage).toMatchObject({ inputTokens: 8_000, outputTokens: 600, webSearches: 1 })
  })

  test('R12 is not complete with its stop reason: clients fail without the last event', () => {
    expect(read(messageStream.slice(0, -1))).toMatchObject({
      isComplete: false,
      hasEnded: false,
      finishReason: 'end_turn',
      usage: { outputTokens: 503 },
    })
  })

  test('R04 that breaks off is charged for what passed, not for the token of its first event', () => {
    const filler = Array.from({ length: 50 }, () => toTextDelta('four letters of text'))
    const { usage, producedTokens, isComplete } = read([messageStart, ...filler])
    expect(isComplete).toBe(false)
    expect(usage).toMatchObject({ ...whole, outputTokens: 0 })
    expect(producedTokens).toBeGreaterThanOrEqual(200)
    expect(producedTokens).toBeLessThan(350)
  })

  test('R11 reports an error, and R18 drops what follows the last event', () => {
    expect(read([messageStart, toTextDelta('x'), toMessageEvent(overloaded)])).toMatchObject({
      isComplete: false,
      failure: overloaded,
    })
    const { passed } = read([...messageStream, ping, 'data: [DONE]\n\n'])
    expect(passed).toBe(messageStream.join(''))
  })

  test('of pings only is empty', () => {
    expect(read([ping, ping])).toMatchObject({ isEmpty: true, isComplete: false })
  })

  test.each([
    ['event:message_stop\ndata:{"type":"message_stop"}\n\n', true],
    ['event: message_stop\r\ndata: {"type": "message_stop"}\r\n\r\n', true],
    ['data: {"type":"message_stop"}\n\n', true],
    [toTextDelta('event: message_stop'), false],
    ['data: {"type":"content_block_delta","delta":{"text":"message_stop"}}\n\n', false],
  ])('ends with %j: %s', (event, hasEnded) => {
    expect(read([messageStart, event]).hasEnded).toBe(hasEnded)
  })
})

describe('conversions between a message and its events (case A4)', () => {
  const tools = { ...message, content: [thinkingBlock, toolUse], stop_reason: 'tool_use' }
  const refusal = { ...message, content: [], stop_reason: 'refusal', stop_details: { type: 'refusal' } }

  test.each([
    ['text', message],
    ['thinking and a tool', tools],
    ['a refusal without content', refusal],
    ['a block of another type', { ...message, content: [{ type: 'web_search_tool_result', content: [] }] }],
  ])('there and back: %s', (_name, response) => {
    const text = messages.toEvents?.(response) ?? ''
    const events = text.split(/(?<=\n\n)/)
    expect(messages.fromEvents?.(parse(events))).toEqual(response)
    expect(read(events)).toMatchObject({ isComplete: true, finishReason: response.stop_reason })
  })

  test('joins a stream of the documentation', () => {
    expect(messages.fromEvents?.(parse(toolStream))).toEqual(tools)
    expect(messages.fromEvents?.(parse(messageStream))).toMatchObject({
      content: [{ type: 'text', text: 'Hello!' }],
      usage: cachedUsage,
    })
    expect(messages.fromEvents?.(parse(messageStream.slice(0, -2)))).toBeUndefined()
  })
})

describe('errors', () => {
  test.each([
    ['invalid_value', 'invalid_request_error'],
    ['invalid_api_key', 'authentication_error'],
    ['model_not_allowed', 'permission_error'],
    ['model_not_found', 'not_found_error'],
    ['body_too_large', 'request_too_large'],
    ['rate_limit_exceeded', 'rate_limit_error'],
    ['overloaded', 'overloaded_error'],
    ['upstream_unreachable', 'api_error'],
    ['internal', 'api_error'],
  ] as const)('%s has Anthropic’s type %s, and keeps its own code', (code, type) => {
    const error = new GatewayError(code, 'A sentence.')
    expect(messages.toErrorBody(error)).toEqual({ type: 'error', error: { type, message: 'A sentence.', code } })
    const event = messages.events.toErrorEvent(error)
    expect(event).toBe(toMessageEvent(messages.toErrorBody(error) as JsonObject & { type: string }))
  })

  test.each([
    ['overloaded_error', 529],
    ['rate_limit_error', 429],
    ['api_error', 500],
    ['invalid_request_error', 400],
    ['a new one', undefined],
  ])('%s in a 200 has the status %s', (type, status) => {
    expect(messages.statusOf?.({ type: 'error', error: { type } })).toBe(status)
  })
})

describe('labels', () => {
  const labelsOf = (metadata: unknown, headers = {}) => messages.readLabels?.({ metadata }, headers)

  test.each([
    ['13803d75-b4b5-4c3e-b2a2-6f21399b021b', '13803d75-b4b5-4c3e-b2a2-6f21399b021b'],
    ['user_ab12_account__session_57a121ec-f78c-48c3-a745-e3036a3ecc33', 'user_ab12_account_'],
    ['{"device_id":"d1","account_uuid":"","session_id":"s1"}', 'd1'],
    ['{"device_id":"d1","account_uuid":"a1","session_id":"s1"}', 'a1'],
    ['{not JSON', '{not JSON'],
    [7, ''],
  ])('the end user of %j is %j in every session', (user_id, endUser) => {
    expect(labelsOf({ user_id })).toEqual({ endUser, tags: [] })
  })

  test('the session and the agents of Claude Code are tags, if they are plain ids', () => {
    const headers = {
      'x-claude-code-session-id': '54c1eb09-bc4c-4d2f-98eb-6d2ab2d5e2fe',
      'x-claude-code-agent-id': 'agent_1',
      'x-claude-code-parent-agent-id': 'no id\u0000',
    }
    expect(labelsOf(undefined, headers)).toEqual({
      endUser: '',
      tags: ['session:54c1eb09-bc4c-4d2f-98eb-6d2ab2d5e2fe', 'agent:agent_1'],
    })
  })
})

test('a count of tokens uses none, and needs no limit', () => {
  const { max_tokens: _limit, ...body } = messageRequest
  expect(tokenCounts.readRequest({ ...body, stream: true })).toMatchObject({ isStream: false })
  expect(tokenCounts.boundRequest(body)).toMatchObject({ inputTokens: 0, maxOutputTokens: 0 })
  expect(tokenCounts.readResponse({ input_tokens: 14 })).toMatchObject({
    hasResult: true,
    usage: { inputTokens: 0, outputTokens: 0 },
  })
  expect(tokenCounts.readResponse({}).hasResult).toBe(false)
  expect(isJsonObject(tokenCounts.toErrorBody(new GatewayError('internal', 'x')))).toBe(true)
})
