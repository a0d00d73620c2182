import { chatCompletions, completions } from '../dialects/chat-completions.ts'
import { messages } from '../dialects/messages.ts'
import type { OperationName } from '../dialects/operations.ts'
import { responses } from '../dialects/responses.ts'
import type { RequestFit } from '../openai/successor-requests.ts'
import { toBearer } from './api-headers.ts'
import { defineProvider } from './define-provider.ts'
import { outputLimitKey, toVouchedLimit } from './output-limit-key.ts'
import type { Retirement } from './retirement.ts'

/** Turns off thinking, which is the successor's default and which the old name did not do. */
const withoutThinking: RequestFit = ({ thinking }) => ({
  ...(thinking === undefined && { thinking: { type: 'disabled' } }),
})

/** "The model names deepseek-chat and deepseek-reasoner will be deprecated on 2026/07/24". */
const announced = {
  on: '2026-07-24',
  successor: 'deepseek-flash',
  source: 'https://api-docs.deepseek.com/',
  checkedOn: '2026-11-30',
}

const retired: readonly Retirement[] = [
  {
    ...announced,
    models: ['deepseek-chat'],
    fits: {
      'chat.completions': withoutThinking,
      messages: withoutThinking,
      responses: ({ reasoning }) => ({ ...(reasoning === undefined && { reasoning: { effort: 'none' } }) }),
    },
  },
  { ...announced, models: ['deepseek-reasoner'] },
]

/** The paths that differ from the operation's own. The legacy completions are a beta, for text between two texts. */
const paths: { readonly [name in OperationName]?: string } = {
  messages: '/anthropic/v1/messages',
  completions: '/beta/completions',
}

/**
 * Sources: https://api-docs.deepseek.com/guides/anthropic_api, https://api-docs.deepseek.com/guides/responses_api,
 * https://api-docs.deepseek.com/api/create-completion, read on 2026-11-30.
 */
export const deepseek = defineProvider({
  kind: 'deepseek',
  name: 'DeepSeek',
  configSchema: { output_limit: outputLimitKey },
  toSettings: ({ output_limit }) => ({ outputLimitName: output_limit }),
  env: [
    {
      name: 'DEEPSEEK_API_KEY',
      key: 'api_key',
      configures: true,
      meaning: 'API key of DeepSeek. Adds the provider `deepseek`.',
    },
    {
      name: 'DEEPSEEK_BASE_URL',
      key: 'base_url',
      configures: true,
      meaning: 'Base URL of the provider `deepseek`, if not DeepSeek’s own; another server needs no key.',
    },
  ],
  baseUrl: {
    default: 'https://api.deepseek.com',
    meaning: 'the address without a path, below which it has OpenAI’s and Anthropic’s API',
    // Its clients of each API take the address with another path; another server's path stays.
    normalize: (url) => url.replace(/^(https:\/\/api\.deepseek\.com)\/(v1|beta|anthropic(\/v1)?)$/, '$1'),
  },
  needsKey: true,
  dialects: [chatCompletions, responses, messages, completions],
  priceSource: 'deepseek',
  retired,
  // The documentation does not say whether thinking counts; the reasoner gave its whole chain of thought at 1.
  outputLimit: 'unknown',
  streamOptions: {
    areAccepted: true,
    source: 'https://api-docs.deepseek.com/api/create-chat-completion',
    checkedOn: '2026-11-30',
  },
  billsAbandoned: 'unknown',
  onCallerGone: 'abort',
  toOutputLimit: ({ outputLimitName }) => toVouchedLimit(outputLimitName),
  authenticate: (key, api) => (api === 'anthropic' ? { 'x-api-key': key } : toBearer(key)),
  toPath: ({ name, path }, _model, query) => (paths[name] ?? path) + query,
})
