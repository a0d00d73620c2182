import { transcriptions } from '../dialects/audio.ts'
import { chatCompletions, completions } from '../dialects/chat-completions.ts'
import { embeddings } from '../dialects/embeddings.ts'
import { messages } from '../dialects/messages.ts'
import { responses } from '../dialects/responses.ts'
import { defineProvider } from './define-provider.ts'
import { outputLimitKey, toVouchedLimit } from './output-limit-key.ts'

/**
 * Its cloud is the same API at https://ollama.com, with a key.
 * Sources: https://docs.ollama.com/api/openai-compatibility, https://docs.ollama.com/api/anthropic-compatibility,
 * https://github.com/ollama/ollama/blob/main/server/routes.go, read on 2026-11-30.
 */
export const ollama = defineProvider({
  kind: 'ollama',
  name: 'Ollama',
  configSchema: { output_limit: outputLimitKey },
  toSettings: ({ output_limit }) => ({ outputLimitName: output_limit }),
  env: [
    {
      name: 'OLLAMA_BASE_URL',
      key: 'base_url',
      configures: true,
      meaning: 'URL of an Ollama server, with or without `/v1`. Adds the provider `ollama`; wins over `OLLAMA_HOST`.',
    },
    {
      name: 'OLLAMA_HOST',
      key: 'base_url',
      configures: true,
      meaning: 'The same as Ollama’s own clients take it: `127.0.0.1:11434`, a host, or a URL.',
      toValue: toOllamaUrl,
    },
    {
      name: 'OLLAMA_API_KEY',
      key: 'api_key',
      configures: false,
      meaning: 'API key of Ollama’s cloud (`OLLAMA_HOST=https://ollama.com`), or of a proxy in front of the server.',
    },
  ],
  baseUrl: {
    default: 'http://127.0.0.1:11434/v1',
    normalize: (url) => (url.endsWith('/v1') ? url : `${url}/v1`),
  },
  needsKey: false,
  dialects: [chatCompletions, responses, messages, completions, embeddings, transcriptions],
  // The operator's own machine charges nothing. The cloud's host has a price list of its own, which is unknown.
  priceSource: 'free',
  outputLimit: 'unknown',
  streamOptions: {
    areAccepted: true,
    source: 'https://docs.ollama.com/api/openai-compatibility',
    checkedOn: '2026-11-30',
  },
  // Nothing, unless the operator sets prices: the response used the machine, read or not.
  billsAbandoned: 'unknown',
  onCallerGone: 'abort',
  toOutputLimit: ({ outputLimitName }) => toVouchedLimit(outputLimitName),
})

/**
 * Converts an address in the form of Ollama's clients. The same variable tells the server where to listen, so it may
 * be every address of the machine. Source: https://github.com/ollama/ollama/blob/main/envconfig/config.go
 */
function toOllamaUrl(host: string): string {
  if (host === 'ollama.com') return 'https://ollama.com'
  const match = /^(https?:\/\/)?(\[.*\]|[^:/]*)(:\d+)?(\/.*)?$/i.exec(host)
  if (match === null) return host
  const [, scheme, name = '', port, path = ''] = match
  const address = ['', '0.0.0.0', '[::]'].includes(name) ? '127.0.0.1' : name
  return `${scheme ?? 'http://'}${address}${port ?? (scheme === undefined ? ':11434' : '')}${path}`
}
