/** The prices of a model on its provider's own page, in USD per million tokens unless a field names another unit. */
export interface PagePrice {
  readonly source: string
  readonly model: string
  /** Undefined if the page does not list it. */
  readonly input?: number
  readonly cachedInput?: number
  readonly output?: number
  /** USD per minute of audio. */
  readonly minute?: number
  /** USD per hour of audio. */
  readonly hour?: number
  readonly page: string
  /** The date on the page or on its copy, if it has one. */
  readonly dated?: string
  /** A remark about the page. */
  readonly note?: string
  /** The reason for a price of Weir's that differs from the page. */
  readonly differs?: string
}

/** The day on which the copies of the pages were read. */
export const pagesReadOn = '2026-11-29'

const openai = 'https://developers.openai.com/api/docs/models'
const anthropic = 'https://platform.claude.com/docs/en/about-claude/pricing'
const opus = 'https://platform.claude.com/docs/about-claude/models/whats-new-opus-5'
const xai = 'https://docs.x.ai/developers/pricing'
const deepseek = 'https://api-docs.deepseek.com/quick_start/pricing'
const mistral = 'https://docs.mistral.ai/inference/model-selection-guide.md'
const fireworks = 'https://docs.fireworks.ai/serverless/pricing'
const fireworksModels = 'accounts/fireworks/models'
const groq = 'https://console.groq.com/docs/models'
const perplexity = 'https://docs.perplexity.ai/getting-started/pricing'
const together = {
  source: 'together',
  page: 'https://github.com/togethercomputer/skills/blob/665299de0b1f6ab8565b95df840cec000720560a/skills/together-ai/references/chat-completions/models.md',
  dated: '2026-10-07',
}
const moonshot = {
  source: 'moonshot',
  page: 'https://platform.moonshot.ai/docs/pricing/chat',
  dated: '2026-03-26',
  note: '[archived](https://megalodon.jp/ref/2026-0326-0135-31/https://platform.moonshot.ai:443/docs/pricing/chat)',
}

