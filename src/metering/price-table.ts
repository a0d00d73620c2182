import type { ServiceTier } from '../core/usage.ts'
import type { ImagePrice, Price, PriceTier, ServicePrice, TokenPrices } from './price.ts'
import { scaleRates } from './scale-rates.ts'

/** A price that applies from a day on. */
export interface LaterPrice {
  /** `2027-01-01`, UTC. */
  readonly from: string
  readonly price: Price
}

interface TableRow {
  readonly provider: string
  readonly model: string
  readonly price: Price
  /** Announced changes, the earliest first; usually empty. */
  readonly later: readonly LaterPrice[]
  /** Facts in the form of the table; empty if none are known. */
  readonly facts: string
}

export interface PriceTable {
  /** Returns the price on a day; without a day, the price when the table was generated. */
  find(source: string, model: string, day?: string): Price | undefined
  /** Returns true if a change of the price is announced. */
  changes(source: string, model: string): boolean
  /** Returns the facts of a model for `parseFacts`. */
  facts(source: string, model: string): string | undefined
  /** Lists the models of a section that have facts beside their price. */
  names(source: string): readonly string[]
  has(source: string): boolean
  list(): readonly TableRow[]
}

/**
 * Reads the generated table. `@source` starts a section. Each line has the names of models with the same price, `|`,
 * and the price.
 * In a price, ` @2027-01-01 ` starts the whole price that applies from that day on; a second `|` starts the facts of
 * the models.
 * A section is parsed on its first use, a price on the first use of its model, because most processes need few of them.
 */
export function createPriceTable(table: string): PriceTable {
  const sections = new Map(table.split('\n@').map(toSection))
  const indexes = new Map<string, ReadonlyMap<string, string>>()

  function index(source: string): ReadonlyMap<string, string> {
    const known = indexes.get(source)
    if (known !== undefined) return known
    const created = toIndex(sections.get(source) ?? '')
    indexes.set(source, created)
    return created
  }

  return {
    find(source, model, day) {
      const price = index(source).get(model)
      return price === undefined ? undefined : parsePrice(pickDay(price, day))
    },
    changes: (source, model) => index(source).get(model)?.includes(dayMark) === true,
    facts: (source, model) => factsOf(index(source).get(model) ?? ''),
    names: (source) => [...index(source)].filter(([, row]) => factsOf(row) !== undefined).map(([name]) => name),
    has: (source) => sections.has(source),
    list: () =>
      [...sections.keys()].flatMap((provider) =>
        [...index(provider)].map(([model, row]) => toRow(provider, model, row)),
      ),
  }
}

const dayMark = ' @'
const dayLength = '2027-01-01'.length

/** Returns the part of a row that applies on a day: the last one that has started. */
function pickDay(row: string, day: string | undefined): string {
  const [now = '', ...later] = pricesOf(row).split(dayMark)
  const current = day === undefined ? undefined : later.findLast((each) => each.slice(0, dayLength) <= day)
  return current === undefined ? now : current.slice(dayLength + 1)
}

function pricesOf(row: string): string {
  const bar = row.indexOf('|')
  return bar < 0 ? row : row.slice(0, bar)
}

function factsOf(row: string): string | undefined {
  const bar = row.indexOf('|')
  return bar < 0 ? undefined : row.slice(bar + 1)
}

function toRow(provider: string, model: string, row: string): TableRow {
  const [now = '', ...later] = pricesOf(row).split(dayMark)
  return {
    provider,
    model,
    facts: factsOf(row) ?? '',
    price: parsePrice(now),
    later: later.map((each) => ({ from: each.slice(0, dayLength), price: parsePrice(each.slice(dayLength + 1)) })),
  }
}

function toSection(section: string): readonly [string, string] {
  const end = section.indexOf('\n')
  return [section.slice(0, end).replace('@', ''), section.slice(end + 1)]
}

function toIndex(section: string): ReadonlyMap<string, string> {
  const prices = new Map<string, string>()
  for (const line of section.split('\n')) {
    const bar = line.indexOf('|')
    if (bar < 0) continue
    for (const name of line.slice(0, bar).split(' ')) prices.set(name, line.slice(bar + 1))
  }
  return prices
}

