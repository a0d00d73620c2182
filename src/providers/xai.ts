import { chatCompletions, completions } from '../dialects/chat-completions.ts'
import { imageGenerations } from '../dialects/images.ts'
import { responses } from '../dialects/responses.ts'
import { defineProvider } from './define-provider.ts'
import { outputLimitKey, toVouchedLimit } from './output-limit-key.ts'
import type { Retirement } from './retirement.ts'

const announced = {
  on: '2026-05-15',
  source: 'https://docs.x.ai/developers/migration/may-15-retirement',
  checkedOn: '2026-11-30',
}

const retired: readonly Retirement[] = [
  {
    ...announced,
    models: ['grok-4-1-fast-reasoning', 'grok-4-fast-reasoning', 'grok-4-0709', 'grok-code-fast-1', 'grok-3'],
    successor: 'grok-4.3',
  },
  {
    ...announced,
    models: ['grok-4-1-fast-non-reasoning', 'grok-4-fast-non-reasoning'],
    successor: 'grok-4.20-non-reasoning',
  },
  { ...announced, models: ['grok-imagine-image-pro'], successor: 'grok-imagine-image' },
]

/**
 * xAI recommends Responses and calls its chat completions deprecated: they return no reasoning. Its Messages are
 * "fully deprecated". Its charge in the usage is a fact of the host.
 * Sources: https://docs.x.ai/developers/model-capabilities/text/comparison,
 * https://docs.x.ai/developers/rest-api-reference/inference/legacy, read on 2026-11-30.
 */
export const xai = defineProvider({
  kind: 'xai',
  name: 'xAI',
  configSchema: { output_limit: outputLimitKey },
  toSettings: ({ output_limit }) => ({ outputLimitName: output_limit }),
  env: [
    {
      name: 'XAI_API_KEY',
      key: 'api_key',
      configures: true,
      meaning: 'API key of xAI. Adds the provider `xai`.',
    },
    {
      name: 'XAI_BASE_URL',
      key: 'base_url',
      configures: true,
      meaning: 'Base URL of the provider `xai`, if not xAI’s own; another server needs no key.',
    },
  ],
  baseUrl: { default: 'https://api.x.ai/v1' },
  needsKey: true,
  dialects: [responses, chatCompletions, completions, imageGenerations],
  priceSource: 'xai',
  retired,
  outputLimit: 'unknown',
  streamOptions: 'unknown',
  billsAbandoned: 'unknown',
  onCallerGone: 'abort',
  toOutputLimit: ({ outputLimitName }) => toVouchedLimit(outputLimitName),
})
