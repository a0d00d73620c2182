import { expect, test } from 'vitest'
import { parseSettings } from '../../src/config/parse-settings.ts'
import { createPriceBook } from '../../src/metering/price-book.ts'
import { toPricedProviders } from '../../src/providers/provider-kinds.ts'

const openai = { id: 'openai', priceSource: 'openai', baseUrl: 'https://api.openai.com/v1' }
const azure = { id: 'azure', priceSource: 'openai', baseUrl: 'https://mine.openai.azure.com' }
const demo = { id: 'demo', priceSource: 'free', baseUrl: '' }
const local = { id: 'groq', priceSource: undefined, baseUrl: 'http://127.0.0.1:11434/v1' }
const router = { id: 'router', priceSource: undefined, baseUrl: 'https://openrouter.ai/api/v1' }

const google = {
  id: 'google',
  priceSource: undefined,
  baseUrl: 'https://generativelanguage.googleapis.com/v1beta/openai',
}

const clock = { now: () => Date.parse('2026-11-29T12:00:00Z') }
const providers = [openai, azure, demo, local, router, google]
const book = createPriceBook(providers, {}, clock)

test('finds a model by its name', () => {
  expect(book.find('openai', 'gpt-4o')).toMatchObject({ input: 2_500_000, output: 10_000_000, cachedInput: 1_250_000 })
})

test('prices a listed snapshot by its own price, and another one by that of its model', () => {
  expect(book.find('openai', 'gpt-4o-2024-05-13')).toMatchObject({ input: 5_000_000, output: 15_000_000 })
  expect(book.find('openai', 'gpt-4o-2031-02-28')).toEqual(book.find('openai', 'gpt-4o'))
})

test.each([
  'gpt-4o-mini-x',
  'gpt-4o-x',
  'gpt-4o-2024',
  'gpt-4o-2024-99-99',
  'gpt-4o-2024-08-06-mini',
  'xgpt-4o',
  'GPT-4O',
  'gpt-4o ',
  'openai/gpt-4o',
  'ft:gpt-9:me::1',
  'ft:',
  '__proto__',
  'constructor',
  '',
  '@openai',
  '|',
  'gpt-4o|i0 o0',
])('R54 gives an unlisted name such as %j no price of a similar one', (name) => {
  expect(book.find('openai', name)).toBeUndefined()
})

test('R54 an unknown model is unknown on every lookup', () => {
  expect(book.find('openai', 'gpt-unknown')).toBeUndefined()
  expect(book.find('openai', 'gpt-unknown')).toBeUndefined()
  expect(book.find('unknown', 'gpt-4o')).toBeUndefined()
})

test('R54 more names than the cache holds change no price', () => {
  const other = createPriceBook(providers, {}, clock)
  const before = other.find('openai', 'gpt-4o')
  for (let count = 0; count < 5_000; count++)
    expect(other.find('openai', `gpt-${count}-${'x'.repeat(count % 400)}`)).toBeUndefined()
  expect(other.find('openai', 'gpt-4o')).toEqual(before)
})

test('prices a fine-tuned model by its own price, never by that of its base model', () => {
  expect(book.find('openai', 'ft:gpt-4o-2024-08-06:acme:support:abc123')).toMatchObject({ input: 3_750_000 })
})

test('prices an Azure deployment by the OpenAI model of the same name, and leaves others unpriced', () => {
  expect(book.find('azure', 'gpt-4o-mini')).toMatchObject({ input: 150_000, output: 600_000 })
  expect(book.find('azure', 'gpt-35-turbo')).toMatchObject({ input: 500_000, output: 1_500_000 })
  expect(book.find('azure', 'support-bot')).toBeUndefined()
})

test('case C11: prices a deployment by its model, unless the operator sets a price', () => {
  const settings = { ...azure, toPricedModel: (name: string) => (name === 'prod-4o' ? 'gpt-4o' : name) }
  const priced = createPriceBook([settings], { 'azure/prod-4o-mini': { input: 7 } }, clock)
  expect(priced.find('azure', 'prod-4o')).toEqual(book.find('openai', 'gpt-4o'))
  expect(priced.find('azure', 'prod-4o-mini')).toMatchObject({ input: 7_000_000 })
  const own = createPriceBook([settings], { 'azure/gpt-4o': { input: 9 }, 'azure/*': { input: 8 } }, clock)
  expect(own.find('azure', 'prod-4o')).toMatchObject({ input: 9_000_000 })
  expect(own.find('azure', 'other')).toMatchObject({ input: 8_000_000 })
})

