/**
 * Folds a name as case-insensitive parsers do (S86). Go's `encoding/json` uses Unicode simple folding, which maps
 * ſ (U+017F) to s and K (U+212A) to k. Source: https://pkg.go.dev/encoding/json#Unmarshal
 */
export function foldName(name: string): string {
  // `toLowerCase` maps U+212A to k, but not U+017F to s.
  return name.toLowerCase().replaceAll('\u017f', 's')
}

/** True for a name of lower-case letters, digits and underscores, which folding does not change. */
export function isFolded(name: string): boolean {
  return /^[a-z0-9_]*$/.test(name)
}

/** True if such parsers accept `name` as a spelling of the folded name `own`. */
export function isSpellingOf(own: string, name: string): boolean {
  return name === own || (!isFolded(name) && foldName(name) === own)
}
