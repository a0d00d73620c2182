import type { Effort } from './prompt.ts'

/**
 * True for a model of OpenAI that reasons: it refuses `temperature` and `top_p`, and accepts an effort.
 * Source: https://developers.openai.com/api/docs/guides/reasoning, read on 2026-11-30.
 */
export function isOpenAIReasoner(model: string): boolean {
  return /(?:^|\/)(?:o[1-9](?:-|$)|gpt-[5-9](?!.*-chat))/.test(model)
}

/** True for a model that is known to accept `reasoning_effort`; others may answer 400 to it. */
export function acceptsEffort(model: string): boolean {
  return isOpenAIReasoner(model) || otherReasoners.test(model)
}

const otherReasoners =
  /gpt-oss|deepseek-(?:r\d|reasoner|v[4-9])|qwen3|glm-(?:4\.[5-9]|[5-9])|kimi-k[2-9]|grok-[3-9]|magistral|minimax-m\d|gemini-(?:2\.5|[3-9])/i

/** OpenAI's name of an effort. */
export function toOpenAIEffort(effort: Effort): string {
  return effort === 'max' ? 'xhigh' : effort
}

/** The effort that a budget of tokens comes closest to. */
export function toEffort(budget: number): Effort {
  if (budget === 0) return 'none'
  if (budget <= 2_048) return 'low'
  return budget <= 10_000 ? 'medium' : 'high'
}
