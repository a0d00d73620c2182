/**
 * The non-ASCII characters that Unicode's simple folding maps to an ASCII letter. Source:
 * https://www.unicode.org/Public/UCD/latest/ucd/CaseFolding.txt
 */
const others: Readonly<Record<string, string>> = { s: '\u017f', k: '\u212a' }

/**
 * Returns every character that Go's `encoding/json` treats as equal to this one in a name. Source:
 * https://pkg.go.dev/unicode#SimpleFold
 */
export function likeInGo(character: string): readonly string[] {
  return [...new Set([character, character.toUpperCase(), others[character] ?? character])]
}

/**
 * Returns the struct field into which Go's `encoding/json` reads a member: an exact match first, then a
 * case-insensitive one.
 */
export function goFieldOf(name: string, fields: readonly string[]): string | undefined {
  if (fields.includes(name)) return name
  return fields.find((field) => {
    const [own, given] = [[...field], [...name]]
    return own.length === given.length && own.every((each, at) => likeInGo(each).includes(given[at] ?? ''))
  })
}
