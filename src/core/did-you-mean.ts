import { nearest } from './nearest.ts'

/** "Did you mean `gpt-4o` or `gpt-4.1`?" with the nearest of the known names; undefined if none is near. */
export function didYouMean(
  name: string,
  known: Iterable<string>,
  { limit = 2, show = (near: string) => `\`${near}\`` } = {},
): string | undefined {
  const meant = nearest(name, known, limit).map(show)
  return meant.length === 0 ? undefined : `Did you mean ${meant.join(' or ')}?`
}
