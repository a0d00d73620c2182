import type { ServiceTier } from '../../src/core/usage.ts'
import { formatFacts } from '../../src/metering/model-facts.ts'
import type { Price, PriceTier, ServicePrice, TokenPrices } from '../../src/metering/price.ts'
import type { DatedPrice, PriceList } from './price-list.ts'
import { readPythonData } from './read-python.ts'

interface Tiered {
  readonly base: number
  readonly tiers: readonly { readonly start: number; readonly price: number }[]
}

type ModelPrice = Readonly<Record<string, number | Tiered | undefined>>

interface Constraint {
  readonly call: 'StartDateConstraint' | 'TimeOfDateConstraint'
  readonly start_date?: string
}

interface ConditionalPrice {
  readonly constraint?: Constraint | null
  readonly prices: ModelPrice
}

interface PriceVariant extends ConditionalPrice {
  readonly when: Readonly<Record<string, string>>
}

type Match = Readonly<Record<'equals' | 'starts_with' | 'ends_with' | 'contains' | 'regex', string | undefined>> & {
  readonly or_?: readonly Match[]
  readonly and_?: readonly Match[]
}

interface ModelInfo {
  readonly id: string
  readonly match: Match
  readonly context_window?: number | null
  readonly prices: ModelPrice | readonly ConditionalPrice[]
  readonly price_variants?: readonly PriceVariant[] | null
}

interface Provider {
  readonly id: string
  readonly models: readonly ModelInfo[]
}

/** The data set's name of each price source. It lacks DeepInfra. */
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

/** The data set's names of the token prices, in USD per million. */
const tokenKeys: Readonly<Partial<Record<keyof TokenPrices, string>>> = {
  input: 'input_mtok',
  output: 'output_mtok',
  cachedInput: 'cache_read_mtok',
  cacheWrite: 'cache_write_mtok',
  longCacheWrite: 'cache_write_1h_mtok',
  audioInput: 'input_audio_mtok',
  imageInput: 'input_image_mtok',
  reasoning: 'output_reasoning_mtok',
  audioOutput: 'output_audio_mtok',
  imageOutput: 'output_image_mtok',
}

/**
 * The data set's context of each service tier. OpenAI renamed `priority` to `fast` in July 2026; the newer name counts.
 */
const serviceContexts: readonly (readonly [tier: ServiceTier, name: string, value: string])[] = [
  ['fast', 'service_tier', 'fast'],
  ['fast', 'service_tier', 'priority'],
  ['fast', 'speed', 'fast'],
  ['flex', 'service_tier', 'flex'],
  ['batch', 'processing', 'batch'],
]

type Writable<T> = { -readonly [name in keyof T]: T[name] }

/** Reads the prices of `genai_prices/data.py` on a day, such as `2026-11-22`, and the changes that it announces. */
export function readGenaiPrices(python: string, day: string): PriceList {
  const providers = readPythonData(python, 'providers') as unknown as readonly Provider[]
  return new Map(
    Object.entries(providerIds).map(([source, providerId]) => {
      const models = providers.find(({ id }) => id === providerId)?.models
      if (models === undefined) throw new Error(`The data set no longer has the provider ${providerId}.`)
      return [source, readModels(source, models, day)]
    }),
  )
}

function readModels(source: string, models: readonly ModelInfo[], day: string): ReadonlyMap<string, DatedPrice> {
  const prices = new Map<string, DatedPrice>()
  for (const model of models) {
    const price = priceOn(model, day)
    const later = datesAfter(model, day).flatMap((from) => {
      const changed = priceOn(model, from)
      return changed === undefined ? [] : [{ from, price: changed }]
    })
    const facts = typeof model.context_window === 'number' ? formatFacts({ contextTokens: model.context_window }) : ''
    for (const name of namesOf(model)) {
      // OpenRouter's names begin with the maker; the data set also lists them without it.
      const isWhole = source !== 'openrouter' || name.includes('/')
      if (!isWhole || name.includes(' ') || prices.has(name)) continue
      // The data set has no figures for a free model, and none for a model whose price it does not know.
      const isFree = name.endsWith(':free') || name.includes('moderation')
      const found = price ?? (isFree ? { input: 0, output: 0 } : undefined)
      if (found !== undefined) prices.set(name, { price: found, later, facts })
    }
  }
  return prices
}

/** Returns whole names only. A prefix or a substring may match a different model by the time of a call. */
function namesOf({ id, match }: ModelInfo): readonly string[] {
  return [...new Set([...(matches(match, id) ? [id] : []), ...wholeNames(match)])]
}

function wholeNames({ or_: or, equals, starts_with: start }: Match): readonly string[] {
  if (or !== undefined) return or.flatMap(wholeNames)
  if (equals !== undefined) return [equals]
  return start !== undefined && /[a-z\d]$/i.test(start) ? [start] : []
}

function matches(match: Match, name: string): boolean {
  if (match.or_ !== undefined) return match.or_.some((each) => matches(each, name))
  if (match.and_ !== undefined) return match.and_.every((each) => matches(each, name))
  if (match.equals !== undefined) return name === match.equals
  if (match.starts_with !== undefined) return name.startsWith(match.starts_with)
  if (match.ends_with !== undefined) return name.endsWith(match.ends_with)
  if (match.contains !== undefined) return name.includes(match.contains)
  return match.regex !== undefined && new RegExp(match.regex).test(name)
}

