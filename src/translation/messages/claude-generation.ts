/**
 * How a model thinks. `budget`: for a number of tokens. `adaptive`: as much as it needs, within an effort. `always`: the
 * same, and it cannot be turned off.
 */
export type ThinkingKind = 'budget' | 'adaptive' | 'always'

/**
 * Returns the generation in the name of a Claude model, such as 4.5; infinite for a name without one, because only new
 * models lack a number. Names: `claude-opus-4-20250514`, `claude-3-7-sonnet-latest`, `anthropic/claude-sonnet-4.5`.
 */
export function generationOf(model: string): number {
  const [, major, minor = '0'] = /claude-(?:[a-z]+-)?(\d{1,2})(?:[-.](\d{1,2})(?!\d))?(?!\d)/.exec(model) ?? []
  return major === undefined ? Number.POSITIVE_INFINITY : Number(`${major}.${minor}`)
}

/**
 * Sources, read on 2026-11-30: https://platform.claude.com/docs/en/build-with-claude/adaptive-thinking,
 * https://docs.aws.amazon.com/bedrock/latest/userguide/claude-messages-adaptive-thinking.html
 */
export function thinkingOf(model: string): ThinkingKind {
  if (/claude-(?:fable|mythos)/.test(model)) return 'always'
  return generationOf(model) < 4.6 ? 'budget' : 'adaptive'
}
