import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { readUsage } from '../../src/openai/read-usage.ts'

test('reads the usage of a chat completion with its details', () => {
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

test('reads the usage of a response and of an image with its details', () => {
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

test('reads the length or the tokens of a transcription', () => {
  expect(readUsage({ type: 'duration', seconds: 12.5 })).toEqual({ inputTokens: 0, outputTokens: 0, seconds: 12.5 })
  const tokens = { type: 'tokens', input_tokens: 14, output_tokens: 45, total_tokens: 59, input_token_details: {} }
  expect(readUsage(tokens)).toEqual({ inputTokens: 14, outputTokens: 45 })
})

test('reads the input of an embedding, which has no output', () => {
  expect(readUsage({ prompt_tokens: 8, total_tokens: 8 })).toEqual({ inputTokens: 8, outputTokens: 0 })
})

test('reads the price that a provider reports to the nano-USD', () => {
  const counts = { prompt_tokens: 1, completion_tokens: 1 }
  expect(readUsage({ ...counts, cost: 0.00014 })?.reportedNano).toBe(140_000)
  expect(readUsage({ ...counts, cost: 0 })?.reportedNano).toBe(0)
  expect(readUsage({ ...counts, estimated_cost: 2.68e-5 })?.reportedNano).toBe(26_800)
  expect(readUsage({ cost: 0.04 })).toEqual({ inputTokens: 0, outputTokens: 0, reportedNano: 40_000_000 })
})

test('R53 ignores an invalid price', () => {
  for (const cost of [-1, '0.1', null, { sum: 1 }, Number.NaN, Number.POSITIVE_INFINITY, 1e300]) {
    expect(readUsage({ prompt_tokens: 1, completion_tokens: 1, cost })).toEqual({ inputTokens: 1, outputTokens: 1 })
  }
})

/** Sources: https://docs.x.ai/developers/cost-tracking, https://docs.perplexity.ai/docs/agent-api, read 2026-11-29 */
test('case C9: reads the cost in every format of the providers', () => {
  const counts = { prompt_tokens: 1, completion_tokens: 1 }
  expect(readUsage({ ...counts, cost_in_usd_ticks: 37_756_000 })?.reportedNano).toBe(3_775_600)
  const cost = { input_tokens_cost: 0.0001, output_tokens_cost: 0.0002, request_cost: 0.005, total_cost: 0.0053 }
  expect(readUsage({ ...counts, cost })?.reportedNano).toBe(5_300_000)
  expect(readUsage({ ...counts, cost: { total_cost: '1' } })?.reportedNano).toBeUndefined()
})

/**
 * Source: https://openrouter.ai/docs/use-cases/usage-accounting, read 2026-11-29: cost 0.95 and upstream_inference_cost
 * 19.
 */
test('case C9: adds the upstream price for the operator’s own key, where OpenRouter’s cost is only its fee', () => {
  const counts = { prompt_tokens: 194, completion_tokens: 2 }
  const cost_details = { upstream_inference_cost: 19 }
  const reportedNano = (more: object) => readUsage({ ...counts, ...more })?.reportedNano
  expect(reportedNano({ cost: 0.95, is_byok: true, cost_details })).toBe(19_950_000_000)
  expect(reportedNano({ cost: 0.95, cost_details })).toBe(19_950_000_000)
  expect(reportedNano({ cost: 0, is_byok: true, cost_details: { upstream_inference_cost: 0.5 } })).toBe(500_000_000)
  // Calls without the operator's own key report the upstream price too, but the cost includes it.
  expect(reportedNano({ cost: 20, is_byok: false, cost_details })).toBe(20_000_000_000)
  expect(reportedNano({ cost: 20, cost_details: { upstream_inference_cost: null } })).toBe(20_000_000_000)
  expect(reportedNano({ cost: 0.95, is_byok: true, cost_details: { upstream_inference_cost: null } })).toBeUndefined()
})

/**
 * Sources: openai-node 7.57 `Transcription.Tokens`,
 * https://platform.claude.com/docs/en/build-with-claude/prompt-caching, read 2026-11-29
 */
test('case C10: reads details in each spelling, and cache writes with a longer lifetime separately', () => {
  const tokens = { input_tokens: 14, output_tokens: 45, input_token_details: { text_tokens: 4, audio_tokens: 10 } }
  expect(readUsage(tokens)).toEqual({ inputTokens: 14, outputTokens: 45, audioInputTokens: 10 })
  const chat = { prompt_tokens: 100, completion_tokens: 1 }
  const written = { inputTokens: 100, outputTokens: 1, cacheWriteTokens: 60 }
  expect(readUsage({ ...chat, prompt_tokens_details: { cache_creation_tokens: 60 } })).toEqual(written)
  expect(readUsage({ ...chat, cache_creation_tokens: 60 })).toEqual(written)
  const anthropic = {
    input_tokens: 10,
    output_tokens: 1,
    cache_creation_input_tokens: 90,
    cache_creation: { ephemeral_5m_input_tokens: 30, ephemeral_1h_input_tokens: 60 },
  }
  expect(readUsage(anthropic)).toEqual({
    inputTokens: 100,
    outputTokens: 1,
    cacheWriteTokens: 90,
    longCacheWriteTokens: 60,
  })
})

/**
 * Source: https://platform.claude.com/docs/en/build-with-claude/fast-mode, …/agents-and-tools/tool-use/web-search-tool,
 * read 2026-11-29
 */
test('case C10: reads the service tier and the searches that the provider reports', () => {
  const counts = { input_tokens: 1, output_tokens: 1 }
  const known = { inputTokens: 1, outputTokens: 1 }
  expect(readUsage({ ...counts, speed: 'fast', service_tier: 'standard' })).toEqual({ ...known, serviceTier: 'fast' })
  expect(readUsage({ ...counts, service_tier: 'batch' })).toEqual({ ...known, serviceTier: 'batch' })
  expect(readUsage({ ...counts, inference_geo: 'us' })).toEqual({ ...known, region: 'us' })
  for (const inference_geo of ['global', 'not_available', null, 1])
    expect(readUsage({ ...counts, inference_geo })).toEqual(known)
  // Anthropic's `priority` is prepaid.
  expect(readUsage({ ...counts, service_tier: 'priority' })).toEqual(known)
  expect(readUsage({ ...counts, server_tool_use: { web_search_requests: 3 } })).toEqual({ ...known, webSearches: 3 })
  for (const tier of ['fast', 'priority']) expect(readUsage(counts, tier)).toEqual({ ...known, serviceTier: 'fast' })
  for (const tier of ['default', 'auto', 'scale', null, 7]) expect(readUsage(counts, tier)).toEqual(known)
})

test('counts DeepSeek’s cache hits as part of the input', () => {
  const usage = { prompt_tokens: 30, completion_tokens: 2, prompt_cache_hit_tokens: 20, prompt_cache_miss_tokens: 10 }
  expect(readUsage(usage)).toEqual({ inputTokens: 30, outputTokens: 2, cachedInputTokens: 20 })
})

test('adds the cache counts to Anthropic’s input, and not to that of other providers', () => {
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
test('R52 counts reasoning that only the total includes as output', () => {
  const xai = {
    prompt_tokens: 32,
    completion_tokens: 9,
    total_tokens: 135,
    completion_tokens_details: { reasoning_tokens: 94 },
  }
  expect(readUsage(xai)).toEqual({ inputTokens: 32, outputTokens: 103, reasoningTokens: 94 })
  expect(readUsage({ prompt_tokens: 10, completion_tokens: 5, total_tokens: 500 })?.outputTokens).toBe(490)
})

test('R53 ignores a total that does not add up, or that accompanies a missing count', () => {
  expect(readUsage({ prompt_tokens: 10, completion_tokens: 5, total_tokens: 3 })?.outputTokens).toBe(5)
  expect(readUsage({ prompt_tokens: '10', completion_tokens: 5, total_tokens: 15 })?.outputTokens).toBe(5)
})

test('R53 limits each part to its total', () => {
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

test('R53 reads only whole, safe and non-negative counts from any value', () => {
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
        const {
          seconds = 0,
          serviceTier: _,
          region: __,
          drawn: ___,
          ...counts
        } = readUsage(usage) ?? { inputTokens: 0, outputTokens: 0 }
        expect(seconds).toBeGreaterThanOrEqual(0)
        expect(Object.values(counts).filter((count) => !(Number.isSafeInteger(count) && count >= 0))).toEqual([])
      },
    ),
  )
})

test.each([undefined, null, 'usage', [], {}, { prompt_tokens: null }, { prompt_tokens: 1.5 }, { total_tokens: 3 }])(
  'R53 %j is not a usage',
  (usage) => {
    expect(readUsage(usage)).toBeUndefined()
  },
)
