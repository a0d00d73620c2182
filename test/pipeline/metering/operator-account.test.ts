import { describe, expect, test } from 'vitest'
import { gather } from '../../../src/core/byte-stream.ts'
import { GatewayError } from '../../../src/core/errors.ts'
import { type GatewayResponse, isByteStream, toText } from '../../../src/core/gateway-response.ts'
import { operations } from '../../../src/dialects/operations.ts'
import type { Call } from '../../../src/pipeline/call/call.ts'
import type { Ports } from '../../../src/pipeline/call/ports.ts'
import { toCallRequest } from '../../../src/pipeline/call/read-request.ts'
import { handleCall } from '../../../src/pipeline/handle-call.ts'
import type { Ledger } from '../../../src/storage/ledger/ledger.ts'
import { chatChunksWithUsage, chatCompletion, response } from '../../support/fixtures.ts'
import { createGate } from '../../support/gate.ts'
import { json, sse } from '../../support/upstream-scripts.ts'
import { openPipeline, type Pipeline } from '../open-pipeline.ts'

const chat = { model: 'm', messages: [{ role: 'user', content: 'Hello!' }], user: 'ada', metadata: { team: 'search' } }
const streamed = { ...chat, stream: true, stream_options: { include_usage: true } }

const usage = { prompt_tokens: 19, completion_tokens: 0, total_tokens: 19 }
const empty = {
  ...chatCompletion,
  choices: [{ index: 0, message: { role: 'assistant', content: '', refusal: null }, finish_reason: 'stop' }],
  usage,
}
const role = { ...chatCompletion, usage: undefined, choices: [{ index: 0, delta: { role: 'assistant', content: '' } }] }
const stop = { ...role, choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] }
const emptyChunks = [role, stop, { ...role, choices: [], usage }]

async function textOf({ body }: GatewayResponse): Promise<string> {
  return toText(isByteStream(body) ? await gather(body) : body)
}

/** Calls, and returns the text of the response. */
async function send(call: Call, ports: Ports): Promise<string> {
  const response = await handleCall(call, ports)
  return textOf(response)
}

function balanceOf({ ports }: Pipeline, keyId: string) {
  return ports.metering?.ledger.balance(keyId, Date.now())
}

/** Replaces functions of the ledger. */
function withLedger({ ports }: Pipeline, change: (ledger: Ledger) => Partial<Ledger>): Ports {
  const { metering } = ports
  if (metering === undefined) throw new Error('metering is off')
  return { ...ports, metering: { ...metering, ledger: { ...metering.ledger, ...change(metering.ledger) } } }
}

