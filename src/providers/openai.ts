import { chatCompletions, completions } from '../dialects/chat-completions.ts'
import { openAIDialects } from '../dialects/openai-dialects.ts'
import { inputTokenCounts, responses } from '../dialects/responses.ts'
import { listCurrentModels } from '../metering/model-facts.ts'
import { toGptImage, toReasoningChat, toReasoningResponse } from '../openai/successor-requests.ts'
import { defineProvider, toModelCards } from './define-provider.ts'
import { outputLimitKey, toVouchedLimit } from './output-limit-key.ts'
import type { Retirement } from './retirement.ts'

/** OpenAI's list of all shutdowns. For images it names two successors, of which this table has one. */
const announced = { source: 'https://developers.openai.com/api/docs/deprecations', checkedOn: '2026-11-28' }

/** Rewrites chats of models without reasoning, for successors that can turn reasoning off. */
const fits = { 'chat.completions': toReasoningChat, responses: toReasoningResponse }

const retired: readonly Retirement[] = [
  {
    ...announced,
    models: ['dall-e-3', 'dall-e-2'],
    on: '2026-05-12',
    successor: 'gpt-image-1',
    fits: { 'images.generations': toGptImage },
  },
  { ...announced, models: ['gpt-image-1'], on: '2026-10-23', successor: 'gpt-image-2.6-flare' },
  {
    ...announced,
    models: ['gpt-image-1-mini', 'gpt-image-1.5', 'gpt-image-1.5-2025-12-16', 'chatgpt-image-latest'],
    on: '2026-12-01',
    successor: 'gpt-image-2.6-flare',
  },
  {
    ...announced,
    models: ['gpt-5.2-chat-latest', 'gpt-5.3-chat-latest'],
    on: '2026-08-10',
    successor: 'gpt-5.5',
  },
  {
    ...announced,
    models: ['gpt-3.5-turbo', 'gpt-3.5-turbo-0125'],
    on: '2026-10-23',
    successor: 'gpt-5.6-terra',
    fits,
  },
  {
    ...announced,
    models: ['gpt-4', 'gpt-4-0613', 'gpt-4-1106-preview', 'gpt-4-turbo', 'gpt-4-turbo-2024-04-09', 'gpt-4o-2024-05-13'],
    on: '2026-10-23',
    successor: 'gpt-5.6-sol',
    fits,
  },
  {
    ...announced,
    models: ['gpt-4.1-nano', 'gpt-4.1-nano-2025-04-14'],
    on: '2026-10-23',
    successor: 'gpt-5.6-luna',
    fits,
  },
  {
    ...announced,
    models: ['o1', 'o1-2024-12-17', 'o3-mini', 'o3-mini-2025-01-31'],
    on: '2026-10-23',
    successor: 'gpt-5.6-sol',
  },
  { ...announced, models: ['o4-mini', 'o4-mini-2025-04-16'], on: '2026-10-23', successor: 'gpt-5.6-terra' },
  {
    ...announced,
    models: ['gpt-5', 'gpt-5-2025-08-07'],
    on: '2026-12-11',
    successor: 'gpt-6.1-sol',
  },
  { ...announced, models: ['gpt-5-mini', 'gpt-5-mini-2025-08-07'], on: '2026-12-11', successor: 'gpt-6.1-terra' },
  { ...announced, models: ['gpt-5-nano', 'gpt-5-nano-2025-08-07'], on: '2026-12-11', successor: 'gpt-6-luna' },
  {
    ...announced,
    models: [
      'gpt-4o',
      'gpt-4o-2024-08-06',
      'gpt-4o-2024-11-20',
      'gpt-4o-mini',
      'gpt-4o-mini-2024-07-18',
      'gpt-4.1',
      'gpt-4.1-2025-04-14',
      'gpt-4.1-mini',
      'gpt-4.1-mini-2025-04-14',
    ],
    on: '2027-01-14',
    successor: 'gpt-6-luna',
    fits,
  },
]

