import type { PricedProvider } from '../metering/price-book.ts'
import { anthropic } from './anthropic.ts'
import { azure } from './azure.ts'
import { custom } from './custom.ts'
import { deepinfra } from './deepinfra.ts'
import { deepseek } from './deepseek.ts'
import { demo } from './demo.ts'
import { gemini } from './gemini.ts'
import { groq } from './groq.ts'
import { mistral } from './mistral.ts'
import { ollama } from './ollama.ts'
import { openai } from './openai.ts'
import { openrouter } from './openrouter.ts'
import type { Provider } from './provider.ts'
import type { ProviderKind, ProviderSettings } from './provider-kind.ts'
import { vllm } from './vllm.ts'
import { xai } from './xai.ts'

/** All provider kinds, in the order in which the environment adds them. */
export const providerKinds = [
  openai,
  deepinfra,
  azure,
  custom,
  anthropic,
  gemini,
  openrouter,
  deepseek,
  groq,
  mistral,
  xai,
  ollama,
  vllm,
  demo,
] as const

/** The kind of a provider that neither sets a kind nor has the name of one. */
export const fallbackKind = custom

const byName = new Map<string, ProviderKind>(providerKinds.map((kind) => [kind.kind, kind]))

/** Returns the kind that created the settings. */
export function kindOf({ kind: name }: Pick<ProviderSettings, 'kind'>): ProviderKind {
  const kind = byName.get(name)
  if (kind === undefined) throw new Error(`Unknown provider kind \`${name}\`.`)
  return kind
}

export function createProvider(settings: ProviderSettings): Provider {
  return kindOf(settings).create(settings)
}

/** Returns the facts of each provider that determine its prices. */
export function toPricedProviders(providers: readonly ProviderSettings[]): readonly PricedProvider[] {
  return providers.map((settings) => {
    const kind = kindOf(settings)
    return {
      id: settings.id,
      baseUrl: settings.baseUrl,
      priceSource: kind.priceSource,
      priceMultiplier: settings.priceMultiplier,
      toPricedModel: (model) => kind.toPricedModel?.(model, settings) ?? model,
    }
  })
}
