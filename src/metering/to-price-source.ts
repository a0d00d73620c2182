/** Whose price list holds for a provider: a section of the price table, or `free` where nothing is paid. */
export type PriceSource = string

/** What of a provider's settings tells whose prices hold. */
export interface PricedSettings {
  readonly kind: string
  readonly baseUrl: string
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

/** For kinds whose host is the operator's own. Azure has OpenAI's models at OpenAI's prices; a deployment that is called otherwise is unpriced. */
const kinds: ReadonlyMap<string, PriceSource> = new Map([
  ['openai', 'openai'],
  ['deepinfra', 'deepinfra'],
  ['azure', 'openai'],
  ['demo', 'free'],
])

/** Undefined where nobody's prices are known to hold, as for a server of the operator's own. */
export function toPriceSource({ kind, baseUrl }: PricedSettings): PriceSource | undefined {
  return hosts.get(readHost(baseUrl)) ?? kinds.get(kind)
}

function readHost(baseUrl: string): string {
  return URL.canParse(baseUrl) ? new URL(baseUrl).hostname : ''
}
