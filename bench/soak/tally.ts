/** What became of the calls. */
export interface Tally {
  calls: number
  right: number
  left: number
  /** How often what went wrong. */
  readonly faults: Record<string, number>
}
