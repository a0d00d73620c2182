import { splitWords } from './split-words.ts'

/** Longer texts are counted by their beginning, since counting 32 MiB would hold up everyone else for a second. */
const countedCharacters = 100_000

/** How many words `splitWords` would make. */
export function countWords(text: string): number {
  const counted = splitWords(text.slice(0, countedCharacters)).length
  return text.length <= countedCharacters ? counted : Math.round((counted * text.length) / countedCharacters)
}
