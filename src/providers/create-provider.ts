import type { ProviderSettings } from '../config/settings.ts'
import { createAzureProvider } from './azure.ts'
import { createCustomProvider } from './custom.ts'
import { createDeepInfraProvider } from './deepinfra.ts'
import { createDemoProvider } from './demo/create-demo-provider.ts'
import { createOpenAIProvider } from './openai.ts'
import type { Provider } from './provider.ts'

/** The one list of providers: a new kind is one line here and one file. */
export function createProvider(settings: ProviderSettings): Provider {
  switch (settings.kind) {
    case 'openai':
      return createOpenAIProvider(settings)
    case 'deepinfra':
      return createDeepInfraProvider(settings)
    case 'custom':
      return createCustomProvider(settings)
    case 'azure':
      return createAzureProvider(settings)
    case 'demo':
      return createDemoProvider(settings)
  }
}
