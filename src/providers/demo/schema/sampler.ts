/** Where in the sample a value stands. */
export interface Place {
  /** The property it belongs to. */
  readonly name: string
  /** Counts the items of a list, so that they differ. */
  readonly variant: number
  /** References that were followed to get here. */
  readonly references: readonly string[]
}

/** What the samplers of single types need of the whole. */
export interface Sampler {
  /** A value, or undefined where nothing satisfies the schema. */
  sample(schema: unknown, place: Place): unknown
  readonly hint: string
  /** True once the sample is large enough to leave out what it may. */
  isFrugal(): boolean
}
