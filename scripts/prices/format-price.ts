import type { ImagePrice, Price, TokenPrices } from '../../src/metering/price.ts'

const tokenCodes: Readonly<Record<keyof TokenPrices, string>> = {
  input: 'i',
  output: 'o',
  cachedInput: 'c',
  cacheWrite: 'w',
  audioInput: 'a',
  imageInput: 'g',
  reasoning: 'r',
  audioOutput: 'A',
  imageOutput: 'G',
}

/** Writes a price as the table holds it; src/metering/parse-price.ts reads it again and says what the letters mean. */
export function formatPrice(price: Price): string {
  const fields = [
    ...formatTokens(price),
    ...formatNano('q', price.perRequestNano),
    ...formatNano('p', price.perImageNano),
    ...(price.images ?? []).map(formatImage),
    ...formatPico('s', price.perSecondPico),
    ...formatPico('k', price.perCharacterPico),
    ...(price.maxOutputTokens === undefined ? [] : [`m${price.maxOutputTokens}`]),
    ...(price.tiers ?? []).flatMap((tier) => [`t${tier.aboveTokens}`, ...formatTokens(tier)]),
  ]
  return fields.join(' ')
}

function formatTokens(prices: TokenPrices): readonly string[] {
  const names = Object.keys(tokenCodes) as (keyof TokenPrices)[]
  // A price of zero goes without saying for the two that are always there, and only for them.
  const said = names.filter((name) => prices[name] !== undefined && !(isTotal(name) && prices[name] === 0))
  return said.flatMap((name) => formatPico(tokenCodes[name], prices[name]))
}

function isTotal(name: keyof TokenPrices): boolean {
  return name === 'input' || name === 'output'
}

function formatImage({ size = '', quality = '', nano }: ImagePrice): string {
  return `x${quality === '' ? size : `${size}/${quality}`}=${nano / 1e9}`
}

function formatPico(code: string, pico: number | undefined): readonly string[] {
  return pico === undefined ? [] : [`${code}${pico / 1e6}`]
}

function formatNano(code: string, nano: number | undefined): readonly string[] {
  return nano === undefined ? [] : [`${code}${nano / 1e9}`]
}
