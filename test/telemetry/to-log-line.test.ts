import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { AttemptRecord, CallRecord } from '../../src/telemetry/call-record.ts'
import { toLogLine } from '../../src/telemetry/to-log-line.ts'

const milliseconds = fc.oneof(
  fc.double({ min: 0, max: 1e6, noNaN: true }),
  fc.nat(10_000).map((hundredths) => hundredths / 100),
  fc.constantFrom(0, -0, 0.004, 0.005, 0.995, 1e12, 1e21, -0.02, -7.25, Number.NaN, Number.POSITIVE_INFINITY),
)
const count = fc.oneof(fc.nat(), fc.double())
const words = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 250 }),
  fc.stringMatching(/^[\w.:/ -]{0,250}$/),
  fc.constantFrom(
    'a\r\n{"event":"call"}',
    'a"b',
    'a\\',
    '\u007f',
    '\u0085',
    '\u2028\u2029',
    '\u001b[31m',
    '\ud800',
    '快😀',
  ),
)

const usage = fc.record(
  { inputTokens: count, outputTokens: count, cachedInputTokens: count, reasoningTokens: count },
  { requiredKeys: ['inputTokens', 'outputTokens'] },
)

const outcome = fc.constantFrom('ok', 'rejected', 'upstream_error', 'interrupted', 'client_gone')
const errorCode = fc.option(fc.oneof(words, fc.constant('internal')), { nil: undefined })
const optional = <Value>(values: fc.Arbitrary<Value>) => fc.option(values, { nil: undefined })

const attempts: fc.Arbitrary<AttemptRecord> = fc.record({
  provider: words,
  model: optional(words),
  status: fc.nat(599),
  outcome,
  errorCode,
  upstreamRequestId: optional(words),
  usage: optional(usage),
  finishReason: optional(words),
  generationId: optional(words),
  costNano: optional(count),
  costSource: optional(words),
  firstByteMs: optional(milliseconds),
  durationMs: milliseconds,
})

const records: fc.Arbitrary<CallRecord> = fc.record(
  {
    requestId: words,
    method: words,
    route: words,
    status: fc.nat(599),
    outcome,
    errorCode,
    attempts: fc.array(attempts, { maxLength: 3 }),
    stream: fc.boolean(),
    firstByteMs: milliseconds,
    durationMs: milliseconds,
    bytesOut: count,
    keyId: words,
    isReplayed: fc.boolean(),
    wouldRefuse: fc.array(words, { maxLength: 3 }),
    cause: words,
  },
  { requiredKeys: ['requestId', 'method', 'route', 'status', 'outcome', 'durationMs', 'attempts'] },
)

test('S68 S79 writes byte for byte what an encoder of JSON writes, whatever the values hold', () => {
  void fc.assert(
    fc.property(records, fc.date({ noInvalidDate: true }), (record, date) => {
      expect(toLogLine(record, date.getTime())).toBe(encodeWhole(record, date.getTime()))
    }),
    { numRuns: 2_000 },
  )
})

test('S68 has no character that ends a line or moves a cursor', () => {
  void fc.assert(
    fc.property(records, (record) => {
      expect(toLogLine(record, 0)).not.toMatch(/[\p{Cc}\u2028\u2029]/u)
    }),
  )
})

test('tells each line its own time', () => {
  const record: CallRecord = {
    requestId: 'r',
    method: 'GET',
    route: 'models',
    status: 200,
    outcome: 'ok',
    attempts: [],
    durationMs: 1,
  }
  const times = [5, 5, 6, 5].map((now) => JSON.parse(toLogLine(record, now)).time)
  expect(times).toEqual([5, 5, 6, 5].map((now) => `1970-01-01T00:00:00.00${now}Z`))
})

/** The same with nothing but the platform's encoder. */
function encodeWhole(record: CallRecord, now: number): string {
  const last = record.attempts.at(-1)
  const line = JSON.stringify({
    time: new Date(now).toISOString(),
    level: record.errorCode === 'internal' ? 'error' : 'info',
    event: 'call',
    request_id: record.requestId,
    method: record.method,
    route: record.route,
    status: record.status,
    outcome: record.outcome,
    error_code: record.errorCode,
    provider: last?.provider,
    model: last?.model?.slice(0, 200),
    stream: record.stream,
    upstream_request_id: last?.upstreamRequestId?.slice(0, 200),
    input_tokens: last?.usage?.inputTokens,
    output_tokens: last?.usage?.outputTokens,
    cached_input_tokens: last?.usage?.cachedInputTokens,
    reasoning_tokens: last?.usage?.reasoningTokens,
    generation_id: last?.generationId,
    key_id: record.keyId,
    cost_nano_usd: last?.costNano,
    cost_source: last?.costSource,
    replayed: record.isReplayed,
    would_refuse: record.wouldRefuse,
    finish_reason: last?.finishReason?.slice(0, 40),
    first_byte_ms: round(record.firstByteMs),
    duration_ms: round(record.durationMs),
    bytes_out: record.bytesOut,
    ...(record.attempts.length > 1 && { attempts: record.attempts.map(toEntry) }),
    cause: record.cause,
  })
  return line.replace(
    /[\u2028\u2029\u0085\u007f]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

function toEntry(attempt: AttemptRecord): object {
  return {
    provider: attempt.provider,
    model: attempt.model?.slice(0, 200),
    status: attempt.status,
    outcome: attempt.outcome,
    error_code: attempt.errorCode,
    input_tokens: attempt.usage?.inputTokens,
    output_tokens: attempt.usage?.outputTokens,
    generation_id: attempt.generationId,
    cost_nano_usd: attempt.costNano,
    first_byte_ms: round(attempt.firstByteMs),
    duration_ms: round(attempt.durationMs),
  }
}

function round(milliseconds: number | undefined): number | undefined {
  return milliseconds === undefined ? undefined : Math.round(milliseconds * 100) / 100
}
