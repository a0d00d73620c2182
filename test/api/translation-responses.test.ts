import Anthropic from '@anthropic-ai/sdk'
import OpenAI from 'openai'
import { expect, test } from 'vitest'
import {
  message,
  messageStart,
  messageStop,
  messageStream,
  overloaded,
  thinkingBlock,
  toMessageDelta,
  toMessageEvent,
  toolStream,
  toolUse,
} from '../support/anthropic-fixtures.ts'
import { ask, expectError } from '../support/ask.ts'
import { describeOnBoth, describeOnBothStored } from '../support/describe-on-both.ts'
import { gatewayToken, toOpenAIEnv } from '../support/gateway.ts'
import {
  codexRequest,
  completed,
  functionCall,
  reasoningEvents,
  reasoningItem,
  response,
  textEvents,
  toCallEvents,
  toResponseEvents,
} from '../support/responses-fixtures.ts'
import { json, sse } from '../support/upstream-scripts.ts'
import { openKeys } from './open-keys.ts'

const target = '/v1/responses'
const whole = { doneAtEnd: false }

/** Reads a request of the SDK's types from a fixture without them. */
const asParams = <Params>(request: object) => request as Params
type StreamParams = Parameters<OpenAI['responses']['stream']>[0]

/** A stream of Claude that calls each tool. */
const toToolStream = (calls: readonly { readonly name: string; readonly json: string }[]) => [
  messageStart,
  ...calls.flatMap(({ name, json: text }, index) => [
    toMessageEvent({
      type: 'content_block_start',
      index,
      content_block: { type: 'tool_use', id: `toolu_${index}`, name, input: {} },
    }),
    ...[text.slice(0, 7), text.slice(7)].map((partial_json) =>
      toMessageEvent({ type: 'content_block_delta', index, delta: { type: 'input_json_delta', partial_json } }),
    ),
    toMessageEvent({ type: 'content_block_stop', index }),
  ]),
  toMessageDelta('tool_use'),
  messageStop,
]

