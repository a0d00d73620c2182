/** What a provider's own page says of a model, USD a million tokens unless `unit` says otherwise. */
export interface PagePrice {
  readonly source: string
  readonly model: string
  /** Undefined where the page does not say. */
  readonly input?: number
  readonly cachedInput?: number
  readonly output?: number
  /** USD a minute of sound. */
  readonly minute?: number
  readonly page: string
  /** What has to be known of the page. */
  readonly note?: string
}

/** The day on which the copies of the pages were read; none of them bears a date of its own. */
export const pagesReadOn = '2026-11-29'

const openai = 'https://developers.openai.com/api/docs/models'
const anthropic = 'https://platform.claude.com/docs/en/about-claude/pricing'
const opus = 'https://platform.claude.com/docs/about-claude/models/whats-new-opus-5'
const xai = 'https://docs.x.ai/developers/pricing'
const deepseek = 'https://api-docs.deepseek.com/quick_start/pricing'
const mistral = 'https://docs.mistral.ai/inference/model-selection-guide.md'
const fireworks = 'https://docs.fireworks.ai/serverless/pricing'
const fireworksModels = 'accounts/fireworks/models'

/** Only what was seen on the page itself; a copy of it by somebody else says so. */
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
    note: 'dearer above 100,000 tokens',
  },
  {
    source: 'google',
    model: 'gemini-3.8-flash',
    input: 0.75,
    page: 'https://ai.google.dev/gemini-api/docs/pricing',
    note: 'page not seen; [copied](https://raw.githubusercontent.com/api-evangelist/deepmind/refs/heads/main/plans/deepmind-plans-pricing.yml) on 2026-10-07; to the end of 2026',
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
    note: 'peak hours; half at others',
  },
  {
    source: 'deepseek',
    model: 'deepseek-v4-pro',
    input: 1.32,
    cachedInput: 0.044,
    output: 3.96,
    page: deepseek,
    note: 'peak hours; half at others',
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
    note: 'dearer above 512,000 tokens',
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
]
