import { randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import { ask, expectError, type Question } from '../support/ask.ts'
import { describeOnBoth, describeOnBothStored } from '../support/describe-on-both.ts'
import { chatChunks, chatCompletion, chatRequest } from '../support/fixtures.ts'
import { createGate } from '../support/gate.ts'
import { bearer, toOpenAIEnv } from '../support/gateway.ts'
import { openRawClient } from '../support/raw-client.ts'
import { toRequestBytes } from '../support/to-request-bytes.ts'
import { after, json, sse } from '../support/upstream-scripts.ts'
import { shareKeys } from './open-keys.ts'
import { toForm } from './to-form.ts'

/** A new key, and calls with it. */
function toCalls() {
  const key = { 'idempotency-key': randomUUID() }
  const chat: Question = { target: '/v1/chat/completions', headers: key, body: chatRequest }
  const stream: Question = { ...chat, body: { ...chatRequest, stream: true } }
  return { key, chat, stream }
}

describeOnBothStored('Idempotency-Key', (start, { share, startUpstream }) => {
  async function open() {
    const opened = await share((upstream) => ({ env: toOpenAIEnv(upstream) }))
    opened.upstream.respond(json(200, chatCompletion))
    return { ...opened, ...toCalls() }
  }

  async function openOwn() {
    const upstream = await startUpstream()
    upstream.respond(json(200, chatCompletion))
    return { upstream, gateway: await start({ env: toOpenAIEnv(upstream) }), ...toCalls() }
  }

  test('R21 P08 the same call is sent once, and its response returned twice, byte for byte', async () => {
    const { upstream, gateway, chat } = await open()
    const first = await ask(gateway, chat)
    const second = await ask(gateway, chat)
    expect([second.status, second.text]).toEqual([first.status, first.text])
    expect(first.header('idempotent-replayed')).toBeUndefined()
    expect(second.header('idempotent-replayed')).toBe('true')
    expect(second.header('x-generation-id')).toBe(first.header('x-generation-id'))
    expect(second.header('x-weir-provider')).toBe('openai')
    expect(second.header('x-request-id')).not.toBe(first.header('x-request-id'))
    expect(upstream.requests).toHaveLength(1)
    expect(await gateway.findLog(({ replayed }) => replayed === true)).toMatchObject({ status: 200, outcome: 'ok' })
  })

  test('R21 P08 a stream is replayed as a stream', async () => {
    const { upstream, gateway, stream } = await open()
    upstream.respond(sse(chatChunks))
    const first = await ask(gateway, stream)
    const second = await ask(gateway, stream)
    expect(second.text).toBe(first.text)
    expect(second.header('content-type')).toBe(first.header('content-type'))
    expect(second.header('idempotent-replayed')).toBe('true')
    expect(upstream.requests).toHaveLength(1)
  })

  test('P03 P08 returns 409 while the first call runs, and 422 for another body, with retry headers', async () => {
    const { upstream, gateway, chat } = await open()
    const gate = createGate()
    upstream.respond(after(gate, json(200, chatCompletion)))
    const first = ask(gateway, chat)
    await upstream.nextRequest()
    const busy = await ask(gateway, chat)
    expectError(busy, { code: 'idempotency_in_progress' })
    expect(busy.header('retry-after')).toMatch(/^[1-9]\d*$/)
    expect(busy.header('x-should-retry')).toBeUndefined()
    const other = await ask(gateway, { ...chat, body: { ...chatRequest, n: 2 } })
    expectError(other, { code: 'idempotency_mismatch', param: 'Idempotency-Key' })
    expect(other.header('x-should-retry')).toBe('false')
    expectError(await ask(gateway, { ...chat, target: '/v1/responses' }), {
      code: 'idempotency_mismatch',
      param: 'Idempotency-Key',
    })
    gate.open()
    expect((await first).status).toBe(200)
    expect((await ask(gateway, chat)).header('idempotent-replayed')).toBe('true')
    expect(upstream.requests).toHaveLength(1)
  })

  test('P08 replays an error of the provider, but not its outage', async () => {
    const { upstream, gateway, chat } = await open()
    const error = { error: { message: 'no', type: 'invalid_request_error', param: null, code: null } }
    upstream.respondNext(json(500, error), json(429, error), json(400, error))
    const statuses: number[] = []
    for (let count = 0; count < 4; count++) statuses.push((await ask(gateway, chat)).status)
    expect(statuses).toEqual([500, 429, 400, 400])
    expect(upstream.requests).toHaveLength(3)
  })

  test('S78 the same key of another caller is another call, and no key is sent upstream', async () => {
    const { upstream, create, call } = await shareKeys(share)
    const { key, chat } = toCalls()
    const [ada, bob] = [await create(), await create()]
    for (const caller of [ada, bob, ada]) expect((await call(caller, chat, key)).status).toBe(200)
    expect(upstream.requests).toHaveLength(2)
    for (const { headers } of upstream.requests) expect(headers).not.toHaveProperty('idempotency-key')
  })

  test.each([
    ['an empty value', ''],
    ['too long a value', 'x'.repeat(256)],
  ])('P08 %s is not a valid key', async (_what, value) => {
    const { upstream, gateway, chat } = await open()
    const response = await ask(gateway, { ...chat, headers: { 'idempotency-key': value } })
    expectError(response, { code: 'invalid_value', param: 'Idempotency-Key' })
    expect(upstream.requests).toEqual([])
  })

  test('refuses a form, which cannot be compared; without the header it passes', async () => {
    const { upstream, gateway, key } = await open()
    upstream.respond(json(200, { text: 'Hello' }))
    const body = toForm([
      ['model', 'whisper-1'],
      ['file', Buffer.from('abc'), 'a.mp3'],
    ]).toString()
    const form = { 'content-type': 'multipart/form-data; boundary=form-of-a-test' }
    const target = '/v1/audio/transcriptions'
    const refused = await ask(gateway, { target, body, headers: { ...key, ...form } })
    expectError(refused, { code: 'header_not_allowed', param: 'Idempotency-Key' })
    expect(upstream.requests).toEqual([])
    expect((await ask(gateway, { target, body, headers: form })).status).toBe(200)
  })

  test('R21 a stream continues after its client disconnects, and a retry gets all of it', async () => {
    const { upstream, gateway, key, stream } = await openOwn()
    const step = createGate()
    upstream.respond(sse([...chatChunks.slice(0, 2), step, ...chatChunks.slice(2)]))
    const client = await openRawClient(gateway.url)
    await client.send(toRequestBytes({ ...stream, headers: { ...bearer, ...key } }))
    await (await client.startResponse()).bodyUntil('"content":"Hello"')
    client.destroy()
    await client.closed
    expectError(await ask(gateway, stream), { code: 'idempotency_in_progress' })
    step.open()
    await gateway.findLog(({ outcome }) => outcome === 'ok')
    const again = await ask(gateway, stream)
    expect(again.header('idempotent-replayed')).toBe('true')
    expect(again.text).toContain('" there"')
    expect(again.text.endsWith('data: [DONE]\n\n')).toBe(true)
    expect(upstream.requests).toHaveLength(1)
  })

  test('deletes expired responses', async () => {
    const { gateway, key, chat } = await openOwn()
    await ask(gateway, chat)
    await ask(gateway, { ...chat, headers: { 'idempotency-key': 'k2' } })
    await gateway.sql("UPDATE idempotent_calls SET expires_at = 1 WHERE idempotency_key = 'k2' RETURNING 1")
    await gateway.sweep()
    const rows = await gateway.sql('SELECT idempotency_key FROM idempotent_calls')
    expect(rows).toEqual([{ idempotency_key: key['idempotency-key'] }])
  })

  test('S17 nothing of the caller’s secret is stored with the response', async () => {
    const { gateway, create, call } = await shareKeys(share)
    const { key, chat } = toCalls()
    const ada = await create()
    await call(ada, chat, key)
    await ask(gateway, chat)
    const rows = JSON.stringify(await gateway.sql('SELECT owner, headers, body FROM idempotent_calls'))
    expect(rows).not.toContain(String(ada.secret))
    expect(rows).not.toContain(bearer.authorization.slice(7))
  })
})

describeOnBoth('Idempotency-Key without storage', (start, { startUpstream }) => {
  test('P07 is refused; without the header the call is sent', async () => {
    const { chat } = toCalls()
    const upstream = await startUpstream()
    upstream.respond(json(200, chatCompletion))
    const gateway = await start({ env: toOpenAIEnv(upstream) })
    const refused = await ask(gateway, chat)
    expectError(refused, { code: 'storage_not_configured', message: /Idempotency-Key/ })
    expect(refused.header('x-should-retry')).toBe('false')
    expect((await ask(gateway, { ...chat, headers: {} })).status).toBe(200)
    expect(upstream.requests).toHaveLength(1)
  })

  test('S78 is refused from anonymous callers, who cannot be told apart', async () => {
    const { chat } = toCalls()
    const upstream = await startUpstream()
    const gateway = await start({ env: { ...toOpenAIEnv(upstream), TOKEN: '', ALLOW_ANONYMOUS: 'true' } })
    const response = await ask(gateway, { ...chat, token: false })
    expectError(response, { code: 'header_not_allowed', param: 'Idempotency-Key' })
  })
})
