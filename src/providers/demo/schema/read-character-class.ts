interface CharacterClass {
  /** Characters that it matches; a few of them. Empty for what matches a position, such as `\b`. */
  readonly characters: readonly string[]
  /** Where the pattern goes on. */
  readonly end: number
}

/** Enough of a range to pick from. */
const mostCharacters = 256

const digits = range('0', '9')
const letters = [...range('a', 'z'), ...range('A', 'Z')]
const wordCharacters = [...letters, ...digits, '_']
const printable = range(' ', '~')

const escapes: Readonly<Record<string, readonly string[]>> = {
  d: digits,
  D: letters,
  w: wordCharacters,
  W: [' ', '-', '.'],
  s: [' '],
  S: wordCharacters,
  t: ['\t'],
  n: ['\n'],
  r: ['\r'],
  f: ['\f'],
  v: ['\v'],
  b: [],
  B: [],
}

const properties: readonly (readonly [RegExp, readonly string[]])[] = [
  [/^(Lu|Uppercase)/, range('A', 'Z')],
  [/^(N|Nd|Decimal)/, digits],
  [/^(P|S|Punctuation)/, ['-', '.']],
  [/^Z/, [' ']],
  [/Han/, ['水']],
]

/** Reads `[…]`, an escape or a dot that stands at `at`. */
export function readCharacterClass(pattern: string, at: number): CharacterClass {
  if (pattern[at] === '.') return { characters: printable, end: at + 1 }
  return pattern[at] === '\\' ? readEscape(pattern, at) : readBrackets(pattern, at)
}

function readEscape(pattern: string, at: number): CharacterClass {
  const rest = pattern.slice(at, at + 64)
  const [property, sign, name = ''] = /^\\(p|P)\{([^}]*)\}/.exec(rest) ?? []
  if (property !== undefined) return { characters: readProperty(name, sign === 'P'), end: at + property.length }
  const [code, braced, plain] = /^\\(?:u\{([0-9a-f]+)\}|(?:u|x)([0-9a-f]{4}|[0-9a-f]{2}))/i.exec(rest) ?? []
  if (code !== undefined) return { characters: toCharacters(braced ?? plain ?? ''), end: at + code.length }
  const character = pattern.charAt(at + 1)
  const isBackReference = /[1-9]/.test(character)
  return { characters: isBackReference ? [] : (escapes[character] ?? [character]), end: at + 2 }
}

function readProperty(name: string, isNegated: boolean): readonly string[] {
  // `Script=Han` and `General_Category=Lu` are told by what comes after the sign.
  const value = name.slice(name.indexOf('=') + 1)
  const [, characters] = properties.find(([names]) => names.test(value)) ?? [undefined, letters]
  return isNegated ? exclude(characters) : characters
}

function toCharacters(hexadecimal: string): readonly string[] {
  const code = Number.parseInt(hexadecimal, 16)
  return code <= 0x10ffff ? [String.fromCodePoint(code)] : []
}

function readBrackets(pattern: string, at: number): CharacterClass {
  const isNegated = pattern[at + 1] === '^'
  const found: string[] = []
  let position = at + (isNegated ? 2 : 1)
  while (position < pattern.length && pattern[position] !== ']') {
    const member = readRange(pattern, position)
    found.push(...member.characters)
    position = member.end
  }
  return { characters: isNegated ? exclude(found) : found, end: position + 1 }
}

/** One member, or two with a dash between them. */
function readRange(pattern: string, at: number): CharacterClass {
  const low = readMember(pattern, at)
  if (!/^-[^\]]/s.test(pattern.slice(low.end, low.end + 2))) return low
  const high = readMember(pattern, low.end + 1)
  return { characters: range(low.characters[0] ?? '', high.characters[0] ?? ''), end: high.end }
}

function readMember(pattern: string, at: number): CharacterClass {
  // Within brackets \b is a backspace, and a dot is a dot.
  if (pattern.startsWith('\\b', at)) return { characters: ['\b'], end: at + 2 }
  if (pattern[at] === '\\') return readEscape(pattern, at)
  const character = String.fromCodePoint(pattern.codePointAt(at) ?? 0)
  return { characters: [character], end: at + character.length }
}

function exclude(characters: readonly string[]): readonly string[] {
  return printable.filter((character) => !characters.includes(character))
}

function range(low: string, high: string): readonly string[] {
  const first = low.codePointAt(0) ?? 0
  const last = Math.min(high.codePointAt(0) ?? 0, first + mostCharacters)
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, offset) => String.fromCodePoint(first + offset))
}
