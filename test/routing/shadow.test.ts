import { expect, test } from 'vitest'
import { adminToken, callAdmin } from '../admin/open-admin.ts'
import { overloaded } from '../support/anthropic-fixtures.ts'
import { describeOnBothStored } from '../support/describe-on-both.ts'
import { chatChunksWithUsage, chatCompletion, response as responseObject } from '../support/fixtures.ts'
import { gatewayToken } from '../support/gateway.ts'
import { json, sse } from '../support/upstream-scripts.ts'

describeOnBothStored('the shadow of a route', (start, { startUpstream }) => {
  async function open(shadow: object = { model: 'next/m2' }, next: object = {}) {
    const [openai, shadowed] = [await startUpstream(), await startUpstream()]
    const gateway = await start({
      env: { TOKEN: gatewayToken, ADMIN_TOKEN: adminToken },
      config: {
        providers: {
          main: { kind: 'custom', api_key: 'sk-main-0123456789', base_url: `${openai.url}/v1` },
          next: { kind: 'custom', api_key: 'sk-next-0123456789', base_url: `${shadowed.url}/v1`, ...next },
        },
        routes: { chat: { targets: [{ model: 'main/m' }], shadow }, other: { targets: [{ model: 'next/m3' }] } },
        prices: { 'main/*': { input: 1, output: 1 }, 'next/*': { input: 2, output: 2 } },
      },
    })
    const admin = (endpoint: string, body?: unknown) => callAdmin(gateway.url, endpoint, { body })
    // A call with a key is recorded on Workers, too.
    const { secret } = (await admin('POST /keys', { name: 'app' })).body as { readonly secret: string }
    const send = async (fields: object = {}, path = '/v1/chat/completions') => {
      const messages = [{ role: 'user', content: 'Hello!' }]
      const response = await fetch(`${gateway.url}${path}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json' },
        body: JSON.stringify({ model: 'chat', messages, user: 'ada', ...fields }),
      })
      return { response, text: await response.text() }
    }
    const recordsOf = async (keyId: string) => {
      await gateway.flushLedger()
      return (await admin(`GET /records?key_id=${keyId}&format=json`)).body as unknown
    }
    return { gateway, openai, shadowed, admin, send, recordsOf }
  }

  test.each([
    { form: 'whole', fields: {}, script: () => json(200, chatCompletion), tokens: 29 },
    { form: 'streamed', fields: { stream: true }, script: () => sse(chatChunksWithUsage), tokens: 21 },
  ])('receives a copy of a $form call, which the operator pays', async ({ fields, script, tokens }) => {
    const { openai, shadowed, send, recordsOf, admin } = await open()
    openai.respond(script())
    shadowed.respond(script())
    const { response } = await send(fields)
    expect([response.status, response.headers.get('x-weir-provider')]).toEqual([200, 'main'])
    expect(response.headers.get('x-weir-route')).toBe('chat; strategy=ordered; attempts=1')
    expect((await shadowed.nextRequest()).bodyJson).toMatchObject({ model: 'm2', messages: [{ content: 'Hello!' }] })
    const usd = ((tokens * 2) / 1_000_000).toFixed(6)
    expect(await recordsOf('operator')).toMatchObject([
      { provider: 'next', model: 'm2', outcome: 'ok', attempt: 1, cost_usd: usd, tags: ['operator:shadow'] },
    ])
    expect((await admin('GET /keys/operator/balance')).body).toMatchObject({ spent_usd: usd, open_calls: 0 })
    expect((await admin('GET /usage?group_by=tag')).text).toContain('operator:shadow')
  })

  test('asks its provider to keep no response', async () => {
    const { openai, shadowed, send } = await open()
    openai.respond(json(200, responseObject))
    shadowed.respond(json(200, responseObject))
    const request = { messages: undefined, input: 'Hello!' }
    expect((await send(request, '/v1/responses')).response.status).toBe(200)
    expect((await openai.nextRequest()).bodyJson).not.toHaveProperty('store')
    expect((await shadowed.nextRequest()).bodyJson).toMatchObject({ model: 'm2', store: false })
  })

  test('may fail: it is not sent again, and its caller does not notice', async () => {
    const { openai, shadowed, send, recordsOf } = await open({ model: 'other', percent: 100 })
    openai.respond(json(200, chatCompletion))
    shadowed.respond(json(529, overloaded))
    const { response, text } = await send()
    expect([response.status, JSON.parse(text)]).toEqual([200, chatCompletion])
    await shadowed.nextRequest()
    expect(await recordsOf('operator')).toMatchObject([{ outcome: 'upstream_error', status: 529, cost_usd: '0' }])
    expect(shadowed.requests).toHaveLength(1)
  })

  test('receives none of the calls outside of its percentage, or that failed', async () => {
    const { openai, shadowed, send, recordsOf } = await open({ model: 'next/m2', percent: 0 })
    openai.respond(json(200, chatCompletion))
    await send()
    const failing = await open()
    failing.openai.respond(json(400, { error: { message: 'No.' } }))
    expect((await failing.send()).response.status).toBe(400)
    expect(await recordsOf('operator')).toEqual([])
    expect(await failing.recordsOf('operator')).toEqual([])
    expect([...shadowed.requests, ...failing.shadowed.requests]).toEqual([])
  })
})
