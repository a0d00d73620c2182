import { setTimeout as pause } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { ask, expectError } from '../support/ask.ts'
import { describeOnBoth, describeOnBothStored } from '../support/describe-on-both.ts'
import { chatChunksWithUsage, chatRequest } from '../support/fixtures.ts'
import { gatewayToken } from '../support/gateway.ts'
import type { RawResponse } from '../support/raw-client.ts'
import { json, sse } from '../support/upstream-scripts.ts'
import { chat, openKeys, shareKeys, withKey } from './open-keys.ts'

/** Nano-USD of 19 input and 10 output tokens (test/support/fixtures.ts) at 1 and 10 USD per million. */
const prices = { 'openai/gpt-4.1': { input: 1, output: 10 } }
const callUsd = 0.000_119
const config = { prices }

const dataOf = (response: RawResponse) => (JSON.parse(response.text) as { data: Record<string, unknown> }).data
const paths = [
  '/v1/key',
  '/v1/generation?id=gen_1',
  '/v1/dashboard/billing/subscription',
  '/v1/dashboard/billing/usage',
]

describeOnBothStored('the account routes of a key', (start, { share, startUpstream }) => {
  const open = () => shareKeys(share, { config })

  test('GET /v1/key returns the usage and the limits of a key in OpenRouter’s format', async () => {
    const { create, call } = await open()
    const parent = await create({ name: 'team', limits: { budgets: [{ usd: 1, per: 'total' }] } })
    const key = await create({
      ...{ name: 'ada', parent_id: parent.id, expires_at: '2999-01-01T00:00:00.000Z' },
      limits: { requests_per_minute: 10, budgets: [{ usd: 0.5, per: 'month' }] },
    })
    const before = dataOf(await call(key, { target: '/v1/key' }))
    expect(before).toMatchObject({ limit: 0.5, limit_remaining: 0.5, limit_reset: 'monthly', usage: 0 })
    expect((await call(key)).status).toBe(200)
    const response = await until(
      () => call(key, { target: '/v1/key' }),
      (found) => dataOf(found).usage_reserved === 0 && dataOf(found).usage !== 0,
    )
    expect(dataOf(response)).toMatchObject({
      ...{ label: key.secrets[0]?.hint, name: 'ada', is_free_tier: false, expires_at: '2999-01-01T00:00:00.000Z' },
      ...{ limit: 0.5, limit_remaining: 0.499_881, limit_reset: 'monthly' },
      ...{ usage: callUsd, usage_daily: callUsd, usage_weekly: callUsd, usage_monthly: callUsd, byok_usage: 0 },
      rate_limit: { requests: 10, interval: '1m' },
      limits: [
        { limit: 'budget/month', key_id: key.id, unit: 'usd', allowed: 0.5, used: callUsd, remaining: 0.499_881 },
        { limit: 'requests/minute', key_id: key.id, unit: 'requests', allowed: 10, used: 1, remaining: 9 },
        { limit: 'budget/total', key_id: parent.id, unit: 'usd', allowed: 1, used: callUsd, resets_at: null },
      ],
    })
    expect(response.text).not.toContain(String(key.secret))
  })

  test('GET /v1/key reports no limit for TOKEN', async () => {
    // Its own gateway, on which TOKEN has spent nothing.
    const { gateway } = await openKeys({ start, startUpstream }, { config })
    expect(dataOf(await ask(gateway, { target: '/v1/key' }))).toMatchObject({
      ...{
        label: 'token',
        limit: null,
        limit_remaining: null,
        limit_reset: null,
        usage: 0,
        expires_at: null,
        limits: [],
      },
      rate_limit: { requests: -1 },
    })
  })

  test('GET /v1/generation returns the cost of a call by the id of its response', async () => {
    const { create, call, upstream } = await open()
    const key = await create()
    upstream.respond(sse(chatChunksWithUsage))
    const body = { ...chatRequest, stream: true, user: 'bob', metadata: { team: 'blue' } }
    const made = await call(key, { target: '/v1/chat/completions', body })
    const id = made.header('x-generation-id')
    const response = await until(
      () => call(key, { target: `/v1/generation?id=${id}` }),
      ({ status }) => status === 200,
    )
    const cost = (19 * 1_000 + 2 * 10_000) / 1e9
    expect(dataOf(response)).toMatchObject({
      ...{ id, request_id: made.header('x-request-id'), model: 'gpt-4.1', provider_name: 'openai' },
      ...{ total_cost: cost, usage: cost, is_byok: false, streamed: true, cancelled: false, finish_reason: 'stop' },
      ...{ tokens_prompt: 19, tokens_completion: 2, native_tokens_cached: 4, native_tokens_reasoning: 0 },
      ...{
        external_user: 'bob',
        tags: ['team:blue'],
        outcome: 'ok',
        status: 200,
        cost_source: 'usage',
        error_code: null,
      },
    })
    expect(Date.parse(String(dataOf(response).created_at))).toBeGreaterThan(Date.now() - 60_000)
  })

  test('S31 the generation of another key gets the same response as an unknown one', async () => {
    const { create, call, gateway } = await open()
    const [ada, bob] = [await create(), await create()]
    const id = (await call(ada)).header('x-generation-id')
    const target = `/v1/generation?id=${id}`
    await until(
      () => call(ada, { target }),
      ({ status }) => status === 200,
    )
    const foreign = await call(bob, { target })
    expectError(foreign, { code: 'generation_not_found', param: 'id' })
    const others = [`gen_${'0'.repeat(32)}`, 'gen_1', `${id}0`, "'; DROP TABLE call_records; --", '']
    for (const other of others) {
      const response = await call(bob, { target: `/v1/generation?id=${encodeURIComponent(other)}` })
      expect(response.text, other).toBe(foreign.text)
      expect(response.status).toBe(404)
    }
    expect((await ask(gateway, { target })).text).toBe(foreign.text)
    expectError(await call(bob, { target: '/v1/generation' }), { code: 'missing_required_parameter', param: 'id' })
  })

  test('a call without a known price costs null, not 0', async () => {
    const { create, call } = await open()
    const key = await create()
    const body = { ...chatRequest, model: 'openai/some-unpriced-model' }
    const id = (await call(key, { ...chat, body })).header('x-generation-id')
    const response = await until(
      () => call(key, { target: `/v1/generation?id=${id}` }),
      ({ status }) => status === 200,
    )
    expect(dataOf(response)).toMatchObject({ total_cost: null, usage: null, cost_source: 'unpriced' })
  })

  test('old chat front ends read the remaining budget from the billing routes', async () => {
    const { create, call } = await open()
    const limited = await create({
      limits: {
        budgets: [
          { usd: 2, per: 'total' },
          { usd: 1, per: 'day' },
        ],
      },
    })
    await call(limited)
    await until(
      () => call(limited, { target: '/v1/key' }),
      (found) => dataOf(found).usage_reserved === 0 && dataOf(found).usage !== 0,
    )
    for (const base of ['/v1', '']) {
      const subscription = await read(call(limited, { target: `${base}/dashboard/billing/subscription` }))
      const usage = await read(
        call(limited, { target: `${base}/dashboard/billing/usage?start_date=2024-01-01&end_date=2024-02-01` }),
      )
      expect(subscription).toMatchObject({
        object: 'billing_subscription',
        has_payment_method: true,
        hard_limit_usd: 1,
      })
      expect(usage).toEqual({ object: 'list', total_usage: 0.0119 })
    }
    const free = await create({ expires_at: '2999-01-01T00:00:00.000Z' })
    expect(await read(call(free, { target: '/v1/dashboard/billing/subscription' }))).toMatchObject({
      ...{ hard_limit_usd: 100_000_000, access_until: Date.parse('2999-01-01T00:00:00.000Z') / 1_000 },
    })
  })

  test.each(paths)('%s accepts only GET and HEAD, and requires a key', async (target) => {
    const { gateway, upstream } = await open()
    expectError(await ask(gateway, { target, token: false }), { code: 'invalid_api_key' })
    expectError(await ask(gateway, { target, ...withKey('sk-weir-wrong') }), { code: 'invalid_api_key' })
    for (const method of ['POST', 'PUT', 'DELETE']) {
      const response = await ask(gateway, { method, target, body: {} })
      expectError(response, { code: 'method_not_allowed' })
      expect(response.header('allow')).toBe('GET, HEAD, OPTIONS')
    }
    expect([200, 404]).toContain((await ask(gateway, { method: 'HEAD', target })).status)
    expect(upstream.requests).toEqual([])
  })

  test('S36 the query of a caller changes nothing', async () => {
    const { create, call } = await open()
    const [ada, bob] = [await create({ name: 'ada' }), await create({ name: 'bob' })]
    const target = `/v1/key?key_id=${bob.id}&owner=${bob.id}&limit=9&is_free_tier=true`
    expect(dataOf(await call(ada, { target }))).toMatchObject({ name: 'ada', limit: null, is_free_tier: false })
  })
})

describeOnBoth('a server without metering', (_start, { share }) => {
  test.each(paths)('P07 names the missing setting on %s', async (target) => {
    const { upstream, gateway } = await share(({ url }) => ({
      env: { OPENAI_API_KEY: 'sk-1234567890', OPENAI_BASE_URL: `${url}/v1`, TOKEN: gatewayToken },
    }))
    upstream.respond(json(200, {}))
    const response = await ask(gateway, { target })
    expectError(response, { code: 'storage_not_configured', message: /STORAGE_PATH/ })
    expect(response.header('retry-after')).toMatch(/^\d+$/)
    expect(response.header('x-should-retry')).toBe('false')
    expect(upstream.requests).toEqual([])
  })
})

async function read(response: Promise<RawResponse>): Promise<unknown> {
  return JSON.parse((await response).text) as unknown
}

/** Repeats a request until its response is expected, because a call settles after its response. */
async function until(
  request: () => Promise<RawResponse>,
  isThere: (response: RawResponse) => boolean,
): Promise<RawResponse> {
  const deadline = performance.now() + 10_000
  for (;;) {
    const response = await request()
    if (isThere(response) || performance.now() > deadline) return response
    await pause(10)
  }
}
