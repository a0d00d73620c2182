import { expect, test } from 'vitest'
import * as z from 'zod'
import { collect, describeSdks } from './describe-sdks.ts'
import { weatherTool } from './fixtures.ts'

const hello = { model: 'demo/chat', messages: [{ role: 'user' as const, content: 'Hello!' }] }

describeSdks('chat completions of the demo', ({ sdk, connectDemo }) => {
  test('answer a question', async () => {
    const { client } = await connectDemo()
    const completion = await client.chat.completions.create(hello)
    expect(completion).toMatchObject({ object: 'chat.completion', model: 'demo/chat' })
    expect(completion.choices).toHaveLength(1)
    expect(completion.choices[0]).toMatchObject({ finish_reason: 'stop', message: { role: 'assistant' } })
    expect(completion.choices[0]?.message.content).toContain('> Hello!')
    expect(completion.usage?.total_tokens).toBeGreaterThan(5)
  })

  test('stream the same content as a whole response', async () => {
    const { client } = await connectDemo()
    const whole = await client.chat.completions.create(hello)
    const chunks = await collect(await client.chat.completions.create({ ...hello, stream: true }))
    const text = chunks.map((chunk) => chunk.choices[0]?.delta.content ?? '').join('')
    expect(text).toBe(whole.choices[0]?.message.content)
    expect(chunks.length).toBeGreaterThan(20)
    expect(chunks.at(-1)?.choices[0]?.finish_reason).toBe('stop')
  })

  test('arrive word by word, not all at the end', async () => {
    const { client } = await connectDemo({ DEMO_WORD_DELAY_MS: '60000' })
    const stream = await client.chat.completions.create({ ...hello, stream: true })
    for await (const chunk of stream) {
      if (chunk.choices[0]?.delta.content) break
    }
    expect.assertions(0)
  })

  test('stop when the caller aborts mid-stream', async () => {
    const { client, gateway } = await connectDemo({ DEMO_WORD_DELAY_MS: '20' })
    const stream = await client.chat.completions.create({ ...hello, stream: true })
    const words: string[] = []
    for await (const chunk of stream) {
      words.push(chunk.choices[0]?.delta.content ?? '')
      if (words.length === 3) stream.controller.abort()
    }
    expect(words).toHaveLength(3)
    expect(await gateway.findLog()).toMatchObject({ outcome: 'client_gone', stream: true })
  })

  test('report the usage of a stream only on request', async () => {
    const { client, gateway } = await connectDemo()
    const plain = await collect(await client.chat.completions.create({ ...hello, stream: true }))
    expect(plain.filter((chunk) => chunk.usage || chunk.choices.length === 0)).toEqual([])
    const options = { stream_options: { include_usage: true } }
    const counted = await collect(await client.chat.completions.create({ ...hello, ...options, stream: true }))
    const usage = counted.at(-1)?.usage
    expect(counted.at(-1)?.choices).toEqual([])
    expect(usage?.total_tokens).toBe((usage?.prompt_tokens ?? 0) + (usage?.completion_tokens ?? 0))
    expect(counted.slice(0, -1).every((chunk) => chunk.usage === null)).toBe(true)
    const logged = { input_tokens: usage?.prompt_tokens, output_tokens: usage?.completion_tokens }
    await gateway.findLog(() => gateway.logs().filter(({ event }) => event === 'call').length === 2)
    expect(gateway.logs().filter(({ event }) => event === 'call')).toMatchObject([logged, logged])
  })

  test('return as many choices as requested, whole and streamed', async () => {
    const { client } = await connectDemo()
    const { choices } = await client.chat.completions.create({ ...hello, n: 3 })
    expect(choices.map(({ index }) => index)).toEqual([0, 1, 2])
    const streamed = await sdk
      .chatHelpers(client)
      .stream({ ...hello, n: 3 })
      .finalChatCompletion()
    expect(streamed.choices.map(({ message }) => message.content)).toEqual(
      choices.map(({ message }) => message.content),
    )
  })

  test('stop before a stop sequence, and at the token limit', async () => {
    const { client } = await connectDemo()
    const stopped = await client.chat.completions.create({ ...hello, stop: ['You said'] })
    expect(stopped.choices[0]?.finish_reason).toBe('stop')
    expect(stopped.choices[0]?.message.content).not.toContain('You said')
    const cut = await client.chat.completions.create({ ...hello, max_completion_tokens: 5 })
    expect(cut.choices[0]?.finish_reason).toBe('length')
    expect(cut.usage?.completion_tokens).toBe(5)
  })

  test('call an offered tool, whole and streamed', async () => {
    const { client } = await connectDemo()
    const body = { ...hello, tools: [weatherTool] }
    const whole = (await client.chat.completions.create(body)).choices[0]
    const streamed = (await sdk.chatHelpers(client).stream(body).finalChatCompletion()).choices[0]
    for (const choice of [whole, streamed]) {
      expect(choice?.finish_reason).toBe('tool_calls')
      const called = choice?.message.tool_calls?.[0]
      expect(called).toMatchObject({ id: expect.stringMatching(/^call_/), function: { name: 'get_weather' } })
      expect(JSON.parse(called?.type === 'function' ? called.function.arguments : '')).toEqual({
        location: expect.any(String),
      })
    }
  })

  test('accept the result of a tool and finish', async () => {
    const { client } = await connectDemo()
    const asked: unknown[] = []
    const runner = sdk.chatHelpers(client).runTools({
      ...hello,
      tools: [
        {
          type: 'function',
          function: {
            name: 'get_weather',
            description: weatherTool.function.description,
            parameters: weatherTool.function.parameters,
            parse: JSON.parse,
            function: (input: object) => {
              asked.push(input)
              return 'Sunny, 21 °C'
            },
          },
        },
      ],
    })
    expect(await runner.finalContent()).toContain('Sunny, 21 °C')
    expect(asked).toEqual([{ location: expect.any(String) }])
  })

  test('satisfy the schema of a response format, whole and streamed', async () => {
    const { client } = await connectDemo()
    const schema = z.object({
      name: z.string(),
      date: z.iso.date(),
      participants: z.array(z.string()).min(2),
      kind: z.enum(['talk', 'party']),
    })
    const body = { ...hello, response_format: sdk.toResponseFormat('calendar_event', schema) }
    const whole = await sdk.chatHelpers(client).parse(body)
    expect(schema.parse(whole.choices[0]?.message.parsed)).toEqual(whole.choices[0]?.message.parsed)
    const streamed = await sdk.chatHelpers(client).stream(body).finalChatCompletion()
    expect(streamed.choices[0]?.message.content).toBe(whole.choices[0]?.message.content)
  })

  test('P04 carry the log’s request id', async () => {
    const { client, gateway } = await connectDemo()
    const { data, response, request_id } = await client.chat.completions.create(hello).withResponse()
    expect(request_id).toMatch(/^req_/)
    expect(data).toHaveProperty('_request_id', request_id)
    expect(response.headers.get('x-request-id')).toBe(request_id)
    expect(response.headers.get('x-weir-provider')).toBe('demo')
    expect(await gateway.findLog()).toMatchObject({ request_id, provider: 'demo', status: 200 })
    const streamed = await client.chat.completions.create({ ...hello, stream: true }).withResponse()
    expect(streamed.request_id).toMatch(/^req_/)
    await collect(streamed.data)
  })
})
