/**
 * A word with the white space before it, at most 12 characters long; one character, where a script has no spaces.
 * Every character of a text is in exactly one of its words.
 */
const scriptsWithoutSpaces =
  '\\p{Script=Han}\\p{Script=Hiragana}\\p{Script=Katakana}\\p{Script=Thai}\\p{Script=Lao}\\p{Script=Khmer}\\p{Script=Myanmar}'
const word = new RegExp(`\\s*(?:[${scriptsWithoutSpaces}]\\p{M}*|[^\\s${scriptsWithoutSpaces}]{1,12})|\\s+`, 'gu')

/** The demo's tokens: what it streams one by one, cuts at `max_tokens`, and counts as usage. Joined, they are the text again. */
export function splitWords(text: string): readonly string[] {
  return text.match(word) ?? []
}
