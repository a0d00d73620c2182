/** The characters that Unicode's simple folding has beside the two cases of an ASCII letter. Source: https://www.unicode.org/Public/UCD/latest/ucd/CaseFolding.txt */
const others: Readonly<Record<string, string>> = { s: '\u017f', k: '\u212a' }

/** Every character that Go's `encoding/json` takes for one of a name. Source: https://pkg.go.dev/unicode#SimpleFold */
export function likeInGo(character: string): readonly string[] {
  return [...new Set([character, character.toUpperCase(), others[character] ?? character])]
}

/** The field of a struct into which Go's `encoding/json` reads a member: the one of this name, else one that is like it. */
export function goFieldOf(name: string, fields: readonly string[]): string | undefined {
  if (fields.includes(name)) return name
  return fields.find((field) => {
    const [own, given] = [[...field], [...name]]
    return own.length === given.length && own.every((each, at) => likeInGo(each).includes(given[at] ?? ''))
  })
}
