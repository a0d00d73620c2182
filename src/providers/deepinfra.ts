import { openAIDialects } from '../dialects/openai-dialects.ts'
import { defineProvider, toModelCards } from './define-provider.ts'
import { deepinfraCost } from './host-facts.ts'
import { outputLimitKey, toVouchedLimit } from './output-limit-key.ts'
import type { ModelCard } from './provider.ts'
import type { Retirement } from './retirement.ts'

/**
 * DeepInfra has no page of shutdowns. These names are missing from its price list now. The successor is DeepInfra's
 * recommendation if one is known, else the nearest listed model of the same maker or kind.
 */
const unlisted = {
  on: '2026-06-08',
  source: 'https://deepinfra.com/pricing',
  checkedOn: '2026-11-28',
  everywhere: true,
}

const retired: readonly Retirement[] = [
  { ...unlisted, models: ['deepseek-ai/DeepSeek-V3-0324-Turbo'], successor: 'deepseek-ai/DeepSeek-V3-0324' },
  { ...unlisted, models: ['deepseek-ai/DeepSeek-R1-0528-Turbo'], successor: 'deepseek-ai/DeepSeek-V4-Flash' },
  {
    ...unlisted,
    models: ['zai-org/GLM-4.5'],
    on: '2025-12-24',
    successor: 'zai-org/GLM-4.7',
    source: 'https://github.com/anomalyco/models.dev/pull/565',
  },
  { ...unlisted, models: ['zai-org/GLM-4.5-Air'], successor: 'zai-org/GLM-4.7-Flash' },
  { ...unlisted, models: ['moonshotai/Kimi-K2-Instruct'], successor: 'moonshotai/Kimi-K2.5' },
  {
    ...unlisted,
    models: ['moonshotai/Kimi-K2.5'],
    on: '2026-09-07',
    successor: 'moonshotai/Kimi-K3',
    source: 'https://github.com/theopenco/llmgateway/pull/3874',
    everywhere: false,
  },
  { ...unlisted, models: ['meta-llama/Llama-3.3-70B-Instruct'], successor: 'meta-llama/Llama-3.3-70B-Instruct-Turbo' },
  {
    ...unlisted,
    models: ['Qwen/Qwen3-Coder-480B-A35B-Instruct', 'Phind/Phind-CodeLlama-34B-v2'],
    successor: 'Qwen/Qwen3-Coder-480B-A35B-Instruct-Turbo',
  },
  { ...unlisted, models: ['Qwen/Qwen3-235B-A22B-Thinking-2507'], successor: 'Qwen/Qwen3.5-397B-A17B' },
  { ...unlisted, models: ['openai/whisper-tiny'], successor: 'openai/whisper-large-v3-turbo' },
]

/** The documented API, which speaks OpenAI's format. Source: https://deepinfra.com/docs/openai_api */
export const deepinfra = defineProvider({
  kind: 'deepinfra',
  name: 'DeepInfra',
  configSchema: { output_limit: outputLimitKey },
  toSettings: ({ output_limit }) => ({ outputLimitName: output_limit }),
  env: [
    {
      name: 'DEEPINFRA_API_KEY',
      key: 'api_key',
      configures: true,
      meaning: 'API key of DeepInfra. Adds the provider `deepinfra`.',
    },
    {
      name: 'DEEPINFRA_BASE_URL',
      key: 'base_url',
      configures: true,
      meaning: 'Base URL of the provider `deepinfra`, if not DeepInfra’s own; another server needs no key.',
    },
  ],
  baseUrl: { default: 'https://api.deepinfra.com/v1/openai' },
  needsKey: true,
  dialects: openAIDialects,
  priceSource: 'deepinfra',
  retired,
  reportedCost: deepinfraCost,
  // The documentation shows `max_tokens` but does not specify whether reasoning counts towards it.
  outputLimit: 'unknown',
  streamOptions: 'unknown',
  billsAbandoned: 'unknown',
  onCallerGone: 'abort',
  toOutputLimit: ({ outputLimitName }) => toVouchedLimit(outputLimitName),
  models: ({ models }) => [...knownModels, ...toModelCards(models, 'deepinfra')],
})

/** The 23 models that the widely copied DeepInfra proxy listed, with the creation dates that its clients know. */
const knownIds: readonly string[] = [
  'deepseek-ai/DeepSeek-V3.1',
  'deepseek-ai/DeepSeek-R1-0528-Turbo',
  'deepseek-ai/DeepSeek-V3-0324-Turbo',
  'openai/gpt-oss-120b',
  'zai-org/GLM-4.5',
  'zai-org/GLM-4.5-Air',
  'moonshotai/Kimi-K2-Instruct',
  'meta-llama/Llama-3.3-70B-Instruct',
  'Qwen/Qwen3-Coder-480B-A35B-Instruct-Turbo',
  'Qwen/Qwen3-Coder-480B-A35B-Instruct',
  'bigcode/starcoder2-15b',
  'Phind/Phind-CodeLlama-34B-v2',
  'allenai/olmOCR-7B-0725-FP8',
  'openai/whisper-tiny',
  'mistralai/Voxtral-Small-24B-2507',
  'mistralai/Voxtral-Mini-3B-2507',
  'Qwen/Qwen3-235B-A22B-Thinking-2507',
  'Qwen/Qwen3-235B-A22B-Instruct-2507',
  'Qwen/Qwen3-30B-A3B',
  'Qwen/Qwen3-32B',
  'Qwen/Qwen3-14B',
  'Gryphe/MythoMax-L2-13b',
  'openchat/openchat_3.5',
]

const knownDates: Readonly<Record<string, number>> = {
  'deepseek-ai/DeepSeek-V3.1': 1_624_980_000,
  'openai/gpt-oss-120b': 1_625_980_000,
}

const knownModels: readonly ModelCard[] = knownIds.map((id) => ({
  id,
  created: knownDates[id] ?? 1_624_980_000,
  ownedBy: id.split('/')[0] ?? 'deepinfra',
}))