/** OpenAI's own hosts, including regional ones. Source: https://developers.openai.com/api/docs/guides/your-data */
const ownHost = /^https:\/\/(?:[a-z0-9-]+\.)*api\.openai\.com(?:[:/]|$)/i

/** Source: https://developers.openai.com/api/docs/guides/predicted-outputs */
const excludedBy = ['prediction']

/** Source: https://platform.openai.com/docs/api-reference */
export const openai = defineProvider({
  kind: 'openai',
  name: 'OpenAI',
  configSchema: { output_limit: outputLimitKey },
  toSettings: ({ output_limit }) => ({ outputLimitName: output_limit }),
  env: [
    {
      name: 'OPENAI_API_KEY',
      key: 'api_key',
      configures: true,
      meaning: 'API key of OpenAI. Adds the provider `openai`.',
    },
    {
      name: 'OPENAI_BASE_URL',
      key: 'base_url',
      configures: true,
      meaning: 'Base URL of the provider `openai`, if not OpenAI’s own; another server needs no key.',
    },
    {
      name: 'OPENAI_OUTPUT_LIMIT',
      key: 'output_limit',
      configures: false,
      meaning:
        'Chat field with which the server at `OPENAI_BASE_URL` limits its whole output, reasoning included; same as `output_limit`.',
    },
  ],
  baseUrl: { default: 'https://api.openai.com/v1' },
  needsKey: true,
  acceptsOwnKey: true,
  retired,
  // OpenAI recommends Responses; a chat cannot carry its reasoning items.
  dialects: [...new Set([responses, ...openAIDialects]), inputTokenCounts],
  priceSource: 'openai',
  outputLimit: {
    // Reasoning models answer 400 to `max_tokens` in a chat, and Responses answers 400 to a limit below 16 tokens.
    fields: [
      { dialect: chatCompletions, names: ['max_completion_tokens', 'max_tokens'] },
      { dialect: completions, names: ['max_tokens'] },
      { dialect: responses, names: ['max_output_tokens'], min: 16 },
    ],
    includesReasoning: true,
    excludedBy,
    source: 'https://platform.openai.com/docs/api-reference/chat/create',
    checkedOn: '2026-11-28',
  },
  streamOptions: {
    areAccepted: true,
    source: 'https://platform.openai.com/docs/api-reference/chat/create',
    checkedOn: '2026-11-29',
  },
  // OpenAI documents neither that it stops nor what it charges then.
  billsAbandoned: 'unknown',
  freeOperations: {
    names: ['moderations'],
    source: 'https://developers.openai.com/api/docs/guides/moderation',
    checkedOn: '2026-11-29',
  },
  // Also without `web_search_options`: "the model always retrieves information from the web before responding".
  searchingModels: {
    pattern: /-search-(?:preview|api)\b/,
    source: 'https://developers.openai.com/api/docs/guides/tools-web-search',
    checkedOn: '2026-11-29',
  },
  // Source: openai-node 7.57, `Tool.ImageGeneration`
  drawingModel: 'gpt-image-2.6-sunburst',
  // Source: https://developers.openai.com/api/reference/resources/images/methods/edit; image generations must name a
  // model.
  defaultModels: { 'images.edits': 'gpt-image-2.5-sunburst', moderations: 'omni-moderation-latest' },
  onCallerGone: 'abort',
  // Many servers that replace OpenAI know only `max_tokens`, and some do not count reasoning towards it.
  toOutputLimit({ outputLimitName, baseUrl }) {
    const vouched = toVouchedLimit(outputLimitName)
    if (vouched !== undefined) return { ...vouched, excludedBy }
    return ownHost.test(baseUrl) ? undefined : 'unknown'
  },
  // Retired models are listed too, because calls of them may get a successor. Other names still reach OpenAI if it is
  // the default provider.
  models: ({ models }) =>
    toModelCards([...listCurrentModels('openai'), ...retired.flatMap((each) => each.models), ...models], 'openai'),
})
