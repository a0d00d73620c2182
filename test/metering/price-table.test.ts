import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { type Layer, mergePrices } from '../../scripts/prices/merge-prices.ts'
import { formatPriceList, parsePriceList } from '../../scripts/prices/price-list.ts'
import { renderDisagreements } from '../../scripts/prices/render-disagreements.ts'
import { describeSources, readLock, renderPriceTable, sha256 } from '../../scripts/update-prices.ts'
import { parseSettings } from '../../src/config/parse-settings.ts'
import { findFacts } from '../../src/metering/model-facts.ts'
import { createPriceTable } from '../../src/metering/price-table.ts'
import { priceTable } from '../../src/metering/prices.generated.ts'
import type { ProviderKind } from '../../src/providers/provider-kind.ts'
import { createProvider, providerKinds } from '../../src/providers/provider-kinds.ts'

const table = createPriceTable(priceTable)
const generated = readFileSync(new URL('../../src/metering/prices.generated.ts', import.meta.url), 'utf8')

test('the table is the script’s output for its sources, with a date', () => {
  const day = /Prices as of (\d{4}-\d{2}-\d{2})/.exec(generated)?.[1] ?? ''
  expect(generated).toBe(renderPriceTable(day).text)
})

test('case C12: the generator keeps announced prices, prefers the newer source, and lists the differences', () => {
  const before = renderPriceTable('2026-12-31')
  expect(before.text).toContain('@2027-01-01 i1.5 o7.5 c0.15')
  expect(renderPriceTable('2027-01-01').text).not.toContain('@2027-01-01')
  expect(before.disagreements).toContainEqual({
    source: 'openai',
    models: ['gpt-4o-transcribe', 'gpt-4o-transcribe-diarize'],
    taken: 'LiteLLM',
    other: 'genai-prices',
    rates: [['audioInput', 2.5, 6]],
    why: '2026-11-20 is newer than 2026-11-10',
  })
  expect(
    before.disagreements.find(({ models }) => models.includes('meta-llama/Llama-3.3-70B-Instruct-Turbo')),
  ).toMatchObject({
    taken: 'by hand',
    rates: [
      ['input', 1.04, 0.88],
      ['output', 1.04, 0.88],
    ],
    why: 'https://api.together.ai/v1/models · 2026-11-22',
  })
})

test('case C12: of two data sets the newer wins, whichever is dearer, and both are listed', () => {
  const layer = (name: string, rows: string): Layer => ({
    name,
    list: parsePriceList(rows),
    why: () => `${name} is newer`,
  })
  const newer = layer('newer', '@a\nm n|i1 o2 yflex*0.5\nx|i9 o9')
  const { list, disagreements } = mergePrices(
    [newer, layer('older', '@a\nm n|i3 o2 c0.3 e0.01\nx|i1 o9')],
    '2026-11-29',
  )
  expect(list.get('a')?.get('m')?.price).toMatchObject({ input: 1_000_000, perWebSearchNano: 10_000_000 })
  expect(list.get('a')?.get('m')?.price.cachedInput).toBeUndefined()
  expect(disagreements.map(({ models, rates, why }) => [models, rates, why])).toEqual([
    [['m', 'n'], [['input', 1, 3]], 'newer is newer'],
    [['x'], [['input', 9, 1]], 'newer is newer'],
  ])
})

test('case C12: the lock has the hashes of the data sets, and the list of disagreements is the generator’s', () => {
  const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')
  const { day, sources } = readLock()
  for (const [name, { extract_sha256, wheel_sha256 }] of Object.entries(sources)) {
    expect(sha256(read(`scripts/prices/${name}.txt`))).toBe(extract_sha256)
    expect(wheel_sha256).toMatch(/^[\da-f]{64}$/)
  }
  expect(read('docs/price-disagreements.md')).toBe(
    renderDisagreements(renderPriceTable(day).disagreements, describeSources()),
  )
})

