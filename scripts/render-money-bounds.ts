import { defaults } from '../src/config/defaults.ts'
import { createPriceTable } from '../src/metering/price-table.ts'
import { priceTable } from '../src/metering/prices.generated.ts'
import { worstCase } from '../src/metering/worst-case.ts'
import { replaceBetween } from './replace-between.ts'

/** Ten widely used models, each with its section of the price table. */
const models: readonly (readonly [source: string, model: string])[] = [
  ['openai', 'gpt-6-sol'],
  ['openai', 'gpt-6.1-terra'],
  ['openai', 'gpt-6-luna'],
  ['openai', 'gpt-5-mini'],
  ['openai', 'gpt-4o'],
  ['openai', 'gpt-4o-mini'],
  ['anthropic', 'claude-opus-5-5'],
  ['anthropic', 'claude-sonnet-5-5'],
  ['google', 'gemini-2.5-flash'],
  ['deepinfra', 'deepseek-ai/DeepSeek-V3.1'],
]

/** Updates the table of bounds in docs/money.md from today's price table. */
export function withMoneyBounds(markdown: string): string {
  return replaceBetween(markdown, 'Written by scripts/generate-docs.ts from the price table.', renderMoneyBounds())
}

function renderMoneyBounds(): string {
  const table = createPriceTable(priceTable)
  const { defaultMaxTokens, minOutputTokens } = defaults.metering
  const rows = models.map(([source, model]) => {
    const price = table.find(source, model)
    const maximum = price?.maxOutputTokens
    if (price === undefined || maximum === undefined) throw new Error(`the maximum output of ${model} is unknown`)
    const usdOf = (maxOutputTokens: number) => {
      const { nano } = worstCase({ price, inputTokens: 0, maxOutputTokens, choices: 1, media: {} })
      return (nano / 1e9).toFixed(4)
    }
    const beyond = usdOf(Math.max(0, maximum - defaultMaxTokens))
    return `| \`${model}\` | ${maximum.toLocaleString('en-US')} | ${usdOf(maximum)} | ${usdOf(minOutputTokens)} | 0 | ${beyond} |`
  })
  return [
    '| model | maximum output, tokens | reserved if the budget covers it, USD | minimum reserved, USD | beyond the budget, USD a call | with `limits.cap_output: false`, USD a call |',
    '| --- | --- | --- | --- | --- | --- |',
    ...rows,
  ].join('\n')
}