describe('the operator’s account', () => {
  test.each([
    { form: 'whole', body: chat, first: () => json(200, empty), second: () => json(200, chatCompletion) },
    { form: 'streamed', body: streamed, first: () => sse(emptyChunks), second: () => sse(chatChunksWithUsage) },
  ])('pays an empty reply that another target replaces: $form', async ({ body, first, second }) => {
    const pipeline = await openPipeline()
    pipeline.first.respond(first())
    pipeline.second.respond(second())
    const { call } = pipeline.toCall(body)
    expect(await send(call, pipeline.ports)).toContain('Hello')
    const records = await pipeline.usageRecords()
    const ofFirst = { attempt: 1, provider: 'first', outcome: 'upstream_error', error_code: 'upstream_empty_answer' }
    expect(records).toHaveLength(3)
    expect(records).toContainEqual(
      expect.objectContaining({ ...ofFirst, key_id: 'token', cost_nano: 0, cost_source: 'none', input_tokens: null }),
    )
    // 19 tokens at 2 USD a million. The names of the caller stay with its own record.
    const ofOperator = { key_id: 'operator', cost_nano: 38_000, cost_source: 'usage', input_tokens: 19 }
    expect(records).toContainEqual(
      expect.objectContaining({ ...ofFirst, ...ofOperator, end_user: '', tag_1: 'operator:empty', tag_2: null }),
    )
    const paid = records.find(({ outcome }) => outcome === 'ok')
    expect(paid).toMatchObject({ key_id: 'token', attempt: 2, provider: 'second', end_user: 'ada' })
    expect(new Set(records.map((record) => record.request_id)).size).toBe(1)
    expect(await balanceOf(pipeline, 'operator')).toMatchObject({ spentNano: 38_000, reservedNano: 0, calls: 0 })
    expect(await balanceOf(pipeline, 'token')).toMatchObject({ spentNano: paid?.cost_nano, reservedNano: 0, calls: 0 })
    expect(pipeline.openIds()).toEqual([])
  })

  test('pays the estimated input if the provider reports no usage', async () => {
    const pipeline = await openPipeline()
    pipeline.first.respond(json(200, { ...empty, usage: undefined }))
    pipeline.second.respond(json(200, chatCompletion))
    await send(pipeline.toCall(chat).call, pipeline.ports)
    const records = await pipeline.usageRecords()
    const record = records.find((each) => each.key_id === 'operator')
    expect(record).toMatchObject({ cost_source: 'estimated', output_tokens: 0 })
    expect(record?.cost_nano).toBeGreaterThan(0)
  })

  test('holds the attempt before the caller’s reservation is released, so a crash loses no cost', async () => {
    const pipeline = await openPipeline()
    pipeline.first.respond(json(200, empty))
    pipeline.second.respond(json(200, chatCompletion))
    let openAtFirst: readonly string[] | undefined
    const ports = withLedger(pipeline, ({ settle }) => ({
      settle(settlement) {
        openAtFirst ??= pipeline.openIds()
        return settle(settlement)
      },
    }))
    await send(pipeline.toCall(chat).call, ports)
    expect(openAtFirst).toHaveLength(2)
  })

  test('leaves the cost with the caller if the ledger cannot be written', async () => {
    const pipeline = await openPipeline()
    pipeline.first.respond(json(200, empty))
    pipeline.second.respond(json(200, chatCompletion))
    const ports = withLedger(pipeline, ({ admit }) => ({
      admit: (request) =>
        request.keyId === 'operator' ? Promise.reject(new GatewayError('store_unavailable', 'Down.')) : admit(request),
    }))
    await send(pipeline.toCall(chat).call, ports)
    const records = await pipeline.usageRecords()
    expect(records).toMatchObject([
      { key_id: 'token', provider: 'first', error_code: 'upstream_empty_answer', cost_nano: 38_000 },
      { key_id: 'token', provider: 'second', outcome: 'ok' },
    ])
  })

  test.each([
    { why: 'no target is left', model: 'second/second-model', config: {} },
    { why: 'the route does not go on', model: 'm', config: { empty: [] } },
  ])('pays nothing if $why: the caller gets the reply, and pays it', async ({ model, config }) => {
    const routes = { m: { targets: [{ model: 'second/m' }, { model: 'first/m' }], on_failure: config } }
    const pipeline = await openPipeline({ routes })
    pipeline.second.respond(json(200, empty))
    const text = await send(pipeline.toCall({ ...chat, model }).call, pipeline.ports)
    expect(JSON.parse(text)).toMatchObject({ choices: empty.choices })
    expect(await pipeline.usageRecords()).toMatchObject([{ key_id: 'token', outcome: 'ok', cost_nano: 19_000 }])
  })

  test('pays for an empty reply also if the last target then fails: the call costs nothing, and fails', async () => {
    const pipeline = await openPipeline()
    pipeline.first.respond(json(200, empty))
    pipeline.second.respond(json(503, { error: { message: 'Overloaded' } }))
    await expect(handleCall(pipeline.toCall(chat).call, pipeline.ports)).rejects.toMatchObject({
      code: 'route_failed',
      headers: {
        'x-weir-route':
          'm; strategy=ordered; attempts=2; failed="empty at first/first-model, overload at second/second-model"',
      },
    })
    const records = await pipeline.usageRecords()
    expect(records.map((each) => [each.key_id, each.provider, each.cost_nano]).sort()).toEqual([
      ['operator', 'first', 38_000],
      ['token', 'first', 0],
      ['token', 'second', 0],
    ])
    expect(await balanceOf(pipeline, 'operator')).toMatchObject({ spentNano: 38_000, reservedNano: 0, calls: 0 })
    expect(await balanceOf(pipeline, 'token')).toMatchObject({ spentNano: 0, reservedNano: 0, calls: 0 })
    expect(pipeline.openIds()).toEqual([])
  })

  test('pays for each empty reply but the last, which is the caller’s', async () => {
    const pipeline = await openPipeline()
    pipeline.first.respond(json(200, empty))
    pipeline.second.respond(json(200, empty))
    const response = await handleCall(pipeline.toCall(chat).call, pipeline.ports)
    expect(response.status).toBe(200)
    expect(response.headers['x-weir-route']).toContain('failed="empty at first/first-model"')
    const records = await pipeline.usageRecords()
    expect(records.map((each) => [each.key_id, each.cost_nano]).sort()).toEqual([
      ['operator', 38_000],
      ['token', 0],
      ['token', 19_000],
    ])
  })
})

