import { expect, test } from 'vitest'
import { describeOnBothStored } from '../../support/describe-on-both.ts'
import { rateLimitError } from '../../support/fixtures.ts'
import { createGate } from '../../support/gate.ts'
import type { GatewayOptions } from '../../support/gateway.ts'
import type { Script } from '../../support/upstream-exchange.ts'
import { after, json, sse } from '../../support/upstream-scripts.ts'
import { begun, delta, echo, streamed, words } from './answers.ts'
import { openChat } from './open-chat.ts'

describeOnBothStored('a failing chat in a session', (start, { startUpstream }) => {
  const open = (script: Script = echo, options: GatewayOptions = {}) =>
    openChat({ start, startUpstream }, script, options)

  test('stores nothing after an upstream’s error', async () => {
    const { id, chat, messages, request, upstream } = await open(json(429, rateLimitError))
    for (const stream of [false, true]) {
      const response = await chat(id, 'Hello', { stream })
      expect([response.status, JSON.parse(response.text)]).toEqual([429, rateLimitError])
    }
    upstream.respond(sse(begun({ error: { message: 'overloaded' } }), { doneAtEnd: false }))
    expect((await chat(id, 'Hello', { stream: true })).text).toContain('overloaded')
    expect(await messages(id)).toEqual([])
    expect((await request(`/v1/sessions/${id}`)).body).toMatchObject({ message_count: 0 })
  })

  const interruptions = [
    ['breaks off', sse(begun(delta({ content: 'Mi' })), { ending: 'fin', doneAtEnd: false })],
    ['is reset', sse(begun(delta({ content: 'Mi' })), { ending: 'reset', doneAtEnd: false })],
    ['ends without a terminator', sse(begun(delta({ content: 'Mi' })), { doneAtEnd: false })],
    [
      'turns into an error',
      sse(begun(delta({ content: 'Mi' }), { error: { message: 'overloaded' } }), { doneAtEnd: false }),
    ],
  ] as const

  test('stores an interrupted reply as `incomplete`, and sends its content as context', async () => {
    const { create, chat, messages, sentMessages, upstream } = await open()
    for (const [how, script] of interruptions) {
      const { id } = await create(how)
      upstream.respond(script)
      const { text } = await chat(id, 'Hello', { stream: true })
      expect(text, how).toContain('"error"')
      expect(text, how).not.toContain('[DONE]')
      expect(await messages(id), how).toMatchObject([
        { role: 'user', content: 'Hello', status: 'complete' },
        { role: 'assistant', content: 'Mi', status: 'incomplete' },
      ])
      upstream.respond(words('Miau'))
      await chat(id, 'Go on')
      await sentMessages()
      expect(await sentMessages(), how).toEqual([
        { role: 'user', content: 'Hello' },
        { role: 'assistant', content: 'Mi' },
        { role: 'user', content: 'Go on' },
      ])
    }
  })

  test('stores an interrupted tool call, but does not send it as context', async () => {
    const half = delta({ tool_calls: [{ index: 0, id: 'call_1', function: { name: 'weather', arguments: '{"ci' } }] })
    const { id, chat, messages, sentMessages, upstream } = await open(sse(begun(half), { doneAtEnd: false }))
    await chat(id, 'Hello', { stream: true })
    expect((await messages(id))[1]).toMatchObject({
      status: 'incomplete',
      tool_calls: [{ function: { arguments: '{"ci' } }],
    })
    upstream.respond(words('Miau'))
    await chat(id, 'Go on')
    await sentMessages()
    expect((await sentMessages()).map((message) => Object(message))).not.toContainEqual(
      expect.objectContaining({ role: 'assistant', tool_calls: expect.anything() as unknown }),
    )
  })

  test('ends a stream whose reply cannot be stored with an error, not with `[DONE]`', async () => {
    const gate = createGate()
    const { id, open: send, request } = await open(sse([...begun(delta({ content: 'Miau' })), gate, delta({}, 'stop')]))
    const response = await send(id, 'Hello', { stream: true })
    await request(`/v1/sessions/${id}`, { method: 'DELETE' })
    gate.open()
    const text = await response.text()
    expect(text).toContain('Miau')
    expect(text).toContain('"code":"session_not_found"')
    expect(text).not.toContain('[DONE]')
  })

  test('stores nothing of a failed append, and reports an error', async () => {
    const { id, chat, turns, gateway, request, upstream } = await open(echo, { allowInternalErrors: true })
    for (const stream of [false, true]) {
      upstream.respond(stream ? streamed('Miau') : words('Miau'))
      await gateway.sql(
        "CREATE TRIGGER broken BEFORE INSERT ON messages WHEN NEW.role = 'assistant' BEGIN SELECT RAISE(ABORT, 'broken'); END",
      )
      const response = await chat(id, 'Hello', { stream })
      expect(response.status).toBe(stream ? 200 : 500)
      expect(response.text).toContain('"code":"internal"')
      expect(response.text).not.toMatch(/broken|\[DONE\]/)
      await gateway.sql('DROP TRIGGER broken')
    }
    expect(await turns(id)).toEqual([])
    expect((await request(`/v1/sessions/${id}`)).body).toMatchObject({ message_count: 0 })
    expect((await chat(id, 'Hello', { stream: true })).text).toContain('Miau')
    expect(await turns(id)).toHaveLength(2)
  })

  test('returns 404 for a session that is deleted during the call', async () => {
    const gate = createGate()
    const { id, chat, request, upstream } = await open(after(gate, words('Miau')))
    const pending = chat(id, 'Hello')
    await upstream.nextRequest()
    await request(`/v1/sessions/${id}`, { method: 'DELETE' })
    gate.open()
    const response = await pending
    expect([response.status, JSON.parse(response.text).error.code]).toEqual([404, 'session_not_found'])
  })

  test('refuses messages that cannot be stored before calling the provider', async () => {
    const { id, chat, upstream } = await open()
    const invalid: readonly (readonly unknown[])[] = [
      [{ content: 'Hello' }],
      [{ role: 'owner', content: 'Hello' }],
      ['Hello'],
    ]
    for (const messages of invalid) {
      const response = await chat(id, messages as readonly object[])
      expect(response.status).toBe(400)
      expect(JSON.parse(response.text)).toMatchObject({ error: { code: 'invalid_value', param: 'messages' } })
    }
    expect(upstream.requests).toEqual([])
  })
})
