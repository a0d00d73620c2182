import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { readUsage } from '../../src/openai/read-usage.ts'

test('the usage of a chat completion is read with its parts', () => {
  const usage = {
    prompt_tokens: 100,
    completion_tokens: 50,
    total_tokens: 150,
    prompt_tokens_details: { cached_tokens: 40, audio_tokens: 10, cache_write_tokens: 5 },
    completion_tokens_details: { reasoning_tokens: 20, audio_tokens: 6, accepted_prediction_tokens: 0 },
  }
  expect(readUsage(usage)).toEqual({
    inputTokens: 100,
    cachedInputTokens: 40,
    cacheWriteTokens: 5,
    audioInputTokens: 10,
    outputTokens: 50,
    reasoningTokens: 20,
    audioOutputTokens: 6,
  })
})

test('the usage of a response and of an image is read with its parts', () => {
  const usage = {
    input_tokens: 60,
    output_tokens: 4_160,
    total_tokens: 4_220,
    input_tokens_details: { text_tokens: 10, image_tokens: 50, cached_tokens: 0 },
    output_tokens_details: { text_tokens: 0, image_tokens: 4_160 },
  }
  expect(readUsage(usage)).toEqual({
    inputTokens: 60,
    cachedInputTokens: 0,
    imageInputTokens: 50,
    outputTokens: 4_160,
    imageOutputTokens: 4_160,
  })
})

test('the usage of a transcription is its length, or its tokens', () => {
  expect(readUsage({ type: 'duration', seconds: 12.5 })).toEqual({ inputTokens: 0, outputTokens: 0, seconds: 12.5 })
  const tokens = { type: 'tokens', input_tokens: 14, output_tokens: 45, total_tokens: 59, input_token_details: {} }
  expect(readUsage(tokens)).toEqual({ inputTokens: 14, outputTokens: 45 })
})

test('an embedding has input alone', () => {
  expect(readUsage({ prompt_tokens: 8, total_tokens: 8 })).toEqual({ inputTokens: 8, outputTokens: 0 })
})

test('the price that a provider tells is read to the nano-USD', () => {
  const counts = { prompt_tokens: 1, completion_tokens: 1 }
  expect(readUsage({ ...counts, cost: 0.00014 })?.reportedNano).toBe(140_000)
  expect(readUsage({ ...counts, cost: 0 })?.reportedNano).toBe(0)
  expect(readUsage({ ...counts, estimated_cost: 2.68e-5 })?.reportedNano).toBe(26_800)
  expect(readUsage({ cost: 0.04 })).toEqual({ inputTokens: 0, outputTokens: 0, reportedNano: 40_000_000 })
})

test('R53 a price that is none is left out', () => {
  for (const cost of [-1, '0.1', null, { total_cost: 1 }, Number.NaN, Number.POSITIVE_INFINITY, 1e300]) {
    expect(readUsage({ prompt_tokens: 1, completion_tokens: 1, cost })).toEqual({ inputTokens: 1, outputTokens: 1 })
  }
})

test('DeepSeek’s count of what came from the cache is part of the input', () => {
  const usage = { prompt_tokens: 30, completion_tokens: 2, prompt_cache_hit_tokens: 20, prompt_cache_miss_tokens: 10 }
  expect(readUsage(usage)).toEqual({ inputTokens: 30, outputTokens: 2, cachedInputTokens: 20 })
})

test('Anthropic’s counts of the cache come on top of its input, and are not added to anybody else’s', () => {
  const cache = { cache_read_input_tokens: 1_000, cache_creation_input_tokens: 200 }
  const parts = { cachedInputTokens: 1_000, cacheWriteTokens: 200 }
  expect(readUsage({ input_tokens: 10, output_tokens: 5, ...cache })).toEqual({
    inputTokens: 1_210,
    outputTokens: 5,
    ...parts,
  })
  expect(readUsage({ prompt_tokens: 1_210, completion_tokens: 5, ...cache })).toEqual({
    inputTokens: 1_210,
    outputTokens: 5,
    ...parts,
  })
})

/** Sources: https://docs.x.ai/docs/guides/reasoning and https://ai.google.dev/gemini-api/docs/openai */
test('R52 reasoning that is in the total alone is output', () => {
  const xai = {
    prompt_tokens: 32,
    completion_tokens: 9,
    total_tokens: 135,
    completion_tokens_details: { reasoning_tokens: 94 },
  }
  expect(readUsage(xai)).toEqual({ inputTokens: 32, outputTokens: 103, reasoningTokens: 94 })
  expect(readUsage({ prompt_tokens: 10, completion_tokens: 5, total_tokens: 500 })?.outputTokens).toBe(490)
})

test('R53 a total that does not add up, or stands beside a missing count, changes nothing', () => {
  expect(readUsage({ prompt_tokens: 10, completion_tokens: 5, total_tokens: 3 })?.outputTokens).toBe(5)
  expect(readUsage({ prompt_tokens: '10', completion_tokens: 5, total_tokens: 15 })?.outputTokens).toBe(5)
})

test('R53 no part is larger than its total', () => {
  const usage = {
    prompt_tokens: 10,
    completion_tokens: 5,
    prompt_tokens_details: { cached_tokens: 99, audio_tokens: 11 },
    completion_tokens_details: { reasoning_tokens: 6 },
  }
  expect(readUsage(usage)).toEqual({
    inputTokens: 10,
    cachedInputTokens: 10,
    audioInputTokens: 10,
    outputTokens: 5,
    reasoningTokens: 5,
  })
})

test('R53 whatever stands where usage does, counts are whole, safe and not negative', () => {
  const odd = fc.oneof(
    fc.double(),
    fc.integer(),
    fc.string(),
    fc.constant(null),
    fc.constant([]),
    fc.constant({ a: 1 }),
  )
  const name = fc.constantFrom(
    ...['prompt_tokens', 'input_tokens', 'completion_tokens', 'output_tokens', 'total_tokens', 'seconds', 'cost'],
    ...['cached_tokens', 'audio_tokens', 'reasoning_tokens', 'cache_read_input_tokens', 'prompt_cache_hit_tokens'],
  )
  const flat = fc.dictionary(name, odd)
  const details = fc.record({ prompt_tokens_details: fc.oneof(flat, odd), output_tokens_details: fc.oneof(flat, odd) })
  void fc.assert(
    fc.property(
      fc.oneof(
        odd,
        fc.tuple(flat, details).map(([one, other]) => ({ ...one, ...other })),
      ),
      (usage) => {
        const { seconds = 0, ...counts } = readUsage(usage) ?? { inputTokens: 0, outputTokens: 0 }
        expect(seconds).toBeGreaterThanOrEqual(0)
        expect(Object.values(counts).filter((count) => !(Number.isSafeInteger(count) && count >= 0))).toEqual([])
      },
    ),
  )
})

test.each([undefined, null, 'usage', [], {}, { prompt_tokens: null }, { prompt_tokens: 1.5 }, { total_tokens: 3 }])(
  'R53 %j is no usage',
  (usage) => {
    expect(readUsage(usage)).toBeUndefined()
  },
)