test('case C12: a row may have several prices, each from its day on', () => {
  const dated = createPriceTable('@a\nm n|i1 o2 @2027-01-01 i3 o4 m9 @2027-06-01 i5 o6')
  const input = (day?: string) => dated.find('a', 'm', day)?.input
  expect([input(), input('2026-12-31'), input('2027-01-01'), input('2027-05-31'), input('2028-01-01')]).toEqual([
    1_000_000, 1_000_000, 3_000_000, 3_000_000, 5_000_000,
  ])
  expect(dated.find('a', 'n', '2027-01-01')).toEqual({ input: 3_000_000, output: 4_000_000, maxOutputTokens: 9 })
  expect([dated.changes('a', 'm'), dated.changes('a', 'x'), dated.changes('b', 'm')]).toEqual([true, false, false])
})

test('case C13: the price list of every provider kind is in the table', () => {
  const kinds: readonly ProviderKind[] = providerKinds
  const unknown = kinds.filter(
    ({ priceSource }) => priceSource !== undefined && priceSource !== 'free' && !table.has(priceSource),
  )
  expect(unknown.map(({ kind }) => kind)).toEqual([])
})

test('case C13: every row has a price, except models that are free by name', () => {
  const unpriced = table
    .list()
    .filter(({ price }) => Object.entries(price).every(([name, rate]) => name === 'maxOutputTokens' || rate === 0))
  expect(unpriced.filter(({ model }) => !/:free$|moderation/.test(model))).toEqual([])
})

/** Source: https://developers.openai.com/api/docs/pricing, as in LiteLLM 1.110.2. USD per million tokens. */
test.each([
  ['openai', 'gpt-6.1-terra', 1, 5],
  ['openai', 'gpt-6-luna', 0.1, 0.5],
  ['moonshot', 'kimi-k3', 3, 15],
  ['minimax', 'MiniMax-M3', 0.3, 1.2],
])('case C13: %s %s of 2026 has its price', (source, model, input, output) => {
  expect(table.find(source, model)).toMatchObject({ input: input * 1e6, output: output * 1e6 })
})

test('case C13: images of gpt-image-2.6 have their own rates', () => {
  for (const model of ['gpt-image-2.6-sunburst', 'gpt-image-2.6-flare'])
    expect(table.find('openai', model)).toMatchObject({ imageInput: 8_000_000, imageOutput: 30_000_000 })
})

test('case C13: longer prompts of Qwen have the prices of their range', () => {
  expect(table.find('dashscope', 'qwen3-max')).toMatchObject({
    input: 1_200_000,
    tiers: [
      { aboveTokens: 128_000, input: 3_000_000, output: 15_000_000 },
      { aboveTokens: 32_000, input: 2_400_000, output: 12_000_000 },
    ],
  })
})

/** Source: the pages that the rows of the data sets name; USD per million tokens. */
test('case C10: prices of service tiers, long prompts, long cache entries and searches match the data sets', () => {
  const terra = table.find('openai', 'gpt-6.1-terra')
  expect(terra).toMatchObject({ longCacheWrite: 2_500_000, perWebSearchNano: 10_000_000, perFileSearchNano: 2_500_000 })
  expect(terra?.services?.find(({ tier }) => tier === 'fast')).toEqual({
    tier: 'fast',
    ...{ input: 2_000_000, output: 10_000_000, cachedInput: 100_000, cacheWrite: 2_500_000, longCacheWrite: 5_000_000 },
    tiers: [
      {
        aboveTokens: 272_000,
        ...{ input: 4_000_000, output: 15_000_000, cachedInput: 200_000, cacheWrite: 5_000_000 },
        longCacheWrite: 10_000_000,
      },
    ],
  })
  expect(table.find('openai', 'gpt-4.1')?.services?.find(({ tier }) => tier === 'fast')).toMatchObject({
    input: 3_500_000,
  })
  expect(table.find('anthropic', 'claude-haiku-5-5')).toMatchObject({
    longCacheWrite: 200_000,
    tiers: [{ aboveTokens: 100_000, input: 500_000, longCacheWrite: 1_000_000 }],
  })
  expect(table.find('anthropic', 'claude-opus-5-5')?.services?.find(({ tier }) => tier === 'fast')).toMatchObject({
    ...{ input: 8_000_000, output: 40_000_000, longCacheWrite: 16_000_000 },
  })
  expect(table.find('google', 'gemini-2.5-pro')).toMatchObject({ perWebSearchNano: 35_000_000 })
  expect(table.find('fireworks', 'accounts/fireworks/models/kimi-k3')?.services).toMatchObject([
    { tier: 'fast', input: 3_750_000, output: 18_750_000 },
  ])
  expect(table.find('perplexity', 'sonar-pro')).toMatchObject({
    perRequestNano: 14_000_000,
    perRequestNanoByContext: { low: 6_000_000, medium: 10_000_000, high: 14_000_000 },
  })
})

