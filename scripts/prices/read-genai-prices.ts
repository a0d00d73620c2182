import { findProvider, type MatchLogic, type ModelInfo, type ModelPrice } from '@pydantic/genai-prices'
import type { Price, PriceTier, TokenPrices } from '../../src/metering/price.ts'
import type { DatedPrice, PriceList } from './price-list.ts'

/** What the data set calls each price source. DeepInfra is not in it. */
const providerIds: Readonly<Record<string, string>> = {
  openai: 'openai',
  anthropic: 'anthropic',
  google: 'google',
  mistral: 'mistral',
  groq: 'groq',
  xai: 'x-ai',
  deepseek: 'deepseek',
  together: 'together',
  fireworks: 'fireworks',
  openrouter: 'openrouter',
  perplexity: 'perplexity',
  cerebras: 'cerebras',
  cohere: 'cohere',
  moonshot: 'moonshotai',
  novita: 'novita',
  zai: 'zai',
  minimax: 'minimax',
  bigmodel: 'zhipuai',
}

/** What the data set calls the prices of tokens, in USD a million. */
const tokenKeys: Readonly<Partial<Record<keyof TokenPrices, string>>> = {
  input: 'input_mtok',
  output: 'output_mtok',
  cachedInput: 'cache_read_mtok',
  cacheWrite: 'cache_write_mtok',
  audioInput: 'input_audio_mtok',
  imageInput: 'input_image_mtok',
  reasoning: 'output_reasoning_mtok',
  audioOutput: 'output_audio_mtok',
  imageOutput: 'output_image_mtok',
}

type Writable<T> = { -readonly [name in keyof T]: T[name] }

/** Reads the data set as it holds on a day, `2026-11-22`, and the changes that it announces, from the objects that the package exports; its calculator is not used. */
export function readGenaiPrices(day: string): PriceList {
  return new Map(
    Object.entries(providerIds).map(([source, providerId]) => {
      const models = findProvider({ providerId })?.models
      if (models === undefined) throw new Error(`The data set has no provider ${providerId} any more.`)
      return [source, readModels(source, models, day)]
    }),
  )
}

function readModels(source: string, models: readonly ModelInfo[], day: string): ReadonlyMap<string, DatedPrice> {
  const prices = new Map<string, DatedPrice>()
  for (const model of models) {
    const price = toPrice(pickPrice(model, day))
    const later = readLater(model, day)
    for (const name of namesOf(model)) {
      // OpenRouter's models have a maker; the data set has their names without it too.
      const isWhole = source !== 'openrouter' || name.includes('/')
      if (!isWhole || name.includes(' ') || prices.has(name)) continue
      // The data set has no figures for what is free, and none either for what it knows nothing of.
      const isFree = name.endsWith(':free') || name.includes('moderation')
      const found = price ?? (isFree ? { input: 0, output: 0 } : undefined)
      if (found !== undefined)
        prices.set(name, { price: found, later, facts: '', ...(isByHour(model) && { isByHour: true }) })
    }
  }
  return prices
}

/** Whole names only. What begins with, or contains, something may be another model by the time that it is asked for. */
function namesOf({ id, match }: ModelInfo): readonly string[] {
  return [...new Set([...(matches(match, id) ? [id] : []), ...wholeNames(match)])]
}

function wholeNames(match: MatchLogic): readonly string[] {
  if ('or' in match) return match.or.flatMap(wholeNames)
  if ('equals' in match) return [match.equals]
  return 'starts_with' in match && /[a-z\d]$/i.test(match.starts_with) ? [match.starts_with] : []
}

function matches(match: MatchLogic, name: string): boolean {
  if ('or' in match) return match.or.some((each) => matches(each, name))
  if ('and' in match) return match.and.every((each) => matches(each, name))
  if ('equals' in match) return name === match.equals
  if ('starts_with' in match) return name.startsWith(match.starts_with)
  if ('ends_with' in match) return name.endsWith(match.ends_with)
  return 'contains' in match ? name.includes(match.contains) : new RegExp(match.regex).test(name)
}

