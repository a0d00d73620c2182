import { expect, test } from 'vitest'
import { type OpenKeys, openKeys, shareKeys, withKey } from '../api/open-keys.ts'
import { answerWithin, answerWithout } from '../support/answer-within.ts'
import { ask, expectError, messageOf } from '../support/ask.ts'
import { describeOnBothStored } from '../support/describe-on-both.ts'
import { chatRequest, response } from '../support/fixtures.ts'
import { createGate } from '../support/gate.ts'
import type { RawResponse } from '../support/raw-client.ts'
import { after, json, silent } from '../support/upstream-scripts.ts'
import { readRecords, readRecordsOf } from './read-records.ts'
import { sendChat } from './send-chat.ts'

/** 1,250 and 10,000 nano-USD per token, and a maximum of 128,000 output tokens: 1.28 USD. */
const config = {
  prices: {
    'openai/gpt-5': { input: 1.25, output: 10, max_output_tokens: 128_000 },
    'openai/unlimited': { input: 1.25, output: 10 },
    'own/gpt-5': { input: 1.25, output: 10, max_output_tokens: 128_000 },
  },
}
const [inputNano, outputNano] = [1_250, 10_000]
const longest = 128_000
const chat = { target: '/v1/chat/completions', body: { ...chatRequest, model: 'gpt-5' } }
const budget = (usd: number) => ({ limits: { budgets: [{ usd, per: 'total' }] } })
const withFields = (fields: object) => ({ ...chat, body: { ...chat.body, ...fields } })
const schema = { type: 'json_schema', json_schema: { name: 'x', schema: { type: 'object' } } }
const tool = { type: 'function', function: { name: 'f' } }

