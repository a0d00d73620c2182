/** How long the answers of a model to a key usually are: most are no longer. Tokens of one choice, reasoning included. */
export interface TypicalOutput {
  /** With its provider. */
  readonly model: string
  readonly tokens: number
}

/** Those of a key that are longer than the floor, the newest at the end. Immutable. */
export type TypicalOutputs = readonly TypicalOutput[]

export const noTypicalOutputs: TypicalOutputs = []

/** Each is written with every call of its key; few keys use more models. The oldest is forgotten, and learnt again by a few answers. */
const maxModels = 8
const maxNameLength = 128

/**
 * A longer answer raises the size by half, though not above itself, and a shorter one lowers it by this much. It stays where one answer in ten is much
 * longer, as 1.5 × 0.956⁹ is 1, or one in four a little: a quantile in one number, as of "Frugal Streaming for Estimating Quantiles"
 * (https://arxiv.org/abs/1407.1121). What that gains is in docs/decisions/0019-a-budget-lowers-the-limit.md.
 */
const [raise, lower] = [1.5, 0.956]

/** Undefined where the floor is enough. */
export function usualOf(answers: TypicalOutputs, model: string): number | undefined {
  return answers[placeOf(answers, model)]?.tokens
}

/** With one answer more. No size becomes larger than the longest answer that came, nor is one at or below `floor` kept. */
export function learnOutput(answers: TypicalOutputs, model: string, tokens: number, floor: number): TypicalOutputs {
  if (model.length > maxNameLength) return answers
  const at = placeOf(answers, model)
  const known = answers[at]?.tokens
  const before = known ?? floor
  const usual =
    tokens > before ? Math.min(tokens, Math.ceil(before * raise)) : Math.max(tokens, Math.floor(before * lower))
  if (usual === known || (known === undefined && usual <= floor)) return answers
  if (usual <= floor) return answers.toSpliced(at, 1)
  const learnt = { model, tokens: usual }
  return known === undefined ? [...answers, learnt].slice(-maxModels) : answers.with(at, learnt)
}

function placeOf(answers: TypicalOutputs, model: string): number {
  for (let at = 0; at < answers.length; at++) if (answers[at]?.model === model) return at
  return -1
}
