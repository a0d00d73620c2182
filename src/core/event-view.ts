/** One whole Server-Sent Event, its closing blank line included: `bytes.subarray(start, end)`. */
export interface EventView {
  readonly bytes: Uint8Array
  readonly start: number
  readonly end: number
  /** True if it has a line that starts with `data`; comments and bare ids are not content. */
  readonly hasData: boolean
  /** False only if the event surely has no `"usage":{`, with or without spaces. */
  readonly mayHaveUsage: boolean
}
