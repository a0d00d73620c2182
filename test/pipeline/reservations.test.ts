import { describe, expect, test } from 'vitest'
import { type Answer, isByteStream } from '../../src/core/answer.ts'
import { type ByteSink, type ByteStream, gather } from '../../src/core/byte-stream.ts'
import { estimateCall } from '../../src/pipeline/estimate.ts'
import { handleCall, tryTargets } from '../../src/pipeline/handle-call.ts'
import { reserve } from '../../src/pipeline/reserve.ts'
import type { Provider } from '../../src/providers/provider.ts'
import type { RecordRow } from '../faults/read-records.ts'
import { chatChunks, chatChunksWithUsage, chatCompletion } from '../support/fixtures.ts'
import { createGate } from '../support/gate.ts'
import type { Script } from '../support/upstream-exchange.ts'
import { hangUp, html500, json, reset, silent, sse } from '../support/upstream-scripts.ts'
import { watchReservations } from '../support/watch-reservations.ts'
import { caller, deafTrace, openPipeline, type Pipeline, toRequest } from './open-pipeline.ts'

const chat = { model: 'first/m', messages: [{ role: 'user', content: 'Hello!' }] }
const streamed = { ...chat, stream: true }

/** The ways in which an attempt can end. `act` is the caller's part; by default the answer is read. */
interface Ending {
  readonly how: string
  readonly body?: object
  readonly script: () => Script
  readonly config?: object
  /** Fields of the first provider. */
  readonly provider?: object
  readonly act?: (answer: Promise<Answer>, leave: () => void, pipeline: Pipeline) => Promise<unknown>
}

const quick = { timeouts: { first_byte_ms: 200 } }

async function read(answer: Promise<Answer>): Promise<void> {
  const { body } = await answer
  if (isByteStream(body)) await gather(body)
}

async function leaveBeforeTheAnswer(answer: Promise<Answer>, leave: () => void, { first }: Pipeline): Promise<void> {
  await first.nextRequest()
  leave()
  await answer.catch(() => undefined)
}

/** The caller goes away after the first chunk, as a platform tells it. */
async function leaveMidStream(answer: Promise<Answer>, leave: () => void): Promise<void> {
  const { body } = await answer
  if (!isByteStream(body)) throw new Error('the answer is no stream')
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

const endings: readonly Ending[] = [
  { how: 'a whole answer', script: () => json(200, chatCompletion) },
  { how: 'a refusal', script: () => json(429, { error: { message: 'Later.' } }) },
  { how: 'an HTML page of 500', script: html500 },
  { how: 'a 200 that is no answer', script: () => json(200, { error: { message: 'No.' } }) },
  { how: 'a connection that is closed', script: hangUp },
  { how: 'a connection that is reset', script: reset },
  { how: 'a body that breaks off', script: () => json(200, chatCompletion, { cutAfterBytes: 20 }) },
  { how: 'silence until the first byte is due', script: silent, config: quick },
  { how: 'a caller who leaves before the answer', script: silent, act: leaveBeforeTheAnswer },
  { how: 'a redirect', script: () => json(302, {}) },
  { how: 'a stream', body: streamed, script: () => sse(chatChunksWithUsage) },
  { how: 'a stream that breaks off', body: streamed, script: () => sse(chatChunks, { cutAfterEvents: 2 }) },
  {
    how: 'a stream that is reset',
    body: streamed,
    script: () => sse(chatChunks, { ending: 'reset', doneAtEnd: false }),
  },
  { how: 'a stream with an error', body: streamed, script: () => sse([{ error: { message: 'No.' } }]) },
  {
    how: 'a stream that stalls',
    body: streamed,
    script: () => sse([chatChunks[0] ?? '', createGate()]),
    config: { timeouts: { idle_ms: 200 } },
  },
  {
    how: 'a stream whose reader leaves',
    body: streamed,
    script: () => sse([...chatChunks.slice(0, 2), createGate()]),
    act: leaveMidStream,
  },
  {
    how: 'a stream whose reader leaves, and that is drained',
    body: streamed,
    script: () => sse(chatChunksWithUsage),
    provider: { on_caller_gone: 'drain' },
    act: leaveMidStream,
  },
  {
    how: 'a stream that nobody starts or cancels, once its time is up',
    body: streamed,
    script: () => sse([...chatChunks.slice(0, 2), createGate()]),
    config: quick,
    act: (answer) => answer,
  },
  {
    how: 'sound',
    script: () => json(200, 'x', { headers: { 'content-type': 'audio/mpeg' } }),
  },
]

/** A body that throws in place of telling that it broke off. */
const brokenStream: ByteStream = {
  start() {
    throw new Error('broken')
  },
  resume() {},
  cancel() {},
}

async function run({ body = chat, script, config, provider, act = read }: Ending, isDeaf: boolean) {
  const pipeline = await openPipeline(config, provider)
  pipeline.first.respond(script())
  const { call, gone } = pipeline.toCall(body, isDeaf ? { trace: deafTrace } : {})
  const answer = handleCall(call, pipeline.ports)
  answer.catch(() => undefined)
  await act(answer, () => gone.abort(undefined), pipeline).catch(() => undefined)
  return await pipeline.book()
}

describe('a reservation', () => {
  test.each(endings)('is settled once, with its cost, at the end of its attempt: $how', async (ending) => {
    const book = await run(ending, false)
    expect(book).toHaveLength(1)
  })

  test.each(endings)(
    'is settled alike where the trace hears nothing, since that only observes: $how',
    async (ending) => {
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
    },
  )

  test('is settled where a provider has a defect, whenever that shows', async () => {
    const pipeline = await openPipeline()
    const [target] = pipeline.targets
    if (target === undefined) throw new Error('there is no target')
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
      await expect(tryTargets([{ provider, model: 'm' }], planned, pipeline.ports)).rejects.toBeTruthy()
    }
    expect(await pipeline.book()).toMatchObject(faults.map(() => ({ outcome: 'rejected', error_code: 'internal' })))
  })

  test('that is dropped, or settled twice, fails its test', async () => {
    const pipeline = await openPipeline()
    const { metering } = pipeline.ports
    const [target] = pipeline.targets
    if (metering === undefined || target === undefined) throw new Error('the books are not open')
    const { ledger } = metering
    let settlements = 0
    const settle: typeof ledger.settle = async (settlement) => settlements++ === 0 && (await ledger.settle(settlement))
    const watched = watchReservations({ ...ledger, settle })
    const ports = { ...pipeline.ports, metering: { ...metering, ledger: watched.ledger } }
    const { call } = pipeline.toCall(chat)
    const estimate = estimateCall(call, toRequest(chat), target, caller, ports)
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
