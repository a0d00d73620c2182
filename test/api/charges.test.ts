import { expect, test } from 'vitest'
import { readRecords, readRecordsOf } from '../faults/read-records.ts'
import { ask, expectError } from '../support/ask.ts'
import { describeOnBothStored, type Share } from '../support/describe-on-both.ts'
import { chatChunks, chatCompletion, chatRequest, response } from '../support/fixtures.ts'
import { createGate } from '../support/gate.ts'
import { type GatewayOptions, gatewayToken, toOpenAIEnv, upstreamKey } from '../support/gateway.ts'
import type { RawResponse } from '../support/raw-client.ts'
import type { ScriptedUpstream } from '../support/scripted-upstream.ts'
import type { StoredGateway } from '../support/stored-gateway.ts'
import type { Script } from '../support/upstream-exchange.ts'
import { json, sse } from '../support/upstream-scripts.ts'
import { openKeys, shareKeys } from './open-keys.ts'
import { toForm } from './to-form.ts'

const chat = '/v1/chat/completions'
const budget = { limits: { budgets: [{ usd: 1, per: 'month' }] } }
const stop = chatChunks.at(-1)

/** Shares a gateway, without the records of earlier cases. */
async function openEmpty(
  share: Share<StoredGateway>,
  toOptions: (upstream: ScriptedUpstream) => GatewayOptions = (upstream) => ({ env: toOpenAIEnv(upstream) }),
) {
  const opened = await share(toOptions)
  await opened.gateway.sql('DELETE FROM call_records')
  return opened
}

describeOnBothStored('token counts that a provider reports', (_start, { share }) => {
  const config = { prices: { 'openai/*': { input: 2, output: 8 } } }
  const open = () => openEmpty(share, (upstream) => ({ env: toOpenAIEnv(upstream), config }))

  test('case C5: zeros with a complete response are not counts, and the tokens are estimated', async () => {
    const { upstream, gateway } = await open()
    upstream.respond(
      json(200, { ...chatCompletion, usage: { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 } }),
    )
    await ask(gateway, { target: chat, body: chatRequest })
    const [record] = await readRecords(gateway)
    const length = chatCompletion.choices[0]?.message.content.length ?? 0
    expect(record).toMatchObject({ cost_source: 'estimated', output_tokens: Math.ceil(length / 3.5) })
    expect(record?.input_tokens).toBeGreaterThan(0)
  })

  test.each([true, false])(
    'case C5: an output count of 0 for a text does not discard the input count (stream: %s)',
    async (stream) => {
      const { upstream, gateway } = await open()
      const usage = { prompt_tokens: 777, completion_tokens: 0, total_tokens: 777 }
      const chunk = { ...stop, choices: [], usage }
      upstream.respond(stream ? sse([...chatChunks, chunk]) : json(200, { ...chatCompletion, usage }))
      await ask(gateway, { target: chat, body: { ...chatRequest, stream } })
      const [record] = await readRecords(gateway)
      expect(record).toMatchObject({ cost_source: 'estimated', input_tokens: 777 })
      expect(record?.output_tokens).toBeGreaterThan(0)
    },
  )

  test.each([true, false])('case C5: an empty response costs only its input (stream: %s)', async (stream) => {
    const { upstream, gateway } = await open()
    const usage = { prompt_tokens: 777, completion_tokens: 0, total_tokens: 777 }
    const choices = [{ index: 0, message: { role: 'assistant', content: '' }, finish_reason: 'length' }]
    upstream.respond(stream ? sse([{ ...stop, usage }]) : json(200, { ...chatCompletion, choices, usage }))
    await ask(gateway, { target: chat, body: { ...chatRequest, stream } })
    expect(await readRecords(gateway)).toMatchObject([{ cost_source: 'usage', cost_nano: 777 * 2_000 }])
  })
})