/** One letter for each token price, followed by USD per million: people read and compare the generated table. */
const tokenCodes: Readonly<Record<string, keyof TokenPrices>> = {
  i: 'input',
  o: 'output',
  c: 'cachedInput',
  w: 'cacheWrite',
  W: 'longCacheWrite',
  a: 'audioInput',
  g: 'imageInput',
  r: 'reasoning',
  A: 'audioOutput',
  G: 'imageOutput',
}

type Writable<T> = { -readonly [name in keyof T]: T[name] }

/**
 * Parses a price in the form of the generated table: `i2.5 o10 c1.25 m16384 t200000 i5 o15`. Fields beside the token
 * prices:
 * - `q` USD per request, `Q0.005/0.008/0.012` the same by search context
 * - `p` USD per image, `x1024x1024/hd=0.08` USD per image of that size and quality
 * - `s` USD per million seconds, `S` the same on top of tokens, `k` USD per million characters
 * - `e` USD per web search, `E` USD per search with the tool `web_search_preview`, `l` USD per search of stored files
 * - `m` maximum output tokens
 * - `t` starts the prices above that many input tokens
 * - `yfast` starts the prices of a service tier, with its own `t` behind it; `yflex*0.5` is all token prices times 0.5.
 * Tiers are last.
 */
export function parsePrice(encoded: string): Price {
  const price: Writable<Price> = { input: 0, output: 0 }
  const images: ImagePrice[] = []
  let tiers: PriceTier[] = []
  const services: ServicePrice[] = []
  let current: Writable<Price> | Writable<ServicePrice> = price
  let tokens: Writable<TokenPrices> = price
  for (const field of encoded.split(' ')) {
    const code = field.charAt(0)
    const value = field.slice(1)
    const name = tokenCodes[code]
    if (name !== undefined) tokens[name] = toPico(value)
    else if (code === 't') {
      tokens = addTier(tiers, Number(value))
      current.tiers = tiers
    } else if (code === 'y') {
      const [tier, factor] = value.split('*') as [ServiceTier, string?]
      tiers = []
      current = { tier, ...(factor === undefined ? { input: 0, output: 0 } : scaleRates(price, Number(factor))) }
      tokens = current
      services.push(current)
    } else if (code === 'x') images.push(parseImage(value))
    else readOther(price, code, value)
  }
  if (images.length > 0) price.images = images
  if (services.length > 0) price.services = services
  return price
}

function addTier(tiers: PriceTier[], aboveTokens: number): Writable<TokenPrices> {
  const tier: Writable<PriceTier> = { aboveTokens, input: 0, output: 0 }
  tiers.push(tier)
  return tier
}

function parseImage(field: string): ImagePrice {
  const [shape = '', usd = ''] = field.split('=')
  const [size = '', quality = ''] = shape.split('/')
  return { ...(size !== '' && { size }), ...(quality !== '' && { quality }), nano: toNano(usd) }
}

function readOther(price: Writable<Price>, code: string, value: string): void {
  switch (code) {
    case 'q':
      price.perRequestNano = toNano(value)
      break
    case 'p':
      price.perImageNano = toNano(value)
      break
    case 'Q': {
      const [low = 0, medium = 0, high = 0] = value.split('/').map(toNano)
      price.perRequestNanoByContext = { low, medium, high }
      price.perRequestNano = Math.max(low, medium, high)
      break
    }
    case 's':
      price.perSecondPico = toPico(value)
      break
    case 'S':
      price.perSoundSecondPico = toPico(value)
      break
    case 'k':
      price.perCharacterPico = toPico(value)
      break
    case 'e':
      price.perWebSearchNano = toNano(value)
      break
    case 'E':
      price.perWebSearchPreviewNano = toNano(value)
      break
    case 'l':
      price.perFileSearchNano = toNano(value)
      break
    case 'm':
      price.maxOutputTokens = Number(value)
      break
  }
}

/** USD per million is the same number as micro-USD each. */
function toPico(usdPerMillion: string): number {
  return Math.round(Number(usdPerMillion) * 1e6)
}

function toNano(usd: string): number {
  return Math.round(Number(usd) * 1e9)
}
