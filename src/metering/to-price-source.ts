/** Whose price list holds for a provider: a section of the price table, or `free` where nothing is paid. */
export type PriceSource = string

/** The facts of a provider that tell whose prices hold. */
export interface PricedSettings {
  readonly baseUrl: string
  /** That of its kind, for a host that is not in the table. */
  readonly priceSource: PriceSource | undefined
}

/** By the host that calls are sent to; a name that an operator chose says nothing of who sends the bill. */
const hosts: ReadonlyMap<string, PriceSource> = new Map([
  ['api.openai.com', 'openai'],
  ['api.deepinfra.com', 'deepinfra'],
  ['api.anthropic.com', 'anthropic'],
  ['generativelanguage.googleapis.com', 'google'],
  ['api.mistral.ai', 'mistral'],
  ['api.groq.com', 'groq'],
  ['api.x.ai', 'xai'],
  ['api.deepseek.com', 'deepseek'],
  ['api.together.xyz', 'together'],
  ['api.together.ai', 'together'],
  ['api.fireworks.ai', 'fireworks'],
  ['openrouter.ai', 'openrouter'],
  ['api.perplexity.ai', 'perplexity'],
  ['api.cerebras.ai', 'cerebras'],
  ['api.cohere.ai', 'cohere'],
  ['api.cohere.com', 'cohere'],
  ['api.moonshot.ai', 'moonshot'],
  ['api.novita.ai', 'novita'],
  ['api.z.ai', 'zai'],
  ['api.minimax.io', 'minimax'],
])

/** Undefined where no known prices hold, as for a server of the operator's own. */
export function toPriceSource({ baseUrl, priceSource }: PricedSettings): PriceSource | undefined {
  const host = URL.parse(baseUrl)?.hostname
  return (host === undefined ? undefined : hosts.get(host)) ?? priceSource
}