describeOnBothStored('the usage of a failure', (start, { startUpstream, share }) => {
  const usage = { prompt_tokens: 700, completion_tokens: 50, total_tokens: 750 }
  const cost = 700 * 2_000 + 50 * 8_000
  const error = { message: 'The model broke down.', code: 500 }
  const streamed = { ...chatRequest, stream: true }

  async function open(script: Script, config: object = {}) {
    const prices = { 'openai/*': { input: 2, output: 8 } }
    const { upstream, gateway } = await openEmpty(share, (scripted) => ({
      env: toOpenAIEnv(scripted),
      config: { ...config, prices },
    }))
    upstream.respond(script)
    return gateway
  }

  test.each([
    ['an error', json(200, { error, usage }), chatRequest],
    ['choices of null', json(200, { choices: null, error, usage }), chatRequest],
    ['a response without choices', json(200, { id: 'chatcmpl-1', usage }), chatRequest],
    [
      'an error under another content type',
      json(200, { error, usage }, { headers: { 'content-type': 'text/plain' } }),
      chatRequest,
    ],
    ['an error in place of a stream', json(200, { error, usage }), streamed],
    ['a stream that begins with an error', sse([{ error, usage }]), streamed],
    [
      'a stream in place of JSON that ends in an error',
      sse([...chatChunks, { choices: [], usage }, { error }]),
      chatRequest,
    ],
  ])('case A5: is charged for status 200 with %s', async (_name, script, body) => {
    const gateway = await open(script)
    expect((await ask(gateway, { target: chat, body })).status).toBeGreaterThanOrEqual(500)
    const record = {
      outcome: 'upstream_error',
      cost_source: 'usage',
      cost_nano: cost,
      input_tokens: 700,
      output_tokens: 50,
    }
    expect(await readRecords(gateway)).toMatchObject([record])
  })

  test.each([
    ['after', [...chatChunks, { choices: [], usage }, { error }]],
    ['before', [...chatChunks, { error }, { choices: [], usage }]],
  ])('case A5: is charged if a stream reports it %s its error', async (_name, events) => {
    const gateway = await open(sse(events))
    expect((await ask(gateway, { target: chat, body: streamed })).status).toBe(200)
    expect(await readRecords(gateway)).toMatchObject([
      { outcome: 'upstream_error', cost_source: 'usage', cost_nano: cost },
    ])
  })

  const usageEvent = { choices: [], usage }
  test.each([
    ['in its next chunk', sse([{ error }, usageEvent])],
    ['in its next chunk, and does not end', sse([{ error }, usageEvent, createGate()])],
    ['after a while, in slivers', sse([{ error }, ': waiting\n\n', usageEvent], { splitEvery: 5 })],
    ['and breaks off', sse([{ error }, usageEvent], { ending: 'reset' })],
    ['under the type of JSON', sse([{ error }, usageEvent], { headers: { 'content-type': 'application/json' } })],
  ])('case A5 case A7: is charged if a stream starts with an error and reports it %s', async (_name, script) => {
    // The arrival of the usage ends the wait.
    const gateway = await open(script, { streams: { grace_ms: 60_000 } })
    expect((await ask(gateway, { target: chat, body: streamed })).status).toBe(500)
    expect(await readRecords(gateway)).toMatchObject([
      { outcome: 'upstream_error', cost_source: 'usage', cost_nano: cost },
    ])
  })

  test('case A5 case A7: is zero if a stream starts with an error, continues, and reports none', async () => {
    const gateway = await open(sse([{ error }, createGate()]), { streams: { grace_ms: 20 } })
    expect((await ask(gateway, { target: chat, body: streamed })).status).toBe(500)
    expect(await readRecords(gateway)).toMatchObject([{ outcome: 'upstream_error', cost_source: 'none', cost_nano: 0 }])
  })

  test.each([
    ['no usage', { error }],
    ['zeros', { error, usage: { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 } }],
  ])('case A5: is zero if the response reports %s', async (_name, body) => {
    const gateway = await open(json(200, body))
    await ask(gateway, { target: chat, body: chatRequest })
    expect(await readRecords(gateway)).toMatchObject([{ outcome: 'upstream_error', cost_source: 'none', cost_nano: 0 }])
  })

  test.each([true, false])('case A18: is zero if a stream has no content (done: %s)', async (doneAtEnd) => {
    const gateway = await open(sse([': hello\n\n'], { doneAtEnd }))
    await ask(gateway, { target: chat, body: streamed })
    expect(await readRecords(gateway)).toMatchObject([{ outcome: 'upstream_error', cost_source: 'none', cost_nano: 0 }])
  })

  test.each([
    ['an event that reports a failure', [{ detail: 'Not found' }]],
    ['twenty events without choices', Array.from({ length: 20 }, (_, id) => ({ id }))],
  ])('case A5 case A18: is zero if a chat streams only %s', async (_name, events) => {
    const gateway = await open(sse(events))
    await ask(gateway, { target: chat, body: streamed })
    expect(await readRecords(gateway)).toMatchObject([{ outcome: 'upstream_error', cost_source: 'none', cost_nano: 0 }])
  })

  test('case A5 case A18: is charged if a chat streams it without choices', async () => {
    const gateway = await open(sse([{ id: 'x' }, { usage }]))
    await ask(gateway, { target: chat, body: streamed })
    expect(await readRecords(gateway)).toMatchObject([
      { outcome: 'upstream_error', cost_source: 'usage', cost_nano: cost },
    ])
  })

  test.each([
    ['nothing', null, { cost_source: 'none', cost_nano: 0 }],
    ['its counts', { input_tokens: 700, output_tokens: 50 }, { cost_source: 'usage', cost_nano: cost }],
  ])('case A5: is %s if a complete response failed and reports it', async (_name, counts, booked) => {
    const gateway = await open(json(200, { ...response, status: 'failed', error, output: [], usage: counts }))
    const result = await ask(gateway, { target: '/v1/responses', body: { model: 'm', input: 'Hi' } })
    expect(result.status).toBe(200)
    expect(await readRecords(gateway)).toMatchObject([{ outcome: 'upstream_error', status: 200, ...booked }])
  })

  test('case A5: is only the tokens if no requested image arrives', async () => {
    const upstream = await startUpstream()
    upstream.respondNext(
      json(200, { error, usage: { input_tokens: 50, output_tokens: 0 } }),
      sse([{ type: 'image_generation.completed', usage: drawn }]),
    )
    const gateway = await start({ env: toOpenAIEnv(upstream) })
    const draw = { target: '/v1/images/generations', body: { model: 'gpt-image-2.5-sunburst', prompt: 'A dog' } }
    await ask(gateway, draw)
    await ask(gateway, draw)
    expect(await readRecords(gateway)).toMatchObject([
      { outcome: 'upstream_error', cost_nano: 50 * 5_000 },
      { outcome: 'upstream_error', cost_nano: 50 * 5_000 + 6_200 * 30_000 },
    ])
  })
})

