/** A field in which a request through Weir, or the parts of its reply, may differ from those of the AI SDK alone. */
interface Difference {
  /** The caller's dialect and the provider's. */
  readonly pair: string
  readonly path: string
  readonly reason: string
}

export const differences: readonly Difference[] = []