describeOnBothStored('a budget that reaches the provider', (start, { runtime, share, startUpstream }) => {
  // What Weir learns of the outputs of a model is of one key.
  const open = () => shareKeys(share, { config })
  const openOwn = (options: object = {}) => openKeys({ start, startUpstream }, { config, ...options })

  async function spentOf({ gateway }: OpenKeys, keyId: string): Promise<number> {
    const own = (await readRecords(gateway)).filter(({ key_id: id }) => id === keyId)
    return own.reduce((sum, { cost_nano: nano }) => sum + nano, 0)
  }

  test('case C4: calls without a limit keep within 0.10 USD, although the model always reasons up to its maximum', async () => {
    const opened = await open()
    const { upstream, create, call } = opened
    upstream.respond(answerWithin(longest))
    const key = await create(budget(0.1))
    let responses = 0
    for (let status = 200; status === 200; responses++) {
      const answer = await call(key, chat)
      status = answer.status
      if (status !== 200) {
        expectError(answer, {
          code: 'insufficient_quota',
          message: /`max_completion_tokens: \d+` would fit\.|Not even a short reply fits/,
        })
        break
      }
      const { max_completion_tokens: sent } = (await upstream.nextRequest()).bodyJson as Record<string, unknown>
      expect(answer.header('x-weir-max-tokens')).toBe(String(sent))
      await opened.gateway.flushLedger()
    }
    expect(responses).toBeGreaterThan(2)
    const spent = await spentOf(opened, key.id)
    expect(spent).toBeLessThanOrEqual(100_000_000)
    expect(spent).toBeGreaterThan(80_000_000)
  })

  test('case C4: 100 concurrent calls share the rest of a budget, and together cost no more', async () => {
    const opened = await openOwn()
    const { upstream, create, call } = opened
    const gate = createGate()
    upstream.respond(after(gate, answerWithin(longest)))
    const key = await create(budget(0.5))
    const responses = Array.from({ length: 100 }, () => call(key, chat))
    // Waits until all calls are admitted or refused, before the first gets its response.
    await upstream.nextRequest()
    gate.open()
    const statuses = (await Promise.all(responses)).map(({ status }) => status)
    expect(new Set(statuses)).toEqual(new Set([200, 429]))
    // After the first responses Weir expects long outputs, and refuses calls instead of cutting them short.
    expect(statuses.filter((status) => status === 200).length).toBeGreaterThan(3)
    expect(await spentOf(opened, key.id)).toBeLessThanOrEqual(500_000_000)
  })

  test('case C4: Weir lowers the limit for each of `n` choices, and never raises it', async () => {
    const { upstream, create, call } = await open()
    upstream.respond(answerWithin(longest))
    const key = await create(budget(0.4))
    const first = await call(key, withFields({ n: 4, max_completion_tokens: longest }))
    const lowered = Number(first.header('x-weir-max-tokens'))
    // A quarter of the remaining budget, for four choices, minus the input.
    expect(lowered).toBeGreaterThan(2_400)
    expect(lowered * 4 * outputNano).toBeLessThanOrEqual(100_000_000)
    expect((await upstream.nextRequest()).bodyJson).toMatchObject({ n: 4, max_completion_tokens: lowered })
    const small = await call(key, withFields({ max_tokens: 300 }))
    expect(small.header('x-weir-max-tokens')).toBeUndefined()
    const { bodyJson } = await upstream.nextRequest()
    expect(bodyJson).toMatchObject({ max_tokens: 300 })
    expect(bodyJson).not.toHaveProperty('max_completion_tokens')
  })

  test('case C4: Weir lowers a limit under its older name in place, and forwards all other bytes unchanged', async () => {
    const { upstream, create, gateway } = await open()
    upstream.respond(answerWithin(longest))
    const key = await create(budget(0.4))
    const text =
      '{"model" : "gpt-5","max_tokens":128000, "seed":9007199254740993,"messages":[{"role":"user","content":"Hi"}]}'
    const headers = { ...withKey(key.secret).headers, 'content-type': 'application/json' }
    const answer = await fetch(`${gateway.url}/v1/chat/completions`, { method: 'POST', headers, body: text })
    await answer.text()
    const lowered = answer.headers.get('x-weir-max-tokens')
    expect((await upstream.nextRequest()).bodyText).toBe(text.replace('128000', String(lowered)))
  })

  test('case C4: a budget that covers the worst case changes no request, and neither does a key without a budget', async () => {
    const { upstream, gateway, create, call } = await open()
    const answers: RawResponse[] = []
    for (const key of [await create(budget(5)), await create(), await create({ ...budget(0.1), shadow: true })]) {
      const answer = await call(key, chat)
      answers.push(answer)
      expect(answer.status).toBe(200)
      expect(answer.header('x-weir-max-tokens')).toBeUndefined()
      expect((await upstream.nextRequest()).bodyJson).toEqual(chat.body)
    }
    const reserved = (await readRecordsOf(gateway, ...answers)).map(({ reserved_nano: nano }) => nano)
    expect(Math.max(...reserved)).toBeGreaterThan(longest * outputNano)
  })

  test('case C4: a model with an unknown maximum output gets the server’s default as its limit', async () => {
    const { upstream, create, call } = await open()
    const answer = await call(await create(budget(5)), withFields({ model: 'unlimited' }))
    expect(answer.header('x-weir-max-tokens')).toBe('4096')
    expect((await upstream.nextRequest()).bodyJson).toMatchObject({ max_completion_tokens: 4_096 })
  })

  test.each([
    { for: 'response_format', fields: { response_format: schema } },
    { for: 'tool_choice', fields: { tools: [tool], tool_choice: 'required' } },
    { for: 'tool_choice', fields: { tools: [tool], tool_choice: tool } },
  ])(
    'case C4: Weir refuses a call whose truncated output would be useless, and names the limit that fits: $fields',
    async (row) => {
      const { upstream, create, call } = await open()
      upstream.respond(answerWithin(longest))
      const key = await create(budget(0.1))
      const refused = await call(key, withFields(row.fields))
      expectError(refused, { code: 'insufficient_quota', message: new RegExp(`\`${row.for}\` needs the whole reply`) })
      const fits = Number(/`max_completion_tokens: (\d+)` would fit/.exec(messageOf(refused))?.[1])
      expect(fits).toBeGreaterThan(9_000)
      const accepted = await call(key, withFields({ ...row.fields, max_completion_tokens: fits }))
      expect(accepted.status).toBe(200)
      expect(accepted.header('x-weir-max-tokens')).toBeUndefined()
    },
  )

  test('case C4: if a provider ignores the limit, Weir charges the real usage and refuses the next call', async () => {
    const opened = await open()
    const { upstream, create, call } = opened
    upstream.respond(answerWithout(20_000))
    const key = await create(budget(0.1))
    expect((await call(key, chat)).status).toBe(200)
    expect(await spentOf(opened, key.id)).toBe(19 * inputNano + 20_000 * outputNano)
    expectError(await call(key, withFields({ max_tokens: 1 })), { code: 'insufficient_quota' })
  })

  test('case C4: without a known output limit of the provider, Weir reserves the model’s maximum output or refuses the call', async () => {
    const own = await startUpstream()
    own.respond(answerWithout(10))
    const providers = { own: { base_url: own.url, models: ['gpt-5'] } }
    const { gateway, create, call } = await openOwn({ config: { ...config, providers } })
    const asked = withFields({ model: 'own/gpt-5', max_tokens: 10 })
    expectError(await call(await create(budget(1)), asked), {
      code: 'insufficient_quota',
      message: /must reserve the longest reply of the model \(128000 tokens\), because `own` is not known/,
    })
    const answer = await call(await create(budget(2)), asked)
    expect([answer.status, answer.header('x-weir-max-tokens')]).toEqual([200, undefined])
    expect((await own.nextRequest()).bodyJson).toMatchObject({ max_tokens: 10 })
    const [record] = await readRecords(gateway)
    expect(record?.reserved_nano).toBeGreaterThan(longest * outputNano)
  })

  test('case C4: an operator can configure the field that limits a server’s output', async () => {
    const own = await startUpstream()
    own.respond(answerWithin(longest))
    const providers = { own: { base_url: own.url, models: ['gpt-5'], output_limit: 'max_tokens' } }
    const { create, call } = await openOwn({ config: { ...config, providers } })
    const answer = await call(await create(budget(0.4)), withFields({ model: 'own/gpt-5' }))
    const lowered = Number(answer.header('x-weir-max-tokens'))
    expect(lowered).toBeGreaterThan(9_000)
    expect((await own.nextRequest()).bodyJson).toMatchObject({ max_tokens: lowered })
  })

  test('case C4: Weir trusts an `openai` on another host to honour a limit only if the operator configures it', async () => {
    const [moved, vouched] = [await startUpstream(), await startUpstream()]
    moved.respond(answerWithin(longest))
    vouched.respond(answerWithin(longest))
    const providers = {
      openai: { base_url: `${moved.url}/v1`, api_key: 'k' },
      vouched: { kind: 'openai', base_url: `${vouched.url}/v1`, api_key: 'k', output_limit: 'max_tokens' },
    }
    const prices = { ...config.prices, 'vouched/gpt-5': config.prices['openai/gpt-5'] }
    const { create, call } = await openOwn({ config: { prices, providers }, env: { OPENAI_OUTPUT_LIMIT: '' } })
    expectError(await call(await create(budget(0.4)), withFields({ max_completion_tokens: 10 })), {
      code: 'insufficient_quota',
      message: /because `openai` is not known to enforce a limit/,
    })
    const answer = await call(await create(budget(0.4)), withFields({ model: 'vouched/gpt-5' }))
    const lowered = Number(answer.header('x-weir-max-tokens'))
    expect(lowered).toBeGreaterThan(9_000)
    expect((await vouched.nextRequest()).bodyJson).toMatchObject({ max_tokens: lowered })
    expect(moved.requests).toEqual([])
  })

  test('case C4: Weir reserves the maximum output for a prediction, because it allows no limit', async () => {
    const { upstream, create, call } = await open()
    const asked = withFields({ prediction: { type: 'content', content: 'x' }, max_completion_tokens: 10 })
    expectError(await call(await create(budget(1)), asked), { code: 'insufficient_quota' })
    expect((await call(await create(budget(2)), asked)).status).toBe(200)
    expect((await upstream.nextRequest()).bodyJson).toEqual(asked.body)
  })

  test('case C4: `usd_per_call` lowers the limit as a budget does, without a share for other calls', async () => {
    const { upstream, create, call } = await open()
    upstream.respond(answerWithin(longest))
    const answer = await call(await create({ limits: { usd_per_call: 0.1 } }), chat)
    expect(Number(answer.header('x-weir-max-tokens'))).toBeGreaterThan(9_900)
  })

  test('case C4: `limits.cap_output: false` changes no request', async () => {
    const { upstream, gateway, create, call } = await openOwn({ config: { ...config, limits: { cap_output: false } } })
    const answer = await call(await create(budget(0.1)), chat)
    expect([answer.status, answer.header('x-weir-max-tokens')]).toEqual([200, undefined])
    expect((await upstream.nextRequest()).bodyJson).toEqual(chat.body)
    const [record] = await readRecords(gateway)
    expect(record?.reserved_nano).toBeLessThan(4_200 * outputNano)
  })

  test.each([false, true])(
    'case C4: Weir stores no truncated response under an Idempotency-Key, and a session marks it as incomplete (stream: %s)',
    async (stream) => {
      const { upstream, create, call } = await open()
      upstream.respond(answerWithin(longest))
      const key = await create(budget(0.4))
      const created = await call(key, { target: '/v1/sessions', body: {} })
      const { id } = JSON.parse(created.text) as { id: string }
      const headers = { 'idempotency-key': 'k1', 'x-session-id': id }
      for (let count = 0; count < 2; count++) {
        const answer = await call(key, withFields({ stream }), headers)
        expect([answer.status, answer.header('idempotent-replayed')]).toEqual([200, undefined])
      }
      expect(upstream.requests).toHaveLength(2)
      const { text } = await call(key, { method: 'GET', target: `/v1/sessions/${id}/messages` })
      const { data } = JSON.parse(text) as { data: readonly { role: string; status: string }[] }
      const replies = data.filter(({ role }) => role === 'assistant')
      expect(replies.map(({ status }) => status)).toEqual(['incomplete', 'incomplete'])
    },
  )

  test('case C4: Weir stores a response that the lowered limit did not truncate, under the caller’s original body', async () => {
    const { upstream, create, call } = await open()
    upstream.respond(answerWithin(10))
    const key = await create(budget(0.4))
    const headers = { 'idempotency-key': 'k1' }
    expect((await call(key, chat, headers)).header('x-weir-max-tokens')).toMatch(/^\d+$/)
    // The remaining budget is smaller now, and a second limit would be too.
    expect((await call(key, chat, headers)).header('idempotent-replayed')).toBe('true')
    expect(upstream.requests).toHaveLength(1)
  })

  test('case C1: only a key with a budget is refused a background response', async () => {
    const { upstream, create, call } = await open()
    upstream.respond(json(200, response))
    const asked = { target: '/v1/responses', body: { model: 'gpt-5', input: 'Hi', background: true } }
    expectError(await call(await create(budget(5)), asked), {
      code: 'invalid_value',
      param: 'background',
      message: /cannot run a response in the background/,
    })
    expect((await call(await create(), asked)).status).toBe(200)
    const lowered = await call(await create(budget(0.4)), { ...asked, body: { ...asked.body, background: false } })
    const limit = Number(lowered.header('x-weir-max-tokens'))
    await upstream.nextRequest()
    expect((await upstream.nextRequest()).bodyJson).toMatchObject({ max_output_tokens: limit })
  })

  test.each(['queued', 'in_progress'])(
    'case C1: a %s background response is recorded with an unknown cost, and fetching it adds none',
    async (status) => {
      const { upstream, gateway, create, call } = await openOwn({ config: { ...config, passthrough: 'openai' } })
      const { usage, ...rest } = response
      const key = await create({ operations: ['responses', 'passthrough'] })
      const asked = { target: '/v1/responses', body: { model: 'gpt-5', input: 'Hi', background: true } }
      upstream.respondNext(json(200, { ...rest, output: [], usage: null, status }))
      expect((await call(key, asked)).status).toBe(200)
      upstream.respond(json(200, { ...rest, usage }))
      const target = `/v1/responses/${response.id}`
      for (let count = 0; count < 3; count++) {
        const answer = await call(key, { target, method: 'GET' })
        expect([answer.status, JSON.parse(answer.text)]).toMatchObject([200, { usage }])
      }
      const records = await readRecords(gateway)
      expect(records[0]).toMatchObject({ cost_source: 'unpriced', cost_nano: 0, outcome: 'ok' })
      expect(records.slice(1).every(({ cost_nano: cost }) => cost === 0)).toBe(true)
    },
  )

  // In this test wrangler's servers precede workerd, and never report a disconnected client to it.
  test.skipIf(runtime === 'workerd')(
    'case C3: a caller with a budget who disconnects before an unstreamed response is charged its usage, or the reservation without one',
    async () => {
      const opened = await openOwn({ config: { ...config, streams: { drain_ms: 300 } } })
      const { upstream, gateway, create } = opened
      const gate = createGate()
      upstream.respondNext(after(gate, answerWithin(1_000)), silent())
      const key = await create(budget(5))
      for (let count = 0; count < 2; count++) {
        const client = await sendChat(gateway, {
          stream: false,
          fields: { model: 'gpt-5', max_completion_tokens: 2_000 },
          headers: withKey(key.secret).headers,
        })
        await upstream.nextRequest()
        client.destroy()
        await client.closed
        for (let turns = 0; turns < 3; turns++) await ask(gateway, { target: '/livez' })
        gate.open()
      }
      await expect.poll(() => gateway.logs().filter(({ event }) => event === 'call').length).toBe(2)
      const own = (await readRecords(gateway)).filter(({ key_id: id }) => id === key.id)
      expect(own).toMatchObject([
        { outcome: 'client_gone', cost_source: 'usage', cost_nano: 19 * inputNano + 1_000 * outputNano },
        { outcome: 'client_gone', cost_source: 'reserved', cost_nano: own[1]?.reserved_nano },
      ])
      expect(own[1]?.cost_nano).toBeGreaterThan(2_000 * outputNano)
    },
  )
})
