import { describe, expect, test } from 'vitest'
import { type ByteSink, type ByteStream, gather } from '../../../src/core/byte-stream.ts'
import { GatewayError } from '../../../src/core/errors.ts'
import { type GatewayResponse, isByteStream } from '../../../src/core/gateway-response.ts'
import { handleCall } from '../../../src/pipeline/handle-call.ts'
import { estimateCall } from '../../../src/pipeline/metering/estimate.ts'
import { reserve } from '../../../src/pipeline/metering/reserve.ts'
import { passThrough } from '../../../src/pipeline/pass-through.ts'
import { TargetQueue } from '../../../src/pipeline/routing/target-queue.ts'
import { tryTargets } from '../../../src/pipeline/try-targets.ts'
import type { OutboundBody, Provider } from '../../../src/providers/provider.ts'
import type { RecordRow } from '../../faults/read-records.ts'
import { chatChunks, chatChunksWithUsage, chatCompletion } from '../../support/fixtures.ts'
import { createGate } from '../../support/gate.ts'
import type { Script } from '../../support/upstream-exchange.ts'
import { after, hangUp, html500, json, reset, silent, sse } from '../../support/upstream-scripts.ts'
import { watchReservations } from '../../support/watch-reservations.ts'
import { caller, openPipeline, type Pipeline, silentTrace, token, toRequest } from '../open-pipeline.ts'

const chat = { model: 'first/m', messages: [{ role: 'user', content: 'Hello!' }] }
const streamed = { ...chat, stream: true }

/** The ways in which an attempt can end. `act` is the caller's part; by default it reads the response. */
interface Ending {
  readonly how: string
  readonly body?: object
  readonly script: () => Script
  readonly config?: object
  /** Fields of the first provider. */
  readonly provider?: object
  /** The expected usage record. */
  readonly record: Partial<RecordRow>
  readonly act?: (response: Promise<GatewayResponse>, leave: () => void, pipeline: Pipeline) => Promise<unknown>
}

const quick = { timeouts: { first_byte_ms: 200 } }

async function read(response: Promise<GatewayResponse>): Promise<void> {
  const { body } = await response
  if (isByteStream(body)) await gather(body)
}

async function leaveBeforeResponse(
  response: Promise<GatewayResponse>,
  leave: () => void,
  { first }: Pipeline,
): Promise<void> {
  await first.nextRequest()
  leave()
  await response.catch(() => undefined)
}

/** Disconnects the caller after the first chunk, in the way of a platform. */
async function leaveMidStream(response: Promise<GatewayResponse>, leave: () => void): Promise<void> {
  const { body } = await response
  if (!isByteStream(body)) throw new Error('the response is not a stream')
  await new Promise<void>((resolve) => {
    const sink: ByteSink = {
      write() {
        resolve()
        return true
      },
      end: resolve,
      fail: () => resolve(),
    }
    body.start(sink)
  })
  leave()
  body.cancel()
}

/** Resolves after the first chunk; the client then accepts no more. */
async function readNothing(response: Promise<GatewayResponse>): Promise<void> {
  const { body } = await response
  if (!isByteStream(body)) throw new Error('the response is not a stream')
  await new Promise<void>((resolve) => {
    body.start({ write: () => false, end: resolve, fail: () => resolve() })
  })
}

/** Interrupts the stream as a stopping server does. */
async function interruptMidStream(response: Promise<GatewayResponse>): Promise<void> {
  const { body } = await response
  if (!isByteStream(body)) throw new Error('the response is not a stream')
  await new Promise<void>((resolve) => {
    const write = () => {
      body.interrupt?.(new GatewayError('draining', 'This server is stopping.'))
      return true
    }
    body.start({ write, end: resolve, fail: () => resolve() })
  })
}