/**
 * Sources: https://platform.openai.com/docs/api-reference/images-streaming and openai-node 7.57
 * `ImageGenCompletedEvent.Usage`, read 2026-11-29.
 */
const drawn = {
  total_tokens: 6_250,
  input_tokens: 50,
  output_tokens: 6_200,
  input_tokens_details: { text_tokens: 50, image_tokens: 0 },
}

describeOnBothStored('the output of an image model', (start, { startUpstream, share }) => {
  const draw = { model: 'gpt-image-2.5-sunburst', prompt: 'A dog' }
  /** $5 per million prompt tokens and $30 per million image tokens. */
  const cost = 50 * 5_000 + 6_200 * 30_000

  test.each(['/v1/images/generations', '/v1/images/edits'])(
    'case C6: counts as image tokens if the usage of its stream has no details (%s)',
    async (target) => {
      const { upstream, gateway } = await openEmpty(share)
      const kind = target.endsWith('edits') ? 'image_edit' : 'image_generation'
      const data = JSON.stringify({ type: `${kind}.completed`, b64_json: 'AAAA', usage: drawn })
      upstream.respond(sse([`event: ${kind}.completed\ndata: ${data}\n\n`], { doneAtEnd: false }))
      await ask(gateway, { target, body: { ...draw, images: [], stream: true } })
      expect(await readRecords(gateway)).toMatchObject([{ cost_source: 'usage', cost_nano: cost }])
    },
  )

  test('case C6: counts as image tokens in a complete response without details too, and as reported with them', async () => {
    const { upstream, gateway } = await openEmpty(share)
    upstream.respond(json(200, { created: 1, data: [{ b64_json: 'AAAA' }], usage: drawn }))
    await ask(gateway, { target: '/v1/images/generations', body: draw })
    const usage = { ...drawn, output_tokens_details: { image_tokens: 6_200, text_tokens: 0 } }
    upstream.respond(json(200, { created: 1, data: [{ b64_json: 'AAAA' }], usage }))
    await ask(gateway, { target: '/v1/images/generations', body: draw })
    expect(await readRecords(gateway)).toMatchObject([{ cost_nano: cost }, { cost_nano: cost }])
  })

  test('case C6: is unpriced, not free, if the price has no rate for it', async () => {
    const { gateway, upstream, create, call } = await openKeys(
      { start, startUpstream },
      { config: { prices: { 'openai/gpt-image-2.5-sunburst': { input: 5 } } } },
    )
    upstream.respond(json(200, { created: 1, data: [{ b64_json: 'AAAA' }], usage: drawn }))
    const request = { target: '/v1/images/generations', body: draw }
    expectError(await call(await create(budget), request), { code: 'model_unpriced', param: 'model' })
    await call(await create(), request)
    expect(await readRecords(gateway)).toMatchObject([{ cost_source: 'unpriced', cost_nano: 0 }])
  })
})

