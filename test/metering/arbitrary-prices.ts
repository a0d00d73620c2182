import * as fc from 'fast-check'
import type { Usage } from '../../src/core/usage.ts'
import type { ImagePrice, MediaQuantities, Price, ServicePrice, TokenPrices } from '../../src/metering/price.ts'

/** Pico-USD per token; at most $1,000 per million, more than any seller charges. */
const pico = fc.integer({ min: 0, max: 1_000_000_000 })
const nano = fc.integer({ min: 0, max: 1_000_000_000 })
const tokens = fc.integer({ min: 0, max: 2_000_000 })
const size = fc.constantFrom('256x256', '1024x1024', '1024x1792')
const quality = fc.constantFrom('standard', 'hd')

export const tokenPrices: fc.Arbitrary<TokenPrices> = fc.record(
  {
    input: pico,
    output: pico,
    cachedInput: pico,
    cacheWrite: pico,
    longCacheWrite: pico,
    audioInput: pico,
    imageInput: pico,
    reasoning: pico,
    audioOutput: pico,
    imageOutput: pico,
  },
  { requiredKeys: ['input', 'output'] },
)

const tiers = fc
  .uniqueArray(fc.record({ aboveTokens: fc.integer({ min: 1, max: 1_000_000 }), prices: tokenPrices }), {
    maxLength: 3,
    selector: ({ aboveTokens }) => aboveTokens,
  })
  .map((list) =>
    list
      .sort((one, other) => other.aboveTokens - one.aboveTokens)
      .map(({ aboveTokens, prices }) => ({ ...prices, aboveTokens })),
  )

export const serviceTier = fc.constantFrom('fast', 'ultrafast', 'flex', 'batch')

const services: fc.Arbitrary<readonly ServicePrice[]> = fc.uniqueArray(
  fc
    .tuple(serviceTier, tokenPrices, tiers)
    .map(([tier, prices, long]) => ({ ...prices, tier, ...(long.length > 0 && { tiers: long }) })),
  { minLength: 1, maxLength: 3, selector: ({ tier }) => tier },
)

const image: fc.Arbitrary<ImagePrice> = fc.record({ size, quality, nano }, { requiredKeys: ['nano'] })

const others = fc.record(
  {
    tiers: tiers.filter(({ length }) => length > 0),
    services,
    perRequestNano: nano,
    perWebSearchNano: nano,
    perWebSearchPreviewNano: nano,
    perFileSearchNano: nano,
    perImageNano: nano,
    images: fc.array(image, { minLength: 1, maxLength: 4 }),
    perSecondPico: pico,
    perCharacterPico: pico,
    maxOutputTokens: fc.integer({ min: 1, max: 1_000_000 }),
  },
  { requiredKeys: [] },
)

export const price: fc.Arbitrary<Price> = fc.tuple(tokenPrices, others).map(([some, rest]) => ({ ...some, ...rest }))

/** Includes details that exceed their totals. */
export const usage: fc.Arbitrary<Usage> = fc.record(
  {
    inputTokens: tokens,
    outputTokens: tokens,
    cachedInputTokens: tokens,
    cacheWriteTokens: tokens,
    longCacheWriteTokens: tokens,
    audioInputTokens: tokens,
    imageInputTokens: tokens,
    reasoningTokens: tokens,
    audioOutputTokens: tokens,
    imageOutputTokens: tokens,
    seconds: fc.double({ min: 0, max: 100_000, noNaN: true }),
    webSearches: fc.nat(20),
    webSearchPreviews: fc.nat(20),
    fileSearches: fc.nat(20),
    serviceTier,
    region: fc.constant('us'),
  },
  { requiredKeys: ['inputTokens', 'outputTokens'] },
)

export const media: fc.Arbitrary<MediaQuantities> = fc.record(
  {
    images: fc.integer({ min: 0, max: 20 }),
    imageSize: size,
    imageQuality: quality,
    characters: fc.integer({ min: 0, max: 10_000 }),
  },
  { requiredKeys: [] },
)
