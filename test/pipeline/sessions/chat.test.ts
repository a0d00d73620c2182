import { describe, expect, test } from 'vitest'
import { describeOnBothStored } from '../../support/describe-on-both.ts'
import { createGate } from '../../support/gate.ts'
import type { Script } from '../../support/upstream-exchange.ts'
import { json, sse } from '../../support/upstream-scripts.ts'
import { begun, delta, echo, streamed, words } from './answers.ts'
import { openChat, shareChat } from './open-chat.ts'

describeOnBothStored('a chat in a session', (start, { share, startUpstream }) => {
  const open = (script: Script = echo) => shareChat(share, script)

  test('sends the previous exchanges as context, and appends the new one', async () => {
    const { id, chat, turns, sentMessages } = await open()
    const first = await chat(id, 'Hello')
    expect([first.status, first.headers.get('x-session-id')]).toEqual([200, id])
    await chat(id, 'Who am I?')
    expect(await sentMessages()).toEqual([{ role: 'user', content: 'Hello' }])
    expect(await sentMessages()).toEqual([
      { role: 'user', content: 'Hello' },
      { role: 'assistant', content: '1: Hello' },
      { role: 'user', content: 'Who am I?' },
    ])
    expect(await turns(id)).toEqual([
      ['user', 'Hello'],
      ['assistant', '1: Hello'],
      ['user', 'Who am I?'],
      ['assistant', '3: Who am I?'],
    ])
  })

  test('relays the response unchanged, whole and streamed', async () => {
    const { id, chat, upstream } = await open(words('Miau'))
    const whole = await chat(id, 'Hello')
    expect(JSON.parse(whole.text)).toMatchObject({ choices: [{ message: { content: 'Miau' } }] })
    upstream.respond(streamed('Mi', 'au'))
    const stream = await chat(id, 'Again', { stream: true })
    expect(stream.headers.get('content-type')).toContain('text/event-stream')
    expect(stream.headers.get('x-session-id')).toBe(id)
    const events = [
      delta({ role: 'assistant', content: '' }),
      delta({ content: 'Mi' }),
      delta({ content: 'au' }),
      delta({}, 'stop'),
    ]
    expect(stream.text).toBe(`${events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join('')}data: [DONE]\n\n`)
  })

  test('stores a streamed reply as one message', async () => {
    const { id, chat, messages } = await open(streamed('Mi', 'au', ' 🐈'))
    await chat(id, 'Hello', { stream: true })
    expect(await messages(id)).toMatchObject([
      { role: 'user', content: 'Hello', status: 'complete' },
      { role: 'assistant', content: 'Miau 🐈', status: 'complete', model: 'gpt-4.1-2025-04-14' },
    ])
  })

  test('case D5: stores a million characters of a longer reply as `incomplete`, and relays all of it', async () => {
    const million = 'abcdefghij'.repeat(100_000)
    const { id, chat, messages } = await open(streamed(million, million, million))
    const { text } = await chat(id, 'Hello', { stream: true })
    expect(text.split(million)).toHaveLength(4)
    expect(text).toContain('data: [DONE]')
    const [, reply, ...more] = await messages(id)
    expect({ ...reply, content: undefined }).toMatchObject({ role: 'assistant', status: 'incomplete' })
    expect((reply as { readonly content: string }).content === million).toBe(true)
    expect(more).toEqual([])
  })

  test('edits only the messages of the request', async () => {
    const { id, chat, upstream } = await open()
    await chat(id, 'Hello', { seed: 0, future: { deep: [false] }, temperature: 0 })
    expect((await upstream.nextRequest()).bodyJson).toEqual({
      model: 'gpt-4.1',
      messages: [{ role: 'user', content: 'Hello' }],
      seed: 0,
      future: { deep: [false] },
      temperature: 0,
    })
  })

  test('stores images and other parts of a prompt', async () => {
    const { id, chat, sentMessages, turns } = await open()
    const content = [
      { type: 'text', text: 'What is it?' },
      { type: 'image_url', image_url: { url: 'data:image/png;base64,iVBORw0KGgo=' } },
    ]
    await chat(id, [{ role: 'user', content }])
    await sentMessages()
    await chat(id, 'And now?')
    expect((await sentMessages())[0]).toEqual({ role: 'user', content })
    expect((await turns(id))[0]).toEqual(['user', content])
  })

  test('works on the old proxy’s route, with its defaults', async () => {
    const { id, request, sentMessages, turns } = await open()
    const headers = { 'x-session-id': id }
    for (const content of ['one', 'two'])
      await request('/', { headers, body: { messages: [{ role: 'user', content }] } })
    await sentMessages()
    expect(await sentMessages()).toHaveLength(3)
    expect(await turns(id)).toHaveLength(4)
  })

  test('ignores the session header on embeddings, images and models', async () => {
    const { id, request, upstream, turns } = await open(json(200, { object: 'list', data: [] }))
    const headers = { 'x-session-id': id }
    const body = { model: 'text-embedding-3-small', input: 'Hello' }
    expect((await request('/v1/embeddings', { headers, body })).status).toBe(200)
    expect((await upstream.nextRequest()).bodyJson).toEqual(body)
    expect((await request('/generate-image', { headers, body: { prompt: 'cat', model: 'flux' } })).status).toBe(200)
    expect((await upstream.nextRequest()).bodyJson).not.toHaveProperty('messages')
    expect((await request('/v1/models', { headers })).status).toBe(200)
    expect(await turns(id)).toEqual([])
  })

  test('ignores a session id in another system’s format', async () => {
    const { chat, sentMessages } = await open()
    expect((await chat('0d4f3c1e-routing-hint', 'Hello')).status).toBe(200)
    expect(await sentMessages()).toEqual([{ role: 'user', content: 'Hello' }])
  })

  describe('tool calls', () => {
    const call = { id: 'call_1', type: 'function', function: { name: 'weather', arguments: '{"city":"Paris"}' } }
    const result = { role: 'tool', tool_call_id: 'call_1', content: '21 °C' }
    const pieces = sse([
      delta({ role: 'assistant', content: null }),
      delta({
        tool_calls: [{ index: 0, id: 'call_1', type: 'function', function: { name: 'weather', arguments: '' } }],
      }),
      delta({ tool_calls: [{ index: 0, function: { arguments: '{"city"' } }] }),
      delta({ tool_calls: [{ index: 0, function: { arguments: ':"Paris"}' } }] }),
      delta({}, 'tool_calls'),
    ])

    test.each([
      ['whole', words(null, { tool_calls: [call] }), false],
      ['streamed', pieces, true],
    ])('are stored from a %s response, and their results follow them', async (_name, script, stream) => {
      const { id, chat, messages, sentMessages, upstream } = await open(script)
      await chat(id, 'How warm is Paris?', { stream })
      expect((await messages(id))[1]).toMatchObject({ role: 'assistant', content: null, tool_calls: [call] })
      upstream.respond(words('21 °C'))
      expect((await chat(id, [result])).status).toBe(200)
      await sentMessages()
      expect(await sentMessages()).toEqual([
        { role: 'user', content: 'How warm is Paris?' },
        { role: 'assistant', content: null, tool_calls: [call] },
        result,
      ])
      expect((await messages(id)).map(({ role }) => role)).toEqual(['user', 'assistant', 'tool', 'assistant'])
    })
  })

  test('stores a refusal as a refusal', async () => {
    const { id, chat, messages, sentMessages } = await open(words(null, { refusal: 'I cannot do that.' }))
    await chat(id, 'Hello')
    expect((await messages(id))[1]).toMatchObject({ role: 'assistant', content: null, refusal: 'I cannot do that.' })
    await sentMessages()
    await chat(id, 'Why?')
    expect((await sentMessages())[1]).toEqual({ role: 'assistant', content: null, refusal: 'I cannot do that.' })
  })

  test('stores the first of several choices, and relays all unchanged', async () => {
    const gate = createGate()
    const events = [
      delta({ content: 'one' }, null, 0),
      delta({ content: 'uno' }, null, 1),
      delta({}, 'stop', 0),
      delta({ content: ' due' }, null, 1),
      gate,
      delta({}, 'stop', 1),
    ]
    const { id, open: send, turns } = await open(sse(events))
    const response = await send(id, 'Count', { stream: true, n: 2 })
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
    let text = ''
    while (!text.includes(' due')) text += (await reader?.read())?.value ?? ''
    expect(await turns(id)).toEqual([
      ['user', 'Count'],
      ['assistant', 'one'],
    ])
    gate.open()
    for (let part = await reader?.read(); part?.done === false; part = await reader?.read()) text += part.value
    expect(text).toMatch(/data: \[DONE\]\n\n$/)
  })

  test('includes the stored reply in the next prompt, sent right after the last event', async () => {
    const { id, chat, sentMessages } = await open(streamed('Miau'))
    for (let round = 0; round < 10; round++) {
      const { text } = await chat(id, `prompt ${round}`, { stream: true })
      expect(text).toMatch(/\[DONE\]\n\n$/)
      expect(await sentMessages()).toHaveLength(2 * round + 1)
    }
  })

  test('stores the reply before the client sees the end of a stream', async () => {
    const end = createGate()
    const script = sse([...begun(delta({ content: 'Miau' })), delta({}, 'stop'), end], { doneAtEnd: true })
    const { id, open: send, turns } = await openChat({ start, startUpstream }, script)
    const response = await send(id, 'Hello', { stream: true })
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
    let text = ''
    while (!text.includes('"finish_reason":"stop"')) text += (await reader?.read())?.value ?? ''
    expect(await turns(id)).toEqual([
      ['user', 'Hello'],
      ['assistant', 'Miau'],
    ])
    end.open()
    await reader?.cancel()
  })

  test('R60 stores 50 concurrent exchanges, each whole and in order', async () => {
    const { id, chat, request, upstream } = await open()
    const prompts = Array.from({ length: 50 }, (_, index) => `prompt ${index}`)
    const responses = await Promise.all(prompts.map((prompt, index) => chat(id, prompt, { stream: index % 2 === 1 })))
    expect(responses.map(({ status }) => status)).toEqual(prompts.map(() => 200))
    expect(upstream.requests).toHaveLength(50)
    const { body } = await request<{
      readonly messages: readonly { position: number; role: string; content: string }[]
    }>(`/v1/sessions/${id}/export`)
    expect(body.messages.map(({ position }) => position)).toEqual(Array.from({ length: 100 }, (_, index) => index + 1))
    const pairs = prompts.map((_, index) => body.messages.slice(index * 2, index * 2 + 2))
    for (const [prompt, answer] of pairs) {
      expect([prompt?.role, answer?.role]).toEqual(['user', 'assistant'])
      expect(answer?.content.endsWith(`: ${prompt?.content ?? '?'}`)).toBe(true)
    }
    expect(new Set(pairs.map(([prompt]) => prompt?.content))).toEqual(new Set(prompts))
  })
})
