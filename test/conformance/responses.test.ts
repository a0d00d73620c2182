import type OpenAI from 'openai'
import { expect, test } from 'vitest'
import * as z from 'zod'
import { response, responseEvents } from '../support/fixtures.ts'
import { json, sse } from '../support/upstream-scripts.ts'
import { callBothWays } from './call-both-ways.ts'
import { collect, describeSdks } from './describe-sdks.ts'
import { weatherTool } from './fixtures.ts'

const body = { model: 'gpt-4.1', input: 'Tell me a three sentence bedtime story about a unicorn.' }
const hello = { model: 'demo/chat', input: 'Hello!' }
const { strict, ...weatherFunction } = weatherTool.function
const tools: OpenAI.Responses.Tool[] = [{ type: 'function', ...weatherFunction, strict }]

describeSdks('responses of the demo', ({ connectDemo }) => {
  test('answer a question', async () => {
    const { client } = await connectDemo()
    const answer = await client.responses.create(hello)
    expect(answer).toMatchObject({ object: 'response', status: 'completed', model: 'demo/chat', error: null })
    expect(answer.output_text).toContain('> Hello!')
    expect(answer.usage?.output_tokens).toBeGreaterThan(5)
  })

  test('stream the same content as a whole response, in events that the SDK accumulates', async () => {
    const { client } = await connectDemo()
    const whole = await client.responses.create(hello)
    const events = await collect(await client.responses.create({ ...hello, stream: true }))
    const deltas = events.filter((event) => event.type === 'response.output_text.delta').map(({ delta }) => delta)
    expect(deltas.join('')).toBe(whole.output_text)
    expect(deltas.length).toBeGreaterThan(20)
    expect(events.map((event) => event.sequence_number)).toEqual(events.map((_, index) => index))
    expect(events.at(-1)?.type).toBe('response.completed')
    const { output } = await client.responses.stream(hello).finalResponse()
    expect(output).toMatchObject([{ type: 'message', content: [{ type: 'output_text', text: whole.output_text }] }])
  })

  test('call a tool, accept its result and finish', async () => {
    const { client } = await connectDemo()
    const streamed = await client.responses.stream({ ...hello, tools }).finalResponse()
    const called = streamed.output.find((item) => item.type === 'function_call')
    expect(called?.name).toBe('get_weather')
    expect(JSON.parse(called?.arguments ?? '')).toEqual({ location: expect.any(String) })
    const input: OpenAI.Responses.ResponseInput = [
      { role: 'user', content: 'Hello!' },
      { type: 'function_call', call_id: called?.call_id ?? '', name: 'get_weather', arguments: '{}' },
      { type: 'function_call_output', call_id: called?.call_id ?? '', output: 'Sunny, 21 °C' },
    ]
    const answer = await client.responses.create({ ...hello, input, tools })
    expect(answer.output_text).toContain('Sunny, 21 °C')
  })

  test('count their input tokens in advance', async () => {
    const { client } = await connectDemo()
    // openai 4 has no method for it.
    const counted = await client.post('/responses/input_tokens', { body: { ...hello, tools } })
    const answer = await client.responses.create({ ...hello, tools })
    expect(counted).toEqual({ object: 'response.input_tokens', input_tokens: answer.usage?.input_tokens })
  })

  test('satisfy the schema of a text format', async () => {
    const { client } = await connectDemo()
    const schema = z.object({ steps: z.array(z.object({ explanation: z.string() })), final_answer: z.string() })
    const format = { type: 'json_schema' as const, name: 'math', strict: true, schema: z.toJSONSchema(schema) }
    const answer = await client.responses.parse({ ...hello, text: { format } })
    expect(schema.parse(answer.output_parsed)).toEqual(JSON.parse(answer.output_text))
  })
})

describeSdks('responses through Weir', ({ connectUpstream }) => {
  test('are the same as without it', async () => {
    const connection = await connectUpstream()
    const { value } = await callBothWays(connection, json(200, response), (client) => client.responses.create(body))
    expect(value).toMatchObject(response)
    expect(value.output_text).toBe('Hi there!')
  })

  test('reach the upstream with tools, state and new fields', async () => {
    const connection = await connectUpstream()
    const more = {
      tools: [...tools, { type: 'web_search' as const }],
      previous_response_id: 'resp_67ccd2bed1ec8190b14f964abc0542670bb6a6b452d3795b',
      store: false,
      include: ['reasoning.encrypted_content' as const],
      invented_tomorrow: { deep: [1, null] },
    }
    await callBothWays(connection, json(200, response), (client) => client.responses.create({ ...body, ...more }))
  })

  test('stream the same events, with an unchanged request', async () => {
    const connection = await connectUpstream()
    const script = sse(responseEvents, { doneAtEnd: false })
    const { value } = await callBothWays(connection, script, async (client) =>
      collect(await client.responses.create({ ...body, stream: true })),
    )
    expect(value.map(({ type }) => type)).toEqual([
      'response.created',
      'response.in_progress',
      'response.output_text.delta',
      'response.output_text.delta',
      'response.output_text.done',
      'response.completed',
    ])
    expect(await connection.gateway.findLog()).toMatchObject({ outcome: 'ok', input_tokens: 36, output_tokens: 87 })
  })
})
