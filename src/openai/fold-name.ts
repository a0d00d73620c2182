/**
 * The name in the letters that parsers which ignore case take for its own (S86). Go's `encoding/json` folds by Unicode's simple folding, by which ſ (U+017F)
 * is s and K (U+212A) is k. Source: https://pkg.go.dev/encoding/json#Unmarshal
 */
export function foldName(name: string): string {
  // That of U+212A is k.
  return name.toLowerCase().replaceAll('\u017f', 's')
}

/** True for a name that is its own folded one, by its letters. */
export function isFolded(name: string): boolean {
  return /^[a-z0-9_]*$/.test(name)
}

/** True for the folded name `own` in any letters that such parsers take for it. */
export function isSpellingOf(own: string, name: string): boolean {
  return name === own || (!isFolded(name) && foldName(name) === own)
}
