import { openAIDialects } from '../dialects/openai-dialects.ts'
import { defineProvider } from './define-provider.ts'
import { outputLimitKey, toVouchedLimit } from './output-limit-key.ts'

/** Any server that speaks OpenAI's API, with or without a key. */
export const custom = defineProvider({
  kind: 'custom',
  description: 'any server with OpenAI’s API, such as Ollama, vLLM, Groq or OpenRouter',
  configSchema: { output_limit: outputLimitKey },
  toSettings: ({ output_limit }) => ({ outputLimitName: output_limit }),
  env: [
    {
      name: 'CUSTOM_BASE_URL',
      key: 'base_url',
      configures: true,
      meaning:
        'Base URL of any server with OpenAI’s API, such as `http://localhost:11434/v1` for Ollama. Adds the provider `custom`.',
    },
    {
      name: 'CUSTOM_API_KEY',
      key: 'api_key',
      configures: true,
      meaning: 'API key for `CUSTOM_BASE_URL`, if the server requires one.',
    },
    {
      name: 'CUSTOM_MODELS',
      key: 'models',
      configures: false,
      meaning: 'Models of `CUSTOM_BASE_URL`, separated by commas.',
    },
  ],
  baseUrl: { example: 'http://localhost:11434/v1' },
  needsKey: false,
  dialects: openAIDialects,
  // Many compatible servers know only `max_tokens`, and some do not count reasoning towards it.
  outputLimit: 'unknown',
  streamOptions: 'unknown',
  billsAbandoned: 'unknown',
  onCallerGone: 'abort',
  toOutputLimit: ({ outputLimitName }) => toVouchedLimit(outputLimitName),
})