/** Of prices that change with the date the latest that has begun; of those that change with the hour the dearest, so that none is undercut. */
function pickPrice({ prices }: ModelInfo, day: string): ModelPrice {
  if (!Array.isArray(prices)) return prices
  const begun = prices.filter(
    ({ constraint }) => constraint === undefined || (constraint.type === 'start_date' && constraint.start_date <= day),
  )
  const hourly = prices.filter(({ constraint }) => constraint?.type === 'time_of_date')
  const candidates = [...begun.slice(-1), ...hourly].map((each) => each.prices)
  return candidates.reduce((dearest, each) => (sum(each) > sum(dearest) ? each : dearest))
}

function isByHour({ prices }: ModelInfo): boolean {
  return Array.isArray(prices) && prices.some(({ constraint }) => constraint?.type === 'time_of_date')
}

/** The changes that are announced for days after this one. */
function readLater({ prices }: ModelInfo, day: string): DatedPrice['later'] {
  if (!Array.isArray(prices)) return []
  return prices.flatMap(({ constraint, prices: announced }) => {
    const from = constraint?.type === 'start_date' ? constraint.start_date : day
    const price = from > day ? toPrice(announced) : undefined
    return price === undefined ? [] : [{ from, price }]
  })
}

function sum(price: ModelPrice): number {
  return baseOf(price.input_mtok) + baseOf(price.output_mtok)
}

function baseOf(value: ModelPrice[string]): number {
  return (typeof value === 'object' ? value.base : value) ?? 0
}

/** Undefined where a call is paid by something that Weir cannot count, such as pages, messages or hours of a conversation. */
function toPrice(price: ModelPrice): Price | undefined {
  const tokens = toTokens(price, 0)
  const isTalk = price.input_text_messages_kcount !== undefined
  const hours = isTalk ? undefined : price.input_audio_hours
  const requests = price.requests_kcount
  if (tokens === undefined && hours === undefined && requests === undefined) return undefined
  const tiers = toTiers(price)
  return {
    ...(tokens ?? { input: 0, output: 0 }),
    ...(hours !== undefined && { perSecondPico: Math.round((baseOf(hours) / 3_600) * 1e12) }),
    ...(requests !== undefined && { perRequestNano: Math.round((baseOf(requests) / 1_000) * 1e9) }),
    ...(tiers.length > 0 && { tiers }),
  }
}

function toTiers(price: ModelPrice): readonly PriceTier[] {
  const starts = Object.values(price).flatMap((value) => (typeof value === 'object' ? value.tiers : []))
  const longestFirst = [...new Set(starts.map(({ start }) => start))].sort((one, other) => other - one)
  return longestFirst.flatMap((start) => {
    const tokens = toTokens(price, start)
    return tokens === undefined ? [] : [{ ...tokens, aboveTokens: start }]
  })
}

/** The prices of tokens that hold above so much input. */
function toTokens(price: ModelPrice, start: number): TokenPrices | undefined {
  const tokens: Writable<Partial<TokenPrices>> = {}
  for (const [name, key] of Object.entries(tokenKeys) as [keyof TokenPrices, string][]) {
    const value = price[key]
    if (value !== undefined) tokens[name] = Math.round(priceAbove(value, start) * 1e6)
  }
  const { input = 0, output = 0, cacheWrite } = tokens
  // Where writing costs less than reading, as for Gemini at OpenRouter, it is what the writing costs on top.
  if (cacheWrite !== undefined && cacheWrite < input) tokens.cacheWrite = input + cacheWrite
  return input + output > 0 ? { ...tokens, input, output } : undefined
}

function priceAbove(value: NonNullable<ModelPrice[string]>, start: number): number {
  if (typeof value === 'number') return value
  const reached = value.tiers.filter((tier) => tier.start <= start).sort((one, other) => one.start - other.start)
  return reached.at(-1)?.price ?? value.base
}
