import { defaults } from '../src/config/defaults.ts'
import { createPriceTable } from '../src/metering/price-table.ts'
import { priceTable } from '../src/metering/prices.generated.ts'
import { worstCase } from '../src/metering/worst-case.ts'
import { replaceBetween } from './replace-between.ts'

/** Ten models in wide use, with the section of the price table that has them. */
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

/** docs/money.md with its table of bounds as the price table has them today. */
export function withMoneyBounds(text: string): string {
  return replaceBetween(text, 'Written by scripts/generate-docs.ts from the price table.', renderMoneyBounds())
}

function renderMoneyBounds(): string {
  const table = createPriceTable(priceTable)
  const { defaultMaxTokens, minOutputTokens } = defaults.metering
  const rows = models.map(([source, model]) => {
    const price = table.find(source, model)
    const longest = price?.maxOutputTokens
    if (price === undefined || longest === undefined) throw new Error(`the longest answer of ${model} is not known`)
    const usdOf = (maxOutputTokens: number) => {
      const { nano } = worstCase({ price, inputTokens: 0, maxOutputTokens, choices: 1, media: {} })
      return (nano / 1e9).toFixed(4)
    }
    const beyond = usdOf(Math.max(0, longest - defaultMaxTokens))
    return `| \`${model}\` | ${longest.toLocaleString('en-US')} | ${usdOf(longest)} | ${usdOf(minOutputTokens)} | 0 | ${beyond} |`
  })
  return [
    '| model | longest answer, tokens | set aside where the budget carries it, USD | least that a budget pays, USD | beyond the budget, USD a call | with `limits.cap_output: false`, USD a call |',
    '| --- | --- | --- | --- | --- | --- |',
    ...rows,
  ].join('\n')
}
