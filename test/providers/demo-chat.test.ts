import { describe, expect, it } from 'vitest'
import { splitWords } from '../../src/providers/demo/plan-output.ts'
import { createDemo, createSdk, parseEvents, readJson, readText } from './demo-harness.ts'

const messages = [{ role: 'user', content: 'Hello there' }]
const weather = {
  type: 'function',
  function: {
    name: 'read_weather',
    parameters: {
      type: 'object',
      properties: { city: { type: 'string' }, days: { type: 'integer', minimum: 1, maximum: 7 } },
      required: ['city', 'days'],
      additionalProperties: false,
    },
  },
}
const clock = { type: 'function', function: { name: 'read_clock' } }

async function complete(body: object) {
  return readJson(await createDemo().post('chat.completions', { model: 'demo/chat', messages, ...body }))
}

async function stream(body: object) {
  const response = await createDemo().post('chat.completions', { model: 'demo/chat', messages, stream: true, ...body })
  const data = parseEvents(await readText(response)).map((event) => event.data)
  expect(data.at(-1)).toBe('[DONE]')
  return { response, chunks: data.slice(0, -1).map((text) => JSON.parse(text)) }
}

describe('a chat completion of the demo', () => {
  it('has every field of OpenAI’s response, and names the demo', async () => {
    const completion = await complete({})
    expect(completion).toMatchObject({
      object: 'chat.completion',
      created: 1_700_000_000,
      model: 'demo/chat',
      system_fingerprint: 'weir-demo',
      choices: [{ index: 0, logprobs: null, finish_reason: 'stop', message: { role: 'assistant', refusal: null } }],
    })
    expect(completion.id).toMatch(/^chatcmpl-demo-/)
    expect(completion.choices[0].message.content).toContain('Weir demo')
    expect(completion.choices[0].message.content).toContain('> Hello there')
  })

  it('counts words, 3 tokens per message, 85 per attachment, and each streamed piece', async () => {
    const { usage, choices } = await complete({})
    expect(usage.prompt_tokens).toBe(5)
    expect(usage.completion_tokens).toBe(splitWords(choices[0].message.content).length)
    expect(usage.total_tokens).toBe(usage.prompt_tokens + usage.completion_tokens)
    const parts = [
      { type: 'text', text: 'Look' },
      { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } },
    ]
    expect((await complete({ messages: [{ role: 'user', content: parts }] })).usage.prompt_tokens).toBe(3 + 1 + 85)
  })

  it('repeats the last user message in any script, and names its attachments', async () => {
    const content = [
      { type: 'text', text: '这是什么？\nخط ثانٍ' },
      { type: 'image_url', image_url: { url: 'data:,' } },
      { type: 'image_url', image_url: { url: 'data:,' } },
      { type: 'input_audio', input_audio: { data: '', format: 'wav' } },
    ]
    const earlier = { role: 'user', content: 'Earlier' }
    const { choices } = await complete({
      messages: [earlier, { role: 'assistant', content: 'x' }, { role: 'user', content }],
    })
    expect(choices[0].message.content).toContain('> 这是什么？\n> خط ثانٍ')
    expect(choices[0].message.content).toContain('2 × image, 1 × audio')
    expect(choices[0].message.content).not.toContain('Earlier')
  })

  it('keeps its reply short after a long message', async () => {
    const { choices, usage } = await complete({ messages: [{ role: 'user', content: 'many words '.repeat(100_000) }] })
    expect(choices[0].message.content.length).toBeLessThan(2_000)
    expect(usage.prompt_tokens).toBeGreaterThan(190_000)
  })

  it.each([
    [undefined],
    [[]],
    ['text'],
    [[null, 1, 'x', {}]],
    [[{ role: 'user' }]],
    [[{ role: 'user', content: [1, null] }]],
  ])('replies to messages %j', async (odd) => {
    expect((await complete({ messages: odd })).choices[0].message.content).toContain('You said nothing.')
  })

  it('returns the requested number of different choices', async () => {
    const { choices } = await complete({ n: 3 })
    const texts = choices.map((choice: { message: { content: string } }) => choice.message.content)
    expect(choices.map((choice: { index: number }) => choice.index)).toEqual([0, 1, 2])
    expect(new Set(texts).size).toBe(3)
  })

  it('ends at the token limit of either name', async () => {
    for (const limit of [{ max_tokens: 4 }, { max_completion_tokens: 4 }]) {
      const { choices, usage } = await complete(limit)
      expect(choices[0].finish_reason).toBe('length')
      expect(choices[0].message.content).toBe('**Weir demo.** No model')
      expect(usage.completion_tokens).toBe(4)
    }
  })

  it('ends before the first stop sequence', async () => {
    for (const stop of ['\n\n', ['never', '\n\n']]) {
      const { choices } = await complete({ stop })
      expect(choices[0]).toMatchObject({ finish_reason: 'stop' })
      expect(choices[0].message.content).toMatch(/^\*\*Weir demo\.\*\* .*free\.$/)
    }
  })
})

