import type { CustomSettings } from '../config/settings.ts'
import { defineOpenAICompatible } from './define-openai-compatible.ts'
import type { Provider } from './provider.ts'
import { toModelCards } from './to-model-cards.ts'

/** Any server that speaks OpenAI's API; with or without a key. */
export function createCustomProvider(settings: CustomSettings): Provider {
  return defineOpenAICompatible({
    ...settings,
    name: settings.id,
    needsKey: false,
    acceptsStreamOptions: settings.streamOptions,
    models: toModelCards(settings.models, settings.id),
  })
}
