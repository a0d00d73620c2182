import { expect, test } from 'vitest'
import { openKeys } from '../api/open-keys.ts'
import { ask, expectError } from '../support/ask.ts'
import { describeOnBothStored } from '../support/describe-on-both.ts'
import { chatChunks, chatChunksWithUsage, chatCompletion, chatRequest } from '../support/fixtures.ts'
import { toOpenAIEnv } from '../support/gateway.ts'
import { json, sse } from '../support/upstream-scripts.ts'
import { readRecords } from './read-records.ts'
import { chatPath, sendChat } from './send-chat.ts'

const prices = { 'openai/*': { input: 2, output: 8 } }
const unknown = { target: chatPath, body: { ...chatRequest, model: 'a-model-without-a-price', max_tokens: 100 } }
const budget = { limits: { budgets: [{ usd: 1, per: 'month' }] } }

describeOnBothStored('a model without a price', (start, { startUpstream }) => {
  test('R54 is refused under a budget, before Weir sends anything upstream', async () => {
    const { upstream, gateway, create, call } = await openKeys({ start, startUpstream })
    const parent = await create(budget)
    const child = await create({ parent_id: parent.id })
    const perUser = await create({ per_user: budget.limits })
    const perCall = await create({ limits: { usd_per_call: 1 } })
    for (const key of [parent, child, perUser, perCall]) {
      const refusal = await call(key, unknown)
      expectError(refusal, { code: 'model_unpriced', param: 'model', message: /openai\/a-model-without-a-price/ })
    }
    expect(upstream.requests).toHaveLength(0)
    expect(await readRecords(gateway)).toEqual([])
  })

  test('R54 is served without a budget, counted, and recorded as unpriced, not as free', async () => {
    const { gateway, create, call } = await openKeys({ start, startUpstream })
    const key = await create({ limits: { tokens_per_day: 1_000 } })
    expect((await call(key, unknown)).status).toBe(200)
    expect(await readRecords(gateway)).toMatchObject([
      { key_id: key.id, cost_source: 'unpriced', cost_nano: 0, input_tokens: 19, output_tokens: 10 },
    ])
  })

  test.each([
    { unpriced: 'allow', withBudget: 200, without: 200 },
    { unpriced: 'block', withBudget: 400, without: 400 },
  ])('R54 is handled as the operator configures it: $unpriced', async ({ unpriced, withBudget, without }) => {
    const { create, call } = await openKeys({ start, startUpstream }, { config: { metering: { unpriced } } })
    expect((await call(await create(budget), unknown)).status).toBe(withBudget)
    expect((await call(await create(), unknown)).status).toBe(without)
  })

  test('R54 has the price in the configuration', async () => {
    const config = { prices: { 'openai/a-model-without-a-price': { input: 1, output: 3 } } }
    const { gateway, create, call } = await openKeys({ start, startUpstream }, { config })
    expect((await call(await create(budget), unknown)).status).toBe(200)
    expect(await readRecords(gateway)).toMatchObject([{ cost_source: 'usage', cost_nano: 19 * 1_000 + 10 * 3_000 }])
  })
})

describeOnBothStored('a stream without usage', (start, { startUpstream }) => {
  test('R52 is never free, and its record names the source of the count', async () => {
    const upstream = await startUpstream()
    const gateway = await start({ env: toOpenAIEnv(upstream), config: { prices } })
    const uncounted = chatChunks.map((chunk) => ({ ...chunk, usage: {} }))
    // One reports usage, one ignores `stream_options`, one reports empty usage.
    for (const events of [chatChunksWithUsage, chatChunks, uncounted]) {
      upstream.respond(sse(events))
      await (await sendChat(gateway)).readResponse()
    }
    // `Hello there`: two tokens in the reported usage; eleven bytes at four per token in the estimates.
    expect(await readRecords(gateway)).toMatchObject([
      { outcome: 'ok', cost_source: 'usage', output_tokens: 2, cost_nano: 19 * 2_000 + 2 * 8_000 },
      { outcome: 'ok', cost_source: 'estimated', output_tokens: 3, cost_nano: 18 * 2_000 + 3 * 8_000 },
      { outcome: 'ok', cost_source: 'estimated', output_tokens: 3, cost_nano: 18 * 2_000 + 3 * 8_000 },
    ])
  })

  test('R52 is estimated for a provider that refuses `stream_options`, which Weir then does not send', async () => {
    const upstream = await startUpstream()
    upstream.on(
      ({ bodyText }) => bodyText.includes('stream_options'),
      json(400, { error: { message: 'unknown field', type: 'invalid_request_error', param: null, code: null } }),
    )
    upstream.respond(sse(chatChunks))
    const local = { kind: 'custom', base_url: `${upstream.url}/v1`, stream_options: false }
    const env = { TOKEN: toOpenAIEnv(upstream).TOKEN ?? '' }
    const config = { providers: { local }, prices: { 'local/*': { input: 2, output: 8 } } }
    const gateway = await start({ env, config })
    await (await sendChat(gateway)).readResponse()
    expect(await readRecords(gateway)).toMatchObject([{ outcome: 'ok', cost_source: 'estimated', output_tokens: 3 }])
  })

  test('R53 R51 unusual counts produce a positive cost in whole nano-dollars', async () => {
    const upstream = await startUpstream()
    const gateway = await start({ env: toOpenAIEnv(upstream), config: { prices } })
    const counts = [
      { prompt_tokens: -5, completion_tokens: -7 },
      { prompt_tokens: 1.5, completion_tokens: 2.5 },
      { prompt_tokens: '9', completion_tokens: '9' },
      { prompt_tokens: 1e300, completion_tokens: 1e300 },
      { prompt_tokens: 3, completion_tokens: 4, prompt_tokens_details: { cached_tokens: 1_000 } },
      null,
      [],
    ]
    for (const usage of counts) {
      upstream.respond(json(200, { ...chatCompletion, usage }))
      expect((await ask(gateway, { target: chatPath, body: chatRequest })).status).toBe(200)
    }
    const records = await readRecords(gateway)
    expect(records).toHaveLength(counts.length)
    for (const { cost_nano: nano } of records) expect(Number.isSafeInteger(nano) && nano > 0).toBe(true)
    expect(records[4]).toMatchObject({ cost_source: 'usage', cost_nano: 3 * 2_000 + 4 * 8_000 })
  })
})
