import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { openKeys, withKey } from '../api/open-keys.ts'
import { ask, expectError } from '../support/ask.ts'
import { describeOnBothStored } from '../support/describe-on-both.ts'
import { chatCompletion, chatRequest } from '../support/fixtures.ts'
import { createGate } from '../support/gate.ts'
import { toOpenAIEnv } from '../support/gateway.ts'
import type { RawResponse } from '../support/raw-client.ts'
import { startScriptedUpstream } from '../support/scripted-upstream.ts'
import { startNodeGateway } from '../support/start-node-gateway.ts'
import { after, json } from '../support/upstream-scripts.ts'
import { createKeyIn } from './create-key-in.ts'
import { readRecords } from './read-records.ts'
import { chatPath } from './send-chat.ts'

/** 2,000 and 8,000 nano-USD per token. The fixture's response reports 19 and 10 tokens. */
const config = { prices: { 'openai/*': { input: 2, output: 8 } } }
const responseNano = 19 * 2_000 + 10 * 8_000

const bombs = [
  { n: 128, max_tokens: 1_000_000_000 },
  { max_tokens: 1_000_000_000 },
  { max_completion_tokens: 1_000_000_000, max_tokens: 1 },
  { max_tokens: Number.MAX_SAFE_INTEGER, n: 128 },
  { n: 100_000 },
]

const question = { target: chatPath, body: { ...chatRequest, max_tokens: 100 } }

describeOnBothStored('limits of money and of calls', (start, { startUpstream }) => {
  test('R38 of 200 concurrent calls Weir sends exactly as many upstream as the budget covers', {
    timeout: 60_000,
  }, async () => {
    const { upstream, gateway, create, call } = await openKeys({ start, startUpstream }, { config })
    const reservedNano = await reserveOf()
    const key = await create({ limits: { budgets: [{ usd: toUsd(10.5 * reservedNano), per: 'total' }] } })
    const gate = createGate()
    upstream.respond(after(gate, json(200, chatCompletion)))
    const calls = Array.from({ length: 200 }, () => call(key, question))
    const refusals = await firstOf(calls, 190)
    for (const refusal of refusals) {
      expectError(refusal, { code: 'insufficient_quota', message: /^Limit reached: .* USD in total/ })
      expect(refusal.header('x-should-retry')).toBe('false')
    }
    gate.open()
    expect((await Promise.all(calls)).filter(({ status }) => status === 200)).toHaveLength(10)
    // Checked only now: admitted calls may reach the upstream after the last refusal has reached its caller.
    expect(upstream.requests).toHaveLength(1 + 10)
    const own = (await readRecords(gateway)).filter(({ key_id: id }) => id === key.id)
    expect(own.map(({ cost_nano: nano }) => nano)).toEqual(Array.from({ length: 10 }, () => responseNano))
    // The unused part of the reservations is available again.
    expect((await call(key, question)).status).toBe(200)

    async function reserveOf(): Promise<number> {
      expect((await ask(gateway, question)).status).toBe(200)
      const [record] = await readRecords(gateway)
      return record?.reserved_nano ?? 0
    }
  })

  test('R40 a refused call counts against no other limit', async () => {
    const { upstream, gateway, create, call } = await openKeys({ start, startUpstream }, { config })
    const key = await create({ limits: { requests_per_minute: 2, concurrent_calls: 1 } })
    const gate = createGate()
    upstream.respond(after(gate, json(200, chatCompletion)))
    const first = call(key)
    await upstream.nextRequest()
    for (let tries = 0; tries < 5; tries++) {
      const refusal = await call(key)
      expectError(refusal, { code: 'rate_limit_exceeded', message: /1 concurrent calls, of which 1 are used/ })
    }
    gate.open()
    expect((await first).status).toBe(200)
    await gateway.flushLedger()
    expect((await call(key)).status).toBe(200)
    await gateway.flushLedger()
    expectError(await call(key), { code: 'rate_limit_exceeded', message: /2 requests a minute/ })
  })

  test('S59 Weir sends no cost bomb upstream, whatever number it uses', async () => {
    const uncapped = { ...config, limits: { cap_output: false } }
    const { upstream, gateway, create, call } = await openKeys({ start, startUpstream }, { config: uncapped })
    const capped = await create({ limits: { usd_per_call: 1 } })
    const budgeted = await create({ limits: { budgets: [{ usd: 1, per: 'day' }] } })
    for (const key of [capped, budgeted]) {
      for (const bomb of bombs) {
        const refusal = await call(key, { ...question, body: { ...chatRequest, ...bomb } })
        expectError(refusal, { code: 'insufficient_quota' })
      }
    }
    for (const odd of [{ max_tokens: 1e300 }, { max_tokens: -2 }, { n: 1.5 }, { max_tokens: '1000000000' }]) {
      const refusal = await call(capped, { ...question, body: { ...chatRequest, ...odd } })
      expectError(refusal, { code: 'invalid_value', param: Object.keys(odd)[0] ?? '' })
    }
    expect(upstream.requests).toHaveLength(0)
    expect((await call(capped, question)).status).toBe(200)
    expect(await readRecords(gateway)).toHaveLength(1)
  })

  test('S59 case D18: Weir refuses cost bombs of images and speech by their number, size, quality and length', async () => {
    const { upstream, create, call } = await openKeys({ start, startUpstream })
    const capped = await create({ limits: { usd_per_call: 0.1 } })
    const pictures = (fields: object) => ({ target: '/v1/images/generations', body: { prompt: 'x', ...fields } })
    const large = [
      pictures({ model: 'dall-e-2', n: 10, size: '1024x1024' }),
      pictures({ model: 'dall-e-2', n: 1_000_000, size: '256x256' }),
      pictures({ model: 'dall-e-3', n: 1, size: '1792x1024', quality: 'hd' }),
      { target: '/v1/audio/speech', body: { model: 'tts-1', voice: 'alloy', input: 'x'.repeat(100_000) } },
    ]
    for (const bomb of large) expectError(await call(capped, bomb), { code: 'insufficient_quota' })
    expect(upstream.requests).toEqual([])
    const small = pictures({ model: 'dall-e-2', n: 1, size: '1024x1024' })
    expect((await call(capped, small)).status).toBe(200)
  })

  test('S59 case C19: Weir lowers a cost bomb to what the limits cover, or refuses it', async () => {
    const { upstream, create, call } = await openKeys({ start, startUpstream }, { config })
    const limits = [{ usd_per_call: 1 }, { budgets: [{ usd: 1, per: 'day' }] }]
    for (const key of await Promise.all(limits.map((each) => create({ limits: each })))) {
      for (const bomb of bombs) {
        const { status } = await call(key, { ...question, body: { ...chatRequest, ...bomb } })
        // The limits do not cover even the minimum output of 128 choices or more.
        expect(status).toBe('n' in bomb ? 429 : 200)
      }
    }
    for (const { bodyJson } of upstream.requests) {
      const { max_tokens: older = 0, max_completion_tokens: newer = 0 } = bodyJson as Record<string, number>
      expect(Math.max(older, newer) * 8_000).toBeLessThanOrEqual(1e9)
    }
  })

  test('S59 one caller’s reservation leaves the rest of the parent’s budget to the others', async () => {
    const { upstream, create, call } = await openKeys({ start, startUpstream }, { config })
    const parent = await create({ limits: { budgets: [{ usd: 1, per: 'month' }] } })
    const [one, other] = [await create({ parent_id: parent.id }), await create({ parent_id: parent.id })]
    const gate = createGate()
    upstream.respondNext(after(gate, json(200, chatCompletion)))
    const large = call(one, { ...question, body: { ...chatRequest, max_tokens: 100_000 } })
    await upstream.nextRequest()
    // A quarter of the remaining 0.20 USD, at 8,000 nano-USD per token.
    const lowered = await call(other, { ...question, body: { ...chatRequest, max_tokens: 100_000 } })
    expect([lowered.status, Number(lowered.header('x-weir-max-tokens'))]).toEqual([200, expect.closeTo(6_240, -2)])
    const whole = { max_tokens: 100_000, response_format: { type: 'json_object' } }
    const refusal = await call(other, { ...question, body: { ...chatRequest, ...whole } })
    expectError(refusal, { code: 'insufficient_quota', message: new RegExp(`the key ${parent.id} has 1 USD a month`) })
    expect((await call(other, question)).status).toBe(200)
    gate.open()
    expect((await large).status).toBe(200)
  })
})

