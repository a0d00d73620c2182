import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { renderPriceTable } from '../../scripts/update-prices.ts'
import { parseSettings } from '../../src/config/parse-settings.ts'
import { createPriceTable } from '../../src/metering/price-table.ts'
import { priceTable } from '../../src/metering/prices.generated.ts'
import { createProvider } from '../../src/providers/provider-kinds.ts'

const table = createPriceTable(priceTable)
const generated = readFileSync(new URL('../../src/metering/prices.generated.ts', import.meta.url), 'utf8')

test('the table is what the script makes of its sources, and says so with a date', () => {
  const day = /Prices as of (\d{4}-\d{2}-\d{2})/.exec(generated)?.[1] ?? ''
  expect(generated).toBe(renderPriceTable(day).text)
})

test('the table is small enough to travel with a Worker', () => {
  expect(gzipSync(generated).length).toBeLessThan(40_000)
})

test.each([
  'openai',
  'deepinfra',
  'anthropic',
  'google',
  'mistral',
  'groq',
  'xai',
  'deepseek',
  'together',
  'fireworks',
  'openrouter',
])('there are prices for %s, and none is absurd', (source) => {
  const rows = table.list().filter(({ provider }) => provider === source)
  expect(rows.length).toBeGreaterThan(10)
  // $600 a million for o1-pro is the dearest that was ever asked; a slip of a unit would be a thousandfold.
  expect(rows.filter(({ price }) => price.output > 600_000_000 || price.input > 150_000_000)).toEqual([])
  expect(
    rows
      .flatMap(({ price }) => Object.values(price))
      .filter((value) => typeof value === 'number' && !(Number.isSafeInteger(value) && value >= 0)),
  ).toEqual([])
})

/** Source: the pages named, as the companies publish them. USD a million tokens. */
test.each([
  ['openai', 'gpt-4o', 2.5, 10, 'https://platform.openai.com/docs/pricing'],
  ['openai', 'gpt-4o-mini', 0.15, 0.6, 'https://platform.openai.com/docs/pricing'],
  ['openai', 'gpt-4.1', 2, 8, 'https://platform.openai.com/docs/pricing'],
  ['openai', 'text-embedding-3-small', 0.02, 0, 'https://platform.openai.com/docs/pricing'],
  ['anthropic', 'claude-opus-4-1', 15, 75, 'https://docs.anthropic.com/en/docs/about-claude/pricing'],
  ['anthropic', 'claude-3-5-haiku-latest', 0.8, 4, 'https://docs.anthropic.com/en/docs/about-claude/pricing'],
  ['google', 'gemini-2.5-flash', 0.3, 2.5, 'https://ai.google.dev/gemini-api/docs/pricing'],
  ['groq', 'llama-3.3-70b-versatile', 0.59, 0.79, 'https://groq.com/pricing'],
  ['xai', 'grok-4', 3, 15, 'https://docs.x.ai/docs/models'],
  ['openrouter', 'openai/gpt-4o', 2.5, 10, 'https://openrouter.ai/openai/gpt-4o'],
])('%s %s costs what is published', (source, model, input, output) => {
  expect(table.find(source, model)).toMatchObject({ input: input * 1e6, output: output * 1e6 })
})

test('cached, written, spoken, drawn and long input have their own prices', () => {
  expect(table.find('anthropic', 'claude-sonnet-4-6')).toMatchObject({ cachedInput: 300_000, cacheWrite: 3_750_000 })
  expect(table.find('openai', 'gpt-audio')).toMatchObject({ audioInput: 32_000_000, audioOutput: 64_000_000 })
  expect(table.find('openai', 'gpt-image-1')).toMatchObject({
    input: 5_000_000,
    imageInput: 10_000_000,
    output: 40_000_000,
  })
  expect(table.find('google', 'gemini-2.5-pro')).toMatchObject({
    input: 1_250_000,
    tiers: [{ aboveTokens: 200_000, input: 2_500_000, output: 15_000_000, cachedInput: 250_000 }],
  })
})

test('pictures, speech and sound have prices by the piece', () => {
  expect(table.find('openai', 'dall-e-3')?.images).toContainEqual({
    size: '1792x1024',
    quality: 'hd',
    nano: 120_000_000,
  })
  expect(table.find('openai', 'gpt-image-1')?.images).toContainEqual({
    size: '1024x1024',
    quality: 'low',
    nano: 11_000_000,
  })
  expect(table.find('openai', 'tts-1')).toEqual({ input: 0, output: 0, perCharacterPico: 15_000_000 })
  // $0.006 a minute.
  expect(table.find('openai', 'whisper-1')).toMatchObject({ perSecondPico: 100_000_000 })
  expect(table.find('perplexity', 'sonar')).toMatchObject({ perRequestNano: 12_000_000 })
})

test('the hour of the day makes no price lower than what may be asked', () => {
  expect(table.find('deepseek', 'deepseek-v4-pro')).toMatchObject({ input: 1_320_000, output: 3_960_000 })
})

test('R54 of the models that Weir lists itself, only these have no known price', () => {
  const unknownTo = (source: string) => {
    const { providers } = parseSettings({ env: { [`${source.toUpperCase()}_API_KEY`]: 'k' }, platform: 'workers' })
    const models = providers.flatMap((settings) => createProvider(settings).models)
    expect(models.length).toBeGreaterThan(20)
    return models.map(({ id }) => id).filter((model) => table.find(source, model) === undefined)
  }
  expect(unknownTo('openai')).toEqual([])
  expect(unknownTo('deepinfra')).toEqual([
    'deepseek-ai/DeepSeek-V3-0324-Turbo',
    'zai-org/GLM-4.5-Air',
    'Phind/Phind-CodeLlama-34B-v2',
    'openai/whisper-tiny',
  ])
})

test('the most that a model puts out is known for those that are used most', () => {
  expect(table.find('openai', 'gpt-4o')?.maxOutputTokens).toBe(16_384)
  expect(table.find('anthropic', 'claude-sonnet-4-5')?.maxOutputTokens).toBe(64_000)
  expect(table.find('google', 'gemini-2.5-pro')?.maxOutputTokens).toBe(65_536)
})
