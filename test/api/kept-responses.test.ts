import { expect, test } from 'vitest'
import { message } from '../support/anthropic-fixtures.ts'
import { ask, expectError } from '../support/ask.ts'
import { describeOnBoth, describeOnBothStored } from '../support/describe-on-both.ts'
import { response, responseEvents } from '../support/fixtures.ts'
import { gatewayToken, toOpenAIEnv } from '../support/gateway.ts'
import { json, sse } from '../support/upstream-scripts.ts'
import { openKeys } from './open-keys.ts'

const { id } = response
const create = { target: '/v1/responses', body: { model: 'gpt-5.5', input: 'Hello' } }
const retrieve = { method: 'GET', target: `/v1/responses/${id}` }
const continued = { target: '/v1/responses', body: { ...create.body, previous_response_id: id } }

/** Every request about a response. */
const requests = [
  retrieve,
  { method: 'GET', target: `${retrieve.target}?include[]=reasoning.encrypted_content` },
  { method: 'GET', target: `${retrieve.target}/input_items?limit=2&order=asc` },
  { method: 'POST', target: `${retrieve.target}/cancel` },
  { method: 'DELETE', target: retrieve.target },
] as const

describeOnBothStored('a response that its provider keeps', (start, { startUpstream }) => {
  async function open(env: Readonly<Record<string, string>> = {}) {
    const opened = await openKeys({ start, startUpstream }, { env })
    opened.upstream.respond(json(200, response))
    return { ...opened, ada: await opened.create(), bob: await opened.create() }
  }

  test.each([
    ['whole', create, json(200, response)],
    ['streamed', { ...create, body: { ...create.body, stream: true } }, sse(responseEvents, { doneAtEnd: false })],
  ] as const)('S31 is for the key that created it alone (%s)', async (_form, call, script) => {
    const { upstream, gateway, ada, bob, call: ask } = await open()
    upstream.respondNext(script)
    expect((await ask(ada, call)).status).toBe(200)
    await upstream.nextRequest()
    for (const request of requests) {
      expectError(await ask(bob, request), { code: 'response_not_found', message: /belongs to the key that created/ })
      const result = await ask(ada, request)
      expect([result.status, result.text]).toEqual([200, JSON.stringify(response)])
      const sent = await upstream.nextRequest()
      expect([sent.method, sent.target]).toEqual([request.method, request.target])
      expect(sent.headers.authorization).not.toContain(ada.secret)
    }
    expect(upstream.requests).toHaveLength(1 + requests.length)
    await gateway.flushLedger()
    const records = await gateway.sql('SELECT * FROM call_records ORDER BY opened_at, id')
    expect(records.slice(1)).toMatchObject(requests.map(() => ({ key_id: ada.id, cost_nano: 0, outcome: 'ok' })))
  })

  test('S31 is continued by the key that created it alone', async () => {
    const { upstream, ada, bob, call } = await open()
    expect((await call(ada, create)).status).toBe(200)
    const counted = { ...continued, target: '/v1/responses/input_tokens' }
    for (const request of [continued, counted])
      expectError(await call(bob, request), {
        code: 'previous_response_not_found',
        param: 'previous_response_id',
        message: /send the whole conversation/,
      })
    expect(upstream.requests).toHaveLength(1)
    expect((await call(ada, continued)).status).toBe(200)
    await upstream.nextRequest()
    expect((await upstream.nextRequest()).bodyJson).toEqual(continued.body)
  })

  test('S86 is not continued by another spelling of the field', async () => {
    const { upstream, ada, bob, call } = await open()
    await call(ada, create)
    const body = { ...create.body, Previous_response_id: id }
    expectError(await call(bob, { ...create, body }), { code: 'invalid_value', param: 'Previous_response_id' })
    expect(upstream.requests).toHaveLength(1)
  })

  test('is not known after `store: false`', async () => {
    const { upstream, ada, call } = await open()
    expect((await call(ada, { ...create, body: { ...create.body, store: false } })).status).toBe(200)
    expectError(await call(ada, retrieve), { code: 'response_not_found' })
    expectError(await call(ada, continued), { code: 'previous_response_not_found', param: 'previous_response_id' })
    expect(upstream.requests).toHaveLength(1)
  })

  test('is not known if it was translated', async () => {
    const anthropic = await startUpstream()
    anthropic.respond(json(200, message))
    const { ada, call } = await open({ ANTHROPIC_API_KEY: 'sk-ant-of-the-test', ANTHROPIC_BASE_URL: anthropic.url })
    const result = await call(ada, { ...create, body: { ...create.body, model: 'claude-sonnet-5-5' } })
    const { id: translated } = JSON.parse(result.text) as { id: string }
    expectError(await call(ada, { method: 'GET', target: `/v1/responses/${translated}` }), {
      code: 'response_not_found',
    })
  })

  test('is continued at its own provider only', async () => {
    const xai = await startUpstream()
    const { ada, call } = await open({ XAI_API_KEY: 'xai-of-the-test', XAI_BASE_URL: `${xai.url}/v1` })
    await call(ada, create)
    expectError(await call(ada, { ...continued, body: { ...continued.body, model: 'xai/grok-4.3' } }), {
      code: 'previous_response_not_found',
      param: 'previous_response_id',
      message: /It is at the provider `openai`/,
    })
    expect(xai.requests).toHaveLength(0)
  })

  test('is retrieved as a stream byte for byte', async () => {
    const { upstream, ada, call } = await open()
    await call(ada, create)
    await upstream.nextRequest()
    upstream.respond(sse(responseEvents, { doneAtEnd: false }))
    const query = '?stream=true&starting_after=3'
    const result = await call(ada, { method: 'GET', target: `${retrieve.target}${query}` })
    expect((await upstream.nextRequest()).target).toBe(`${retrieve.target}${query}`)
    expect(result.header('content-type')).toContain('text/event-stream')
    expect(result.text).toBe(responseEvents.join(''))
  })

  test('needs a key that may call Responses', async () => {
    const { upstream, create: createKey, call } = await open()
    const key = await createKey({ operations: ['chat.completions'] })
    expect((await call(key, retrieve)).status).toBe(403)
    expect(upstream.requests).toHaveLength(0)
  })

  test('S31 is for its key alone even if the operator relays unknown endpoints, and other endpoints are relayed', async () => {
    const { upstream, ada, create: createKey, call } = await open({ PASSTHROUGH: 'openai' })
    await call(ada, create)
    await upstream.nextRequest()
    const bob = await createKey({ operations: ['responses', 'passthrough'] })
    expectError(await call(bob, retrieve), { code: 'response_not_found' })
    for (const target of [`/v1beta/responses/${id}`, `/v1beta/responses/${id}/input_items`])
      expect((await call(bob, { method: 'GET', target })).status).toBe(404)
    expect(upstream.requests).toHaveLength(1)
    const compact = { target: '/v1/responses/compact', body: { model: 'gpt-5.5', input: 'Hello' } }
    expect((await call(bob, compact)).status).toBe(200)
    expect((await upstream.nextRequest()).target).toBe('/v1/responses/compact')
  })

  test('at the caller’s own account is that account’s matter', async () => {
    const { upstream, ada, call } = await open({ BRING_YOUR_OWN_KEY: 'true' })
    const own = { 'x-openai-key': 'sk-own-key-of-the-caller' }
    for (const request of [retrieve, continued]) {
      expect((await call(ada, request, own)).status).toBe(200)
      expect((await upstream.nextRequest()).headers.authorization).toBe('Bearer sk-own-key-of-the-caller')
    }
  })
})

describeOnBoth('a response that its provider keeps, at a server without storage', (start, { startUpstream }) => {
  test('is retrieved and continued with the one secret of the server', async () => {
    const upstream = await startUpstream()
    upstream.respond(json(200, response))
    const gateway = await start({ env: { ...toOpenAIEnv(upstream), TOKEN: gatewayToken } })
    for (const request of [retrieve, continued]) {
      expect((await ask(gateway, request)).status).toBe(200)
      expect((await upstream.nextRequest()).target).toBe(request.target)
    }
  })

  test('does not exist without a provider that speaks Responses', async () => {
    const upstream = await startUpstream()
    const env = { CUSTOM_BASE_URL: `${upstream.url}/v1`, CUSTOM_DIALECTS: 'chat.completions', TOKEN: gatewayToken }
    const gateway = await start({ env })
    expectError(await ask(gateway, retrieve), { code: 'response_not_found' })
    expect(upstream.requests).toHaveLength(0)
  })
})