function priceOn({ id, prices, price_variants: variants }: ModelInfo, day: string): Price | undefined {
  const conditional: readonly ConditionalPrice[] = isList(prices) ? prices : [{ prices }]
  const plain = pickPrice(conditional, day)
  const price = plain && toPrice(id, plain)
  if (plain === undefined || price === undefined) return undefined
  const services = new Map<ServiceTier, ServicePrice>()
  for (const [tier, name, value] of serviceContexts) {
    const matching = (variants ?? []).filter(({ when }) => when[name] === value && Object.keys(when).length === 1)
    const variant = pickPrice(matching, day)
    if (variant === undefined || services.has(tier)) continue
    // A variant lists only the prices that differ from the plain ones.
    const whole = { ...plain, ...variant }
    const tokens = toTokens(whole, 0)
    const tiers = toTiers(whole)
    if (tokens !== undefined) services.set(tier, { tier, ...tokens, ...(tiers.length > 0 && { tiers }) })
  }
  return services.size > 0 ? { ...price, services: [...services.values()] } : price
}

function isList(prices: ModelInfo['prices']): prices is readonly ConditionalPrice[] {
  return Array.isArray(prices)
}

/**
 * Picks the latest price that has taken effect. Of prices that depend on the hour, picks the highest: no call is
 * underpriced.
 */
function pickPrice(prices: readonly ConditionalPrice[], day: string): ModelPrice | undefined {
  const isInEffect = ({ constraint }: ConditionalPrice) => {
    const start = constraint?.start_date
    return constraint?.call !== 'TimeOfDateConstraint' && (start === undefined || start <= day)
  }
  const latest = prices.findLast(isInEffect)
  const hourly = prices.slice(latest === undefined ? 0 : prices.indexOf(latest) + 1).filter(({ constraint }) => {
    return constraint?.call === 'TimeOfDateConstraint'
  })
  const candidates = [...(latest === undefined ? [] : [latest]), ...hourly].map((each) => each.prices)
  if (candidates.length === 0) return undefined
  return candidates.reduce((highest, each) => (sum(each) > sum(highest) ? each : highest))
}

/** Returns the later days on which a price changes, the nearest first. */
function datesAfter({ prices, price_variants: variants }: ModelInfo, day: string): readonly string[] {
  const constraints = [...(isList(prices) ? prices : []), ...(variants ?? [])].map(({ constraint }) => constraint)
  const dates = constraints.flatMap((constraint) => constraint?.start_date ?? [])
  return [...new Set(dates)].filter((date) => date > day).sort()
}

function sum(price: ModelPrice): number {
  return baseOf(price.input_mtok) + baseOf(price.output_mtok)
}

function baseOf(value: ModelPrice[string]): number {
  return (typeof value === 'object' ? value.base : value) ?? 0
}

/** Returns undefined for units that Weir cannot count, such as pages, messages or hours of a conversation. */
function toPrice(id: string, price: ModelPrice): Price | undefined {
  const tokens = toTokens(price, 0)
  const isTalk = price.input_text_messages_kcount !== undefined
  const hours = isTalk ? undefined : price.input_audio_hours
  const { requests_kcount: requests, input_mchars: characters } = price
  if ([tokens, hours, requests, characters].every((each) => each === undefined)) return undefined
  const tiers = toTiers(price)
  // A chat is charged for tokens and for audio; a transcription for one or the other.
  const isChat = tokens !== undefined && !/transcribe|whisper/.test(id)
  const perSecond = Math.round((baseOf(hours) / 3_600) * 1e12)
  const perThousand = (value: ModelPrice[string]) => Math.round((baseOf(value) / 1_000) * 1e9)
  const { web_searches_kcount: web, storage_searches_kcount: files } = price
  return {
    ...(tokens ?? { input: 0, output: 0 }),
    ...(web !== undefined && { perWebSearchNano: perThousand(web) }),
    ...(files !== undefined && { perFileSearchNano: perThousand(files) }),
    ...(hours !== undefined && (isChat ? { perSoundSecondPico: perSecond } : { perSecondPico: perSecond })),
    ...(requests !== undefined && { perRequestNano: perThousand(requests) }),
    ...(characters !== undefined && { perCharacterPico: Math.round(baseOf(characters) * 1e6) }),
    ...(tiers.length > 0 && { tiers }),
  }
}

function toTiers(price: ModelPrice): readonly PriceTier[] {
  const starts = Object.values(price).flatMap((value) => (typeof value === 'object' ? value.tiers : []))
  const descending = [...new Set(starts.map(({ start }) => start))].sort((one, other) => other - one)
  return descending.flatMap((start) => {
    const tokens = toTokens(price, start)
    return tokens === undefined ? [] : [{ ...tokens, aboveTokens: start }]
  })
}

/** Returns the token prices above `start` tokens of input. */
function toTokens(price: ModelPrice, start: number): TokenPrices | undefined {
  const tokens: Writable<Partial<TokenPrices>> = {}
  for (const [name, key] of Object.entries(tokenKeys) as [keyof TokenPrices, string][]) {
    const value = price[key]
    if (value !== undefined) tokens[name] = Math.round(priceAbove(value, start) * 1e6)
  }
  const { input = 0, output = 0, cacheWrite } = tokens
  // A cache write cheaper than the input, as for Gemini at OpenRouter, is a surcharge on the input.
  if (cacheWrite !== undefined && cacheWrite < input) tokens.cacheWrite = input + cacheWrite
  return input + output > 0 ? { ...tokens, input, output } : undefined
}

function priceAbove(value: NonNullable<ModelPrice[string]>, start: number): number {
  if (typeof value === 'number') return value
  const reached = value.tiers.filter((tier) => tier.start <= start).sort((one, other) => one.start - other.start)
  return reached.at(-1)?.price ?? value.base
}
