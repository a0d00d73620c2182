import { expect, test } from 'vitest'
import type { ByteSink } from '../../src/core/byte-stream.ts'
import { GatewayError } from '../../src/core/errors.ts'
import { watchResponse } from '../../src/http/watch-response.ts'
import { createCallTrace } from '../../src/pipeline/call/call-trace.ts'
import { storeUnavailable } from '../../src/storage/store-unavailable.ts'
import type { CallRecord } from '../../src/telemetry/call-record.ts'

function open(toTrailer?: (error: GatewayError) => string) {
  const records: CallRecord[] = []
  const clock = { now: () => 0, monotonicMs: () => 5, after: () => () => {} }
  const log = { record: (record: CallRecord) => void records.push(record) }
  const trace = createCallTrace({ requestId: 'r', method: 'GET', arrivedAt: 0, clock, log })
  let source: ByteSink | undefined
  const seen: string[] = []
  const stream = watchResponse(
    {
      start(sink) {
        source = sink
      },
      resume: () => seen.push('resume'),
      cancel: () => seen.push('cancel'),
    },
    trace,
    toTrailer,
  )
  const sink = {
    write: () => seen.push('write') < 100,
    end: () => void seen.push('end'),
    fail: () => void seen.push('fail'),
  }
  stream.start(sink)
  return { records, seen, stream, source }
}

test('records a complete export once, with its length', () => {
  const { records, seen, source, stream } = open()
  source?.write(new Uint8Array(3))
  source?.write(new Uint8Array(4))
  source?.end()
  stream.cancel()
  expect(seen).toEqual(['write', 'write', 'end', 'cancel'])
  expect(records).toMatchObject([{ outcome: 'ok', status: 200, bytesOut: 7 }])
})

test('cuts a failed stream without ending it, and logs the error', () => {
  const { records, seen, source } = open()
  source?.write(new Uint8Array(3))
  source?.fail(storeUnavailable(new Error('down')))
  expect(seen).toEqual(['write', 'fail'])
  expect(records).toMatchObject([{ outcome: 'interrupted', errorCode: 'store_unavailable', bytesOut: 3 }])
})

test('records `client_gone` when the client cancels', () => {
  const { records, seen, stream } = open()
  stream.cancel()
  expect(seen).toEqual(['cancel'])
  expect(records).toMatchObject([{ outcome: 'client_gone' }])
})

test('sends the trailer when the server interrupts, and does not count its bytes', () => {
  const { records, seen, source, stream } = open(({ code }) => code)
  source?.write(new Uint8Array(3))
  stream.interrupt?.(new GatewayError('draining', 'The server stops.'))
  expect(seen).toEqual(['write', 'cancel', 'write', 'end'])
  expect(records).toMatchObject([{ outcome: 'interrupted', errorCode: 'draining', bytesOut: 3 }])
})

test('has no interrupt without a trailer', () => {
  expect(open().stream.interrupt).toBeUndefined()
})
