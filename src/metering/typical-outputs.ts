/**
 * The typical output of a model for a key: most outputs are no longer. In tokens of one choice, including reasoning.
 */
export interface TypicalOutput {
  /** Provider and model, such as `openai/gpt-5`. */
  readonly model: string
  readonly tokens: number
}

/** The typical outputs of a key that exceed the floor, the newest at the end. Immutable. */
export type TypicalOutputs = readonly TypicalOutput[]

export const noTypicalOutputs: TypicalOutputs = []

/**
 * Every call of the key writes all of them, and few keys use more models. The oldest is dropped; a few outputs learn it
 * again.
 */
const maxModels = 8
const maxNameLength = 128

/**
 * A longer output raises the size by half, but not above its own length; a shorter one lowers it by this factor. The
 * size is stable if one output in ten is much longer, because 1.5 × 0.956⁹ is 1, or if one in four is a little longer.
 * It is a quantile in one number, as in "Frugal Streaming for Estimating Quantiles" (https://arxiv.org/abs/1407.1121).
 * Its benefit is measured in docs/decisions/0019-a-budget-lowers-the-limit.md.
 */
const [raise, lower] = [1.5, 0.956]

/** Returns undefined if the floor is enough. */
export function typicalOutputOf(outputs: TypicalOutputs, model: string): number | undefined {
  return outputs[indexOf(outputs, model)]?.tokens
}

/**
 * Returns the outputs after one more. A size never exceeds the longest output, and a size at or below `floor` is
 * dropped.
 */
export function learnOutput(outputs: TypicalOutputs, model: string, tokens: number, floor: number): TypicalOutputs {
  if (model.length > maxNameLength) return outputs
  const at = indexOf(outputs, model)
  const known = outputs[at]?.tokens
  const before = known ?? floor
  const typical =
    tokens > before ? Math.min(tokens, Math.ceil(before * raise)) : Math.max(tokens, Math.floor(before * lower))
  if (typical === known || (known === undefined && typical <= floor)) return outputs
  if (typical <= floor) return outputs.toSpliced(at, 1)
  const entry = { model, tokens: typical }
  return known === undefined ? [...outputs, entry].slice(-maxModels) : outputs.with(at, entry)
}

function indexOf(outputs: TypicalOutputs, model: string): number {
  for (let at = 0; at < outputs.length; at++) if (outputs[at]?.model === model) return at
  return -1
}