describeOnBothStored('the cost that a provider reports', (start, { share, startUpstream }) => {
  const usage = { ...chatCompletion.usage, estimated_cost: 0.000_456 }

  test.each([true, false])(
    'case C9: overrides the price table if it is the actual charge (stream: %s)',
    async (stream) => {
      const { upstream, gateway } = await openEmpty(share, ({ url }) => ({
        env: { TOKEN: gatewayToken },
        config: { providers: { deepinfra: { base_url: `${url}/v1/openai`, api_key: upstreamKey } } },
      }))
      upstream.respond(
        stream ? sse([...chatChunks, { ...stop, choices: [], usage }]) : json(200, { ...chatCompletion, usage }),
      )
      // The price table has this model.
      const model = 'deepinfra/deepseek-ai/DeepSeek-V3.1'
      await ask(gateway, { target: chat, body: { ...chatRequest, model, stream } })
      expect(await readRecords(gateway)).toMatchObject([{ cost_source: 'provider', cost_nano: 456_000 }])
    },
  )

  test('case C9: overrides the price table for every operation that reports it', async () => {
    const upstream = await startUpstream()
    const deepinfra = { base_url: `${upstream.url}/v1/openai`, api_key: upstreamKey }
    const prices = { 'deepinfra/m': { input: 2, output: 8, per_image: 0.04 } }
    const gateway = await start({ env: { TOKEN: gatewayToken }, config: { providers: { deepinfra }, prices } })
    const reportedUsage = { input_tokens: 19, output_tokens: 10, estimated_cost: 0.000_456 }
    for (const [target, body, result] of [
      ['/v1/completions', { prompt: 'Hi' }, { choices: [{ index: 0, text: 'Hi', finish_reason: 'stop' }] }],
      ['/v1/responses', { input: 'Hi' }, { ...response }],
      ['/v1/embeddings', { input: 'Hi' }, { data: [{ index: 0, embedding: [0.5] }] }],
      ['/v1/images/generations', { prompt: 'Hi' }, { created: 1, data: [{ b64_json: 'AAAA' }] }],
    ] as const) {
      upstream.respond(json(200, { ...result, usage: reportedUsage }))
      await ask(gateway, { target, body: { model: 'deepinfra/m', ...body } })
    }
    const charged = { cost_source: 'provider', cost_nano: 456_000 }
    expect(await readRecords(gateway)).toMatchObject([charged, charged, charged, charged])
  })

  test.each([true, false])(
    'case C9: is not trusted from any other server, especially if it is 0 (stream: %s)',
    async (stream) => {
      const { upstream, gateway } = await openEmpty(share, ({ url }) => ({
        env: { TOKEN: gatewayToken },
        config: {
          providers: { mine: { base_url: `${url}/v1`, api_key: upstreamKey } },
          prices: { 'mine/priced': { input: 2, output: 8 } },
        },
      }))
      const reportedUsage = { ...chatCompletion.usage, cost: 0 }
      upstream.respond(
        stream
          ? sse([...chatChunks, { ...stop, choices: [], usage: reportedUsage }])
          : json(200, { ...chatCompletion, usage: reportedUsage }),
      )
      for (const model of ['mine/priced', 'mine/unpriced'])
        await ask(gateway, { target: chat, body: { ...chatRequest, model, stream } })
      expect(await readRecords(gateway)).toMatchObject([
        { cost_source: 'usage', cost_nano: 19 * 2_000 + 10 * 8_000 },
        { cost_source: 'unpriced', cost_nano: 0 },
      ])
    },
  )
})

describeOnBothStored('a model with a price only for audio', (start, { startUpstream }) => {
  test.each([true, false])(
    'case C13: costs in a chat what its provider reports, is unpriced without a report, and is refused under a budget (stream: %s)',
    async (stream) => {
      const upstream = await startUpstream()
      const deepinfra = { base_url: `${upstream.url}/v1/openai`, api_key: upstreamKey }
      const { create, call, gateway } = await openKeys(
        { start, startUpstream },
        { config: { providers: { deepinfra } } },
      )
      const request = {
        target: chat,
        body: { ...chatRequest, model: 'deepinfra/mistralai/Voxtral-Small-24B-2507', stream },
      }
      for (const cost of [{ estimated_cost: 0.000_456 }, {}]) {
        const usage = { ...chatCompletion.usage, ...cost }
        upstream.respond(
          stream ? sse([...chatChunks, { ...stop, choices: [], usage }]) : json(200, { ...chatCompletion, usage }),
        )
        expect((await call(await create(), request)).status).toBe(200)
      }
      expectError(await call(await create(budget), request), { code: 'model_unpriced', param: 'model' })
      expect(await readRecords(gateway)).toMatchObject([
        { cost_source: 'provider', cost_nano: 456_000 },
        { cost_source: 'unpriced', cost_nano: 0 },
      ])
    },
  )
})

