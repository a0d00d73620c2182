import { openAIDialects } from '../dialects/openai-dialects.ts'
import { defineProvider, toModelCards } from './define-provider.ts'
import type { ModelCard } from './provider.ts'

/** The documented API, which speaks OpenAI's format. Source: https://deepinfra.com/docs/openai_api */
export const deepinfra = defineProvider({
  kind: 'deepinfra',
  name: 'DeepInfra',
  configSchema: {},
  env: [
    {
      name: 'DEEPINFRA_API_KEY',
      key: 'api_key',
      configures: true,
      meaning: 'DeepInfra’s key. Adds the provider `deepinfra`.',
    },
    {
      name: 'DEEPINFRA_BASE_URL',
      key: 'base_url',
      configures: true,
      meaning: 'Moves the provider `deepinfra` elsewhere; it then needs no key.',
    },
  ],
  baseUrl: { default: 'https://api.deepinfra.com/v1/openai' },
  needsKey: true,
  dialects: openAIDialects,
  priceSource: 'deepinfra',
  // The documentation shows `max_tokens` and does not say whether reasoning counts towards it.
  outputLimit: 'unknown',
  onCallerGone: 'abort',
  models: ({ models }) => [...knownModels, ...toModelCards(models, 'deepinfra')],
})

/** The 23 models that the widely copied DeepInfra proxy listed, with the dates that its clients know. */
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