/** Prices that were read on the page itself. A `note` marks a third party's copy of the page. */
export const pagePrices: readonly PagePrice[] = [
  { source: 'openai', model: 'gpt-6.2-sol', input: 2, cachedInput: 0.1, output: 10, page: `${openai}/gpt-6.2-sol.md` },
  { source: 'openai', model: 'gpt-4o-transcribe', input: 2.5, output: 10, page: `${openai}/gpt-4o-transcribe.md` },
  {
    source: 'openai',
    model: 'gpt-4o-mini-transcribe',
    input: 1.25,
    output: 5,
    page: `${openai}/compare?model=gpt-4o-mini-transcribe`,
  },
  { source: 'openai', model: 'gpt-audio-mini', input: 0.6, output: 2.4, page: `${openai}/gpt-audio-mini` },
  { source: 'anthropic', model: 'claude-fable-5-1', input: 10, cachedInput: 0.25, output: 50, page: anthropic },
  { source: 'anthropic', model: 'claude-opus-5-5', input: 4, output: 20, page: opus },
  { source: 'anthropic', model: 'claude-opus-5', input: 5, cachedInput: 0.5, output: 25, page: anthropic },
  { source: 'anthropic', model: 'claude-opus-4-8', input: 5, cachedInput: 0.5, output: 25, page: anthropic },
  { source: 'anthropic', model: 'claude-sonnet-5-5', input: 2, output: 10, page: opus },
  {
    source: 'anthropic',
    model: 'claude-haiku-5-5',
    input: 0.1,
    output: 0.5,
    page: 'https://platform.claude.com/docs/en/models/haiku-5-5/overview.md',
    note: 'more expensive above 100,000 tokens',
  },
  {
    source: 'google',
    model: 'gemini-3.8-flash',
    input: 0.75,
    page: 'https://ai.google.dev/gemini-api/docs/pricing',
    dated: '2026-10-07',
    note: 'page not seen; [quoted](https://raw.githubusercontent.com/api-evangelist/deepmind/refs/heads/main/plans/deepmind-plans-pricing.yml), valid to the end of 2026',
  },
  { source: 'xai', model: 'grok-4.7', input: 2, cachedInput: 0.5, output: 6, page: xai },
  { source: 'xai', model: 'grok-4.5', input: 2, cachedInput: 0.3, output: 6, page: xai },
  { source: 'xai', model: 'grok-4.3', input: 1.25, cachedInput: 0.2, output: 2.5, page: xai },
  {
    source: 'deepseek',
    model: 'deepseek-flash',
    input: 0.3,
    cachedInput: 0.006,
    output: 1.2,
    page: deepseek,
    note: 'peak hours; half price at other times',
  },
  {
    source: 'deepseek',
    model: 'deepseek-v4-pro',
    input: 1.32,
    cachedInput: 0.044,
    output: 3.96,
    page: deepseek,
    note: 'peak hours; half price at other times',
  },
  { source: 'mistral', model: 'zai-glm-5-3', input: 1.4, cachedInput: 0.14, output: 4.4, page: mistral },
  { source: 'mistral', model: 'zai-glm-5-3-flash', input: 0.15, cachedInput: 0.03, output: 0.5, page: mistral },
  { source: 'mistral', model: 'deepseek-v4-1-flash-1017', input: 0.3, cachedInput: 0.007, output: 1.2, page: mistral },
  {
    source: 'fireworks',
    model: `${fireworksModels}/kimi-k2p6`,
    input: 0.95,
    cachedInput: 0.16,
    output: 4,
    page: fireworks,
  },
  {
    source: 'fireworks',
    model: `${fireworksModels}/glm-5p1`,
    input: 1.4,
    cachedInput: 0.26,
    output: 4.4,
    page: fireworks,
  },
  {
    source: 'fireworks',
    model: `${fireworksModels}/gpt-oss-120b`,
    input: 0.15,
    cachedInput: 0.015,
    output: 0.6,
    page: fireworks,
  },
  {
    source: 'fireworks',
    model: `${fireworksModels}/deepseek-v4-pro`,
    input: 1.74,
    cachedInput: 0.145,
    output: 3.48,
    page: fireworks,
  },
  {
    source: 'minimax',
    model: 'MiniMax-M3',
    input: 0.3,
    cachedInput: 0.06,
    output: 1.2,
    page: 'https://platform.minimax.io/docs/guides/pricing-paygo.md',
    note: 'more expensive above 512,000 tokens',
  },
  {
    source: 'novita',
    model: 'deepseek/deepseek-v3-turbo',
    input: 0.4,
    output: 1.3,
    page: 'https://novita.ai/zh/models/model-detail/deepseek-deepseek-v3-turbo',
  },
  {
    source: 'deepinfra',
    model: 'mistralai/Voxtral-Mini-3B-2507',
    minute: 0.001,
    page: 'https://deepinfra.com/mistralai/Voxtral-Mini-3B-2507/api',
  },
  { source: 'groq', model: 'openai/gpt-oss-120b', input: 0.15, output: 0.6, page: groq },
  { source: 'groq', model: 'openai/gpt-oss-20b', input: 0.075, output: 0.3, page: groq },
  { source: 'groq', model: 'llama-3.3-70b-versatile', input: 0.59, output: 0.79, page: groq },
  { source: 'groq', model: 'llama-3.1-8b-instant', input: 0.05, output: 0.08, page: groq },
  { source: 'groq', model: 'whisper-large-v3', hour: 0.111, page: groq },
  { source: 'groq', model: 'whisper-large-v3-turbo', hour: 0.04, page: groq },
  {
    source: 'cerebras',
    model: 'gpt-oss-120b',
    input: 0.35,
    output: 0.75,
    page: 'https://inference-docs.cerebras.ai/models/openai-oss',
  },
  { source: 'perplexity', model: 'sonar', input: 1, output: 1, page: perplexity },
  { source: 'perplexity', model: 'sonar-pro', input: 3, output: 15, page: perplexity },
  { source: 'perplexity', model: 'sonar-reasoning-pro', input: 2, output: 8, page: perplexity },
  { source: 'perplexity', model: 'sonar-deep-research', input: 2, output: 8, page: perplexity },
  { ...together, model: 'moonshotai/Kimi-K3', input: 3, output: 15 },
  { ...together, model: 'zai-org/GLM-5.3', input: 1.4, output: 4.4 },
  { ...together, model: 'deepseek-ai/DeepSeek-V4-Pro-0813', input: 1.32, output: 3.96 },
  { ...together, model: 'deepseek-ai/DeepSeek-V4.1-Flash', input: 0.3, output: 1.2 },
  { ...together, model: 'openai/gpt-oss-120b', input: 0.15, output: 0.6 },
  { ...together, model: 'Qwen/Qwen3.5-9B', input: 0.17, output: 0.25 },
  {
    ...together,
    model: 'Qwen/Qwen3.7-Max',
    input: 1.5,
    output: 4.5,
    differs: 'both data sets are newer',
  },
  {
    ...together,
    model: 'Qwen/Qwen3.8-Flash',
    input: 0.09,
    output: 0.282,
    differs: 'both data sets are newer',
  },
  { ...moonshot, model: 'kimi-k2.5', input: 0.6, cachedInput: 0.1, output: 3 },
  { ...moonshot, model: 'kimi-k2-0905-preview', input: 0.6, cachedInput: 0.15, output: 2.5 },
  {
    source: 'openrouter',
    model: 'z-ai/glm-5.3',
    input: 1.4,
    output: 4.4,
    page: 'https://openrouter.ai/models/z-ai/glm-5.3',
    note: 'varies with its hosts; each response reports its cost',
  },
  {
    source: 'openrouter',
    model: 'openai/gpt-4',
    input: 30,
    output: 60,
    page: 'https://openrouter.ai/openai/gpt-4//api',
  },
]
