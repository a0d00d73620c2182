import type { DeepInfraSettings } from '../config/settings.ts'
import { deepinfraModels } from './deepinfra-models.ts'
import { defineOpenAICompatible } from './define-openai-compatible.ts'
import type { Provider } from './provider.ts'
import { toModelCards } from './to-model-cards.ts'

/** Source: https://deepinfra.com/docs/openai_api */
export function createDeepInfraProvider(settings: DeepInfraSettings): Provider {
  return defineOpenAICompatible({
    ...settings,
    name: 'DeepInfra',
    keyVariable: 'DEEPINFRA_API_KEY',
    needsKey: true,
    acceptsStreamOptions: true,
    models: [...deepinfraModels, ...toModelCards(settings.models, 'deepinfra')],
  })
}