describe('a streamed chat completion of the demo', () => {
  it('has OpenAI’s sequence of chunks, and the content of the response without streaming', async () => {
    const { response, chunks } = await stream({})
    const whole = await complete({})
    expect(response.headers['content-type']).toContain('text/event-stream')
    expect(new Set(chunks.map((chunk) => `${chunk.object} ${chunk.model} ${chunk.system_fingerprint}`))).toEqual(
      new Set(['chat.completion.chunk demo/chat weir-demo']),
    )
    expect(new Set(chunks.map((chunk) => chunk.id)).size).toBe(1)
    expect(chunks[0].choices[0]).toEqual({
      index: 0,
      delta: { role: 'assistant', content: '', refusal: null },
      logprobs: null,
      finish_reason: null,
    })
    expect(chunks.at(-1).choices[0]).toEqual({ index: 0, delta: {}, logprobs: null, finish_reason: 'stop' })
    expect(chunks.some((chunk) => 'usage' in chunk)).toBe(false)
    const text = chunks.map((chunk) => chunk.choices[0].delta.content ?? '').join('')
    expect(text).toBe(whole.choices[0].message.content)
    expect(chunks).toHaveLength(whole.usage.completion_tokens + 2)
  })

  it('reports usage in a last chunk without choices, only on request', async () => {
    const { chunks } = await stream({ stream_options: { include_usage: true } })
    const whole = await complete({})
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: whole.usage })
    expect(chunks.slice(0, -1).every((chunk) => chunk.usage === null)).toBe(true)
  })

  it('interleaves several choices', async () => {
    const { chunks } = await stream({ n: 2, max_tokens: 2 })
    const order = chunks.map((chunk) => {
      const [{ index, delta, finish_reason: reason }] = chunk.choices
      return `${index} ${reason ?? (delta.role === undefined ? 'word' : 'role')}`
    })
    expect(order).toEqual(['0 role', '1 role', '0 word', '1 word', '0 word', '1 word', '0 length', '1 length'])
  })

  it('is readable by OpenAI’s client', async () => {
    const reader = createSdk(createDemo()).chat.completions.stream({
      model: 'demo/chat',
      messages: [{ role: 'user', content: 'Hello there' }],
      stream_options: { include_usage: true },
    })
    const whole = await complete({})
    expect(await reader.finalContent()).toBe(whole.choices[0].message.content)
    expect(await reader.totalUsage()).toMatchObject({ completion_tokens: whole.usage.completion_tokens })
  })
})

