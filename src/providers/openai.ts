import type { OpenAISettings } from '../config/settings.ts'
import { defineOpenAICompatible } from './define-openai-compatible.ts'
import { openaiModels } from './openai-models.ts'
import type { Provider } from './provider.ts'
import { toModelCards } from './to-model-cards.ts'

export function createOpenAIProvider(settings: OpenAISettings): Provider {
  return defineOpenAICompatible({
    ...settings,
    name: 'OpenAI',
    keyVariable: 'OPENAI_API_KEY',
    needsKey: true,
    acceptsOwnKey: true,
    acceptsStreamOptions: true,
    models: toModelCards([...openaiModels, ...settings.models], 'openai'),
  })
}