describeOnBothStored('the service tier', (_start, { share }) => {
  /** gpt-4.1 costs $2 and $8 per million tokens. */
  const plain = 19 * 2_000 + 10 * 8_000

  // OpenAI returns `priority` for both. Source: https://developers.openai.com/api/docs/guides/fast-mode, read 2026-11-29
  test.each([
    { asked: 'fast', answered: 'priority', factor: 1.75 },
    { asked: 'priority', answered: 'fast', factor: 1.75 },
    { asked: 'priority', answered: 'default', factor: 1 },
    { asked: 'flex', answered: 'flex', factor: 0.5 },
    { asked: undefined, answered: undefined, factor: 1 },
    { asked: 'auto', answered: 'a-tier-of-tomorrow', factor: 1 },
  ])(
    'case C10: is priced by the tier in the response, complete or streamed: $asked → $answered',
    async ({ asked, answered, factor }) => {
      const { upstream, gateway } = await openEmpty(share)
      const body = { ...chatRequest, model: 'gpt-4.1', service_tier: asked }
      upstream.respond(json(200, { ...chatCompletion, service_tier: answered }))
      await ask(gateway, { target: chat, body })
      const last = { ...stop, choices: [], usage: chatCompletion.usage, service_tier: answered }
      upstream.respond(sse([...chatChunks, last]))
      await ask(gateway, { target: chat, body: { ...body, stream: true } })
      const records = await readRecords(gateway)
      expect(records).toMatchObject([{ cost_nano: plain * factor }, { cost_nano: plain * factor }])
    },
  )

  test('case C10: reserves the price of a more expensive tier, and the standard price for a cheaper one', async () => {
    const { upstream, gateway } = await openEmpty(share)
    upstream.respond(json(200, chatCompletion))
    for (const service_tier of [undefined, 'fast', 'flex'])
      await ask(gateway, { target: chat, body: { ...chatRequest, model: 'gpt-4.1', service_tier, max_tokens: 100 } })
    const [one, fast, flex] = (await readRecords(gateway)).map(({ reserved_nano }) => reserved_nano)
    expect(fast).toBe((one ?? 0) * 1.75)
    expect(flex).toBe(one)
  })

  test('case C10: a chat that must search pays one search, and a response that may search pays only for actual searches', async () => {
    const { upstream, gateway } = await openEmpty(share)
    upstream.respond(json(200, chatCompletion))
    await ask(gateway, { target: chat, body: { ...chatRequest, model: 'gpt-4.1', web_search_options: {} } })
    upstream.respond(json(200, response))
    const body = { model: 'gpt-4.1', input: 'Hello', tools: [{ type: 'web_search' }] }
    await ask(gateway, { target: '/v1/responses', body })
    const records = await readRecords(gateway)
    expect(records.map(({ cost_nano }) => cost_nano)).toEqual([plain + 10_000_000, 36 * 2_000 + 87 * 8_000])
  })

  test.each([true, false])(
    'case C10: a model that searches for every chat pays one search, requested or not (stream: %s)',
    async (stream) => {
      const { upstream, gateway } = await openEmpty(share)
      const { usage } = chatCompletion
      upstream.respond(stream ? sse([...chatChunks, { ...stop, choices: [], usage }]) : json(200, chatCompletion))
      for (const options of [{}, { web_search_options: {} }])
        await ask(gateway, {
          target: chat,
          body: { ...chatRequest, model: 'gpt-4o-search-preview', stream, ...options },
        })
      // $2.50 and $10 per million tokens, and $25 per thousand searches.
      const cost = 19 * 2_500 + 10 * 10_000 + 25_000_000
      const records = await readRecords(gateway)
      expect(records.map(({ cost_nano }) => cost_nano)).toEqual([cost, cost])
      for (const { reserved_nano } of records) expect(reserved_nano).toBeGreaterThan(cost)
    },
  )

  test.each([true, false])(
    'case C10: a call of the Responses API uses the tier in its response (stream: %s)',
    async (stream) => {
      const { upstream, gateway } = await openEmpty(share)
      const result = { ...response, service_tier: 'priority' }
      const event = { type: 'response.completed', sequence_number: 1, response: result }
      upstream.respond(stream ? sse([event], { doneAtEnd: false }) : json(200, result))
      await ask(gateway, {
        target: '/v1/responses',
        body: { model: 'gpt-4.1', input: 'Hi', service_tier: 'auto', stream },
      })
      expect(await readRecords(gateway)).toMatchObject([{ cost_nano: (36 * 2_000 + 87 * 8_000) * 1.75 }])
    },
  )

  test.each([true, false])(
    'case C10: hosted searches are reserved, and counted in the response (stream: %s)',
    async (stream) => {
      const { upstream, gateway } = await openEmpty(share)
      // Source: openai-node 7.57 `ResponseFunctionWebSearch`, `Response.tool_usage`
      const output = [
        { type: 'web_search_call', id: 'ws_1', status: 'completed', action: { type: 'search', query: 'a' } },
        { type: 'web_search_call', id: 'ws_2', status: 'completed', action: { type: 'search', query: 'b' } },
        {
          type: 'web_search_call',
          id: 'ws_3',
          status: 'completed',
          action: { type: 'open_page', url: 'https://a.example' },
        },
        { type: 'file_search_call', id: 'fs_1', status: 'completed', queries: ['c'], results: null },
        ...response.output,
      ]
      const result = {
        ...response,
        output,
        usage: { ...response.usage, input_tokens: 100, output_tokens: 10, total_tokens: 110 },
      }
      const event = { type: 'response.completed', sequence_number: 1, response: result }
      upstream.respond(
        stream
          ? sse([`event: response.completed\ndata: ${JSON.stringify(event)}\n\n`], { doneAtEnd: false })
          : json(200, result),
      )
      const tools = [{ type: 'web_search' }, { type: 'file_search', vector_store_ids: ['vs_1'] }]
      const body = { model: 'gpt-4.1', input: 'Hello', tools, max_tool_calls: 3, stream }
      await ask(gateway, { target: '/v1/responses', body })
      const [record] = await readRecords(gateway)
      expect(record?.cost_nano).toBe(100 * 2_000 + 10 * 8_000 + 2 * 10_000_000 + 2_500_000)
      expect(record?.reserved_nano).toBeGreaterThan(3 * 12_500_000)
    },
  )
})