const endings: readonly Ending[] = [
  {
    how: 'a whole response',
    record: { outcome: 'ok', status: 200, error_code: null, cost_source: 'usage' },
    script: () => json(200, chatCompletion),
  },
  {
    how: 'a refusal by the provider',
    record: { outcome: 'upstream_error', status: 429, error_code: null, cost_source: 'none' },
    script: () => json(429, { error: { message: 'Later.' } }),
  },
  {
    how: 'an HTML page of 500',
    record: { outcome: 'upstream_error', status: 500, error_code: null, cost_source: 'none' },
    script: html500,
  },
  {
    how: 'a 200 that contains an error',
    record: { outcome: 'upstream_error', status: 502, error_code: null, cost_source: 'none' },
    script: () => json(200, { error: { message: 'No.' } }),
  },
  {
    how: 'a connection that is closed',
    record: { outcome: 'upstream_error', status: 502, error_code: 'upstream_unreachable', cost_source: 'none' },
    script: hangUp,
  },
  {
    how: 'a connection that is reset',
    record: { outcome: 'upstream_error', status: 502, error_code: 'upstream_unreachable', cost_source: 'none' },
    script: reset,
  },
  {
    how: 'a body that breaks off',
    record: { outcome: 'upstream_error', status: 502, error_code: 'upstream_interrupted', cost_source: 'none' },
    script: () => json(200, chatCompletion, { cutAfterBytes: 20 }),
  },
  {
    how: 'silence until the first byte is due',
    record: { outcome: 'upstream_error', status: 504, error_code: 'upstream_first_byte_timeout', cost_source: 'none' },
    script: silent,
    config: quick,
  },
  {
    how: 'a caller who leaves before the response',
    record: { outcome: 'client_gone', status: 499, error_code: null, cost_source: 'estimated' },
    script: silent,
    act: leaveBeforeResponse,
  },
  {
    how: 'a redirect',
    record: { outcome: 'upstream_error', status: 502, error_code: 'upstream_redirected', cost_source: 'none' },
    script: () => json(302, {}),
  },
  {
    how: 'a stream',
    record: { outcome: 'ok', status: 200, error_code: null, cost_source: 'usage' },
    body: streamed,
    script: () => sse(chatChunksWithUsage),
  },
  {
    how: 'a stream that breaks off',
    record: { outcome: 'interrupted', status: 200, error_code: 'upstream_interrupted', cost_source: 'estimated' },
    body: streamed,
    script: () => sse(chatChunks, { cutAfterEvents: 2 }),
  },
  {
    how: 'a stream that is reset',
    record: { outcome: 'interrupted', status: 200, error_code: 'upstream_interrupted', cost_source: 'estimated' },
    body: streamed,
    script: () => sse(chatChunks.slice(0, 2), { ending: 'reset', doneAtEnd: false }),
  },
  {
    how: 'a stream that begins with an error',
    record: { outcome: 'upstream_error', status: 502, error_code: null, cost_source: 'none' },
    body: streamed,
    script: () => sse([{ error: { message: 'No.' } }]),
  },
  {
    how: 'a stream with an error',
    record: { outcome: 'upstream_error', status: 200, error_code: null, cost_source: 'estimated' },
    body: streamed,
    script: () => sse([...chatChunks.slice(0, 2), { error: { message: 'No.' } }]),
  },
  {
    how: 'a stream that stalls',
    record: { outcome: 'interrupted', status: 200, error_code: 'upstream_idle_timeout', cost_source: 'none' },
    body: streamed,
    script: () => sse([chatChunks[0] ?? '', createGate()]),
    config: { timeouts: { idle_ms: 200 } },
  },
  {
    how: 'a stream whose client disconnects',
    record: { outcome: 'client_gone', status: 200, error_code: null, cost_source: 'estimated' },
    body: streamed,
    script: () => sse([...chatChunks.slice(0, 2), createGate()]),
    act: leaveMidStream,
  },
  {
    how: 'a stream whose client disconnects, and that is drained',
    record: { outcome: 'client_gone', status: 200, error_code: null, cost_source: 'usage' },
    body: streamed,
    script: () => sse(chatChunksWithUsage),
    provider: { on_caller_gone: 'drain' },
    act: leaveMidStream,
  },
  {
    how: 'a stream that is neither started nor cancelled, at its timeout',
    record: { outcome: 'interrupted', status: 200, error_code: 'upstream_first_byte_timeout', cost_source: 'none' },
    body: streamed,
    script: () => sse([...chatChunks.slice(0, 2), createGate()]),
    config: quick,
    act: (response) => response,
  },
  {
    how: 'a stream whose client disconnects, and that drains for too long',
    record: { outcome: 'client_gone', status: 200, error_code: null, cost_source: 'estimated' },
    body: streamed,
    script: () => sse([...chatChunks.slice(0, 2), createGate()]),
    provider: { on_caller_gone: 'drain' },
    config: { streams: { drain_ms: 100 } },
    act: leaveMidStream,
  },
  {
    how: 'a stream whose client reads nothing',
    record: { outcome: 'client_gone', status: 200, error_code: 'request_timeout', cost_source: 'estimated' },
    body: streamed,
    script: () => sse([...chatChunks.slice(0, 2), createGate()]),
    config: { streams: { stalled_reader_ms: 100 } },
    act: readNothing,
  },
  {
    how: 'a stream that the server itself ends',
    record: { outcome: 'interrupted', status: 200, error_code: 'draining', cost_source: 'estimated' },
    body: streamed,
    script: () => sse([...chatChunks.slice(0, 2), createGate()]),
    act: interruptMidStream,
  },
  {
    how: 'audio',
    record: { outcome: 'ok', status: 200, error_code: null, cost_source: 'estimated' },
    script: () => json(200, 'x', { headers: { 'content-type': 'audio/mpeg' } }),
  },
]

