import type { ServiceTier } from '../core/usage.ts'
import type { ImagePrice, Price, PriceTier, ServicePrice, TokenPrices } from './price.ts'
import { scaleRates } from './scale-rates.ts'

/** A price that holds from a day on. */
export interface LaterPrice {
  /** `2027-01-01`, UTC. */
  readonly from: string
  readonly price: Price
}

interface TableRow {
  readonly provider: string
  readonly model: string
  readonly price: Price
  /** Announced changes, the nearest first; empty for most. */
  readonly later: readonly LaterPrice[]
  /** As the table writes them; empty where none are known. */
  readonly facts: string
}

export interface PriceTable {
  /** The price on a day; without one, as the table was made. */
  find(source: string, model: string, day?: string): Price | undefined
  /** Whether a change of the price is announced. */
  changes(source: string, model: string): boolean
  /** What else is known of a model, for `parseFacts`. */
  facts(source: string, model: string): string | undefined
  /** The models of a section of which more than a price is known. */
  names(source: string): readonly string[]
  has(source: string): boolean
  list(): readonly TableRow[]
}

/**
 * Reads the generated table: `@source` begins a section, and each line is the names of models that cost the same, `|`, and their price.
 * ` @2027-01-01 ` in a price begins the whole price that holds from that day on; a second `|` begins what else is known of the models.
 * A section is read when it is first asked for, a price when its model is, since most processes need few of them.
 */
export function createPriceTable(text: string): PriceTable {
  const sections = new Map(text.split('\n@').map(toSection))
  const indexes = new Map<string, ReadonlyMap<string, string>>()

  function index(source: string): ReadonlyMap<string, string> {
    const known = indexes.get(source)
    if (known !== undefined) return known
    const made = toIndex(sections.get(source) ?? '')
    indexes.set(source, made)
    return made
  }

  return {
    find(source, model, day) {
      const price = index(source).get(model)
      return price === undefined ? undefined : parsePrice(pickDay(price, day))
    },
    changes: (source, model) => index(source).get(model)?.includes(dayMark) === true,
    facts: (source, model) => factsOf(index(source).get(model) ?? ''),
    names: (source) => [...index(source)].filter(([, text]) => factsOf(text) !== undefined).map(([name]) => name),
    has: (source) => sections.has(source),
    list: () =>
      [...sections.keys()].flatMap((provider) =>
        [...index(provider)].map(([model, text]) => toRow(provider, model, text)),
      ),
  }
}

const dayMark = ' @'
const dayLength = '2027-01-01'.length

/** The part of a row that holds on a day: of those that have begun the last. */
function pickDay(text: string, day: string | undefined): string {
  const [now = '', ...later] = pricesOf(text).split(dayMark)
  const begun = day === undefined ? undefined : later.findLast((each) => each.slice(0, dayLength) <= day)
  return begun === undefined ? now : begun.slice(dayLength + 1)
}

function pricesOf(text: string): string {
  const bar = text.indexOf('|')
  return bar < 0 ? text : text.slice(0, bar)
}

function factsOf(text: string): string | undefined {
  const bar = text.indexOf('|')
  return bar < 0 ? undefined : text.slice(bar + 1)
}

function toRow(provider: string, model: string, text: string): TableRow {
  const [now = '', ...later] = pricesOf(text).split(dayMark)
  return {
    provider,
    model,
    facts: factsOf(text) ?? '',
    price: parsePrice(now),
    later: later.map((each) => ({ from: each.slice(0, dayLength), price: parsePrice(each.slice(dayLength + 1)) })),
  }
}

function toSection(text: string): readonly [string, string] {
  const end = text.indexOf('\n')
  return [text.slice(0, end).replace('@', ''), text.slice(end + 1)]
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

/** One letter for each price of a token; what follows it is USD a million, so that the generated table can be read and compared. */
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
 * Reads a price as the generated table writes it: `i2.5 o10 c1.25 m16384 t200000 i5 o15`. Beside the prices of tokens, `q` is USD a request,
 * `Q0.005/0.008/0.012` the same by how much of the web is read, `p` USD an image, `x1024x1024/hd=0.08` USD an image of that size and quality,
 * `s` USD a million seconds, `S` the same on top of tokens, `k` USD a million characters,
 * `e` USD a search of the web, `E` the same by the tool `web_search_preview`, `l` USD a search of stored files, `m` the most tokens of output; `t` begins the prices that hold above so many tokens
 * of input, and `yfast`, last of all, those of a tier of service, with its own `t` behind it; `yflex*0.5` are all prices of tokens times 0.5.
 */
export function parsePrice(text: string): Price {
  const price: Writable<Price> = { input: 0, output: 0 }
  const images: ImagePrice[] = []
  let tiers: PriceTier[] = []
  const services: ServicePrice[] = []
  let whole: Writable<Price> | Writable<ServicePrice> = price
  let tokens: Writable<TokenPrices> = price
  for (const field of text.split(' ')) {
    const code = field.charAt(0)
    const value = field.slice(1)
    const name = tokenCodes[code]
    if (name !== undefined) tokens[name] = toPico(value)
    else if (code === 't') {
      tokens = addTier(tiers, Number(value))
      whole.tiers = tiers
    } else if (code === 'y') {
      const [tier, factor] = value.split('*') as [ServiceTier, string?]
      tiers = []
      whole = { tier, ...(factor === undefined ? { input: 0, output: 0 } : scaleRates(price, Number(factor))) }
      tokens = whole
      services.push(whole)
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

function parseImage(text: string): ImagePrice {
  const [shape = '', usd = ''] = text.split('=')
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

/** USD a million are pico-USD each. */
function toPico(text: string): number {
  return Math.round(Number(text) * 1e6)
}

function toNano(text: string): number {
  return Math.round(Number(text) * 1e9)
}