test('case C10: OpenAI’s and Anthropic’s models have prices for service tiers, searches and long cache entries', () => {
  const gpt = book.find('openai', 'gpt-4o')
  expect(gpt?.services?.find(({ tier }) => tier === 'flex')).toMatchObject({ input: 1_250_000, output: 5_000_000 })
  expect(gpt).toMatchObject({ perWebSearchNano: 10_000_000, perFileSearchNano: 2_500_000 })
  const claude = createPriceBook(
    [{ id: 'a', priceSource: undefined, baseUrl: 'https://api.anthropic.com/v1' }],
    {},
    clock,
  )
  const opus = claude.find('a', 'claude-opus-4-1')
  expect(opus).toMatchObject({ input: 15_000_000, longCacheWrite: 30_000_000, regionFactor: 1.1 })
  expect(opus?.services?.find(({ tier }) => tier === 'batch')).toMatchObject({
    input: 7_500_000,
    longCacheWrite: 15_000_000,
  })
  expect(
    createPriceBook(providers, { 'openai/gpt-4o': { input: 1 } }, clock).find('openai', 'gpt-4o')?.services,
  ).toBeUndefined()
})

// Source: https://developers.openai.com/api/docs/pricing, read 2026-11-29: $25 per thousand with models without
// reasoning, else $10.
test.each([
  ['gpt-4.1', 25_000_000],
  ['gpt-4.1-mini-2025-04-14', 25_000_000],
  ['gpt-4o', 25_000_000],
  ['gpt-4o-mini', 25_000_000],
  ['gpt-5', undefined],
  ['o4-mini', undefined],
  ['gpt-6.1-sol', undefined],
])('case C10: a search with `web_search_preview` and %s has its own price of %s nano-USD', (model, nano) => {
  expect(book.find('openai', model)).toMatchObject({ perWebSearchNano: 10_000_000 })
  expect(book.find('openai', model)?.perWebSearchPreviewNano).toBe(nano)
})

test('case C10: a multiplier applies to all prices of the table for a provider, except searches', () => {
  const mine = { ...openai, priceMultiplier: 1.1 }
  const { find } = createPriceBook([mine, azure], { 'openai/gpt-4o': { input: 1, output: 2 } }, clock)
  const plain = book.find('openai', 'gpt-4.1')
  const dear = find('openai', 'gpt-4.1')
  expect(dear).toMatchObject({ input: 2_200_000, output: 8_800_000, cachedInput: 550_000 })
  expect(dear).toMatchObject({ perWebSearchNano: 10_000_000, perWebSearchPreviewNano: 25_000_000 })
  expect(dear?.maxOutputTokens).toBe(plain?.maxOutputTokens)
  expect(dear?.services?.find(({ tier }) => tier === 'fast')).toMatchObject({ input: 3_850_000, output: 15_400_000 })
  expect(find('openai', 'gpt-5.4')?.tiers).toMatchObject([{ aboveTokens: 272_000, input: 5_500_000 }])
  expect(find('openai', 'dall-e-3')?.images?.[0]?.nano).toBe(44_000_000)
  expect(find('openai', 'whisper-1')?.perSecondPico).toBe(
    Math.round((book.find('openai', 'whisper-1')?.perSecondPico ?? 0) * 1.1),
  )
  expect(find('openai', 'tts-1')?.perCharacterPico).toBe(16_500_000)
  // The operator's prices and other providers are unchanged.
  expect(find('openai', 'gpt-4o')).toEqual({ input: 1_000_000, output: 2_000_000 })
  expect(find('azure', 'gpt-4.1')).toEqual(plain)
})

test('case C10: a multiplier applies to prices per request by search context', () => {
  const perplexity = { id: 'p', priceSource: undefined, baseUrl: 'https://api.perplexity.ai', priceMultiplier: 0.5 }
  const price = createPriceBook([perplexity], {}, clock).find('p', 'sonar-pro')
  expect(price).toMatchObject({ input: 1_500_000, perRequestNano: 7_000_000 })
  expect(price?.perRequestNanoByContext).toEqual({ low: 3_000_000, medium: 5_000_000, high: 7_000_000 })
})

test('prices the demo provider as free', () => {
  expect(book.find('demo', 'any-model')).toEqual({ input: 0, output: 0 })
})

test('R54 an operator’s own server has no prices, whatever its name', () => {
  expect(book.find('groq', 'openai/gpt-oss-120b')).toBeUndefined()
})

test.each([
  ['https://api.groq.com/openai/v1', 'openai/gpt-oss-120b'],
  ['https://api.mistral.ai/v1', 'mistral-large-latest'],
  ['https://api.x.ai/v1', 'grok-4'],
  ['https://api.deepseek.com', 'deepseek-chat'],
  ['https://api.together.xyz/v1', 'meta-llama/Llama-3.3-70B-Instruct-Turbo'],
  ['https://api.fireworks.ai/inference/v1', 'accounts/fireworks/models/deepseek-v4-pro'],
  ['https://openrouter.ai/api/v1', 'anthropic/claude-sonnet-4.5'],
  ['https://api.anthropic.com/v1', 'claude-sonnet-4-5-20250929'],
  ['https://generativelanguage.googleapis.com/v1beta/openai', 'models/gemini-2.5-flash'],
  ['https://api.deepinfra.com/v1/openai', 'deepseek-ai/DeepSeek-V3.1'],
  ['https://API.OpenAI.com/v1', 'gpt-4o'],
  ['https://api.moonshot.cn/v1', 'kimi-k3'],
  ['https://open.bigmodel.cn/api/paas/v4', 'glm-5.3'],
  ['https://dashscope.aliyuncs.com/compatible-mode/v1', 'qwen3.8-max'],
  ['https://dashscope-intl.aliyuncs.com/compatible-mode/v1', 'qwen3-max'],
  ['https://api.siliconflow.cn/v1', 'deepseek-ai/DeepSeek-V3.2'],
  ['https://ark.cn-beijing.volces.com/api/v3', 'doubao-seed-2-1-pro-260915'],
  ['https://api.minimaxi.com/v1', 'MiniMax-M3'],
])('case C13: a server at %s has the prices of its vendor', (baseUrl, model) => {
  const any = createPriceBook([{ id: 'any', priceSource: undefined, baseUrl }], {}, clock)
  expect(any.find('any', model)?.input).toBeGreaterThan(0)
})