describe('a failed attempt that its provider billed', () => {
  const failure = { error: { message: 'Overloaded', code: 529 } }
  const billed = { ...role, usage }

  test.each([
    { what: 'a 503 with a usage', body: chat, script: json(503, { ...failure, usage }), status: 503 },
    { what: 'a 429 with a usage', body: chat, script: json(429, { ...failure, usage }), status: 429 },
    { what: 'a 200 that reports an error', body: chat, script: json(200, { ...failure, usage }), status: 529 },
    { what: 'the same for a stream', body: streamed, script: json(200, { ...failure, usage }), status: 529 },
    { what: 'an error after the usage of a stream', body: streamed, script: sse([billed, failure]), status: 529 },
    { what: 'the same in place of JSON', body: chat, script: sse([billed, failure]), status: 529 },
    {
      what: 'a stream that is cut off before its output',
      body: streamed,
      script: sse([billed, 'data: {"cho'], { doneAtEnd: false, ending: 'reset' }),
      status: 502,
    },
  ])('is the caller’s, in a record of its own: $what', async ({ body, script, status }) => {
    const pipeline = await openPipeline()
    pipeline.first.respond(script)
    pipeline.second.respond(body === chat ? json(200, chatCompletion) : sse(chatChunksWithUsage))
    expect(await send(pipeline.toCall(body).call, pipeline.ports)).toContain('Hello')
    expect(await pipeline.usageRecords()).toMatchObject([
      { key_id: 'token', attempt: 1, provider: 'first', outcome: 'upstream_error', status, cost_nano: 38_000 },
      { key_id: 'token', attempt: 2, provider: 'second', outcome: 'ok' },
    ])
    expect(await balanceOf(pipeline, 'operator')).toBeUndefined()
  })

  test.each([false, true])('is the caller’s if a response reports that its run failed (stream: %s)', async (stream) => {
    const pipeline = await openPipeline()
    const failed = { ...response, status: 'failed', error: { code: 'server_error', message: 'Try again.' }, output: [] }
    const counts = { input_tokens: 19, output_tokens: 0, total_tokens: 19 }
    pipeline.first.respond(json(200, { ...failed, usage: counts }))
    pipeline.second.respond(json(200, response))
    const body = { model: 'm', input: 'Hello!', stream }
    const request = toCallRequest({ text: JSON.stringify(body), object: body }, operations.responses)
    const { call } = pipeline.toCall(chat, { operation: operations.responses, body: { kind: 'read', request } })
    const text = await send(call, pipeline.ports)
    expect(text).toContain('"completed"')
    expect(await pipeline.usageRecords()).toMatchObject([
      { key_id: 'token', attempt: 1, outcome: 'upstream_error', status: 502, cost_nano: 38_000 },
      { key_id: 'token', attempt: 2, outcome: 'ok' },
    ])
  })

  test('is the caller’s if a policy refuses the reply: that is an answer', async () => {
    const pipeline = await openPipeline()
    const filtered = { index: 0, message: { role: 'assistant', content: null }, finish_reason: 'content_filter' }
    pipeline.first.respond(json(200, { ...empty, choices: [filtered] }))
    expect(await send(pipeline.toCall(chat).call, pipeline.ports)).toContain('content_filter')
    expect(await pipeline.usageRecords()).toMatchObject([{ key_id: 'token', outcome: 'ok', cost_nano: 38_000 }])
    expect(pipeline.second.requests).toEqual([])
  })
})

describe('a reply that a policy refuses', () => {
  const filtered = { index: 0, message: { role: 'assistant', content: null }, finish_reason: 'content_filter' }
  const end = { ...role, choices: [{ index: 0, delta: {}, finish_reason: 'content_filter' }] }

  test.each([
    { form: 'whole', body: chat, script: json(200, { ...empty, choices: [filtered] }) },
    { form: 'streamed', body: streamed, script: sse([role, end, { ...role, choices: [], usage }]) },
    { form: 'JSON in place of a stream', body: streamed, script: json(200, { ...empty, choices: [filtered] }) },
  ])('leads to the next target if the route says so, and its caller pays it: $form', async ({ body, script }) => {
    const targets = [{ model: 'first/m' }, { model: 'second/m' }]
    const pipeline = await openPipeline({ routes: { m: { targets, on_failure: { content_policy: ['next'] } } } })
    pipeline.first.respond(script)
    pipeline.second.respond(body === chat ? json(200, chatCompletion) : sse(chatChunksWithUsage))
    const answered = await handleCall(pipeline.toCall(body).call, pipeline.ports)
    expect(answered.headers['x-weir-route']).toContain('failed="content_policy at first/m"')
    expect(await textOf(answered)).toContain('Hello')
    expect(await pipeline.usageRecords()).toMatchObject([
      {
        key_id: 'token',
        provider: 'first',
        outcome: 'upstream_error',
        error_code: 'upstream_refused_reply',
        status: 400,
        cost_nano: 38_000,
      },
      { key_id: 'token', provider: 'second', outcome: 'ok' },
    ])
    expect(await balanceOf(pipeline, 'operator')).toBeUndefined()
  })

  test('is returned if its text has begun', async () => {
    const targets = [{ model: 'first/m' }, { model: 'second/m' }]
    const pipeline = await openPipeline({ routes: { m: { targets, on_failure: { content_policy: ['next'] } } } })
    const choice = { ...filtered, message: { role: 'assistant', content: 'The way to' } }
    pipeline.first.respond(json(200, { ...empty, choices: [choice] }))
    expect(await send(pipeline.toCall(chat).call, pipeline.ports)).toContain('The way to')
    await pipeline.drained()
  })
})

