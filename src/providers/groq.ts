import { speech, transcriptions, translations } from '../dialects/audio.ts'
import { chatCompletions } from '../dialects/chat-completions.ts'
import { embeddings } from '../dialects/embeddings.ts'
import { responses } from '../dialects/responses.ts'
import { defineProvider } from './define-provider.ts'
import { outputLimitKey, toVouchedLimit } from './output-limit-key.ts'

/**
 * Sources: https://console.groq.com/docs/openai, https://github.com/groq/groq-typescript/blob/main/api.md, read on
 * 2026-11-30.
 */
export const groq = defineProvider({
  kind: 'groq',
  name: 'Groq',
  configSchema: { output_limit: outputLimitKey },
  toSettings: ({ output_limit }) => ({ outputLimitName: output_limit }),
  env: [
    {
      name: 'GROQ_API_KEY',
      key: 'api_key',
      configures: true,
      meaning: 'API key of Groq. Adds the provider `groq`.',
    },
    {
      name: 'GROQ_BASE_URL',
      key: 'base_url',
      configures: true,
      meaning: 'Base URL of the provider `groq`, if not Groq’s own; another server needs no key.',
    },
  ],
  baseUrl: {
    default: 'https://api.groq.com/openai/v1',
    // Groq's own clients take the address of the host.
    normalize: (url) => (/^https?:\/\/[^/]+$/.test(url) ? `${url}/openai/v1` : url),
  },
  needsKey: true,
  dialects: [chatCompletions, responses, embeddings, speech, transcriptions, translations],
  priceSource: 'groq',
  // The documentation does not say whether reasoning counts towards `max_completion_tokens`.
  outputLimit: 'unknown',
  streamOptions: 'unknown',
  billsAbandoned: 'unknown',
  onCallerGone: 'abort',
  toOutputLimit: ({ outputLimitName }) => toVouchedLimit(outputLimitName),
})
