import type { ServiceTier } from '../../src/core/usage.ts'
import { formatFacts, type Modality, type ModelFacts } from '../../src/metering/model-facts.ts'
import type { Price, PriceTier, ServicePrice, TokenPrices } from '../../src/metering/price.ts'
import { scaleRates } from '../../src/metering/scale-rates.ts'
import type { DatedPrice, PriceList } from './price-list.ts'

type Row = Readonly<Record<string, unknown>>

/** LiteLLM's provider, Weir's price source, and the prefix that LiteLLM may put before a model's name. */
const providers: readonly (readonly [provider: string, source: string, prefix: string])[] = [
  ['openai', 'openai', 'openai/'],
  ['deepinfra', 'deepinfra', 'deepinfra/'],
  ['anthropic', 'anthropic', 'anthropic/'],
  ['gemini', 'google', 'gemini/'],
  ['mistral', 'mistral', 'mistral/'],
  ['groq', 'groq', 'groq/'],
  ['xai', 'xai', 'xai/'],
  ['deepseek', 'deepseek', 'deepseek/'],
  ['together_ai', 'together', 'together_ai/'],
  ['fireworks_ai', 'fireworks', 'fireworks_ai/'],
  ['perplexity', 'perplexity', 'perplexity/'],
  ['cerebras', 'cerebras', 'cerebras/'],
  ['cohere', 'cohere', 'cohere/'],
  ['cohere_chat', 'cohere', ''],
  ['novita', 'novita', 'novita/'],
  ['moonshot', 'moonshot', 'moonshot/'],
  ['zai', 'zai', 'zai/'],
  ['bigmodel', 'bigmodel', 'bigmodel/'],
  ['minimax', 'minimax', 'minimax/'],
  ['dashscope', 'dashscope', 'dashscope/'],
  ['volcengine', 'volcengine', 'volcengine/'],
]

/** LiteLLM's names of the token prices, in USD per token. */
const tokenKeys: Readonly<Partial<Record<keyof TokenPrices, string>>> = {
  input: 'input_cost_per_token',
  output: 'output_cost_per_token',
  cachedInput: 'cache_read_input_token_cost',
  cacheWrite: 'cache_creation_input_token_cost',
  longCacheWrite: 'cache_creation_input_token_cost_above_1hr',
  audioInput: 'input_cost_per_audio_token',
  imageInput: 'input_cost_per_image_token',
  reasoning: 'output_cost_per_reasoning_token',
  audioOutput: 'output_cost_per_audio_token',
  imageOutput: 'output_cost_per_image_token',
}

/** OpenAI's longer-lived cache entries last twelve hours. */
const otherTokenKeys: Readonly<Partial<Record<keyof TokenPrices, string>>> = {
  longCacheWrite: 'cache_creation_input_token_cost_above_12hr',
}

/** The suffixes of LiteLLM's names for the prices of a service tier. */
const serviceSuffixes: Readonly<Record<ServiceTier, string>> = {
  fast: '_priority',
  ultrafast: '_ultrafast',
  flex: '_flex',
  batch: '_batches',
}

const modes = new Set([
  'chat',
  'completion',
  'responses',
  'embedding',
  'moderation',
  'image_generation',
  'image_edit',
  'audio_transcription',
  'audio_speech',
])

type Writable<T> = { -readonly [name in keyof T]: T[name] }

/**
 * Reads LiteLLM's `model_prices_and_context_window.json`: the providers above, and models whose cost Weir can
 * calculate.
 */
export function readLitellm(json: string): PriceList {
  const rows = Object.entries(JSON.parse(json) as Readonly<Record<string, Row>>)
  const list = new Map<string, ReadonlyMap<string, DatedPrice>>()
  for (const [provider, source, prefix] of providers) {
    const own = rows.filter(([, row]) => row.litellm_provider === provider && modes.has(String(row.mode)))
    list.set(source, new Map([...(list.get(source) ?? []), ...readModels(own, prefix)]))
  }
  return list
}