function toJsonBody(object: object): OutboundBody {
  return { kind: 'json', text: JSON.stringify(object), object: { ...object } }
}

/** A body that throws instead of reporting that it broke off. */
const brokenStream: ByteStream = {
  start() {
    throw new Error('broken')
  },
  resume() {},
  cancel() {},
}

async function run({ body = chat, script, config, provider, act = read }: Ending, isSilent: boolean) {
  const pipeline = await openPipeline(config, provider)
  pipeline.first.respond(script())
  const { call, gone } = pipeline.toCall(body, isSilent ? { trace: silentTrace } : {})
  const response = handleCall(call, pipeline.ports)
  response.catch(() => undefined)
  await act(response, () => gone.abort(undefined), pipeline).catch(() => undefined)
  return await pipeline.usageRecords()
}

describe('a reservation', () => {
  test.each(endings)('is settled once, with its cost, at the end of its attempt: $how', async (ending) => {
    expect(await run(ending, false)).toMatchObject([ending.record])
  })

  test.each(endings)('is settled alike without a trace, which only observes: $how', async (ending) => {
    const columns = ({
      outcome,
      status,
      error_code,
      input_tokens,
      output_tokens,
      cost_nano,
      cost_source,
    }: RecordRow) => ({
      outcome,
      status,
      error_code,
      input_tokens,
      output_tokens,
      cost_nano,
      cost_source,
    })
    expect((await run(ending, true)).map(columns)).toEqual((await run(ending, false)).map(columns))
  })

  test('is settled if a provider throws, at whatever point', async () => {
    const pipeline = await openPipeline()
    const [target] = pipeline.targets
    if (target === undefined) throw new Error('no target')
    const faults: readonly Provider['send'][] = [
      () => {
        throw new TypeError('at once')
      },
      () => Promise.reject('later'),
      async () => ({ status: 200, headers: { 'content-type': 'application/json' }, body: brokenStream }),
    ]
    for (const send of faults) {
      const provider = { ...target.provider, send }
      const { call } = pipeline.toCall(chat)
      const planned = { call, caller, request: toRequest(chat), exchange: undefined }
      await expect(
        tryTargets({ targets: new TargetQueue([{ provider, model: 'm' }]), route: undefined }, planned, pipeline.ports),
      ).rejects.toBeTruthy()
    }
    expect(await pipeline.usageRecords()).toMatchObject(
      faults.map(() => ({ outcome: 'rejected', error_code: 'internal' })),
    )
  })

  test('of a passthrough request is settled at its end: whole, refused, failed or abandoned', async () => {
    const pipeline = await openPipeline()
    const [target] = pipeline.targets
    if (target === undefined) throw new Error('no target')
    pipeline.first.respondNext(json(200, { object: 'list' }), json(404, { error: {} }), hangUp(), silent())
    const send = async (leavesAtOnce = false) => {
      const { call, gone } = pipeline.toCall(chat)
      const credentials = { ...call.credentials, token }
      const request = { ...call, credentials, method: 'POST', path: '/files', body: () => toJsonBody(chat) }
      const response = passThrough(request, target.provider, pipeline.ports)
      if (leavesAtOnce) {
        await pipeline.first.nextRequest()
        gone.abort(undefined)
      }
      await read(response)
    }
    await send()
    await send()
    await expect(send()).rejects.toMatchObject({ code: 'upstream_unreachable' })
    await expect(send(true)).rejects.toThrow()
    expect(await pipeline.usageRecords()).toMatchObject([
      { outcome: 'ok', status: 200 },
      { outcome: 'upstream_error', status: 404 },
      { outcome: 'upstream_error', status: 502, error_code: 'upstream_unreachable' },
      { outcome: 'client_gone', status: 499 },
    ])
  })

  test('of a call in a session and with an Idempotency-Key is settled once when its client disconnects', async () => {
    const pipeline = await openPipeline()
    const id = 'session_1'
    await pipeline.ports.storage?.sessions.create(caller.owner, { id, now: Date.now() })
    pipeline.first.respond(sse(chatChunksWithUsage))
    const { call, gone } = pipeline.toCall(streamed, { sessionId: id, idempotencyKey: 'k1' })
    await leaveMidStream(handleCall(call, pipeline.ports), () => gone.abort(undefined))
    expect(await pipeline.usageRecords()).toMatchObject([{ outcome: 'ok', cost_source: 'usage' }])
    const messages = await pipeline.ports.storage?.sessions.messages(caller.owner, id, { limit: 10 })
    expect(messages).toMatchObject([{ role: 'user' }, { role: 'assistant', status: 'complete' }])
  })

  test.each([
    { how: 'refuses', script: json(429, { error: { message: 'Later.' } }), status: 429 },
    { how: 'hangs up', script: hangUp(), status: 502 },
  ])('costs nothing if the provider $how after the caller of a drained call has left', async ({ script, status }) => {
    const pipeline = await openPipeline({}, { on_caller_gone: 'drain' })
    const gate = createGate()
    pipeline.first.respond(after(gate, script))
    const { call, gone } = pipeline.toCall(chat)
    const response = handleCall(call, pipeline.ports)
    await pipeline.first.nextRequest()
    gone.abort(undefined)
    gate.open()
    await expect(response).rejects.toThrow()
    expect(await pipeline.usageRecords()).toMatchObject([
      { outcome: 'upstream_error', status, cost_source: 'none', cost_nano: 0 },
    ])
  })

  test('that fails does not block the call if the operator allows it', async () => {
    const pipeline = await openPipeline({ metering: { on_store_failure: 'allow' } })
    const { metering } = pipeline.ports
    if (metering === undefined) throw new Error('metering is off')
    const admit = () => Promise.reject(new GatewayError('store_unavailable', 'Down.'))
    const ports = { ...pipeline.ports, metering: { ...metering, ledger: { ...metering.ledger, admit } } }
    pipeline.first.respond(json(200, chatCompletion))
    const response = await handleCall(pipeline.toCall(chat).call, ports)
    expect(response.status).toBe(200)
    expect(response.callHeaders).toMatchObject({ 'x-generation-id': expect.stringMatching(/^gen_/) })
    expect(await pipeline.usageRecords()).toEqual([])
  })

  test('fails its test if it is dropped or settled twice', async () => {
    const pipeline = await openPipeline()
    const { metering } = pipeline.ports
    const [target] = pipeline.targets
    if (metering === undefined || target === undefined) throw new Error('metering is off')
    const { ledger } = metering
    let settlements = 0
    const settle: typeof ledger.settle = async (settlement) => settlements++ === 0 && (await ledger.settle(settlement))
    const watched = watchReservations({ ...ledger, settle })
    const ports = { ...pipeline.ports, metering: { ...metering, ledger: watched.ledger } }
    const { call } = pipeline.toCall(chat)
    const request = toRequest(chat)
    const estimate = estimateCall(call, request, { operation: call.operation, request }, target, caller, ports)
    await reserve(estimate, 1, call, caller, ports)
    expect(watched.expectAllSettled).toThrow(/gen_[0-9a-f]+ was settled 0 times/)
    const [id = ''] = pipeline.openIds()
    const settlement = { id, outcome: 'ok', usage: undefined, costNano: 0, costSource: 'none', status: 200 } as const
    await watched.ledger.settle({ ...settlement, durationMs: 1, now: Date.now() })
    watched.expectAllSettled()
    await watched.ledger.settle({ ...settlement, durationMs: 1, now: Date.now() })
    expect(watched.expectAllSettled).toThrow(/was settled 2 times/)
  })
})