describe('two servers on one database, on Node', () => {
  test('R41 R37 enforce one limit together, exactly', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'weir-two-'))
    const upstream = await startScriptedUpstream()
    const env = { ...toOpenAIEnv(upstream), STORAGE_PATH: folder }
    const gateways = [await startNodeGateway({ env, config }), await startNodeGateway({ env, config })]
    try {
      const [first] = gateways
      const key = await createKeyIn(folder, { limits: { concurrent_calls: 15 } })
      const gate = createGate()
      upstream.respond(after(gate, json(200, chatCompletion)))
      const asked = Array.from({ length: 60 }, (_, index) => {
        const gateway = gateways[index % 2] ?? first
        if (gateway === undefined) throw new Error('no gateway')
        return ask(gateway, { ...question, ...withKey(key.secret) })
      })
      const refusals = await firstOf(asked, 45)
      expect(upstream.requests).toHaveLength(15)
      for (const refusal of refusals) expectError(refusal, { code: 'rate_limit_exceeded' })
      gate.open()
      const statuses = (await Promise.all(asked)).map(({ status }) => status)
      expect(statuses.filter((status) => status === 200)).toHaveLength(15)
    } finally {
      await Promise.all(gateways.map((gateway) => gateway.close()))
      await upstream.close()
      await rm(folder, { recursive: true })
    }
  })
})

/** Resolves with the first `count` responses, in the order in which they arrive. */
function firstOf(responses: readonly Promise<RawResponse>[], count: number): Promise<readonly RawResponse[]> {
  const { promise, resolve, reject } = Promise.withResolvers<readonly RawResponse[]>()
  const received: RawResponse[] = []
  for (const response of responses) {
    response.then((whole) => {
      received.push(whole)
      if (received.length === count) resolve([...received])
    }, reject)
  }
  return promise
}

/** Converts to USD with 9 decimals, the maximum of an amount. */
function toUsd(nano: number): number {
  return Math.round(nano) / 1e9
}