function readModels(rows: readonly (readonly [string, Row])[], prefix: string): ReadonlyMap<string, DatedPrice> {
  const pictures = Map.groupBy(rows.flatMap(toPicture), ({ model }) => model)
  const prices = new Map<string, DatedPrice>()
  for (const [key, row] of rows) {
    const name = key.startsWith(prefix) ? key.slice(prefix.length) : key
    // These keys are price classes, not models, such as `together-ai-up-to-4b`.
    const isClass = /^(together-ai|fireworks-ai)-/.test(key)
    const isPicture = /\d+-x-\d+\//.test(key)
    if (isClass || isPicture || name.includes(' ') || prices.has(name)) continue
    const price = toPrice(row, pictures.get(name) ?? [])
    if (price !== undefined) prices.set(name, { price, later: [], facts: formatFacts(toFacts(row)) })
  }
  return prices
}

interface Picture {
  readonly model: string
  readonly size: string
  readonly quality: string
  readonly nano: number
}

/** Reads a row for one image of a quality and size, such as `high/1024-x-1024/gpt-image-1`. */
function toPicture([key, row]: readonly [string, Row]): readonly Picture[] {
  const [, quality, width, height, model] = /^(low|medium|high|hd)\/(\d+)-x-(\d+)\/([^/]+)$/.exec(key) ?? []
  const nano = scale(row.input_cost_per_image ?? row.output_cost_per_image, 1e9)
  if (quality === undefined || model === undefined || nano === undefined) return []
  return [{ model, size: `${width}x${height}`, quality, nano }]
}

function toPrice(row: Row, pictures: readonly Picture[]): Price | undefined {
  const first: unknown = Array.isArray(row.tiered_pricing) ? row.tiered_pricing[0] : undefined
  const tokens = toTokens(isRow(first) ? first : row, '')
  const perSecondPico = scaleStated(row.input_cost_per_second, 1e12)
  const perCharacterPico = scaleStated(row.input_cost_per_character, 1e12)
  // A model that is priced by tokens, or by size and quality, has no flat price per image.
  const hasFlatPicture = tokens === undefined && pictures.length === 0
  const perImageNano = hasFlatPicture
    ? scaleStated(row.output_cost_per_image ?? row.input_cost_per_image, 1e9)
    : undefined
  const isFree = row.mode === 'moderation' && row.input_cost_per_token === 0
  const isPriced = [tokens, perSecondPico, perCharacterPico, perImageNano].some((value) => value !== undefined)
  if (!isPriced && !isFree) return undefined

  const price: Writable<Price> = { ...(tokens ?? { input: 0, output: 0 }), ...toSearches(row) }
  if (perImageNano !== undefined) price.perImageNano = perImageNano
  const isSoundInChat = row.mode === 'chat' && tokens !== undefined
  if (perSecondPico !== undefined) price[isSoundInChat ? 'perSoundSecondPico' : 'perSecondPico'] = perSecondPico
  if (perCharacterPico !== undefined) price.perCharacterPico = perCharacterPico
  if (pictures.length > 0) {
    // Highest price first: the first match counts for a request that leaves size or quality to the model.
    const descending = [...pictures].sort((one, other) => other.nano - one.nano)
    price.images = descending.map(({ size, quality, nano }) => ({ size, quality, nano }))
  }
  if (typeof row.max_output_tokens === 'number' && row.max_output_tokens > 0) {
    price.maxOutputTokens = row.max_output_tokens
  }
  const tiers = toTiers(row, '')
  if (tiers.length > 0) price.tiers = tiers
  const services = tokens === undefined ? [] : toServices(row, tokens)
  if (services.length > 0) price.services = services
  return price
}

/** Reads search prices. Each Perplexity request is a search; its price depends on the size of its search context. */
function toSearches({ litellm_provider: provider, search_context_cost_per_query: costs }: Row): Partial<Price> {
  if (!isRow(costs)) return {}
  const [low, medium, high] = ['low', 'medium', 'high'].map((size) => scale(costs[`search_context_size_${size}`], 1e9))
  if (low === undefined || medium === undefined || high === undefined) return {}
  if (provider === 'perplexity') {
    return { perRequestNano: Math.max(low, medium, high), perRequestNanoByContext: { low, medium, high } }
  }
  return { perWebSearchNano: Math.max(low, medium, high) }
}

