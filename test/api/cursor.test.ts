import { expect, test } from 'vitest'
import {
  messageStart,
  messageStop,
  messageStream,
  toMessageDelta,
  toMessageEvent,
} from '../support/anthropic-fixtures.ts'
import { ask, expectError } from '../support/ask.ts'
import { describeOnBoth } from '../support/describe-on-both.ts'
import { chatCompletion } from '../support/fixtures.ts'
import { gatewayToken } from '../support/gateway.ts'
import { json, sse } from '../support/upstream-scripts.ts'

// The bodies that Cursor sends to a custom address, as gateways report them. Sources, read on 2026-11-30:
// https://docs.litellm.ai/docs/proxy/cursor, https://github.com/BerriAI/litellm/pull/34029.

const target = '/v1/chat/completions'
const grammar = { type: 'grammar', syntax: 'lark', definition: 'start: begin_patch' }

/** A call of its agent: a body of Responses. */
const agent = {
  model: 'gpt-5.4',
  input: [
    { role: 'system', content: 'You are an agent.' },
    { role: 'user', content: [{ type: 'input_text', text: 'List the files.' }] },
    { type: 'function_call', call_id: 'call_1', name: 'shell', arguments: '{"command":"ls"}' },
    { type: 'function_call_output', call_id: 'call_1', output: 'a.txt' },
    { type: 'custom_tool_call', call_id: 'call_2', name: 'ApplyPatch', input: '*** Begin' },
    { type: 'custom_tool_call_output', call_id: 'call_2', output: 'Done' },
  ],
  tools: [
    { type: 'function', name: 'shell', description: 'Runs a command.', parameters: { type: 'object' } },
    { type: 'custom', name: 'ApplyPatch', description: 'Edits files.', format: grammar },
    { type: 'web_search' },
  ],
  reasoning: { effort: 'high', summary: 'auto' },
  max_output_tokens: 500,
  include: ['reasoning.encrypted_content'],
  store: false,
  stream: true,
  stream_options: { include_usage: true },
}

const chunkOf = (line: string) => JSON.parse(line.slice('data: '.length))
const dataOf = (text: string) => text.split('\n').filter((line) => line.startsWith('data: '))

