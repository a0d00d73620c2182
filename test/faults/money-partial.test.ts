import { expect, test } from 'vitest'
import { ask } from '../support/ask.ts'
import { closedAddress } from '../support/closed-address.ts'
import { describeOnBothStored } from '../support/describe-on-both.ts'
import { createGate } from '../support/gate.ts'
import { toOpenAIEnv } from '../support/gateway.ts'
import { hangUp, html500, json, raw, reset, type SseEvent, silent, sse } from '../support/upstream-scripts.ts'
import { readRecords } from './read-records.ts'
import { sendChat } from './send-chat.ts'

/** $2 and $8 per million: 2,000 and 8,000 nano-USD per token, independent of the price table. */
const config = { prices: { 'openai/*': { input: 2, output: 8 } } }
const [inputNano, outputNano] = [2_000, 8_000]

const words = ['A', ' weir', ' is', ' a', ' low', ' dam', ' across', ' a', ' river']
const usage = { prompt_tokens: 20, completion_tokens: words.length, total_tokens: 20 + words.length }

function chunk(delta: object, finishReason: string | null = null): object {
  const head = { id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1, model: 'gpt-4.1' }
  return { ...head, choices: [{ index: 0, delta, finish_reason: finishReason }], usage: null }
}

/** One event with the role, one for each word, one with the finish reason, one with the usage. */
const events: readonly SseEvent[] = [
  chunk({ role: 'assistant', content: '' }),
  ...words.map((content) => chunk({ content })),
  chunk({}, 'stop'),
  { ...chunk({}), choices: [], usage },
]
const isAsked = { stream_options: { include_usage: true } }
const providerError = { error: { message: 'x'.repeat(5_000), type: 'server_error', param: null, code: null } }

