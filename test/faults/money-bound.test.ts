import { expect, test } from 'vitest'
import { openKeys } from '../api/open-keys.ts'
import { ask, expectError } from '../support/ask.ts'
import { describeOnBothStored } from '../support/describe-on-both.ts'
import { chatCompletion, chatRequest } from '../support/fixtures.ts'
import { createGate } from '../support/gate.ts'
import { after, json } from '../support/upstream-scripts.ts'
import { readRecords } from './read-records.ts'
import { chatPath } from './send-chat.ts'

/** 2,000 and 8,000 nano-USD a token. */
const config = { prices: { 'openai/*': { input: 2, output: 8 } }, metering: { default_max_tokens: 50 } }

/** More input than was estimated, and far more output than the call was set aside for. */
const usage = { prompt_tokens: 60, completion_tokens: 900, total_tokens: 960 }
const actualNano = 60 * 2_000 + 900 * 8_000

const inFlight = 8

describeOnBothStored('a budget at its bound', (start, { startUpstream }) => {
  test.each([
    { what: 'a model that writes more than `max_tokens`', fields: { max_tokens: 100 }, key: {} },
    { what: 'a call without `max_tokens` under the server’s default', fields: {}, key: {} },
    { what: 'a call without `max_tokens` under the key’s own default', fields: {}, key: { default_max_tokens: 20 } },
  ])(
    'P18 R38 is exceeded by what its calls in flight cost beyond what was set aside for each, to the nano-dollar: $what',
    async ({ fields, key: settings }) => {
      const { upstream, gateway, create, call } = await openKeys({ start, startUpstream }, { config })
      const question = { target: chatPath, body: { ...chatRequest, ...fields } }
      await call(await create(settings), question)
      const reservedNano = (await readRecords(gateway))[0]?.reserved_nano ?? 0
      // Room for exactly so many calls at once, as they are expected to be.
      const limitNano = inFlight * reservedNano
      const key = await create({ ...settings, limits: { budgets: [{ usd: limitNano / 1e9, per: 'total' }] } })
      const gate = createGate()
      upstream.respond(after(gate, json(200, { ...chatCompletion, usage })))
      await upstream.nextRequest()
      const running = Array.from({ length: inFlight }, () => call(key, question))
      for (let count = 0; count < inFlight; count++) await upstream.nextRequest()
      expectError(await call(key, question), { code: 'insufficient_quota' })
      gate.open()
      for (const answer of await Promise.all(running)) expect(answer.status).toBe(200)
      const records = (await readRecords(gateway)).filter(({ key_id: id }) => id === key.id)
      expect(records).toHaveLength(inFlight)
      const spentNano = records.reduce((sum, record) => sum + record.cost_nano, 0)
      const beyond = records.map((record) => Math.max(0, record.cost_nano - record.reserved_nano))
      expect(spentNano - limitNano).toBe(beyond.reduce((sum, nano) => sum + nano, 0))
      expect(spentNano - limitNano).toBe(inFlight * (actualNano - reservedNano))
      expectError(await call(key, { ...question, body: { ...question.body, max_tokens: 1 } }), {
        code: 'insufficient_quota',
      })
      expect(upstream.requests).toHaveLength(1 + inFlight)
    },
  )

  test('P18 is not exceeded where calls cost no more than was set aside for them', async () => {
    const { upstream, gateway, create, call } = await openKeys({ start, startUpstream }, { config })
    const question = { target: chatPath, body: { ...chatRequest, max_tokens: 10 } }
    upstream.respond(json(200, { ...chatCompletion, usage: { prompt_tokens: 10, completion_tokens: 10 } }))
    await ask(gateway, question)
    const [probe] = await readRecords(gateway)
    const key = await create({ limits: { budgets: [{ usd: ((probe?.reserved_nano ?? 0) * 3) / 1e9, per: 'total' }] } })
    let admitted = 0
    while ((await call(key, question)).status === 200) {
      admitted += 1
      await gateway.flushLedger()
    }
    const own = (await readRecords(gateway)).filter(({ key_id: id }) => id === key.id)
    expect(own).toHaveLength(admitted)
    const spentNano = own.reduce((sum, { cost_nano: nano }) => sum + nano, 0)
    expect(spentNano).toBeLessThanOrEqual((probe?.reserved_nano ?? 0) * 3)
    // As near to its end as one more call could have gone.
    expect(spentNano).toBeGreaterThan((probe?.reserved_nano ?? 0) * 2)
  })
})
