import { expect, test } from 'vitest'
import type { ByteSink } from '../../src/core/byte-stream.ts'
import { GatewayError } from '../../src/core/errors.ts'
import { watchResponse } from '../../src/http/watch-response.ts'
import { createCallTrace } from '../../src/pipeline/call/call-trace.ts'
import { storeUnavailable } from '../../src/storage/store-unavailable.ts'
import type { CallRecord } from '../../src/telemetry/call-record.ts'

function open(toLastWords?: (error: GatewayError) => string) {
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
    toLastWords,
  )
  const sink = {
    write: () => seen.push('write') < 100,
    end: () => void seen.push('end'),
    fail: () => void seen.push('fail'),
  }
  stream.start(sink)
  return { records, seen, stream, source }
}

test('an export that ends well is recorded with its length, once', () => {
  const { records, seen, source, stream } = open()
  source?.write(new Uint8Array(3))
  source?.write(new Uint8Array(4))
  source?.end()
  stream.cancel()
  expect(seen).toEqual(['write', 'write', 'end', 'cancel'])
  expect(records).toMatchObject([{ outcome: 'ok', status: 200, bytesOut: 7 }])
})

test('one that breaks off is cut and not ended, and says why in the log', () => {
  const { records, seen, source } = open()
  source?.write(new Uint8Array(3))
  source?.fail(storeUnavailable(new Error('down')))
  expect(seen).toEqual(['write', 'fail'])
  expect(records).toMatchObject([{ outcome: 'interrupted', errorCode: 'store_unavailable', bytesOut: 3 }])
})

test('a reader who leaves ends it', () => {
  const { records, seen, stream } = open()
  stream.cancel()
  expect(seen).toEqual(['cancel'])
  expect(records).toMatchObject([{ outcome: 'client_gone' }])
})

test('one that the server must end says so to its reader, and is recorded without those last words', () => {
  const { records, seen, source, stream } = open(({ code }) => code)
  source?.write(new Uint8Array(3))
  stream.interrupt?.(new GatewayError('draining', 'The server stops.'))
  expect(seen).toEqual(['write', 'cancel', 'write', 'end'])
  expect(records).toMatchObject([{ outcome: 'interrupted', errorCode: 'draining', bytesOut: 3 }])
})

test('one without last words is ended by its source alone', () => {
  expect(open().stream.interrupt).toBeUndefined()
})