// Source: https://developers.openai.com/api/docs/pricing, read 2026-11-29. A response repeats the offered tools.
describeOnBothStored('a search with the older tool', (_start, { share }) => {
  const output = [{ type: 'web_search_call', action: { type: 'search', query: 'a' } }, ...response.output]
  const usage = { ...response.usage, input_tokens: 100, output_tokens: 10, total_tokens: 110 }
  const tokens = 100 * 2_000 + 10 * 8_000

  test.each([
    { offered: ['web_search_preview'], model: 'gpt-4.1', search: 25_000_000 },
    { offered: ['web_search_preview_2025_03_11', 'web_search'], model: 'gpt-4.1', search: 25_000_000 },
    { offered: ['web_search'], model: 'gpt-4.1', search: 10_000_000 },
    // A reasoning model at the same prices.
    { offered: ['web_search_preview'], model: 'o3', search: 10_000_000 },
  ])(
    'case C10: is reserved and charged at the price of the tool with the model, complete or streamed: $offered, $model',
    async ({ offered, model, search }) => {
      const { upstream, gateway } = await openEmpty(share)
      const tools = offered.map((type) => ({ type }))
      const result = { ...response, model, tools, output, usage, tool_usage: { web_search: { num_requests: 1 } } }
      const event = { type: 'response.completed', sequence_number: 1, response: result }
      upstream.respondNext(
        json(200, result),
        sse([`event: response.completed\ndata: ${JSON.stringify(event)}\n\n`], { doneAtEnd: false }),
      )
      const body = { model, input: 'Hello', max_output_tokens: 16 }
      for (const stream of [false, true])
        await ask(gateway, { target: '/v1/responses', body: { ...body, tools, max_tool_calls: 3, stream } })
      upstream.respond(json(200, { ...result, output: response.output, tool_usage: undefined }))
      await ask(gateway, { target: '/v1/responses', body })
      const records = await readRecords(gateway)
      expect(records.map(({ cost_nano }) => cost_nano)).toEqual([tokens + search, tokens + search, tokens])
      const [whole, streamed, without] = records.map(({ reserved_nano }) => reserved_nano)
      expect(streamed).toBe(whole)
      // The tools count as input too.
      const read = (whole ?? 0) - (without ?? 0) - 3 * search
      expect(read).toBeGreaterThan(0)
      expect(read).toBeLessThan(100 * 2_000)
    },
  )
})

