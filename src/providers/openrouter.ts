import { speech, transcriptions } from '../dialects/audio.ts'
import { chatCompletions, completions } from '../dialects/chat-completions.ts'
import { embeddings } from '../dialects/embeddings.ts'
import { messages } from '../dialects/messages.ts'
import { responses } from '../dialects/responses.ts'
import { defineProvider } from './define-provider.ts'
import { outputLimitKey, toVouchedLimit } from './output-limit-key.ts'

/**
 * Pictures have a path and a body of its own there (`/images`). Its charge in the usage is a fact of the host.
 * Sources: https://openrouter.ai/docs/api_reference/streaming, https://openrouter.ai/docs/client-sdks/typescript, read
 * on 2026-11-30.
 */
export const openrouter = defineProvider({
  kind: 'openrouter',
  name: 'OpenRouter',
  configSchema: { output_limit: outputLimitKey },
  toSettings: ({ output_limit }) => ({ outputLimitName: output_limit }),
  env: [
    {
      name: 'OPENROUTER_API_KEY',
      key: 'api_key',
      configures: true,
      meaning: 'API key of OpenRouter. Adds the provider `openrouter`.',
    },
    {
      name: 'OPENROUTER_BASE_URL',
      key: 'base_url',
      configures: true,
      meaning: 'Base URL of the provider `openrouter`, if not OpenRouter’s own; another server needs no key.',
    },
  ],
  baseUrl: {
    default: 'https://openrouter.ai/api/v1',
    // Anthropic's clients take the address without it.
    normalize: (url) => (url.endsWith('/api') ? `${url}/v1` : url),
  },
  needsKey: true,
  dialects: [chatCompletions, responses, messages, completions, embeddings, speech, transcriptions],
  priceSource: 'openrouter',
  // The provider behind it decides what a limit bounds.
  outputLimit: 'unknown',
  // "This field has no effect. Full usage details are always included."
  streamOptions: {
    areAccepted: true,
    source: 'https://github.com/OpenRouterTeam/typescript-sdk/blob/main/src/models/chatstreamoptions.ts',
    checkedOn: '2026-11-30',
  },
  router: { source: 'https://openrouter.ai/docs/guides/routing/provider-selection', checkedOn: '2026-11-30' },
  // "For non-streaming requests or unsupported providers, the model will continue processing and you will be billed for
  // the complete response." Source: https://openrouter.ai/docs/api-reference/streaming, read on 2026-11-30.
  billsAbandoned: 'yes',
  // Of a stream, most providers behind it stop and charge no more.
  onCallerGone: 'abort',
  toOutputLimit: ({ outputLimitName }) => toVouchedLimit(outputLimitName),
})
