import { chatCompletions, completions } from '../dialects/chat-completions.ts'
import { openAIDialects } from '../dialects/openai-dialects.ts'
import { responses } from '../dialects/responses.ts'
import { defineProvider, toModelCards } from './define-provider.ts'

/** Source: https://platform.openai.com/docs/api-reference */
export const openai = defineProvider({
  kind: 'openai',
  name: 'OpenAI',
  configSchema: {},
  env: [
    {
      name: 'OPENAI_API_KEY',
      key: 'api_key',
      configures: true,
      meaning: 'OpenAI’s key. Adds the provider `openai`.',
    },
    {
      name: 'OPENAI_BASE_URL',
      key: 'base_url',
      configures: true,
      meaning: 'Moves the provider `openai` elsewhere; it then needs no key.',
    },
  ],
  baseUrl: { default: 'https://api.openai.com/v1' },
  needsKey: true,
  acceptsOwnKey: true,
  dialects: openAIDialects,
  priceSource: 'openai',
  outputLimit: {
    // Reasoning models answer 400 to `max_tokens` in a chat, and Responses to less than 16 tokens.
    fields: [
      { dialect: chatCompletions, name: 'max_completion_tokens' },
      { dialect: completions, name: 'max_tokens' },
      { dialect: responses, name: 'max_output_tokens', min: 16 },
    ],
    includesReasoning: true,
    source: 'https://platform.openai.com/docs/api-reference/chat/create',
    checkedOn: '2026-11-28',
  },
  onCallerGone: 'abort',
  models: ({ models }) => toModelCards([...knownModels, ...models], 'openai'),
})

/**
 * Names that OpenAI's API answers to, for lists and for `models.strict`. A name that is missing here still reaches OpenAI where it is the
 * default provider. Source: https://platform.openai.com/docs/models
 */
const knownModels: readonly string[] = [
  'gpt-5.1',
  'gpt-5',
  'gpt-5-mini',
  'gpt-5-nano',
  'gpt-4.1',
  'gpt-4.1-mini',
  'gpt-4.1-nano',
  'gpt-4o',
  'gpt-4o-mini',
  'gpt-4-turbo',
  'gpt-4',
  'gpt-3.5-turbo',
  'gpt-3.5-turbo-instruct',
  'o4-mini',
  'o3',
  'o3-mini',
  'o1',
  'text-embedding-3-large',
  'text-embedding-3-small',
  'text-embedding-ada-002',
  'gpt-image-1',
  'gpt-image-1-mini',
  'dall-e-3',
  'dall-e-2',
  'gpt-4o-transcribe',
  'gpt-4o-mini-transcribe',
  'whisper-1',
  'gpt-4o-mini-tts',
  'tts-1',
  'tts-1-hd',
  'omni-moderation-latest',
]
