import { describe, expect, it } from 'vitest'
import { createDemo, createSdk, parseEvents, readJson, readText } from './demo-harness.ts'

const weather = {
  type: 'function' as const,
  name: 'read_weather',
  strict: true,
  parameters: {
    type: 'object',
    properties: { city: { type: 'string' } },
    required: ['city'],
    additionalProperties: false,
  },
}

async function respond(body: object) {
  return readJson(await createDemo().post('responses', { model: 'demo/chat', input: 'Hello', ...body }))
}

async function stream(body: object) {
  const response = await createDemo().post('responses', { model: 'demo/chat', input: 'Hello', stream: true, ...body })
  return parseEvents(await readText(response)).map(({ event, data }) => {
    const value = JSON.parse(data)
    expect(value.type).toBe(event)
    return value
  })
}

/** Returns the types in order, without repetitions. */
function summarise(events: readonly { readonly type: string }[]): readonly string[] {
  return events.map(({ type }) => type).filter((type, index, types) => type !== types[index - 1])
}

describe('a response of the demo', () => {
  it('is a message with usage and the request’s settings', async () => {
    const response = await respond({ instructions: 'Be brief', temperature: 0, metadata: { a: 'b' } })
    expect(response).toMatchObject({
      object: 'response',
      status: 'completed',
      model: 'demo/chat',
      error: null,
      incomplete_details: null,
      instructions: 'Be brief',
      temperature: 0,
      metadata: { a: 'b' },
      output: [
        {
          type: 'message',
          role: 'assistant',
          status: 'completed',
          content: [{ type: 'output_text', annotations: [] }],
        },
      ],
      usage: { input_tokens: 3 + 1 + 2, output_tokens_details: { reasoning_tokens: 0 } },
    })
    expect(response.usage.total_tokens).toBe(response.usage.input_tokens + response.usage.output_tokens)
    expect(response.output[0].content[0].text).toContain('> Hello')
  })

  it('reads lists of input items', async () => {
    const input = [
      { role: 'developer', content: 'x' },
      {
        type: 'message',
        role: 'user',
        content: [
          { type: 'input_text', text: 'See' },
          { type: 'input_image', image_url: 'x' },
        ],
      },
      { type: 'reasoning', summary: [] },
    ]
    const [item] = (await respond({ input })).output
    expect(item.content[0].text).toContain('> See')
    expect(item.content[0].text).toContain('1 × image')
  })

  it('is incomplete at the token limit', async () => {
    const response = await respond({ max_output_tokens: 2 })
    expect(response).toMatchObject({
      status: 'incomplete',
      incomplete_details: { reason: 'max_output_tokens' },
      output: [{ status: 'incomplete', content: [{ text: '**Weir demo.**' }] }],
    })
    expect((await stream({ max_output_tokens: 2 })).at(-1).type).toBe('response.incomplete')
  })

  it('satisfies a schema', async () => {
    const format = { type: 'json_schema', name: 'x', schema: { type: 'array', items: { type: 'null' }, minItems: 3 } }
    expect((await respond({ text: { format } })).output[0].content[0].text).toBe('[null,null,null]')
  })

  it('calls a function, and replies with its result', async () => {
    const [call] = (await respond({ tools: [weather] })).output
    expect(call).toMatchObject({
      type: 'function_call',
      name: 'read_weather',
      arguments: '{"city":"Paris"}',
      status: 'completed',
    })
    const input = [
      { role: 'user', content: 'Hello' },
      call,
      { type: 'function_call_output', call_id: call.call_id, output: 'Sunny' },
    ]
    const [message] = (await respond({ tools: [weather], input })).output
    expect(message.content[0].text).toContain('> Sunny')
  })
})

describe('a streamed response of the demo', () => {
  it('has OpenAI’s events in order, numbered from 0', async () => {
    const events = await stream({})
    expect(summarise(events)).toEqual([
      'response.created',
      'response.in_progress',
      'response.output_item.added',
      'response.content_part.added',
      'response.output_text.delta',
      'response.output_text.done',
      'response.content_part.done',
      'response.output_item.done',
      'response.completed',
    ])
    expect(events.map((event) => event.sequence_number)).toEqual(events.map((_, index) => index))
    const text = events.map((event) => (event.type === 'response.output_text.delta' ? event.delta : '')).join('')
    const { response } = events.at(-1)
    expect(response).toEqual({ ...(await respond({})), id: response.id, output: response.output })
    expect(response.output[0].content[0].text).toBe(text)
    expect(response.output[0]).toEqual(events.at(-2).item)
    expect(events[0].response).toMatchObject({ id: response.id, status: 'in_progress', output: [], usage: null })
  })

  it('has the events of a function call', async () => {
    const events = await stream({ tools: [weather] })
    expect(summarise(events)).toEqual([
      'response.created',
      'response.in_progress',
      'response.output_item.added',
      'response.function_call_arguments.delta',
      'response.function_call_arguments.done',
      'response.output_item.done',
      'response.completed',
    ])
    expect(events[2].item).toMatchObject({ type: 'function_call', status: 'in_progress', arguments: '' })
  })

  it('is readable by OpenAI’s client', async () => {
    const sdk = createSdk(createDemo())
    const text = await sdk.responses.stream({ model: 'demo/chat', input: 'Hello' }).finalResponse()
    const call = await sdk.responses.stream({ model: 'demo/chat', input: 'Hello', tools: [weather] }).finalResponse()
    expect(text.output_text).toContain('> Hello')
    expect(call.output[0]).toMatchObject({ type: 'function_call', parsed_arguments: { city: 'Paris' } })
  })
})