describeOnBoth('Cursor', (start, { startUpstream }) => {
  async function open() {
    const upstream = await startUpstream()
    const env = {
      OPENAI_API_KEY: 'sk-x',
      OPENAI_BASE_URL: `${upstream.url}/v1`,
      ANTHROPIC_API_KEY: 'sk-ant-x',
      ANTHROPIC_BASE_URL: upstream.url,
      TOKEN: gatewayToken,
    }
    return { upstream, gateway: await start({ env }) }
  }

  test('sends a body of Responses to chat completions, which becomes a chat', async () => {
    const { upstream, gateway } = await open()
    upstream.respond(json(200, chatCompletion))
    const result = await ask(gateway, { target, body: { ...agent, messages: [], stream: false } })
    const sent = await upstream.nextRequest()
    expect(sent.target).toBe(target)
    expect(sent.bodyJson).toEqual({
      model: 'gpt-5.4',
      messages: [
        { role: 'system', content: 'You are an agent.' },
        { role: 'user', content: 'List the files.' },
        {
          role: 'assistant',
          content: null,
          tool_calls: [{ id: 'call_1', type: 'function', function: { name: 'shell', arguments: '{"command":"ls"}' } }],
        },
        { role: 'tool', tool_call_id: 'call_1', content: 'a.txt' },
        {
          role: 'assistant',
          content: null,
          tool_calls: [{ id: 'call_2', type: 'custom', custom: { name: 'ApplyPatch', input: '*** Begin' } }],
        },
        { role: 'tool', tool_call_id: 'call_2', content: 'Done' },
      ],
      max_completion_tokens: 500,
      tools: [
        {
          type: 'function',
          function: { name: 'shell', description: 'Runs a command.', parameters: { type: 'object' } },
        },
        {
          type: 'custom',
          custom: {
            name: 'ApplyPatch',
            description: 'Edits files.',
            format: { type: 'grammar', grammar: { syntax: 'lark', definition: 'start: begin_patch' } },
          },
        },
      ],
      reasoning_effort: 'high',
      stream_options: { include_usage: true },
    })
    expect([result.status, JSON.parse(result.text)]).toEqual([200, chatCompletion])
    expect(result.header('x-weir-dropped')).toBe('tools[].web_search')
  })

  test('gets chunks of a chat from Claude, with its custom tool', async () => {
    const { upstream, gateway } = await open()
    const call = { type: 'tool_use', id: 'toolu_1', name: 'ApplyPatch', input: {} }
    const delta = { type: 'input_json_delta', partial_json: '{"input":"*** Begin"}' }
    upstream.respond(
      sse(
        [
          messageStart,
          toMessageEvent({ type: 'content_block_start', index: 0, content_block: call }),
          toMessageEvent({ type: 'content_block_delta', index: 0, delta }),
          toMessageEvent({ type: 'content_block_stop', index: 0 }),
          toMessageDelta('tool_use'),
          messageStop,
        ],
        { doneAtEnd: false },
      ),
    )
    const result = await ask(gateway, { target, body: { ...agent, model: 'claude-sonnet-5-5' } })
    expect((await upstream.nextRequest()).bodyJson).toMatchObject({
      system: 'You are an agent.',
      max_tokens: 500,
      output_config: { effort: 'high' },
      stream: true,
    })
    const lines = dataOf(result.text)
    expect(lines.at(-1)).toBe('data: [DONE]')
    const chunks = lines.slice(0, -1).map(chunkOf)
    expect(chunks.every(({ object }) => object === 'chat.completion.chunk')).toBe(true)
    expect(chunks.flatMap(({ choices }) => choices[0]?.delta.tool_calls ?? [])).toEqual([
      { index: 0, id: 'toolu_1', type: 'custom', custom: { name: 'ApplyPatch', input: '' } },
      { index: 0, custom: { input: '*** Begin' } },
    ])
    expect(chunks.at(-1).usage).toMatchObject({ completion_tokens: 503 })
  })

  test('sends tools in the shape of Responses beside messages', async () => {
    const { upstream, gateway } = await open()
    const nested = { type: 'function', function: { name: 'read', parameters: { type: 'object' } } }
    const messages = [{ role: 'user', content: 'Hi' }]
    upstream.respondNext(json(200, chatCompletion), sse(messageStream, { doneAtEnd: false }))
    const tools = [nested, ...agent.tools.slice(0, 2)]
    await ask(gateway, { target, body: { model: 'gpt-5.4', messages, tools } })
    expect((await upstream.nextRequest()).bodyJson).toEqual({
      model: 'gpt-5.4',
      messages,
      tools: [
        nested,
        {
          type: 'function',
          function: { name: 'shell', description: 'Runs a command.', parameters: { type: 'object' } },
        },
        {
          type: 'custom',
          custom: {
            name: 'ApplyPatch',
            description: 'Edits files.',
            format: { type: 'grammar', grammar: { syntax: 'lark', definition: 'start: begin_patch' } },
          },
        },
      ],
    })
    await ask(gateway, { target, body: { model: 'claude-sonnet-5-5', messages, tools, stream: true } })
    expect((await upstream.nextRequest()).bodyJson).toMatchObject({
      tools: [{ name: 'read' }, { name: 'shell' }, { name: 'ApplyPatch' }],
    })
  })

  test('is told what Weir cannot read in such a body, as an error of a chat', async () => {
    const { upstream, gateway } = await open()
    const stored = await ask(gateway, { target, body: { ...agent, previous_response_id: 'resp_1' } })
    expectError(stored, { code: 'field_not_translatable', param: 'previous_response_id' })
    const wrong = await ask(gateway, { target, body: { ...agent, max_output_tokens: 'many' } })
    expectError(wrong, { code: 'invalid_value', param: 'max_output_tokens' })
    expectError(await ask(gateway, { target, body: { model: 'gpt-5.4' } }), {
      code: 'missing_required_parameter',
      param: 'messages',
    })
    expect(upstream.requests).toHaveLength(0)
  })
})