test('R54 OpenRouter’s free models are free by name, and its other variants are unknown', () => {
  expect(book.find('router', 'google/gemma-3-27b-it:free')).toEqual({ input: 0, output: 0 })
  expect(book.find('router', 'openai/gpt-4o:nitro')).toBeUndefined()
})

test('the configuration overrides the table: by name, by the model of a snapshot, and with a wildcard', () => {
  const prices = {
    'openai/gpt-4o': { input: 1, output: 2 },
    'openai/gpt-4o-2024-05-13': { input: 3 },
    'groq/*': {},
    'router/openai/gpt-4o': { per_request: 0.01 },
  }
  const own = createPriceBook(providers, prices, clock)
  expect(own.find('openai', 'gpt-4o')).toEqual({ input: 1_000_000, output: 2_000_000 })
  expect(own.find('openai', 'gpt-4o-2024-08-06')).toEqual({ input: 1_000_000, output: 2_000_000 })
  expect(own.find('openai', 'gpt-4o-2024-05-13')).toEqual({ input: 3_000_000, output: 0 })
  expect(own.find('openai', 'gpt-4o-mini')).toEqual(book.find('openai', 'gpt-4o-mini'))
  expect(own.find('groq', 'whatever')).toEqual({ input: 0, output: 0 })
  expect(own.find('router', 'openai/gpt-4o')).toEqual({ input: 0, output: 0, perRequestNano: 10_000_000 })
})

// Source: https://ai.google.dev/gemini-api/docs/pricing, as in genai-prices 0.2.3: introductory rates end with 2026.
test.each(['gemini-3.6-flash', 'gemini-3.7-flash', 'gemini-3.8-flash'])(
  'case C12: %s costs twice as much from the first moment of 2027, even if its price was cached',
  (model) => {
    let now = Date.parse('2026-12-31T23:59:59.999Z')
    const dated = createPriceBook(providers, {}, { now: () => now })
    expect(dated.find('google', model)).toMatchObject({ input: 750_000, output: 3_750_000, cachedInput: 75_000 })
    expect(dated.find('google', model)).toBe(dated.find('google', model))
    now += 1
    expect(dated.find('google', model)).toMatchObject({ input: 1_500_000, output: 7_500_000, maxOutputTokens: 65_536 })
    expect(dated.list().find((listed) => listed.model === model && listed.provider === 'google')?.price.input).toBe(
      1_500_000,
    )
  },
)

test('case C12: a cached price without an announced change does not read the clock', () => {
  let reads = 0
  const counting = createPriceBook(providers, {}, { now: () => ++reads })
  counting.find('openai', 'gpt-4o')
  const before = reads
  counting.find('openai', 'gpt-4o')
  expect(reads).toBe(before)
})

test('lists the prices of the configuration and the table', () => {
  const own = createPriceBook(providers, { 'mine/org/model': { input: 1 } }, clock)
  expect(own.list()[0]).toEqual({
    provider: 'mine',
    model: 'org/model',
    price: { input: 1_000_000, output: 0 },
    from: 'config',
  })
  expect(own.list().length).toBeGreaterThan(2_000)
})

test.each([
  ['ollama', 'http://127.0.0.1:11434/v1', { input: 0, output: 0 }],
  ['vllm', 'http://gpu.example:8000/v1', { input: 0, output: 0 }],
  ['ollama', 'https://ollama.com/v1', undefined],
])('a provider of kind %s at %s, which the operator runs or Ollama sells, costs %j', (kind, base_url, price) => {
  const config = { providers: { mine: { kind, base_url } } }
  const { providers: settings } = parseSettings({ env: {}, config, platform: 'workers' })
  expect(createPriceBook(toPricedProviders(settings), {}, clock).find('mine', 'qwen3:8b')).toEqual(price)
  const own = createPriceBook(toPricedProviders(settings), { 'mine/*': { input: 1, output: 2 } }, clock)
  expect(own.find('mine', 'qwen3:8b')).toMatchObject({ input: expect.any(Number) })
  expect(own.find('mine', 'qwen3:8b')).not.toEqual({ input: 0, output: 0 })
})
