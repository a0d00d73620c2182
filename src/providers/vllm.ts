import { transcriptions, translations } from '../dialects/audio.ts'
import { chatCompletions, completions } from '../dialects/chat-completions.ts'
import { embeddings } from '../dialects/embeddings.ts'
import { messages, tokenCounts } from '../dialects/messages.ts'
import { responses } from '../dialects/responses.ts'
import { defineProvider } from './define-provider.ts'
import { outputLimitKey, toVouchedLimit } from './output-limit-key.ts'

/** Source: https://docs.vllm.ai/en/v0.32.0/serving/online_serving/, read on 2026-11-30. */
export const vllm = defineProvider({
  kind: 'vllm',
  name: 'vLLM',
  configSchema: { output_limit: outputLimitKey },
  toSettings: ({ output_limit }) => ({ outputLimitName: output_limit }),
  env: [
    {
      name: 'VLLM_BASE_URL',
      key: 'base_url',
      configures: true,
      meaning: 'Base URL of a vLLM server, with or without `/v1`. Adds the provider `vllm`.',
    },
    {
      name: 'VLLM_API_KEY',
      key: 'api_key',
      configures: false,
      meaning: 'API key for `VLLM_BASE_URL`, if the server requires one (`--api-key`).',
    },
  ],
  baseUrl: {
    default: 'http://127.0.0.1:8000/v1',
    normalize: (url) => (url.endsWith('/v1') ? url : `${url}/v1`),
  },
  needsKey: false,
  dialects: [chatCompletions, responses, messages, tokenCounts, completions, embeddings, transcriptions, translations],
  // The operator's own machine charges nothing.
  priceSource: 'free',
  outputLimit: 'unknown',
  streamOptions: 'unknown',
  // Nothing, unless the operator sets prices: the response used the machine, read or not.
  billsAbandoned: 'unknown',
  onCallerGone: 'abort',
  toOutputLimit: ({ outputLimitName }) => toVouchedLimit(outputLimitName),
})
