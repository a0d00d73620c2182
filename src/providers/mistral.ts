import { transcriptions } from '../dialects/audio.ts'
import { chatCompletions } from '../dialects/chat-completions.ts'
import { embeddings, moderations } from '../dialects/embeddings.ts'
import { defineProvider } from './define-provider.ts'
import { outputLimitKey, toVouchedLimit } from './output-limit-key.ts'
import type { Retirement } from './retirement.ts'

/** The page is built from https://github.com/mistralai/platform-docs-public/tree/main/src/schema/models/models. */
const announced = { source: 'https://docs.mistral.ai/getting-started/models', checkedOn: '2026-11-30' }

/** Mistral points names without a date, such as `devstral-latest`, at the successor itself. */
const retired: readonly Retirement[] = [
  { ...announced, models: ['labs-devstral-small-2512'], on: '2026-03-31', successor: 'mistral-medium-3-5' },
  { ...announced, models: ['labs-mistral-small-creative'], on: '2026-04-30', successor: 'ministral-8b-2512' },
  {
    ...announced,
    models: ['mistral-large-2411', 'pixtral-large-2411', 'devstral-medium-2507'],
    on: '2026-05-31',
    successor: 'mistral-medium-3-5',
  },
  { ...announced, models: ['devstral-small-2507'], on: '2026-05-31', successor: 'mistral-small-2603' },
  { ...announced, models: ['voxtral-mini-2507'], on: '2026-05-31', successor: 'voxtral-mini-2602' },
  { ...announced, models: ['mistral-moderation-2411'], on: '2026-06-30', successor: 'mistral-moderation-2603' },
  {
    ...announced,
    models: ['devstral-2512', 'magistral-medium-2509'],
    on: '2026-07-31',
    successor: 'mistral-medium-3-5',
  },
  {
    ...announced,
    models: ['mistral-small-2506', 'magistral-small-2509'],
    on: '2026-07-31',
    successor: 'mistral-small-2603',
  },
  {
    ...announced,
    models: ['open-mistral-nemo', 'open-mistral-nemo-2407'],
    on: '2026-07-31',
    successor: 'ministral-8b-2512',
  },
  {
    ...announced,
    models: ['mistral-medium-2505', 'mistral-medium-2508'],
    on: '2026-08-31',
    successor: 'mistral-medium-3-5',
  },
]

/**
 * Speech, and completions between two texts (`/fim/completions`), have bodies of their own there.
 * Sources: https://docs.mistral.ai/api, https://github.com/mistralai/client-python, read on 2026-11-30.
 */
export const mistral = defineProvider({
  kind: 'mistral',
  name: 'Mistral',
  configSchema: { output_limit: outputLimitKey },
  toSettings: ({ output_limit }) => ({ outputLimitName: output_limit }),
  env: [
    {
      name: 'MISTRAL_API_KEY',
      key: 'api_key',
      configures: true,
      meaning: 'API key of Mistral. Adds the provider `mistral`.',
    },
    {
      name: 'MISTRAL_BASE_URL',
      key: 'base_url',
      configures: true,
      meaning: 'Base URL of the provider `mistral`, if not Mistral’s own; another server needs no key.',
    },
  ],
  baseUrl: { default: 'https://api.mistral.ai/v1' },
  needsKey: true,
  dialects: [chatCompletions, embeddings, moderations, transcriptions],
  priceSource: 'mistral',
  retired,
  // The documentation does not say whether reasoning counts towards `max_tokens`.
  outputLimit: 'unknown',
  streamOptions: {
    areAccepted: true,
    source: 'https://docs.mistral.ai/resources/known-limitations',
    checkedOn: '2026-11-30',
  },
  billsAbandoned: 'unknown',
  onCallerGone: 'abort',
  toOutputLimit: ({ outputLimitName }) => toVouchedLimit(outputLimitName),
})
