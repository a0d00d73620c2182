import { openAIDialects } from '../dialects/openai-dialects.ts'
import { documented } from '../schema/key-documentation.ts'
import { flag } from '../schema/value-schemas.ts'
import { defineProvider } from './define-provider.ts'
import { outputLimitKey, toVouchedLimit } from './output-limit-key.ts'

/** Any server that speaks OpenAI's API; with or without a key. */
export const custom = defineProvider({
  kind: 'custom',
  description: 'any server with OpenAI’s API, such as Ollama, vLLM, Groq or OpenRouter',
  configSchema: {
    stream_options: documented(flag().optional(), {
      otherwise: '`true`',
      meaning: '`false` for a server that answers 400 to `stream_options`, through which streams report their tokens.',
    }),
    output_limit: outputLimitKey,
  },
  toSettings: ({ stream_options, output_limit }) => ({
    streamOptions: stream_options ?? true,
    outputLimitName: output_limit,
  }),
  env: [
    {
      name: 'CUSTOM_BASE_URL',
      key: 'base_url',
      configures: true,
      meaning:
        'Any server with OpenAI’s API, such as `http://localhost:11434/v1` for Ollama. Adds the provider `custom`.',
    },
    {
      name: 'CUSTOM_API_KEY',
      key: 'api_key',
      configures: true,
      meaning: 'The key for `CUSTOM_BASE_URL`, if it wants one.',
    },
    {
      name: 'CUSTOM_MODELS',
      key: 'models',
      configures: false,
      meaning: 'The models of `CUSTOM_BASE_URL`, separated by commas.',
    },
  ],
  baseUrl: { example: 'http://localhost:11434/v1' },
  needsKey: false,
  dialects: openAIDialects,
  // Many compatible servers know `max_tokens` alone, and some leave reasoning out of it.
  outputLimit: 'unknown',
  billsAbandoned: 'unknown',
  onCallerGone: 'abort',
  acceptsStreamOptions: ({ streamOptions }) => streamOptions,
  toOutputLimit: ({ outputLimitName }) => toVouchedLimit(outputLimitName),
})