describeOnBothStored('a price multiplier', (_start, { share }) => {
  test.each([true, false])(
    'case C10: applies to the cost and to the reservation of a call (stream: %s)',
    async (stream) => {
      const { upstream, gateway } = await openEmpty(share, (scripted) => ({
        env: toOpenAIEnv(scripted),
        config: {
          providers: {
            openai: { price_multiplier: 1.1 },
            plain: { kind: 'openai', base_url: `${scripted.url}/v1`, api_key: upstreamKey },
          },
        },
      }))
      const last = { ...stop, choices: [], usage: chatCompletion.usage }
      upstream.respond(stream ? sse([...chatChunks, last]) : json(200, chatCompletion))
      for (const model of ['openai/gpt-4.1', 'plain/gpt-4.1'])
        await ask(gateway, { target: chat, body: { ...chatRequest, model, stream, max_tokens: 100 } })
      const records = await readRecords(gateway)
      expect(records).toMatchObject([{ cost_nano: 129_800 }, { cost_nano: 118_000 }])
      expect(records[0]?.reserved_nano).toBeCloseTo((records[1]?.reserved_nano ?? 0) * 1.1, 3)
    },
  )
})

// Source: openai-node 7.57 `Response.ToolUsage`
describeOnBothStored('images generated by a response', (start, { startUpstream, share }) => {
  const usage = { ...response.usage, input_tokens: 1_000, output_tokens: 100, total_tokens: 1_100 }
  const image_gen = {
    ...{ input_tokens: 300, output_tokens: 4_160, total_tokens: 4_460 },
    input_tokens_details: { image_tokens: 200, text_tokens: 100 },
  }
  const result = { ...response, usage, tool_usage: { image_gen, web_search: { num_requests: 0 } } }
  const body = { model: 'gpt-4.1', input: 'Draw a dog' }
  /** $2 and $8 per million tokens of gpt-4.1; $5, $8 and $30 of the image model. */
  const words = 1_000 * 2_000 + 100 * 8_000
  const cost = words + 100 * 5_000 + 200 * 8_000 + 4_160 * 30_000

  test.each([true, false])(
    'case C10: `tool_usage.image_gen` is reserved and charged at the price of the image model (stream: %s)',
    async (stream) => {
      const { upstream, gateway } = await openEmpty(share)
      const event = { type: 'response.completed', sequence_number: 1, response: result }
      upstream.respond(
        stream
          ? sse([`event: response.completed\ndata: ${JSON.stringify(event)}\n\n`], { doneAtEnd: false })
          : json(200, result),
      )
      const tools = [{ type: 'image_generation' }]
      await ask(gateway, { target: '/v1/responses', body: { ...body, tools, stream } })
      const [record] = await readRecords(gateway)
      expect(record).toMatchObject({ cost_source: 'usage', cost_nano: cost })
      expect(record?.reserved_nano).toBeGreaterThan(cost)
    },
  )

  test('case C10: a tool is charged at the price of its named model, and without a price the call is unpriced', async () => {
    const { gateway, upstream, create, call } = await openKeys({ start, startUpstream })
    upstream.respond(json(200, result))
    const mini = { ...body, tools: [{ type: 'image_generation', model: 'gpt-image-1-mini' }] }
    await call(await create(), { target: '/v1/responses', body: mini })
    const unknown = { ...body, tools: [{ type: 'image_generation', model: 'gpt-image-of-tomorrow' }] }
    await call(await create(), { target: '/v1/responses', body: unknown })
    expectError(await call(await create(budget), { target: '/v1/responses', body: unknown }), {
      code: 'model_unpriced',
      param: 'model',
    })
    expect(await readRecords(gateway)).toMatchObject([
      { cost_source: 'usage', cost_nano: words + 100 * 2_000 + 200 * 2_500 + 4_160 * 8_000 },
      { cost_source: 'unpriced', cost_nano: 0 },
    ])
  })

  test('case C10: images without a request for them make the call unpriced, not cheap', async () => {
    const { upstream, gateway } = await openEmpty(share)
    upstream.respond(json(200, result))
    await ask(gateway, { target: '/v1/responses', body })
    expect(await readRecords(gateway)).toMatchObject([{ cost_source: 'unpriced', cost_nano: 0 }])
  })
})

