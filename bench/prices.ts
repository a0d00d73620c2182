import { operations } from '../src/dialects/operations.ts'
import { costOf } from '../src/metering/cost.ts'
import type { Price } from '../src/metering/price.ts'
import { createPriceBook } from '../src/metering/price-book.ts'
import { worstCase } from '../src/metering/worst-case.ts'

import { readUsage } from '../src/openai/read-usage.ts'

/** Measures price lookups and cost calculations: `node bench/prices.ts`. */
const providers = [
  { id: 'openai', priceSource: 'openai', baseUrl: 'https://api.openai.com/v1' },
  { id: 'router', priceSource: undefined, baseUrl: 'https://openrouter.ai/api/v1' },
]
const names = ['gpt-4o', 'gpt-4o-mini', 'gpt-5', 'o3', 'gpt-4.1-nano', 'text-embedding-3-small']
const wire = {
  ...{ prompt_tokens: 1_900, completion_tokens: 310, total_tokens: 2_210 },
  prompt_tokens_details: { cached_tokens: 1_024, audio_tokens: 0 },
  completion_tokens_details: { reasoning_tokens: 64, audio_tokens: 0 },
}
const usage = readUsage(wire) ?? { inputTokens: 0, outputTokens: 0 }
const body = { messages: [{ role: 'user', content: 'Why is the sky blue? '.repeat(5_000) }], max_tokens: 500 }

function main(): void {
  const startedAt = performance.now()
  const book = createPriceBook(providers, {}, { now: Date.now })
  book.find('router', 'openai/gpt-4o')
  const firstUs = (performance.now() - startedAt) * 1_000
  const price: Price = book.find('openai', 'gpt-4o') ?? { input: 0, output: 0 }
  print('first lookup, which parses the largest section', firstUs)
  measure('look up', 1_000_000, (round) => book.find('openai', names[round % names.length] ?? ''))
  measure('look up a snapshot', 1_000_000, () => book.find('openai', 'gpt-4o-2031-01-01'))
  measure('look up the same unknown model', 1_000_000, () => book.find('openai', 'gpt-unknown'))
  measure('look up a new unknown model each time', 300_000, (round) => book.find('openai', `gpt-${round}`))
  measure('read usage', 1_000_000, () => readUsage(wire))
  measure('cost', 1_000_000, () => costOf(price, usage, {}))
  measure('worst case', 1_000_000, () =>
    worstCase({ price, inputTokens: 1_900, maxOutputTokens: 500, choices: 1, media: {} }),
  )
  measure('bound a request with 100 kB of prompt', 100_000, () =>
    operations['chat.completions'].dialect.boundRequest(body),
  )
}

function measure(title: string, rounds: number, run: (round: number) => unknown): void {
  for (let round = 0; round < rounds / 10; round++) run(round)
  const startedAt = performance.now()
  for (let round = 0; round < rounds; round++) run(round)
  print(title, ((performance.now() - startedAt) * 1_000) / rounds)
}

function print(title: string, us: number): void {
  console.log(`${us.toFixed(us < 10 ? 2 : 0).padStart(8)} µs  ${title}`)
}

main()
