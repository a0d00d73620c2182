import { expect, test } from 'vitest'
import { message, messageStream, toolStream } from '../support/anthropic-fixtures.ts'
import { ask } from '../support/ask.ts'
import { describeOnBothStored } from '../support/describe-on-both.ts'
import { createGate } from '../support/gate.ts'
import { gatewayToken } from '../support/gateway.ts'
import { content, contentStream } from '../support/gemini-fixtures.ts'
import { after, json, sse } from '../support/upstream-scripts.ts'

const headers = { 'idempotency-key': '8e03978e-40d5-43e8-bc93-6894a57f9324' }
const hi = [{ role: 'user', content: 'Hi' }]
const claude = 'claude-sonnet-5-5'
const gemini = 'gemini-3.5-flash'

/** Calls of clients, each with what their provider answers. */
const calls = {
  'a chat with Claude': {
    target: '/v1/chat/completions',
    body: { model: claude, messages: hi, seed: 1 },
    dropped: 'seed',
    whole: message,
    events: messageStream,
  },
  'a chat with Gemini': {
    target: '/v1/chat/completions',
    body: { model: gemini, messages: hi, user: 'u' },
    dropped: 'user',
    whole: content,
    events: contentStream,
  },
  'a response of Claude': {
    target: '/v1/responses',
    body: { model: claude, input: 'Hi', metadata: { a: 'b' } },
    dropped: 'metadata',
    whole: message,
    events: toolStream,
  },
  'a message of Gemini': {
    target: '/v1/messages',
    body: { model: gemini, max_tokens: 99, messages: hi, metadata: { user_id: 'u' } },
    dropped: 'metadata.user_id',
    whole: content,
    events: contentStream,
  },
} as const

describeOnBothStored('A translated call with an Idempotency-Key', (start, { startUpstream }) => {
  async function open() {
    const upstream = await startUpstream()
    const env = {
      ANTHROPIC_API_KEY: 'a',
      ANTHROPIC_BASE_URL: upstream.url,
      GEMINI_API_KEY: 'g',
      GEMINI_BASE_URL: upstream.url,
      TOKEN: gatewayToken,
    }
    return { upstream, gateway: await start({ env }) }
  }
  for (const [name, { target, body, dropped, whole, events }] of Object.entries(calls)) {
    test.each([false, true])(
      `R21 is sent once, and replayed in its client’s dialect: ${name} (stream: %s)`,
      async (stream) => {
        const { upstream, gateway } = await open()
        upstream.respond(stream ? sse([...events], { doneAtEnd: false }) : json(200, whole))
        const question = {
          target,
          headers,
          body: {
            ...body,
            stream,
            ...(target.includes('chat') && stream && { stream_options: { include_usage: true } }),
          },
        }
        const first = await ask(gateway, question)
        const second = await ask(gateway, question)
        expect([second.status, second.text]).toEqual([200, first.text])
        expect(second.header('idempotent-replayed')).toBe('true')
        for (const each of ['content-type', 'x-weir-dropped', 'x-weir-provider', 'x-weir-model', 'x-generation-id'])
          expect([each, second.header(each)]).toEqual([each, first.header(each)])
        expect(second.header('x-weir-dropped')).toBe(dropped)
        expect(upstream.requests).toHaveLength(1)
      },
    )
  }
  test('is refused in its client’s dialect while the first runs, and with another body', async () => {
    const { upstream, gateway } = await open()
    const gate = createGate()
    upstream.respond(after(gate, json(200, content)))
    const { target, body } = calls['a message of Gemini']
    const first = ask(gateway, { target, headers, body })
    await upstream.nextRequest()
    const busy = await ask(gateway, { target, headers, body })
    const other = await ask(gateway, { target, headers, body: { ...body, max_tokens: 7 } })
    expect([busy.status, JSON.parse(busy.text)]).toMatchObject([
      409,
      { type: 'error', error: { code: 'idempotency_in_progress' } },
    ])
    expect([other.status, JSON.parse(other.text)]).toMatchObject([
      422,
      { type: 'error', error: { code: 'idempotency_mismatch' } },
    ])
    gate.open()
    expect((await first).status).toBe(200)
    const replayed = await ask(gateway, { target, headers, body })
    expect([replayed.text, replayed.header('idempotent-replayed')]).toEqual([(await first).text, 'true'])
    expect(upstream.requests).toHaveLength(1)
  })
})