describeOnBothStored('a model by another name', (start, { share, startUpstream }) => {
  test('case C11: an Azure deployment has the price of its underlying model', async () => {
    const upstream = await startUpstream()
    upstream.respond(json(200, chatCompletion))
    const deployments = { 'gpt-4o': 'prod-4o', 'gpt-4.1': 'gpt-4o-mini' }
    const azure = { base_url: upstream.url, api_key: upstreamKey, deployments }
    const { create, call, gateway } = await openKeys({ start, startUpstream }, { config: { providers: { azure } } })
    const key = await create(budget)
    for (const model of ['gpt-4o', 'azure/prod-4o', 'azure/gpt-4.1'])
      expect((await call(key, { target: chat, body: { ...chatRequest, model } })).status).toBe(200)
    const dear = 19 * 2_500 + 10 * 10_000
    const cheap = 19 * 2_000 + 10 * 8_000
    // A deployment may have the name of another model; its underlying model counts.
    expect((await readRecords(gateway)).map(({ cost_nano }) => cost_nano)).toEqual([dear, dear, cheap])
  })

  test('case C17: an edit without a model has the price of OpenAI’s default model', async () => {
    const { create, call, gateway, upstream } = await shareKeys(share)
    upstream.respond(json(200, { created: 1, data: [{ b64_json: 'AAAA' }], usage: drawn }))
    const key = await create(budget)
    const form = toForm([
      ['prompt', 'A dog'],
      ['image', new Uint8Array([1]), 'a.png'],
    ])
    const headers = { 'content-type': 'multipart/form-data; boundary=form-of-a-test' }
    const edit = '/v1/images/edits'
    const results = [
      await call(key, { target: edit, body: String(form) }, headers),
      await call(key, { target: edit, body: { prompt: 'A dog', images: [] } }),
    ]
    expect(results.map(({ status }) => status)).toEqual([200, 200])
    const cost = { model: '', cost_source: 'usage', cost_nano: 50 * 5_000 + 6_200 * 30_000 }
    expect(await readRecordsOf(gateway, ...results)).toMatchObject([cost, cost])
  })

  test('case C17: a moderation is free at OpenAI for any model and budget', async () => {
    const { create, call, gateway, upstream } = await shareKeys(share)
    upstream.respond(json(200, { id: 'modr-1', model: 'omni-moderation-latest', results: [{ flagged: false }] }))
    const key = await create({ limits: { budgets: [{ usd: 0.000001, per: 'month' }] } })
    const results: RawResponse[] = []
    for (const model of [undefined, 'omni-moderation-latest', 'text-moderation-of-tomorrow'])
      results.push(await call(key, { target: '/v1/moderations', body: { model, input: 'Hello' } }))
    expect(results.map(({ status }) => status)).toEqual([200, 200, 200])
    const free = { cost_nano: 0, reserved_nano: 0 }
    const records = await readRecordsOf(gateway, ...results)
    expect(records).toMatchObject([free, free, free])
    expect(records.map(({ cost_source }) => cost_source)).not.toContain('unpriced')
  })
})

describeOnBothStored('a limit on one call', (_start, { share }) => {
  const long = 'word '.repeat(20_000)

  test.each([
    [
      'function_call.arguments',
      { messages: [{ role: 'assistant', content: null, function_call: { name: 'f', arguments: long } }] },
    ],
    ['reasoning_content', { messages: [{ role: 'assistant', content: 'a', reasoning_content: long }] }],
    ['name', { messages: [{ role: 'user', content: 'a', name: long }] }],
    ['prediction', { messages: [], prediction: { type: 'content', content: long } }],
    ['content that is an object', { messages: [{ role: 'user', content: { text: long } }] }],
    [
      'a file',
      {
        messages: [
          {
            role: 'user',
            content: [{ type: 'file', file: { filename: 'a.txt', file_data: Buffer.from(long).toString('base64') } }],
          },
        ],
      },
    ],
    ['an unknown field', { messages: [], thoughts: [{ more: long }] }],
  ])('case C8: counts input in %s', async (_place, fields) => {
    const { upstream, create, call } = await shareKeys(share, {
      config: { prices: { 'openai/*': { input: 2, output: 8 } } },
    })
    const key = await create({ limits: { usd_per_call: 0.05 } })
    const body = { ...chatRequest, ...fields, max_tokens: 10 }
    expectError(await call(key, { target: chat, body }), { code: 'insufficient_quota' })
    expect(upstream.requests).toHaveLength(0)
  })
})