describeOnBoth('Codex with Claude', (_start, { share }) => {
  async function open() {
    const { upstream, gateway } = await share(({ url }) => ({
      env: { ANTHROPIC_API_KEY: 'sk-ant-x', ANTHROPIC_BASE_URL: url, TOKEN: gatewayToken },
    }))
    const client = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: gatewayToken, maxRetries: 0 })
    return { upstream, gateway, client }
  }

  test('sends its request as a message, and is told what was left out', async () => {
    const { upstream, gateway } = await open()
    upstream.respond(sse(messageStream, whole))
    const result = await ask(gateway, { target, body: codexRequest })
    const sent = await upstream.nextRequest()
    expect(`${sent.method} ${sent.target}`).toBe('POST /v1/messages')
    expect(sent.bodyJson).toEqual({
      model: 'claude-sonnet-5-5',
      max_tokens: 128_000,
      system: [
        { type: 'text', text: 'You are Codex, based on GPT-5.' },
        { type: 'text', text: '<permissions instructions>' },
      ],
      messages: [{ role: 'user', content: [{ type: 'text', text: 'List the files.' }] }],
      tools: [
        { name: 'shell', description: 'Runs a command.', input_schema: codexRequest.tools[0].parameters },
        {
          name: 'apply_patch',
          description: 'Edits files.',
          input_schema: { type: 'object', properties: { input: { type: 'string' } }, required: ['input'] },
        },
        {
          name: 'multi_agent__spawn',
          description: 'Starts an agent.',
          input_schema: codexRequest.tools[2].tools[0].parameters,
        },
      ],
      tool_choice: { type: 'auto' },
      thinking: { type: 'adaptive', display: 'summarized' },
      output_config: { effort: 'medium' },
      cache_control: { type: 'ephemeral' },
      stream: true,
    })
    expect(result.header('x-weir-dropped')?.split(', ').sort()).toEqual([
      'client_metadata',
      'text.verbosity',
      'tools[].description',
      'tools[].format',
      'tools[].web_search',
    ])
  })

  test('reads the reasoning and the call, and sends them back with the output in the next turn', async () => {
    const { upstream, client } = await open()
    upstream.respond(sse(toolStream, whole))
    const weather = { type: 'function', name: toolUse.name, strict: false, parameters: { type: 'object' } } as const
    const first = { ...codexRequest, tools: [weather] }
    const reply = await client.responses.stream(asParams<StreamParams>(first)).finalResponse()
    expect(reply).toMatchObject({
      status: 'completed',
      store: false,
      model: 'claude-sonnet-5-5',
      instructions: codexRequest.instructions,
      reasoning: codexRequest.reasoning,
      usage: {
        input_tokens: 5_995,
        input_tokens_details: { cached_tokens: 3_000, cache_write_tokens: 900 },
        output_tokens: 503,
        total_tokens: 6_498,
      },
    })
    expect(reply.output).toMatchObject([
      {
        type: 'reasoning',
        summary: [{ type: 'summary_text', text: thinkingBlock.thinking }],
        encrypted_content: `weir:messages::${thinkingBlock.signature}`,
      },
      {
        type: 'function_call',
        call_id: toolUse.id,
        name: toolUse.name,
        arguments: '{"location": "San Francisco, CA", "unit": "fahrenheit"}',
      },
    ])
    await upstream.nextRequest()
    upstream.respond(sse(messageStream, whole))
    const output = { type: 'function_call_output', call_id: toolUse.id, output: '15 °C' }
    const input = [...first.input, ...reply.output, output]
    const last = await client.responses.stream(asParams<StreamParams>({ ...first, input })).finalResponse()
    expect(last.output_text).toBe('Hello!')
    expect((await upstream.nextRequest()).bodyJson).toMatchObject({
      messages: [
        { role: 'user' },
        { role: 'assistant', content: [thinkingBlock, toolUse] },
        {
          role: 'user',
          content: [{ type: 'tool_result', tool_use_id: toolUse.id, content: [{ type: 'text', text: '15 °C' }] }],
        },
      ],
    })
  })

  test('reads parallel calls under its own names: of a function, a custom tool and a namespace', async () => {
    const { upstream, client } = await open()
    const patch = '*** Begin Patch\n"a"\n*** End Patch'
    upstream.respond(
      sse(
        toToolStream([
          { name: 'shell', json: '{"command":"ls"}' },
          { name: 'apply_patch', json: JSON.stringify({ input: patch }) },
          { name: 'multi_agent__spawn', json: '{"task":"x"}' },
        ]),
        whole,
      ),
    )
    const reply = await client.responses.stream(asParams<StreamParams>(codexRequest)).finalResponse()
    expect(reply.output).toMatchObject([
      { type: 'function_call', id: expect.stringMatching(/^fc_/), name: 'shell', arguments: '{"command":"ls"}' },
      { type: 'custom_tool_call', call_id: 'toolu_1', name: 'apply_patch', input: patch },
      { type: 'function_call', namespace: 'multi_agent', name: 'spawn', arguments: '{"task":"x"}' },
    ])
    expect(reply.output[0]).not.toHaveProperty('namespace')
    await upstream.nextRequest()
    upstream.respond(sse(messageStream, whole))
    const outputs = reply.output.map((item, index) => ({
      type: item.type === 'custom_tool_call' ? 'custom_tool_call_output' : 'function_call_output',
      call_id: `toolu_${index}`,
      output: 'ok',
    }))
    const input = [...codexRequest.input, ...reply.output, ...outputs]
    await client.responses.stream(asParams<StreamParams>({ ...codexRequest, input })).finalResponse()
    const { messages } = (await upstream.nextRequest()).bodyJson as {
      messages: { content: { name?: string; input?: unknown }[] }[]
    }
    expect(messages[1]?.content.map(({ name, input: sent }) => [name, sent])).toEqual([
      ['shell', { command: 'ls' }],
      ['apply_patch', { input: patch }],
      ['multi_agent__spawn', { task: 'x' }],
    ])
    expect(messages[2]?.content).toHaveLength(3)
  })

  test('gets a whole response, and one that was cut short as incomplete', async () => {
    const { upstream, client } = await open()
    upstream.respond(json(200, message))
    const request = { model: 'claude-sonnet-5-5', input: 'Hello, Claude', max_output_tokens: 9 } as const
    const reply = await client.responses.create(request)
    expect(reply).toMatchObject({ object: 'response', status: 'completed', output_text: message.content[0]?.text })
    upstream.respond(json(200, { ...message, stop_reason: 'max_tokens' }))
    expect(await client.responses.create(request)).toMatchObject({
      status: 'incomplete',
      incomplete_details: { reason: 'max_output_tokens' },
      max_output_tokens: 9,
    })
  })

  test('gets structured output', async () => {
    const { upstream, client } = await open()
    upstream.respond(json(200, { ...message, content: [{ type: 'text', text: '{"name":"Weir"}' }] }))
    const schema = { type: 'object', properties: { name: { type: 'string' } }, additionalProperties: false }
    const reply = await client.responses.parse({
      model: 'claude-sonnet-5-5',
      input: 'x',
      text: { format: { type: 'json_schema', name: 'named', strict: true, schema } },
    })
    expect(reply.output_parsed).toEqual({ name: 'Weir' })
    expect((await upstream.nextRequest()).bodyJson).toMatchObject({
      output_config: { format: { type: 'json_schema', schema } },
    })
  })

  test('gets an error of the provider in OpenAI’s shape, with its status', async () => {
    const { upstream, gateway } = await open()
    upstream.respond(json(529, overloaded))
    const result = await ask(gateway, { target, body: codexRequest })
    expect(result.status).toBe(529)
    expect(JSON.parse(result.text)).toMatchObject({ error: { message: 'Overloaded', type: 'server_error' } })
  })

  test('gets `error` and `response.failed` if the stream breaks off or reports an error', async () => {
    const { upstream, gateway } = await open()
    const tooLong = { type: 'invalid_request_error', message: 'prompt is too long: 300000 tokens > 200000 maximum' }
    const failed = toMessageEvent({ type: 'error', error: tooLong })
    for (const [events, code] of [
      [messageStream.slice(0, 5), 'upstream_interrupted'],
      [[...messageStream.slice(0, 5), failed], 'context_length_exceeded'],
    ] as const) {
      upstream.respond(sse(events, whole))
      const { text } = await ask(gateway, { target, body: codexRequest })
      const names = text.split('\n').flatMap((line) => (line.startsWith('event: ') ? [line.slice(7)] : []))
      expect(names.slice(-2)).toEqual(['error', 'response.failed'])
      expect(names).not.toContain('response.completed')
      const last = text.split('\n').findLast((line) => line.startsWith('data: ')) ?? ''
      expect(JSON.parse(last.slice(6))).toMatchObject({ response: { status: 'failed', error: { code } } })
    }
  })

  test.each([
    ['previous_response_id', 'resp_1'],
    ['conversation', 'conv_1'],
    ['background', true],
    ['store', true],
  ])('is refused with `%s`, which only OpenAI stores', async (param, value) => {
    const { upstream, gateway } = await open()
    const result = await ask(gateway, { target, body: { model: 'claude-sonnet-5-5', input: 'x', [param]: value } })
    expectError(result, { code: 'field_not_translatable', param, message: /Send / })
    expect(upstream.requests).toHaveLength(0)
  })
})

