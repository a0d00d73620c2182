import { foldName } from './fold-name.ts'

/** The position of a top-level value: `text.slice(start, end)` is the value. */
export interface Span {
  readonly start: number
  readonly end: number
}

/** A value with its name, which starts at `nameStart`. */
export interface Member extends Span {
  readonly nameStart: number
}

/** A JSON string, with its quotes, that is too long to be parsed with the rest. */
export interface LongString extends Span {
  readonly hasEscapes: boolean
}

/** Strings longer than this are read separately. */
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
 * Measures a JSON text as it arrives, in pieces of any length, without building values: `JSON.parse` turns 32 MiB of
 * `[` into 1 GB of arrays, and of `[],` into 4 GB (case D4). The results are meaningful only for valid JSON.
 */
export class JsonMeter {
  /** Deepest nesting; 0 for a bare scalar. */
  deepest = 0
  /** Number of commas at the top level. */
  commas = 0
  readonly longStrings: LongString[] = []
  #depth = 0
  #values = 1
  #names = 0
  #escapes = 0
  /** Characters outside of long strings. */
  #characters = 0
  /** Length of the earlier pieces. */
  #offset = 0
  /** Index of the opening quote; -1 outside of strings. */
  #stringStart = -1
  #hasEscapes = false
  /** True if the previous piece ended in a backslash that escapes the next character. */
  #isEscaped = false
  /** Index of the next backslash in this piece, or the length of the piece. */
  #slashAt = -1

  /** The cost of `JSON.parse` in values of 100 ns each on a slow machine. A new name costs more: a table stores it. */
  get weight(): number {
    return this.#values + 4 * this.#names + this.#escapes / 8 + this.#characters / 32
  }

  /** True if the text so far ends within a string. */
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

  /**
   * Returns the index after the string that continues at `from`; the text's length if it does not end in this piece.
   */
  #passString(text: string, from: number): number {
    const { length } = text
    let at = from
    if (this.#isEscaped) {
      this.#isEscaped = false
      at++
    }
    let end = text.indexOf('"', at)
    for (;;) {
      // Cached: otherwise each of many quotes without a backslash would search the text to its end.
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

/** Locates the members of the outermost object by decoded name; of a repeated name the last, like `JSON.parse`. */
export function locateMembers(text: string): ReadonlyMap<string, Member> {
  const members = new Map<string, Member>()
  scanMembers(text, (name, member) => void members.set(name, member))
  return members
}

/**
 * Returns a repeated top-level name, ignoring case, because parsers disagree on which one wins. The last of several.
 */
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
    // Also ends for a text that is not JSON.
    if (colonAt === -1) return
    at = skipValue(text, colonAt + 1)
    visit(decodeName(text.slice(nameStart, nameEnd)), toMember(text, nameStart, colonAt + 1, at))
  } while (text.charCodeAt(at) === comma)
}

/** Returns the index of the comma or brace after the value; the text's length if there is none. */
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

/** Returns the index after the closing quote; the text's length if there is none. */
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

/** Trims the spaces around the value. */
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
