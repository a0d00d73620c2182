/**
 * Creates an id such as `gen_…` that sorts by creation time: milliseconds since 1970 in hexadecimal, then random
 * hexadecimal digits that distinguish ids of the same millisecond.
 */
export function toTimeOrderedId(prefix: string, now: number, randomHex: string): string {
  return `${prefix}_${now.toString(16).padStart(12, '0')}${randomHex}`
}
