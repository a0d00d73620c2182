/** Sequences that end a reply: one, or a list. */
export function readStop(stop: unknown): readonly string[] {
  const list: readonly unknown[] = Array.isArray(stop) ? stop : [stop]
  return list.filter((sequence): sequence is string => typeof sequence === 'string' && sequence !== '')
}
