import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { AttemptRecord, CallRecord } from '../../src/telemetry/call-record.ts'
import { renderNotice, toLogLine } from '../../src/telemetry/line-log.ts'

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
    '\u009b2J',
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
  failure: optional(words),
  upstreamRequestId: optional(words),
  upstreamMessage: optional(words),
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
    modelRoute: words,
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

const call = {
  requestId: 'r',
  method: 'POST',
  route: 'chat.completions',
  status: 200,
  outcome: 'ok',
  durationMs: 9,
} as const

/** Control characters, line separators and bidirectional controls. */
const unsafe = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/u

test('S68 S79 is one line of JSON that parses back to the record, for any values', () => {
  void fc.assert(
    fc.property(records, fc.date({ noInvalidDate: true }), (record, date) => {
      const line = toLogLine(record, date.getTime())
      const last = record.attempts.at(-1)
      expect(JSON.parse(line)).toMatchObject(
        defined({
          time: date.toISOString(),
          level: record.errorCode === 'internal' ? 'error' : 'info',
          request_id: record.requestId,
          route: record.route,
          error_code: record.errorCode,
          provider: last?.provider,
          model: last?.model?.slice(0, 200),
          generation_id: last?.generationId,
          cost_source: last?.costSource,
          key_id: record.keyId,
          cause: record.cause,
        }),
      )
    }),
    { numRuns: 2_000 },
  )
})

test('case A17: shows the last attempt, and lists several attempts with their messages', () => {
  const attempt: AttemptRecord = {
    provider: 'openai',
    model: 'gpt-4.1',
    status: 503,
    outcome: 'upstream_error',
    errorCode: undefined,
    upstreamRequestId: undefined,
    failure: 'overload',
    upstreamMessage: 'overloaded: Try again.',
    usage: undefined,
    finishReason: undefined,
    generationId: 'gen_1',
    costNano: 0,
    costSource: 'none',
    firstByteMs: 1.234,
    durationMs: 2.345,
  }
  const usage = { inputTokens: 19, outputTokens: 2 }
  const answered: AttemptRecord = {
    ...attempt,
    provider: 'azure',
    status: 200,
    outcome: 'ok',
    failure: undefined,
    usage,
    costNano: 12,
    upstreamMessage: undefined,
  }
  const one = JSON.parse(toLogLine({ ...call, attempts: [answered] }, 0))
  expect(one).toMatchObject({ provider: 'azure', input_tokens: 19, output_tokens: 2, cost_nano_usd: 12 })
  expect(one).not.toHaveProperty('attempts')
  expect(JSON.parse(toLogLine({ ...call, attempts: [attempt] }, 0)).upstream_message).toBe('overloaded: Try again.')
  const two = JSON.parse(toLogLine({ ...call, modelRoute: 'chat', attempts: [attempt, answered] }, 0))
  expect(two).toMatchObject({ model_route: 'chat', provider: 'azure', cost_nano_usd: 12 })
  expect(two.attempts).toEqual([
    {
      provider: 'openai',
      model: 'gpt-4.1',
      status: 503,
      outcome: 'upstream_error',
      failure: 'overload',
      upstream_message: 'overloaded: Try again.',
      generation_id: 'gen_1',
      cost_nano_usd: 0,
      first_byte_ms: 1.23,
      duration_ms: 2.35,
    },
    expect.objectContaining({ provider: 'azure', status: 200, input_tokens: 19 }),
  ])
})

test('S68 case D13: a notice contains no such character and parses back unchanged', () => {
  const cause = '\u009b2J\u202e\u2028\u007fx'
  const line = renderNotice('ledger', new Error(cause), 0)
  expect(line).toMatch(/^[\x20-\x7e]*$/)
  expect(JSON.parse(line)).toMatchObject({ event: 'ledger', cause })
})

test('S68 case D13: has no line break, terminal control or bidirectional control', () => {
  void fc.assert(
    fc.property(records, (record) => {
      expect(toLogLine(record, 0)).not.toMatch(unsafe)
    }),
  )
})

test('S68 escapes every such character and parses back unchanged', () => {
  const cause = Array.from({ length: 0x1_0000 }, (_, code) => String.fromCharCode(code))
    .filter((character) => unsafe.test(character))
    .join('')
  const line = toLogLine({ ...call, attempts: [], cause }, 0)
  expect(line).toMatch(/^[\x20-\x7e]*$/)
  expect(JSON.parse(line)).toMatchObject({ cause })
})

test('writes the time of each line', () => {
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

/** Removes undefined values and escapes lone surrogates, like JSON. */
function defined(object: Readonly<Record<string, unknown>>): object {
  return JSON.parse(JSON.stringify(object))
}