describe('a stream by a route', () => {
  test('is not held for its first output without a further target', async () => {
    const pipeline = await openPipeline({ routes: { m: { targets: [{ model: 'first/m' }] } } })
    const gate = createGate()
    pipeline.first.respond(sse([role, gate, ...chatChunksWithUsage.slice(1)]))
    const { body } = await handleCall(pipeline.toCall(streamed).call, pipeline.ports)
    gate.open()
    if (!isByteStream(body)) throw new Error('the response is not a stream')
    await gather(body)
    await pipeline.drained()
  })

  test('that is silent after its first event is relayed when its headers are due', async () => {
    const pipeline = await openPipeline({ streams: { hold_headers_ms: 100 } })
    const gate = createGate()
    pipeline.first.respond(sse([role, gate, ...emptyChunks.slice(1)]))
    const { body } = await handleCall(pipeline.toCall(streamed).call, pipeline.ports)
    gate.open()
    if (!isByteStream(body)) throw new Error('the response is not a stream')
    expect(toText(await gather(body))).toContain('"finish_reason":"stop"')
    expect(await pipeline.usageRecords()).toMatchObject([{ key_id: 'token', outcome: 'ok' }])
    expect(pipeline.second.requests).toEqual([])
  })

  test('waits for its output although an earlier target took the time of the headers', async () => {
    const pipeline = await openPipeline()
    pipeline.first.respond(json(503, { error: { message: 'Overloaded' } }))
    pipeline.second.respondNext(sse(emptyChunks), sse(chatChunksWithUsage))
    const { call } = pipeline.toCall({ ...streamed, model: 'first/m', models: ['second/a', 'second/b'] })
    const text = await send({ ...call, arrivedAt: call.arrivedAt - 60_000 }, pipeline.ports)
    expect(text).toContain('Hello')
    await pipeline.drained()
  })

  test.each([
    { what: 'comments', filler: ': keep-alive\n\n'.repeat(4_000) },
    { what: 'the echo of a long request', filler: { ...role, instructions: 'x'.repeat(100_000) } },
  ])('takes $what for no output, and an error after them leads to the next target', async ({ filler }) => {
    const pipeline = await openPipeline()
    pipeline.first.respond(sse([role, filler, filler, { error: { message: 'Overloaded', code: 529 } }]))
    pipeline.second.respond(sse(chatChunksWithUsage))
    const text = await send(pipeline.toCall(streamed).call, pipeline.ports)
    expect(text).not.toContain('Overloaded')
    expect(text).toContain('Hello')
    expect(text).not.toContain('keep-alive')
    await pipeline.drained()
  })

  test('is relayed once its beginning without output is too long to be held', async () => {
    const pipeline = await openPipeline()
    const gate = createGate()
    const filler = ': keep-alive\n\n'.repeat(40_000)
    pipeline.first.respond(sse([role, filler, gate, ...chatChunksWithUsage.slice(1)]))
    const { call } = pipeline.toCall(streamed)
    const { body } = await handleCall(call, pipeline.ports)
    expect(pipeline.ports.buffers.heldBytes).toBe(0)
    gate.open()
    if (!isByteStream(body)) throw new Error('the response is not a stream')
    const text = toText(await gather(body))
    expect(text.length).toBeGreaterThan(filler.length)
    expect(text).toContain('Hello')
    await pipeline.drained()
  })

  test('keeps every event before its first output', async () => {
    const pipeline = await openPipeline()
    pipeline.first.respond(sse(chatChunksWithUsage))
    const text = await send(pipeline.toCall(streamed).call, pipeline.ports)
    for (const chunk of chatChunksWithUsage) expect(text).toContain(JSON.stringify(chunk))
    await pipeline.drained()
  })
})