describeOnBothStored('the cost of an incomplete response', (start, { startUpstream }) => {
  test('R04 a stream interrupted after any number of events is charged for its output so far, and marked as estimated', async () => {
    const upstream = await startUpstream()
    const gateway = await start({ env: toOpenAIEnv(upstream), config })
    for (let count = 0; count <= events.length; count++) {
      upstream.respond(sse(events, count === events.length ? {} : { cutAfterEvents: count }))
      const client = await sendChat(gateway, { fields: { user: `after ${count}`, ...isAsked } })
      await client.readResponse()
    }
    const records = await readRecords(gateway)
    const costs = records.map(({ cost_nano: nano }) => nano)
    expect(records.map(({ end_user: user }) => user)).toEqual([...events, ''].map((_, count) => `after ${count}`))
    // Neither the headers nor the event with the role contain a token.
    expect(records.slice(0, 2)).toMatchObject([
      { outcome: 'upstream_error', cost_nano: 0, cost_source: 'none' },
      { outcome: 'interrupted', cost_nano: 0, cost_source: 'none' },
    ])
    // The second event contains the first token; the last event but one contains none.
    const partial = records.slice(2, words.length + 2)
    for (const [index, record] of partial.entries()) {
      expect(record).toMatchObject({ outcome: 'interrupted', cost_source: 'estimated', output_tokens: index + 1 })
      expect(record.cost_nano).toBeLessThanOrEqual(record.reserved_nano)
    }
    const full = 20 * inputNano + words.length * outputNano
    expect(costs).toEqual(costs.toSorted((left, right) => left - right))
    expect(Math.max(...costs)).toBe(full)
    expect(records.at(-1)).toMatchObject({ outcome: 'ok', cost_source: 'usage', cost_nano: full })
  })

  test('R04 R55 an interrupted stream is charged by the last usage that it reported', async () => {
    const upstream = await startUpstream()
    const gateway = await start({ env: toOpenAIEnv(upstream), config })
    const counting = words.map((content, index) => ({
      ...chunk({ content }),
      usage: { prompt_tokens: 20, completion_tokens: index + 1, total_tokens: 21 + index },
    }))
    upstream.respond(sse(counting, { cutAfterEvents: 4 }))
    await (await sendChat(gateway, { fields: isAsked })).readResponse()
    expect(await readRecords(gateway)).toMatchObject([
      { outcome: 'interrupted', cost_source: 'usage', output_tokens: 4, cost_nano: 20 * inputNano + 4 * outputNano },
    ])
  })

  test('R05 the text of an error does not count as output, at any position in a stream', async () => {
    const upstream = await startUpstream()
    const gateway = await start({ env: toOpenAIEnv(upstream), config })
    upstream.respondNext(
      sse([providerError], { doneAtEnd: false }),
      sse([...events.slice(0, 4), providerError], { doneAtEnd: false }),
      sse([...events.slice(0, 1), providerError]),
      json(200, providerError),
      json(500, providerError),
    )
    for (const stream of [true, true, true, false, false]) await (await sendChat(gateway, { stream })).readResponse()
    const [only, late, done, lying, failing] = await readRecords(gateway)
    const nothing = { cost_nano: 0, cost_source: 'none', output_tokens: null }
    expect(only).toMatchObject({ outcome: 'upstream_error', ...nothing })
    expect(late).toMatchObject({ outcome: 'upstream_error', cost_source: 'estimated', output_tokens: 3 })
    // Some providers send `[DONE]` even after an error.
    expect(done).toMatchObject({ outcome: 'upstream_error', ...nothing })
    expect(lying).toMatchObject({ outcome: 'upstream_error', status: 502, ...nothing })
    expect(failing).toMatchObject({ outcome: 'upstream_error', status: 500, ...nothing })
  })

  test('R06 a call that fails before its first token costs nothing, and its record has the outcome', async () => {
    const upstream = await startUpstream()
    const gateway = await start({
      env: toOpenAIEnv(upstream),
      config: { ...config, timeouts: { first_byte_ms: 300 } },
    })
    upstream.respondNext(
      reset(),
      hangUp(),
      html500(),
      json(429, providerError),
      raw('HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: 0\r\n\r\n'),
      silent(),
    )
    for (let call = 0; call < 6; call++) await (await sendChat(gateway)).readResponse()
    const records = await readRecords(gateway)
    expect(records).toHaveLength(6)
    for (const record of records) expect(record).toMatchObject({ cost_nano: 0, cost_source: 'none' })
    expect(records.at(-1)).toMatchObject({ outcome: 'upstream_error', error_code: 'upstream_first_byte_timeout' })
  })

  test('R06 a call to an unreachable provider costs nothing', async () => {
    const env = { ...toOpenAIEnv(await startUpstream()), OPENAI_BASE_URL: `http://${closedAddress}/v1` }
    const gateway = await start({ env, config })
    await (await sendChat(gateway)).readResponse()
    expect(await readRecords(gateway)).toMatchObject([{ outcome: 'upstream_error', cost_nano: 0, cost_source: 'none' }])
  })

  test('R06 R01 a caller who disconnects is charged for the input, and for the output so far', async () => {
    const upstream = await startUpstream()
    const gateway = await start({ env: toOpenAIEnv(upstream), config })
    upstream.respondNext(silent(), sse([...events.slice(0, 5), createGate()]))
    const early = await sendChat(gateway, { fields: { user: 'early' } })
    await upstream.nextRequest()
    early.reset()
    await gateway.findLog()
    const late = await sendChat(gateway, { fields: { user: 'late' } })
    await (await late.startResponse()).bodyUntil('" a"')
    late.reset()
    await gateway.findLog(() => gateway.logs().filter(({ event }) => event === 'call').length === 2)
    const [first, second] = await readRecords(gateway)
    expect(first).toMatchObject({
      end_user: 'early',
      outcome: 'client_gone',
      cost_source: 'estimated',
      output_tokens: 0,
    })
    expect(first?.cost_nano).toBe((first?.input_tokens ?? 0) * inputNano)
    expect(first?.cost_nano).toBeGreaterThan(0)
    expect(second).toMatchObject({
      end_user: 'late',
      outcome: 'client_gone',
      cost_source: 'estimated',
      output_tokens: 4,
    })
    expect(second?.cost_nano).toBe((second?.input_tokens ?? 0) * inputNano + 4 * outputNano)
  })

  test('R05 R06 a Responses stream that fails before its first word costs nothing', async () => {
    const upstream = await startUpstream()
    const gateway = await start({ env: toOpenAIEnv(upstream), config })
    const event = (type: string, status: string) =>
      `event: ${type}\ndata: ${JSON.stringify({ type, response: { id: 'resp_1', status, output: [], usage: null } })}\n\n`
    const failing = [event('response.created', 'in_progress'), event('response.in_progress', 'in_progress')]
    upstream.respond(sse([...failing, event('response.failed', 'failed')], { doneAtEnd: false }))
    await ask(gateway, { target: '/v1/responses', body: { model: 'gpt-4.1', input: 'Hello', stream: true } })
    expect(await readRecords(gateway)).toMatchObject([{ outcome: 'upstream_error', cost_nano: 0, cost_source: 'none' }])
  })

  test('R10 a response in another format than requested is charged by its reported usage', async () => {
    const upstream = await startUpstream()
    const gateway = await start({ env: toOpenAIEnv(upstream), config })
    const message = { role: 'assistant', content: 'whole' }
    upstream.respond(json(200, { object: 'chat.completion', choices: [{ index: 0, message }], usage }))
    await (await sendChat(gateway, { stream: true })).readResponse()
    expect(await readRecords(gateway)).toMatchObject([{ outcome: 'ok', cost_source: 'usage' }])
  })
})
