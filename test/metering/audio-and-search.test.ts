import { expect, test } from 'vitest'
import { operations } from '../../src/dialects/operations.ts'
import { addUsage } from '../../src/dialects/stream-reader.ts'
import { costOf, coversUsage } from '../../src/metering/cost.ts'
import { modelTable } from '../../src/metering/model-facts.ts'
import { createPriceBook } from '../../src/metering/price-book.ts'
import { worstCase } from '../../src/metering/worst-case.ts'
import { readUsage } from '../../src/openai/read-usage.ts'

/**
 * Source of the fields: https://github.com/mistralai/client-ts, usageinfo.ts. Only the total includes the audio tokens.
 */
const reported = { prompt_audio_seconds: 203, prompt_tokens: 4, completion_tokens: 635, total_tokens: 3_945 }

/**
 * Source: https://docs.mistral.ai/inference/pricing, as in genai-prices 0.2.3: $0.1 and $0.4 per million, $0.004 per
 * minute.
 */
test.each(['voxtral-small-latest', 'voxtral-small-2507'])(
  'case C13: a chat with audio for %s costs its text tokens and its seconds, not 0',
  (model) => {
    const price = modelTable.find('mistral', model)
    const usage = readUsage(reported)
    if (price === undefined || usage === undefined) throw new Error('no price or no usage')
    // Audio input tokens are not output.
    expect(usage).toEqual({ inputTokens: 4, outputTokens: 635, seconds: 203 })
    expect(coversUsage(price, usage, {})).toBe(true)
    const textCost = 4 * 100 + 635 * 400
    expect(costOf(price, usage, {})).toBe(textCost + Math.round((203 * 4_000_000) / 60))
    expect(costOf(price, { inputTokens: 4, outputTokens: 635 }, {})).toBe(textCost)
  },
)

test('case C13: reserves the audio of such a chat at the price of its seconds', () => {
  const price = modelTable.find('mistral', 'voxtral-small-latest')
  if (price === undefined) throw new Error('no price')
  const seconds = 600
  const data = 'A'.repeat((seconds * 2_000 * 4) / 3)
  const content = [{ type: 'input_audio', input_audio: { data, format: 'mp3' } }]
  const { inputTokens } = operations['chat.completions'].dialect.boundRequest({ messages: [{ role: 'user', content }] })
  const { nano } = worstCase({ price, inputTokens, maxOutputTokens: 100, choices: 1, media: {} })
  expect(nano).toBeGreaterThan(costOf(price, { inputTokens: 4, outputTokens: 100, seconds }, {}))
})

test('case C13: a chat with a Voxtral that only has a price per minute is unpriced, not free', () => {
  const price = modelTable.find('deepinfra', 'mistralai/Voxtral-Small-24B-2507')
  if (price === undefined) throw new Error('no price')
  expect(coversUsage(price, { inputTokens: 100, outputTokens: 10 }, {})).toBe(false)
  expect(costOf(price, { inputTokens: 0, outputTokens: 0, seconds: 60 }, {})).toBe(3_000_000)
})

test('case C10: bills a search of Perplexity by its search context, and by the highest price if unset', () => {
  const price = modelTable.find('perplexity', 'sonar-pro')
  if (price === undefined) throw new Error('no price')
  const { boundRequest } = operations['chat.completions'].dialect
  const costAt = (size: unknown) => {
    const { searchContext } = boundRequest({ messages: [], web_search_options: { search_context_size: size } })
    const media = { searchContext }
    const cost = costOf(price, { inputTokens: 1_000, outputTokens: 100 }, media)
    const bounds = { price, inputTokens: 1_000, maxOutputTokens: 100, choices: 1, media }
    expect(worstCase(bounds).nano).toBe(cost)
    return cost - 1_000 * 3_000 - 100 * 15_000
  }
  expect(['low', 'medium', 'high', undefined, 'all'].map(costAt)).toEqual([
    ...[6_000_000, 10_000_000, 14_000_000, 14_000_000, 14_000_000],
  ])
})

/** Source: https://platform.claude.com/docs/en/manage-claude/data-residency, read 2026-11-29 */
test('case C10: bills and reserves a tenth more for a call that Anthropic keeps in the United States, streamed or not', () => {
  const anthropic = { id: 'a', priceSource: undefined, baseUrl: 'https://api.anthropic.com/v1' }
  const price = createPriceBook([anthropic], {}, { now: () => 0 }).find('a', 'claude-opus-5-5')
  if (price === undefined) throw new Error('no price')
  const { dialect } = operations['chat.completions']
  const reported = { prompt_tokens: 1_000, completion_tokens: 100, total_tokens: 1_100 }
  const plain = 6_000_000
  const costAt = (geo?: string) => {
    const usage = { ...reported, ...(geo !== undefined && { inference_geo: geo }) }
    const choices = [{ index: 0, message: { role: 'assistant', content: 'Hello' }, finish_reason: 'stop' }]
    const whole = dialect.readResponse({ choices, usage }).usage
    const events = [
      { choices: [], usage },
      { choices: [], usage: reported },
    ]
    const streamed = events.map(dialect.events.usageOf).reduce(addUsage, undefined)
    if (whole === undefined || streamed === undefined) throw new Error('no usage')
    expect(costOf(price, streamed, {})).toBe(costOf(price, whole, {}))
    return costOf(price, whole, {})
  }
  expect(['us', 'global', 'not_available', undefined].map(costAt)).toEqual([6_600_000, plain, plain, plain])
  const reserved = (body: object) => {
    const { region } = dialect.boundRequest({ messages: [], ...body })
    return worstCase({ price, inputTokens: 1_000, maxOutputTokens: 100, choices: 1, media: {}, region }).nano
  }
  expect(reserved({ inference_geo: 'us' })).toBe(Math.round(reserved({}) * 1.1))
})
