import { expect, test } from 'vitest'
import { measureResponse } from '../../../src/pipeline/routing/measure-response.ts'

const usage = { inputTokens: 10, outputTokens: 50 }
const ended = {
  estimate: { isStream: true },
  outcome: 'ok' as const,
  failure: undefined,
  firstByteMs: 300,
  durationMs: 2_000,
  usage,
  producedTokens: 40,
}

test.each([
  ['a whole stream', {}, { firstByteMs: 300, outputTokens: 50 }],
  ['a stream whose provider counts no tokens', { usage: undefined }, { firstByteMs: 300, outputTokens: 40 }],
  ['a response without tokens', { usage: undefined, producedTokens: undefined }, { firstByteMs: 300, outputTokens: 0 }],
  ['a stream that breaks off', { outcome: 'interrupted' as const }, { firstByteMs: 300, outputTokens: 50 }],
  [
    'a stream that its caller leaves',
    { outcome: 'client_gone' as const, usage: undefined },
    { firstByteMs: 300, outputTokens: 40 },
  ],
  [
    'a wait that its caller gives up',
    { outcome: 'client_gone' as const, firstByteMs: undefined, usage: undefined, producedTokens: undefined },
    { firstByteMs: undefined, outputTokens: 1 },
  ],
  [
    'a wait that ends at a timeout',
    { outcome: 'upstream_error' as const, failure: 'timeout' as const, firstByteMs: undefined, usage: undefined },
    { firstByteMs: undefined, outputTokens: 1 },
  ],
])('%s is measured', (_case, fields, measured) => {
  expect(measureResponse({ ...ended, ...fields })).toEqual({ isStream: true, durationMs: 2_000, ...measured })
})

test.each([
  ['a refusal', { outcome: 'upstream_error' as const, firstByteMs: 20 }],
  [
    'a connection that fails',
    { outcome: 'upstream_error' as const, failure: 'connection' as const, firstByteMs: undefined },
  ],
])('%s is not measured', (_case, fields) => {
  expect(measureResponse({ ...ended, usage: undefined, ...fields })).toBeUndefined()
})
