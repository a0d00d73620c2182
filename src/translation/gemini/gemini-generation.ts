import { toEffort } from '../openai-models.ts'
import type { Effort } from '../prompt.ts'

/**
 * Returns the generation in the name of a Gemini model, such as 2.5; infinite for a name without one, because such
 * names stand for the latest model: `gemini-flash-latest`.
 */
export function generationOf(model: string): number {
  const [, generation] = /gemini-(\d+(?:\.\d+)?)/.exec(model) ?? []
  return generation === undefined ? Number.POSITIVE_INFINITY : Number(generation)
}

/** True for a model that refuses a call of a function without the signature that came with it. */
export function requiresSignatures(model: string): boolean {
  return generationOf(model) >= 3
}

/**
 * False for a model that answers "Penalty is not enabled for this model", 400.
 * Source: https://github.com/google-gemini/cookbook/issues/1290, read on 2026-11-30.
 */
export function acceptsPenalties(model: string): boolean {
  return generationOf(model) < 2.5
}

/** True for a model that accepts pictures within the result of a function. */
export function seesResults(model: string): boolean {
  return generationOf(model) >= 3
}

/**
 * Returns the fields that make a model think for an effort, and whether they are less than what was asked: a model of
 * Gemini 3 and 2.5 Pro cannot stop thinking. Undefined for a model that does not think, or has one level only.
 * Sources, read on 2026-11-30: https://docs.cloud.google.com/gemini-enterprise-agent-platform/models/thinking,
 * …/models/guides/gemini-4-hydrogen, https://ai.google.dev/gemini-api/docs/openai
 */
export function toThinking(
  model: string,
  effort: Effort | undefined,
  budget: number | undefined,
): { readonly fields: Thinking; readonly isShort: boolean } | undefined {
  const generation = generationOf(model)
  const isPro = /pro/.test(model)
  if (generation < 2.5 || model.includes('gemini-3-pro-image')) return undefined
  const isOff = effort === 'none' || budget === 0
  if (generation < 3) {
    const [least, most] = isPro ? [128, 32_768] : /lite/.test(model) ? [512, 24_576] : [1, 24_576]
    if (isOff) return { fields: { thinkingBudget: isPro ? least : 0 }, isShort: isPro }
    const tokens = budget ?? budgets[effort ?? 'medium']
    return { fields: { thinkingBudget: Math.min(most, Math.max(least, tokens)) }, isShort: false }
  }
  const lowest = acceptsMinimal(model) ? 'MINIMAL' : 'LOW'
  if (isOff) return { fields: { thinkingLevel: lowest }, isShort: true }
  const known = effort ?? toEffort(budget ?? budgets.medium)
  const isHighest = known === 'xhigh' || known === 'max'
  if (isHighest && model.includes('gemini-4-hydrogen')) return { fields: { thinkingLevel: 'XHIGH' }, isShort: false }
  return { fields: { thinkingLevel: known === 'minimal' ? lowest : levels[known] }, isShort: false }
}

/** Flash-Lite accepts the level, Flash refuses it from 3.7 on, and Pro always. */
function acceptsMinimal(model: string): boolean {
  return model.includes('flash-lite') || (model.includes('flash') && generationOf(model) < 3.7)
}

export type Thinking = { readonly thinkingBudget: number } | { readonly thinkingLevel: string }

const budgets: Readonly<Record<Effort, number>> = {
  none: 0,
  minimal: 1_024,
  low: 1_024,
  medium: 8_192,
  high: 24_576,
  xhigh: 24_576,
  max: 32_768,
}

/** Every model of Gemini 3 and later accepts these. */
const levels: Readonly<Record<Exclude<Effort, 'minimal'>, string>> = {
  none: 'LOW',
  low: 'LOW',
  medium: 'MEDIUM',
  high: 'HIGH',
  xhigh: 'HIGH',
  max: 'HIGH',
}
