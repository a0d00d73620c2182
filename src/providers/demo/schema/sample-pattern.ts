import { readCharacterClass } from './read-character-class.ts'

interface Lengths {
  readonly least: number
  readonly most: number
}

/** Reads the pattern from left to right and says what it reads. */
interface Reader {
  readonly pattern: string
  at: number
  /** How often something repeats that may repeat without end. */
  readonly stretch: number
  /** Counts every repetition, since `(((a{99}){99}){99})` would fill the memory. */
  steps: number
}

/** Longer ones are not read: their depth could exhaust the stack. */
const longestPattern = 500
const mostSteps = 2_000
const stretches = [4, 1, 0, 16, 128, 2_000]

/** Letters that a repeated class says where it may. */
const favourites = 'demo'

/**
 * A text that matches a regular expression, of the wanted length if it finds one. The expression is read and never run, since it is a stranger's.
 * Knows literals, classes, groups, alternatives (it takes the first) and repetition; look-around, back references and anchors in the middle are passed over.
 */
export function samplePattern(pattern: string, { least, most }: Lengths): string {
  let sample = ''
  for (const stretch of pattern.length > longestPattern ? [] : stretches) {
    sample = sayAlternatives({ pattern, at: 0, stretch, steps: 0 })
    const { length } = [...sample]
    if (length >= least && (length <= most || stretch > 4)) return sample
  }
  return sample
}

type Say = (index: number) => string

function sayAlternatives(reader: Reader): string {
  const parts = readAlternatives(reader)
  return parts(0)
}

/** Ends after the closing bracket, or the end of the pattern. */
function readAlternatives(reader: Reader): Say {
  const first = readSequence(reader)
  while (reader.pattern[reader.at] === '|') {
    reader.at += 1
    readSequence(reader)
  }
  reader.at += 1
  return first
}

function readSequence(reader: Reader): Say {
  const parts: Say[] = []
  while (reader.at < reader.pattern.length && !'|)'.includes(reader.pattern.charAt(reader.at))) {
    parts.push(readRepetition(readAtom(reader), reader))
  }
  return () => parts.map((part) => part(0)).join('')
}

function readAtom(reader: Reader): Say {
  const { pattern, at } = reader
  const character = String.fromCodePoint(pattern.codePointAt(at) ?? 0)
  if (character === '(') return readGroup(reader)
  if (character === '[' || character === '\\' || character === '.') {
    const { characters, end } = readCharacterClass(pattern, at)
    reader.at = end
    return (index) => pickCharacter(characters, index)
  }
  reader.at += character.length
  return character === '^' || character === '$' ? () => '' : () => character
}

function readGroup(reader: Reader): Say {
  const [opening] = /^\((?:\?(?:[=!:]|<[=!]|<[^>]*>)?)?/.exec(reader.pattern.slice(reader.at)) ?? ['(']
  reader.at += opening.length
  const inner = readAlternatives(reader)
  return /[=!]$/.test(opening) ? () => '' : inner
}

function readRepetition(atom: Say, reader: Reader): Say {
  const { pattern, at, stretch } = reader
  const [quantifier] = /^(?:[*+?]|\{\d+(?:,\d*)?\})\??/.exec(pattern.slice(at, at + 32)) ?? ['']
  if (quantifier === '') return atom
  reader.at += quantifier.length
  const count = readRepeats(quantifier, stretch)
  return () => {
    let said = ''
    for (let index = 0; index < count && reader.steps < mostSteps; index += 1) {
      reader.steps += 1
      said += atom(index)
    }
    return said
  }
}

function readRepeats(quantifier: string, stretch: number): number {
  if (quantifier.startsWith('*')) return stretch
  if (quantifier.startsWith('+')) return Math.max(1, stretch)
  if (quantifier.startsWith('?')) return Math.min(1, stretch)
  const [least = '', most] = quantifier.slice(1).split(/[,}]/)
  if (!quantifier.includes(',')) return Number(least)
  const limit = most === '' || most === undefined ? Number.POSITIVE_INFINITY : Number(most)
  return Math.max(Number(least), Math.min(limit, stretch))
}

function pickCharacter(characters: readonly string[], index: number): string {
  const favourite = favourites.charAt(index % favourites.length)
  return characters.includes(favourite) ? favourite : (characters[index % characters.length] ?? '')
}
