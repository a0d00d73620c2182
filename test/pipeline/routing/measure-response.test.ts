import { expect, test } from 'vitest'
import { measureResponse } from '../../../src/pipeline/routing/measure-response.ts'

const usage = { inputTokens: 10, outputTokens: 50 }
const ended = {
  estimate: { isStream: true },
  outcome: 'ok' as const,
  failure: undefined,
  firstByteMs: 20,
  firstOutputMs: 300,
  durationMs: 2_000,
  usage,
  producedTokens: 40,
}

test.each([
  ['a whole stream', {}, { firstOutputMs: 300, outputTokens: 50 }],
  ['a stream whose provider counts no tokens', { usage: undefined }, { firstOutputMs: 300, outputTokens: 40 }],
  [
    'a response without tokens',
    { usage: undefined, producedTokens: undefined },
    { firstOutputMs: 300, outputTokens: 0 },
  ],
  ['a stream without output', { firstOutputMs: undefined }, { firstOutputMs: 20, outputTokens: 50 }],
  [
    'a whole answer',
    { estimate: { isStream: false }, firstOutputMs: undefined },
    { isStream: false, firstOutputMs: 20, outputTokens: 50 },
  ],
  ['a stream that breaks off', { outcome: 'interrupted' as const }, { firstOutputMs: 300, outputTokens: 50 }],
  [
    'a stream that its caller leaves',
    { outcome: 'client_gone' as const, usage: undefined },
    { firstOutputMs: 300, outputTokens: 40 },
  ],
  [
    'a stream that its caller leaves before the first token',
    { outcome: 'client_gone' as const, firstOutputMs: undefined, usage: undefined, producedTokens: 0 },
    { firstOutputMs: undefined, outputTokens: 1 },
  ],
  [
    'a wait that its caller gives up',
    {
      outcome: 'client_gone' as const,
      firstByteMs: undefined,
      firstOutputMs: undefined,
      usage: undefined,
      producedTokens: undefined,
    },
    { firstOutputMs: undefined, outputTokens: 1 },
  ],
  [
    'a wait that ends at a timeout',
    {
      outcome: 'upstream_error' as const,
      failure: 'timeout' as const,
      firstByteMs: undefined,
      firstOutputMs: undefined,
      usage: undefined,
    },
    { firstOutputMs: undefined, outputTokens: 1 },
  ],
])('%s is measured', (_case, fields, measured) => {
  expect(measureResponse({ ...ended, ...fields })).toEqual({ isStream: true, durationMs: 2_000, ...measured })
})

test.each([
  ['a refusal', { outcome: 'upstream_error' as const, firstOutputMs: 20 }],
  [
    'a connection that fails',
    {
      outcome: 'upstream_error' as const,
      failure: 'connection' as const,
      firstByteMs: undefined,
      firstOutputMs: undefined,
    },
  ],
])('%s is not measured', (_case, fields) => {
  expect(measureResponse({ ...ended, usage: undefined, ...fields })).toBeUndefined()
})