describeOnBoth('Claude Code with an OpenAI model', (_start, { share }) => {
  async function open() {
    const { upstream, gateway } = await share((scripted) => ({ env: toOpenAIEnv(scripted) }))
    const client = new Anthropic({ baseURL: gateway.url, apiKey: gatewayToken, maxRetries: 0 })
    return { upstream, gateway, client }
  }

  const request = {
    model: 'gpt-5.5',
    max_tokens: 8,
    system: [{ type: 'text', text: 'You are Claude Code.', cache_control: { type: 'ephemeral' } }],
    messages: [{ role: 'user', content: 'Weather?' }],
    tools: [
      {
        name: functionCall.name,
        description: 'Weather.',
        input_schema: { type: 'object', properties: { location: { type: 'string' } } },
      },
    ],
    thinking: { type: 'adaptive', display: 'summarized' },
    output_config: { effort: 'high' },
  } satisfies Anthropic.MessageCreateParamsNonStreaming

  const calls = ['call_1', 'call_2'].map((call_id, index) => ({ ...functionCall, call_id, id: `fc_${index}` }))

  test('keeps the reasoning of OpenAI over two turns, with parallel calls', async () => {
    const { upstream, client } = await open()
    upstream.respond(
      sse(
        toResponseEvents([
          ...reasoningEvents,
          ...calls.flatMap((call, index) => toCallEvents(call, index + 1)),
          completed([reasoningItem, ...calls]),
        ]),
        whole,
      ),
    )
    const reply = await client.messages.stream(request).finalMessage()
    expect((await upstream.nextRequest()).bodyJson).toEqual({
      model: 'gpt-5.5',
      instructions: 'You are Claude Code.',
      input: [{ type: 'message', role: 'user', content: [{ type: 'input_text', text: 'Weather?' }] }],
      store: false,
      include: ['reasoning.encrypted_content'],
      max_output_tokens: 16,
      tools: [
        {
          type: 'function',
          name: functionCall.name,
          description: 'Weather.',
          parameters: request.tools[0]?.input_schema,
          strict: false,
        },
      ],
      reasoning: { effort: 'high', summary: 'auto' },
      stream: true,
    })
    expect(reply).toMatchObject({
      stop_reason: 'tool_use',
      content: [
        {
          type: 'thinking',
          thinking: 'The user greets me.\n\nI look up the weather.',
          signature: `weir:responses:${reasoningItem.id}:${reasoningItem.encrypted_content}`,
        },
        ...calls.map(({ call_id: id }) => ({ type: 'tool_use', id, input: { location: 'Paris' } })),
      ],
      usage: { input_tokens: 400, cache_read_input_tokens: 600, output_tokens: 50 },
    })
    upstream.respond(sse(toResponseEvents(textEvents), whole))
    const results = calls.map(
      ({ call_id }, index): Anthropic.ToolResultBlockParam => ({
        type: 'tool_result',
        tool_use_id: call_id,
        content:
          index === 0
            ? '15 °C'
            : [{ type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AAAA' } }],
      }),
    )
    const messages = [
      ...request.messages,
      { role: 'assistant', content: reply.content },
      { role: 'user', content: results },
    ] satisfies Anthropic.MessageParam[]
    const last = await client.messages.stream({ ...request, messages }).finalMessage()
    expect(last).toMatchObject({ stop_reason: 'end_turn', content: [{ type: 'text', text: 'Hello, world' }] })
    expect((await upstream.nextRequest()).bodyJson).toMatchObject({
      input: [
        { role: 'user' },
        {
          type: 'reasoning',
          id: reasoningItem.id,
          encrypted_content: reasoningItem.encrypted_content,
          summary: [{ type: 'summary_text', text: 'The user greets me.\n\nI look up the weather.' }],
        },
        ...calls.map(({ call_id, name, arguments: text }) => ({
          type: 'function_call',
          call_id,
          name,
          arguments: text,
        })),
        { type: 'function_call_output', call_id: 'call_1', output: '15 °C' },
        {
          type: 'function_call_output',
          call_id: 'call_2',
          output: [{ type: 'input_image', image_url: 'data:image/png;base64,AAAA', detail: 'auto' }],
        },
      ],
    })
  })

  test('reads a whole response, and one that failed as an error', async () => {
    const { upstream, client } = await open()
    upstream.respond(json(200, response))
    expect(await client.messages.create(request)).toMatchObject({
      content: [{ type: 'text', text: 'Hello, world' }],
      stop_reason: 'end_turn',
      usage: { input_tokens: 400, cache_read_input_tokens: 600, output_tokens: 50 },
    })
    const error = { code: 'server_error', message: 'The model failed.' }
    upstream.respond(json(200, { ...response, status: 'failed', error, output: [] }))
    await expect(client.messages.create(request)).rejects.toMatchObject({
      status: 502,
      error: { error: { type: 'api_error', message: 'The model failed.' } },
    })
  })

  test('gets an error if the stream breaks off', async () => {
    const { upstream, client } = await open()
    upstream.respond(sse(toResponseEvents(textEvents.slice(0, 4)), whole))
    await expect(client.messages.stream(request).finalMessage()).rejects.toThrow(/upstream/i)
  })
})

describeOnBothStored('the usage of a translated response', (start, { startUpstream }) => {
  test('is recorded to the nano-dollar, at the prices of the provider’s model', async () => {
    const anthropic = await startUpstream()
    anthropic.respond(sse(messageStream, whole))
    const env = { ANTHROPIC_API_KEY: 'sk-ant-x', ANTHROPIC_BASE_URL: anthropic.url }
    const { gateway, create, call } = await openKeys({ start, startUpstream }, { env })
    const { status } = await call(await create(), { target, body: codexRequest })
    expect(status).toBe(200)
    await gateway.flushLedger()
    expect(await gateway.sql('SELECT * FROM call_records')).toMatchObject([
      {
        provider: 'anthropic',
        model: 'claude-sonnet-5-5',
        outcome: 'ok',
        input_tokens: 5_995,
        output_tokens: 503,
        cost_nano: 2_095 * 2_000 + 3_000 * 100 + 500 * 2_500 + 400 * 4_000 + 503 * 10_000,
        cost_source: 'usage',
      },
    ])
  })
})
