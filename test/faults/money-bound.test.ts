import { expect, test } from 'vitest'
import { openKeys } from '../api/open-keys.ts'
import { ask, expectError } from '../support/ask.ts'
import { describeOnBothStored } from '../support/describe-on-both.ts'
import { chatCompletion, chatRequest } from '../support/fixtures.ts'
import { createGate } from '../support/gate.ts'
import { after, json } from '../support/upstream-scripts.ts'
import { readRecords } from './read-records.ts'
import { chatPath } from './send-chat.ts'

/** 2,000 and 8,000 nano-USD per token. */
const config = { prices: { 'openai/*': { input: 2, output: 8 } }, metering: { default_max_tokens: 50 } }

/** More input than estimated, and far more output than reserved. */
const usage = { prompt_tokens: 60, completion_tokens: 900, total_tokens: 960 }
const actualNano = 60 * 2_000 + 900 * 8_000

const inFlight = 8

describeOnBothStored('a budget at its bound', (start, { startUpstream }) => {
  test.each([
    { call: 'a model that exceeds `max_tokens`', fields: { max_tokens: 100 }, key: {} },
    { call: 'a call without `max_tokens` under the server’s default', fields: {}, key: {} },
    { call: 'a call without `max_tokens` under the key’s own default', fields: {}, key: { default_max_tokens: 20 } },
  ])(
    'P18 R38 calls in flight exceed it only by their cost beyond their reservations, to the nano-dollar: $call',
    async ({ fields, key: settings }) => {
      const { upstream, gateway, create, call } = await openKeys({ start, startUpstream }, { config })
      const chat = { target: chatPath, body: { ...chatRequest, ...fields } }
      await call(await create(settings), chat)
      const reservedNano = (await readRecords(gateway))[0]?.reserved_nano ?? 0
      // The budget covers exactly this many concurrent calls, by their estimates.
      const limitNano = inFlight * reservedNano
      const key = await create({ ...settings, limits: { budgets: [{ usd: limitNano / 1e9, per: 'total' }] } })
      const gate = createGate()
      upstream.respond(after(gate, json(200, { ...chatCompletion, usage })))
      await upstream.nextRequest()
      const running = Array.from({ length: inFlight }, () => call(key, chat))
      for (let count = 0; count < inFlight; count++) await upstream.nextRequest()
      expectError(await call(key, chat), { code: 'insufficient_quota' })
      gate.open()
      for (const response of await Promise.all(running)) expect(response.status).toBe(200)
      const records = (await readRecords(gateway)).filter(({ key_id: id }) => id === key.id)
      expect(records).toHaveLength(inFlight)
      const spentNano = records.reduce((sum, record) => sum + record.cost_nano, 0)
      const beyond = records.map((record) => Math.max(0, record.cost_nano - record.reserved_nano))
      expect(spentNano - limitNano).toBe(beyond.reduce((sum, nano) => sum + nano, 0))
      expect(spentNano - limitNano).toBe(inFlight * (actualNano - reservedNano))
      expectError(await call(key, { ...chat, body: { ...chat.body, max_tokens: 1 } }), {
        code: 'insufficient_quota',
      })
      expect(upstream.requests).toHaveLength(1 + inFlight)
    },
  )

  test('P18 is not exceeded if no call costs more than its reservation', async () => {
    const { upstream, gateway, create, call } = await openKeys({ start, startUpstream }, { config })
    const chat = { target: chatPath, body: { ...chatRequest, max_tokens: 10 } }
    upstream.respond(json(200, { ...chatCompletion, usage: { prompt_tokens: 10, completion_tokens: 10 } }))
    await ask(gateway, chat)
    const [probe] = await readRecords(gateway)
    const key = await create({ limits: { budgets: [{ usd: ((probe?.reserved_nano ?? 0) * 3) / 1e9, per: 'total' }] } })
    let admitted = 0
    while ((await call(key, chat)).status === 200) {
      admitted += 1
      await gateway.flushLedger()
    }
    const own = (await readRecords(gateway)).filter(({ key_id: id }) => id === key.id)
    expect(own).toHaveLength(admitted)
    const spentNano = own.reduce((sum, { cost_nano: nano }) => sum + nano, 0)
    expect(spentNano).toBeLessThanOrEqual((probe?.reserved_nano ?? 0) * 3)
    // The rest of the budget is less than one more call.
    expect(spentNano).toBeGreaterThan((probe?.reserved_nano ?? 0) * 2)
  })
})