test('case C12: the introductory price of a tier ends on its day', () => {
  const ultrafast = (day: string) =>
    table.find('openai', 'gpt-6.2-sol', day)?.services?.find(({ tier }) => tier === 'ultrafast')?.input
  expect([ultrafast('2027-02-28'), ultrafast('2027-03-01')]).toEqual([6_000_000, 12_000_000])
})

test('a parsed table formats to the same text', () => {
  const list = parsePriceList(generated.slice(generated.indexOf('@openai'), generated.lastIndexOf('`')))
  expect(generated).toContain(formatPriceList(list))
})

test('current models have their context window, maximum output, modalities and shutdown date', () => {
  expect(findFacts('openai', 'gpt-6.1-terra')).toEqual({
    ...{ contextTokens: 1_050_000, maxOutputTokens: 128_000, input: ['text', 'image', 'file'], output: ['text'] },
  })
  expect(findFacts('google', 'gemini-2.5-pro')).toMatchObject({ shutdownDate: '2026-12-01' })
  expect(findFacts('openrouter', 'anthropic/claude-opus-5.5')).toMatchObject({ contextTokens: 1_000_000 })
})

test('the table is small enough for a Worker’s bundle', () => {
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
])('has prices for %s, all plausible', (source) => {
  const rows = table.list().filter(({ provider }) => provider === source)
  expect(rows.length).toBeGreaterThan(10)
  // $600 per million for o1-pro is the highest price ever; a wrong unit would be off by a factor of a thousand.
  expect(rows.filter(({ price }) => price.output > 600_000_000 || price.input > 150_000_000)).toEqual([])
  expect(
    rows
      .flatMap(({ price }) => Object.values(price))
      .filter((value) => typeof value === 'number' && !(Number.isSafeInteger(value) && value >= 0)),
  ).toEqual([])
})

/** Source: the named pages of the companies. USD per million tokens. */
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
])('%s %s has the published price', (source, model, input, output) => {
  expect(table.find(source, model)).toMatchObject({ input: input * 1e6, output: output * 1e6 })
})

test('cached, cache-write, audio, image and long input have their own prices', () => {
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

test('images, speech and audio have prices per unit', () => {
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
  // $0.006 per minute.
  expect(table.find('openai', 'whisper-1')).toMatchObject({ perSecondPico: 100_000_000 })
  expect(table.find('perplexity', 'sonar')).toMatchObject({ perRequestNano: 12_000_000 })
})

test('a price that depends on the time of day is the highest one', () => {
  expect(table.find('deepseek', 'deepseek-v4-pro')).toMatchObject({ input: 1_320_000, output: 3_960_000 })
})

test('R54 of the models that Weir lists, only these have no known price', () => {
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

test('the maximum output of common models is known', () => {
  expect(table.find('openai', 'gpt-4o')?.maxOutputTokens).toBe(16_384)
  expect(table.find('anthropic', 'claude-sonnet-4-5')?.maxOutputTokens).toBe(64_000)
  expect(table.find('google', 'gemini-2.5-pro')?.maxOutputTokens).toBe(65_536)
})
