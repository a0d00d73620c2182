import { foldName } from './fold-name.ts'

/** Where a top-level value stands in the text: `text.slice(start, end)` is the value. */
export interface Span {
  readonly start: number
  readonly end: number
}

/** A value with its name, which begins at `nameStart`. */
export interface Member extends Span {
  readonly nameStart: number
}

/** A text of JSON, still in quotes, that is too long to be parsed together with others. */
export interface LongString extends Span {
  readonly hasEscapes: boolean
}

/** Strings from this length on are read by themselves. */
export const longLength = 256 * 1_024

const quote = 0x22
const backslash = 0x5c
const comma = 0x2c
const colon = 0x3a
const braceOpen = 0x7b
const braceClose = 0x7d
const bracketOpen = 0x5b
const bracketClose = 0x5d

/**
 * Measures a JSON text as it comes, in pieces of any length, and builds no value of it. 32 MiB of `[` would become a gigabyte of arrays in JSON.parse,
 * and of `[],` four (case D4). Meaningful only if the text is valid JSON.
 */
export class JsonMeter {
  /** Deepest nesting; 0 for a bare scalar. */
  deepest = 0
  /** Between the members of the outermost object, or the items of the outermost array. */
  commas = 0
  readonly longStrings: LongString[] = []
  #depth = 0
  #values = 1
  #names = 0
  #escapes = 0
  /** Characters that are in no long string. */
  #characters = 0
  /** Of the pieces before. */
  #offset = 0
  /** Of the opening quote; -1 outside of strings. */
  #stringStart = -1
  #hasEscapes = false
  /** The next character belongs to the backslash at the end of the piece before. */
  #isEscaped = false
  /** The next backslash of this piece, or its length. */
  #slashAt = -1

  /** The cost of the text for `JSON.parse`, in values: 100 ns each on a slow machine. A name that comes for the first time is entered into a table. */
  get weight(): number {
    return this.#values + 4 * this.#names + this.#escapes / 8 + this.#characters / 32
  }

  /** The text ends within a string so far. */
  get isInString(): boolean {
    return this.#stringStart !== -1
  }

  push(text: string): void {
    const { length } = text
    this.#slashAt = -1
    let depth = this.#depth
    let bare = 0
    let at = this.#stringStart === -1 ? 0 : this.#passString(text, 0)
    for (; at < length; at++) {
      const code = text.charCodeAt(at)
      bare++
      if (code === quote) {
        this.#stringStart = this.#offset + at
        at = this.#passString(text, at + 1) - 1
      } else if (code === comma) {
        if (depth === 1) this.commas++
        this.#values++
      } else if (code === colon) {
        this.#names++
      } else {
        const step = nestingOf(code)
        if (step === 0) continue
        depth += step
        if (step > 0) this.#values++
        if (depth > this.deepest) this.deepest = depth
      }
    }
    this.#depth = depth
    this.#characters += bare
    this.#offset += length
  }

  /** The index after the string that goes on at `from`; the text's length where it does not end in this piece. */
  #passString(text: string, from: number): number {
    const { length } = text
    let at = from
    if (this.#isEscaped) {
      this.#isEscaped = false
      at++
    }
    let end = text.indexOf('"', at)
    for (;;) {
      // Looked for once each: a text of many quotes and no backslash would be searched to its end for each of them.
      if (this.#slashAt < at) this.#slashAt = findOrEnd(text, at)
      if (this.#slashAt >= (end === -1 ? length : end)) break
      this.#escapes++
      this.#hasEscapes = true
      at = this.#slashAt + 2
      if (at > length) {
        this.#isEscaped = true
        return length
      }
      if (end !== -1 && end < at) end = text.indexOf('"', at)
    }
    if (end === -1) return length
    this.#closeString(this.#offset + end + 1)
    return end + 1
  }

  #closeString(end: number): void {
    const start = this.#stringStart
    if (end - start > longLength) this.longStrings.push({ start, end, hasEscapes: this.#hasEscapes })
    else this.#characters += end - start - 1
    this.#stringStart = -1
    this.#hasEscapes = false
  }
}

function findOrEnd(text: string, from: number): number {
  const at = text.indexOf('\\', from)
  return at === -1 ? text.length : at
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
    const folded = foldName(name)
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