function toServices(row: Row, plain: TokenPrices): readonly ServicePrice[] {
  const special: unknown = row.provider_specific_entry
  return (Object.entries(serviceSuffixes) as [ServiceTier, string][]).flatMap(([tier, suffix]) => {
    const tokens = toTokens(row, suffix)
    const factor = tier === 'fast' && isRow(special) && typeof special.fast === 'number' ? special.fast : undefined
    if (tokens === undefined) return factor === undefined ? [] : [{ tier, ...scaleRates(plain, factor) }]
    const tiers = toTiers(row, suffix)
    // A missing part may not exist, as the output of speech; chats have both prices.
    return [{ tier, ...tokens, ...(tiers.length > 0 && { tiers }) }]
  })
}

function toTiers(row: Row, suffix: string): readonly PriceTier[] {
  if (Array.isArray(row.tiered_pricing)) return toRanges(row.tiered_pricing)
  const starts = Object.keys(row).flatMap((key) => {
    const [, thousands, end] = /^input_cost_per_token_above_(\d+)k_tokens(\w*)$/.exec(key) ?? []
    return thousands === undefined || end !== suffix ? [] : [Number(thousands)]
  })
  return starts
    .sort((one, other) => other - one)
    .flatMap((thousands) => {
      const tokens = toTokens(row, `_above_${thousands}k_tokens${suffix}`, suffix)
      return tokens === undefined ? [] : [{ ...tokens, aboveTokens: thousands * 1_000 }]
    })
}

/** Reads LiteLLM's other format of tiers: each with the input tokens from which it applies. */
function toRanges(ranges: readonly Row[]): readonly PriceTier[] {
  return ranges
    .flatMap((each) => {
      const start = Array.isArray(each.range) ? Number(each.range[0]) : 0
      const tokens = start > 0 ? toTokens(each, '') : undefined
      return tokens === undefined ? [] : [{ ...tokens, aboveTokens: start }]
    })
    .sort((one, other) => other.aboveTokens - one.aboveTokens)
}

/** Returns undefined if no price is known. LiteLLM writes 0 for unknown prices as well as for free ones. */
function toTokens(row: Row, suffix: string, fallback = suffix): TokenPrices | undefined {
  const tokens: Writable<Partial<TokenPrices>> = {}
  for (const keys of [otherTokenKeys, tokenKeys]) {
    for (const [name, key] of Object.entries(keys) as [keyof TokenPrices, string][]) {
      const pico = scale(row[`${key}${suffix}`] ?? row[`${key}${fallback}`], 1e12)
      if (pico !== undefined && pico > 0) tokens[name] = pico
    }
  }
  return Object.keys(tokens).length > 0
    ? { ...tokens, input: tokens.input ?? 0, output: tokens.output ?? 0 }
    : undefined
}

/** Scales a price. Returns undefined for 0, which LiteLLM writes for unknown prices. */
function scaleStated(usd: unknown, factor: number): number | undefined {
  const scaled = scale(usd, factor)
  return scaled === 0 ? undefined : scaled
}

function scale(usd: unknown, factor: number): number | undefined {
  return typeof usd === 'number' && usd >= 0 ? Math.round(usd * factor) : undefined
}

function isRow(value: unknown): value is Row {
  return typeof value === 'object' && value !== null
}

/** LiteLLM's flags for a chat's input modalities beside text. */
const inputFlags: Readonly<Record<string, Modality>> = {
  supports_vision: 'image',
  supports_audio_input: 'audio',
  supports_video_input: 'video',
  supports_pdf_input: 'file',
}

const outputs: Readonly<Record<string, Modality>> = {
  embedding: 'embedding',
  image_generation: 'image',
  image_edit: 'image',
  audio_speech: 'audio',
}

function toFacts(row: Row): ModelFacts {
  const mode = String(row.mode)
  const flags = Object.entries(inputFlags).flatMap(([flag, modality]) => (row[flag] === true ? [modality] : []))
  const output = outputs[mode] ?? 'text'
  const isTalking = row.supports_audio_output === true && output === 'text'
  const { max_input_tokens: context, deprecation_date: shutdown } = row
  return {
    ...(typeof context === 'number' && context > 0 && { contextTokens: context }),
    input: mode === 'audio_transcription' ? ['audio'] : ['text', ...flags],
    output: isTalking ? [output, 'audio'] : [output],
    ...(typeof shutdown === 'string' && /^20\d\d-\d\d-\d\d$/.test(shutdown) && { shutdownDate: shutdown }),
  }
}
