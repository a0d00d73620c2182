import { expect, test } from 'vitest'
import { type EndedAttempt, measureResponse } from '../../../src/pipeline/routing/measure-response.ts'

const usage = { inputTokens: 10, outputTokens: 50 }
const ended: EndedAttempt = {
  wasSent: true,
  isDeferred: false,
  estimate: { isStream: true },
  outcome: 'ok',
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
    { firstOutputMs: 20, outputTokens: 50 },
  ],
  // As Anthropic's `message_start` reports it: https://platform.claude.com/docs/en/build-with-claude/streaming
  [
    'a stream that breaks off after a usage of 0',
    { outcome: 'interrupted' as const, usage: { inputTokens: 10, outputTokens: 0 } },
    { firstOutputMs: 300, outputTokens: 40 },
  ],
  [
    'sound, which has no tokens',
    { estimate: { isStream: false }, firstOutputMs: undefined, usage: undefined, producedTokens: 1 },
    { firstOutputMs: 20, outputTokens: 0 },
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
    { firstOutputMs: undefined, outputTokens: 300 },
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
    { firstOutputMs: undefined, outputTokens: 300 },
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
    { firstOutputMs: undefined, outputTokens: 300 },
  ],
])('%s is measured', (_case, fields, measured) => {
  expect(measureResponse({ ...ended, ...fields }, 300)).toEqual({ durationMs: 2_000, ...measured })
})

test.each([
  ['a call that was not sent', { wasSent: false, outcome: 'client_gone' as const, firstOutputMs: undefined }],
  ['a response that arrives before the work is done', { isDeferred: true }],
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
  expect(measureResponse({ ...ended, usage: undefined, ...fields }, 300)).toBeUndefined()
})
