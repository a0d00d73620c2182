import { readFileSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { gzipSync } from 'node:zlib'
import { formatPriceList } from './prices/price-list.ts'
import { readLitellm } from './prices/read-litellm.ts'
import { renderPriceTable } from './prices/render-price-table.ts'

/**
 * Writes src/metering/prices.generated.ts, from what is installed and in the repository; nothing is fetched.
 *
 *   npm run prices:update [-- --day 2026-11-22]
 *   npm run prices:update -- --litellm model_prices_and_context_window.json --litellm-version 1.109.1
 *
 * The second form first takes over LiteLLM's file, downloaded from https://github.com/BerriAI/litellm.
 */
const { values } = parseArgs({
  options: {
    day: { type: 'string', default: new Date().toISOString().slice(0, 10) },
    litellm: { type: 'string' },
    'litellm-version': { type: 'string', default: 'of an unknown version' },
  },
})

if (values.litellm !== undefined) {
  const list = readLitellm(readFileSync(values.litellm, 'utf8'))
  const head = [
    `# LiteLLM ${values['litellm-version']}, model_prices_and_context_window.json (https://github.com/BerriAI/litellm), MIT, © Berri AI; taken over ${values.day}`,
    '# Written by scripts/update-prices.ts. Corrections belong into by-hand.txt.',
  ]
  writeFileSync(new URL('prices/litellm.txt', import.meta.url), `${[...head, formatPriceList(list)].join('\n')}\n`)
}

const { text, disagreements, counts } = renderPriceTable(values.day)
writeFileSync(new URL('../src/metering/prices.generated.ts', import.meta.url), text)
for (const line of disagreements) console.log(`differs: ${line}`)
console.log(JSON.stringify(counts))
console.log(`${text.length} characters, ${gzipSync(text).length} compressed`)
