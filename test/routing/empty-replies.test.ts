import { expect, test } from 'vitest'
import { adminBearer, adminToken, callAdmin } from '../admin/open-admin.ts'
import {
  message,
  messageStart,
  messageStop,
  messageStream,
  overloaded,
  toMessageDelta,
  toMessageEvent,
} from '../support/anthropic-fixtures.ts'
import { describeOnBothStored } from '../support/describe-on-both.ts'
import { chatChunksWithUsage, chatCompletion } from '../support/fixtures.ts'
import { gatewayToken } from '../support/gateway.ts'
import { json, sse } from '../support/upstream-scripts.ts'

interface Row {
  readonly provider: string
}

const empty = {
  ...chatCompletion,
  choices: [{ index: 0, message: { role: 'assistant', content: '' }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 1000, completion_tokens: 0, total_tokens: 1000 },
}
const emptyMessage = { ...message, content: [], usage: { input_tokens: 1000, output_tokens: 0 } }
const start1000 = toMessageEvent({ type: 'message_start', message: emptyMessage })
const emptyStream = [start1000, toMessageDelta('end_turn', { output_tokens: 0 }), messageStop]

describeOnBothStored('an empty reply of a target', (start, { startUpstream }) => {
  async function open() {
    const [openai, anthropic] = [await startUpstream(), await startUpstream()]
    const gateway = await start({
      env: { TOKEN: gatewayToken, ADMIN_TOKEN: adminToken },
      config: {
        providers: {
          main: { kind: 'custom', api_key: 'sk-main-0123456789', base_url: `${openai.url}/v1` },
          spare: { kind: 'anthropic', api_key: 'sk-ant-spare-0123456789', base_url: anthropic.url },
        },
        routes: {
          chat: { targets: [{ model: 'main/m' }, { model: 'spare/m' }] },
          claude: { targets: [{ model: 'spare/m' }, { model: 'main/m' }] },
        },
        prices: { 'main/m': { input: 1, output: 1 }, 'spare/m': { input: 2, output: 2 } },
      },
    })
    const admin = (endpoint: string, body?: unknown) => callAdmin(gateway.url, endpoint, { body })
    const send = async (path: string, model: string, stream: boolean, token = gatewayToken) => {
      const body = { model, stream, max_tokens: 50, messages: [{ role: 'user', content: 'Hello!' }] }
      const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
      const response = await fetch(`${gateway.url}${path}`, { method: 'POST', headers, body: JSON.stringify(body) })
      return { response, text: await response.text() }
    }
    return { gateway, openai, anthropic, admin, send }
  }

  test('is replaced by the reply of the next, in the dialect of the caller, and the operator pays it', async () => {
    const { gateway, openai, anthropic, admin, send } = await open()
    const created = await admin('POST /keys', { name: 'app' })
    const { id, secret } = created.body as { readonly id: string; readonly secret: string }
    openai.respondNext(json(200, empty), sse(chatChunksWithUsage))
    anthropic.respondNext(json(200, message), sse(emptyStream, { doneAtEnd: false }))
    const whole = await send('/v1/chat/completions', 'chat', false, secret)
    expect(JSON.parse(whole.text)).toMatchObject({ object: 'chat.completion', choices: [{ finish_reason: 'stop' }] })
    expect(whole.response.headers.get('x-weir-route')).toContain('failed="empty at main/m"')
    const streamed = await send('/v1/messages', 'claude', true, secret)
    expect(streamed.text).toContain('text_delta')
    expect(streamed.text).toContain('message_stop')
    expect(streamed.response.headers.get('x-weir-route')).toContain('failed="empty at spare/m"')
    await gateway.flushLedger()
    const balance = await admin('GET /keys/operator/balance')
    // 1,000 tokens at 1 USD a million, and at 2 USD.
    expect(balance.body).toMatchObject({ key_id: 'operator', spent_usd: '0.003', reserved_usd: '0', open_calls: 0 })
    const records = (await admin('GET /records?key_id=operator&format=json')).body as unknown as readonly Row[]
    // On Workers the account has several shards, which deliver their records in any order.
    expect(records.toSorted((left, right) => left.provider.localeCompare(right.provider))).toMatchObject([
      { provider: 'main', error_code: 'upstream_empty_answer', input_tokens: 1000, cost_usd: '0.001' },
      { provider: 'spare', error_code: 'upstream_empty_answer', input_tokens: 1000, cost_usd: '0.002' },
    ])
    const own = (await admin(`GET /records?key_id=${id}&format=json`)).body as unknown
    expect(own).toMatchObject([
      { attempt: 1, outcome: 'upstream_error', cost_usd: '0', cost_source: 'none' },
      { attempt: 2, outcome: 'ok' },
      { attempt: 1, outcome: 'upstream_error', cost_usd: '0', cost_source: 'none' },
      { attempt: 2, outcome: 'ok' },
    ])
    expect((await admin('GET /usage?group_by=tag&key_id=operator')).text).toContain('operator:empty')
  })

  test('is the operator’s also without any key, where Workers only sum', async () => {
    const { gateway, openai, anthropic, admin, send } = await open()
    openai.respond(json(200, empty))
    anthropic.respond(json(200, message))
    await send('/v1/chat/completions', 'chat', false)
    await gateway.flushLedger()
    expect((await admin('GET /keys/operator/balance')).body).toMatchObject({ spent_usd: '0.001', open_calls: 0 })
  })

  test('may be the beginning of a stream that then fails: the next target answers', async () => {
    const { openai, anthropic, send } = await open()
    const error = `event: error\ndata: ${JSON.stringify(overloaded)}\n\n`
    anthropic.respond(sse([messageStart, error], { doneAtEnd: false }))
    openai.respond(sse(chatChunksWithUsage))
    const { response, text } = await send('/v1/messages', 'claude', true)
    expect([response.status, response.headers.get('x-weir-route')]).toEqual([
      200,
      'claude; strategy=ordered; attempts=2; failed="overload at spare/m"',
    ])
    expect(text).not.toContain('overloaded_error')
    expect(text).toContain('text_delta')
  })

  test('leaves other streams byte for byte as they were', async () => {
    const { anthropic, send } = await open()
    anthropic.respond(sse(messageStream, { doneAtEnd: false }))
    expect((await send('/v1/messages', 'claude', true)).text).toBe(messageStream.join(''))
  })

  test('needs no secret: the operator’s account is no key', async () => {
    const { gateway, admin } = await open()
    for (const name of ['operator', ' Operator'])
      expect((await admin('POST /keys', { name })).body).toMatchObject({
        code: 'invalid_value',
        param: 'name',
        detail: expect.stringContaining('must not be `operator`'),
      })
    for (const endpoint of ['GET /keys/operator', 'DELETE /keys/operator', 'POST /keys/operator/rotate'])
      expect((await admin(endpoint)).status, endpoint).toBe(404)
    const balance = await fetch(`${gateway.url}/admin/v1/keys/operator/balance`, { headers: adminBearer })
    expect(await balance.json()).toMatchObject({ key_id: 'operator', spent_usd: '0', limits: [] })
  })
})
