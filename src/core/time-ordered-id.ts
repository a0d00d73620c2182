/**
 * An id such as `gen_…` that sorts by the time at which it was made: milliseconds since 1970 in hexadecimal, then hexadecimal digits that
 * tell it from the others of its millisecond.
 */
export function toTimeOrderedId(prefix: string, now: number, randomHex: string): string {
  return `${prefix}_${now.toString(16).padStart(12, '0')}${randomHex}`
}
