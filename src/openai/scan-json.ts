/** Where a top-level value stands in the text: `text.slice(start, end)` is the value. */
export interface Span {
  readonly start: number
  readonly end: number
}

/** A value with its name, which begins at `nameStart`. */
export interface Member extends Span {
  readonly nameStart: number
}

/** The result of one pass over a JSON text that builds no value. Meaningful only if the text is valid JSON. */
export interface JsonMeasure {
  /** Deepest nesting; 0 for a bare scalar. */
  readonly depth: number
  /** Between the members of the outermost object, or the items of the outermost array. */
  readonly commas: number
}

const quote = 0x22
const backslash = 0x5c
const comma = 0x2c
const braceOpen = 0x7b
const braceClose = 0x7d
const bracketOpen = 0x5b
const bracketClose = 0x5d

/**
 * Measures a JSON text. Stops, with the depth reached, as soon as it nests deeper than `maxDepth`:
 * 32 MiB of `[` would otherwise become a gigabyte of arrays in JSON.parse.
 */
export function measureJson(text: string, maxDepth: number): JsonMeasure {
  let depth = 0
  let deepest = 0
  let commas = 0
  for (let at = 0; at < text.length && deepest <= maxDepth; at++) {
    const code = text.charCodeAt(at)
    if (code === quote) at = skipString(text, at) - 1
    else if (code === comma) commas += depth === 1 ? 1 : 0
    else depth += nestingOf(code)
    if (depth > deepest) deepest = depth
  }
  return { depth: deepest, commas }
}

/** The members of the outermost object, by decoded name; of two with one name the later, as `JSON.parse` has it. */
export function locateMembers(text: string): ReadonlyMap<string, Member> {
  const members = new Map<string, Member>()
  scanMembers(text, (name, member) => void members.set(name, member))
  return members
}

/** A name that occurs twice at the top, compared without case: parsers disagree on which one wins. Where there are several, the last. */
export function findRepeatedName(text: string): string | undefined {
  const names = new Set<string>()
  let repeated: string | undefined
  scanMembers(text, (name) => {
    const folded = name.toLowerCase()
    if (names.has(folded)) repeated = name
    names.add(folded)
  })
  return repeated
}

function scanMembers(text: string, visit: (name: string, member: Member) => void): void {
  let at = text.indexOf('{')
  do {
    const nameStart = text.indexOf('"', at)
    if (nameStart === -1) return
    const nameEnd = skipString(text, nameStart)
    const colonAt = text.indexOf(':', nameEnd)
    // A text that is not JSON ends too.
    if (colonAt === -1) return
    at = skipValue(text, colonAt + 1)
    visit(decodeName(text.slice(nameStart, nameEnd)), toMember(text, nameStart, colonAt + 1, at))
  } while (text.charCodeAt(at) === comma)
}

/** The index of the comma or the brace after the value; the text's length when there is none. */
function skipValue(text: string, start: number): number {
  let depth = 0
  for (let at = start; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (depth === 0 && isEndOfValue(code)) return at
    if (code === quote) at = skipString(text, at) - 1
    else depth += nestingOf(code)
  }
  return text.length
}

function isEndOfValue(code: number): boolean {
  return code === comma || code === braceClose || code === bracketClose
}

function nestingOf(code: number): number {
  if (code === braceOpen || code === bracketOpen) return 1
  return code === braceClose || code === bracketClose ? -1 : 0
}

/** The index after the closing quote; the text's length when there is none. */
function skipString(text: string, start: number): number {
  let end = text.indexOf('"', start + 1)
  while (end !== -1 && isEscaped(text, end)) end = text.indexOf('"', end + 1)
  return end === -1 ? text.length : end + 1
}

function isEscaped(text: string, at: number): boolean {
  let first = at
  while (text.charCodeAt(first - 1) === backslash) first--
  return (at - first) % 2 === 1
}

function decodeName(quoted: string): string {
  if (!quoted.includes('\\')) return quoted.slice(1, -1)
  try {
    return String(JSON.parse(quoted))
  } catch {
    return quoted
  }
}

/** Without the spaces around the value. */
function toMember(text: string, nameStart: number, from: number, to: number): Member {
  let start = from
  let end = to
  while (start < end && isSpace(text.charCodeAt(start))) start++
  while (end > start && isSpace(text.charCodeAt(end - 1))) end--
  return { nameStart, start, end }
}

function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09
}
