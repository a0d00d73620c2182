import type { JsonObject } from '../src/core/json.ts'
import type { OperationName } from '../src/dialects/operations.ts'
import { replaceBetween } from './replace-between.ts'

/** A call with its cost, calculated by hand from the published prices. */
export interface WorkedExample {
  readonly what: string
  readonly baseUrl: string
  readonly model: string
  readonly operation: OperationName
  readonly request?: JsonObject
  /** The fields of the response that determine the cost. */
  readonly answer: JsonObject
  /** The terms of the sum: a count, and its price in USD per million. */
  readonly terms: readonly (readonly [count: number, usdPerMillion: number, of: string])[]
}

const openai = 'https://api.openai.com/v1'
const anthropic = 'https://api.anthropic.com/v1'
const output = [{ type: 'message', content: [{ type: 'output_text', text: 'Done' }] }]

export const workedExamples: readonly WorkedExample[] = [
  {
    what: 'a chat with a partly cached prompt',
    baseUrl: openai,
    model: 'gpt-4o',
    operation: 'chat.completions',
    answer: {
      usage: {
        ...{ prompt_tokens: 1_900, completion_tokens: 310, total_tokens: 2_210 },
        prompt_tokens_details: { cached_tokens: 1_024 },
      },
    },
    terms: [
      [876, 2.5, 'input'],
      [1_024, 1.25, 'cached'],
      [310, 10, 'output'],
    ],
  },
  {
    what: 'the same model family at half price, `service_tier: flex`',
    baseUrl: openai,
    model: 'gpt-6.1-terra',
    operation: 'chat.completions',
    answer: {
      service_tier: 'flex',
      usage: { prompt_tokens: 10_001, completion_tokens: 2_003, total_tokens: 12_004 },
    },
    terms: [
      [10_001, 0.5, 'input'],
      [2_003, 2.5, 'output'],
    ],
  },
  {
    what: 'a prompt of more than 272,000 tokens, `service_tier: priority`',
    baseUrl: openai,
    model: 'gpt-6.1-terra',
    operation: 'chat.completions',
    answer: {
      service_tier: 'priority',
      usage: { prompt_tokens: 300_000, completion_tokens: 1_000, total_tokens: 301_000 },
    },
    terms: [
      [300_000, 4, 'input'],
      [1_000, 15, 'output'],
    ],
  },
  {
    what: 'cache writes for five minutes and for an hour',
    baseUrl: anthropic,
    model: 'claude-opus-5-5',
    operation: 'chat.completions',
    answer: {
      usage: {
        ...{ input_tokens: 100, output_tokens: 1_000 },
        ...{ cache_read_input_tokens: 50_000, cache_creation_input_tokens: 20_000 },
        cache_creation: { ephemeral_5m_input_tokens: 5_000, ephemeral_1h_input_tokens: 15_000 },
      },
    },
    terms: [
      [100, 4, 'input'],
      [50_000, 0.2, 'cached'],
      [5_000, 5, 'cache writes'],
      [15_000, 8, 'cache writes for an hour'],
      [1_000, 20, 'output'],
    ],
  },
  {
    what: 'a prompt of more than 100,000 tokens',
    baseUrl: anthropic,
    model: 'claude-haiku-5-5',
    operation: 'chat.completions',
    answer: { usage: { input_tokens: 120_001, output_tokens: 777 } },
    terms: [
      [120_001, 0.5, 'input'],
      [777, 2.5, 'output'],
    ],
  },
  {
    what: 'a response that searches the web twice and its files once',
    baseUrl: openai,
    model: 'gpt-4.1',
    operation: 'responses',
    answer: {
      output: [{ type: 'web_search_call' }, { type: 'web_search_call' }, { type: 'file_search_call' }, ...output],
      usage: { input_tokens: 4_000, output_tokens: 500, total_tokens: 4_500 },
    },
    terms: [
      [4_000, 2, 'input'],
      [500, 8, 'output'],
      [2, 10_000, 'web searches'],
      [1, 2_500, 'file search'],
    ],
  },
  {
    what: 'a response that generates an image with `gpt-image-2.6-sunburst`',
    baseUrl: openai,
    model: 'gpt-4.1',
    operation: 'responses',
    request: { tools: [{ type: 'image_generation' }] },
    answer: {
      output: [{ type: 'image_generation_call' }, ...output],
      usage: { input_tokens: 1_000, output_tokens: 100, total_tokens: 1_100 },
      tool_usage: {
        image_gen: {
          ...{ input_tokens: 300, output_tokens: 4_160, total_tokens: 4_460 },
          input_tokens_details: { image_tokens: 200, text_tokens: 100 },
          output_tokens_details: { image_tokens: 4_160, text_tokens: 0 },
        },
        web_search: { num_requests: 0 },
      },
    },
    terms: [
      [1_000, 2, 'input'],
      [100, 8, 'output'],
      [100, 5, 'text input of the image'],
      [200, 8, 'image input'],
      [4_160, 30, 'image output'],
    ],
  },
  {
    what: 'a chat with a minute of audio',
    baseUrl: 'https://api.mistral.ai/v1',
    model: 'voxtral-small-latest',
    operation: 'chat.completions',
    answer: {
      usage: { prompt_audio_seconds: 60, prompt_tokens: 40, completion_tokens: 120, total_tokens: 910 },
    },
    terms: [
      [40, 0.1, 'input'],
      [120, 0.4, 'output'],
      [60, 66.666667, 'seconds of audio'],
    ],
  },
  {
    what: 'a chat with audio input and output',
    baseUrl: openai,
    model: 'gpt-audio',
    operation: 'chat.completions',
    answer: {
      usage: {
        ...{ prompt_tokens: 1_500, completion_tokens: 900, total_tokens: 2_400 },
        prompt_tokens_details: { audio_tokens: 1_400 },
        completion_tokens_details: { audio_tokens: 700 },
      },
    },
    terms: [
      [100, 2.5, 'input'],
      [1_400, 32, 'audio input'],
      [200, 10, 'output'],
      [700, 64, 'audio output'],
    ],
  },
  {
    what: 'reasoning that only the total includes',
    baseUrl: 'https://generativelanguage.googleapis.com/v1beta/openai',
    model: 'gemini-2.5-pro',
    operation: 'chat.completions',
    answer: { usage: { prompt_tokens: 2_000, completion_tokens: 100, total_tokens: 3_000 } },
    terms: [
      [2_000, 1.25, 'input'],
      [1_000, 10, 'output, 900 of it reasoning'],
    ],
  },
]

/** Returns the sum of the terms in nano-USD, rounded half up once. */
export function reckonNano({ terms }: Pick<WorkedExample, 'terms'>): bigint {
  const pico = terms.reduce((sum, [count, usd]) => sum + BigInt(count) * BigInt(Math.round(usd * 1e6)), 0n)
  return (pico + 500n) / 1_000n
}

/** Updates the worked examples in docs/money.md. */
export function withWorkedExamples(markdown: string): string {
  const rows = workedExamples.map((example) => {
    const terms = example.terms.map(([count, usd, of]) => `${count.toLocaleString('en-US')} ${of} × $${usd}`)
    const nano = String(reckonNano(example)).padStart(10, '0')
    return `| ${example.what} | \`${example.model}\` | ${terms.join(' + ')} | ${nano.slice(0, -9)}.${nano.slice(-9)} |`
  })
  const head = ['| call | model | calculation, prices in USD per million | USD |', '| --- | --- | --- | --- |']
  return replaceBetween(
    markdown,
    'Written by scripts/generate-docs.ts from scripts/worked-examples.ts.',
    [...head, ...rows].join('\n'),
  )
}