describe('a tool call of the demo', () => {
  it('calls the first offered function with arguments that satisfy its schema', async () => {
    const { choices } = await complete({ tools: [weather, clock] })
    expect(choices[0]).toMatchObject({
      finish_reason: 'tool_calls',
      message: { content: null, tool_calls: [{ type: 'function', function: { name: 'read_weather' } }] },
    })
    const [call] = choices[0].message.tool_calls
    expect(call.id).toMatch(/^call_demo_/)
    const args = JSON.parse(call.function.arguments)
    expect(args).toEqual({ city: 'Paris', days: expect.any(Number) })
    expect(args.days).toBeGreaterThanOrEqual(1)
    expect(args.days).toBeLessThanOrEqual(7)
  })

  it.each([
    ['required', 'read_weather'],
    ['auto', 'read_weather'],
    [{ type: 'function', function: { name: 'read_clock' } }, 'read_clock'],
    [{ type: 'allowed_tools', allowed_tools: { mode: 'auto', tools: [clock] } }, 'read_clock'],
  ])('honours the tool choice %j', async (choice, name) => {
    const { choices } = await complete({ tools: [weather, clock], tool_choice: choice })
    expect(choices[0].message.tool_calls[0].function.name).toBe(name)
  })

  it.each([
    [{ tools: [weather], tool_choice: 'none' }],
    [{ tools: [] }],
    [{ tools: [{ type: 'custom', custom: { name: 'x' } }] }],
  ])('does not happen for %j', async (body) => {
    const { choices } = await complete(body)
    expect(choices[0].message).not.toHaveProperty('tool_calls')
    expect(choices[0].finish_reason).toBe('stop')
  })

  it('is streamed in fragments', async () => {
    const { chunks } = await stream({ tools: [weather] })
    const whole = await complete({ tools: [weather] })
    const deltas = chunks.map((chunk) => chunk.choices[0].delta)
    expect(deltas[0]).toMatchObject({
      role: 'assistant',
      content: null,
      tool_calls: [{ index: 0, type: 'function', function: { name: 'read_weather', arguments: '' } }],
    })
    const fragments = deltas.slice(1, -1)
    expect(fragments.length).toBeGreaterThan(1)
    expect(fragments.every((delta) => Object.keys(delta.tool_calls[0]).join() === 'index,function')).toBe(true)
    expect(fragments.map((delta) => delta.tool_calls[0].function.arguments).join('')).toBe(
      whole.choices[0].message.tool_calls[0].function.arguments,
    )
    expect(chunks.at(-1).choices[0].finish_reason).toBe('tool_calls')
  })

  it('is followed by a reply with its result', async () => {
    const { choices } = await complete({
      tools: [weather],
      tool_choice: 'required',
      messages: [
        ...messages,
        { role: 'assistant', content: null, tool_calls: [] },
        { role: 'tool', tool_call_id: 'x', content: '{"degrees": 21}' },
      ],
    })
    expect(choices[0].finish_reason).toBe('stop')
    expect(choices[0].message.content).toContain('> {"degrees": 21}')
    expect(choices[0].message.content).toContain('> Hello there')
  })

  it('passes the tool loop of OpenAI’s client', async () => {
    const cities: string[] = []
    const runner = createSdk(createDemo()).chat.completions.runTools({
      model: 'demo/chat',
      stream: true,
      messages: [{ role: 'user', content: 'Hello there' }],
      tools: [
        {
          type: 'function',
          function: {
            name: 'read_weather',
            description: '',
            parameters: weather.function.parameters,
            parse: JSON.parse,
            function: (args: { city: string }) => {
              cities.push(args.city)
              return 'Sunny'
            },
          },
        },
      ],
    })
    expect(await runner.finalContent()).toContain('> Sunny')
    expect(cities).toEqual(['Paris'])
  })
})

describe('structured output of the demo', () => {
  const schema = { type: 'object', properties: { answer: { type: 'string' } }, required: ['answer'] }

  it('is JSON that satisfies the schema', async () => {
    const { choices } = await complete({ response_format: { type: 'json_schema', json_schema: { name: 'x', schema } } })
    expect(JSON.parse(choices[0].message.content)).toEqual({ answer: 'demo answer' })
  })

  it('is any JSON object without a schema', async () => {
    const { choices } = await complete({ response_format: { type: 'json_object' } })
    expect(JSON.parse(choices[0].message.content)).toEqual({ demo: true, message: 'Hello there' })
  })

  it('is streamed as the same text', async () => {
    const { chunks } = await stream({ response_format: { type: 'json_schema', json_schema: { name: 'x', schema } } })
    const text = chunks.map((chunk) => chunk.choices[0].delta.content ?? '').join('')
    expect(JSON.parse(text)).toEqual({ answer: 'demo answer' })
  })
})
