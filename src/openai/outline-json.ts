import { toSearchable } from '../core/search-bytes.ts'
import { isEscaped } from './long-strings.ts'

/** Shorter texts are parsed without an outline. */
export const shortBytes = 1_048_576
/** Strings from this length on are emptied: most are pictures, and none is output that Weir estimates. */
const longBytes = 256 * 1_024
/**
 * Long containers from this depth on are emptied, such as lists of log probabilities. Weir reads only outer members.
 */
const innerDepth = 5
/** Longer rows of numbers (vectors) are reduced to one number. */
const longRun = 1_024
/** No provider's response nests deeper. */
const maxDepth = 64
/** Maximum weight of an outline (as in `JsonMeter`), and maximum length: `JSON.parse` takes 40 ms for either. */
const maxWeight = 400_000
const maxBytes = 12 * 1_048_576
/** Maximum number of escaped quotes in long strings, because each interrupts a search. */
const maxEscapes = 200_000
/** Bytes scanned in one step, about 10 ms. */
const stepBytes = 4 * 1_048_576

const quote = 0x22
const comma = 0x2c
const hyphen = 0x2d
const zero = 0x30
const colon = 0x3a
const bracketOpen = 0x5b
const backslash = 0x5c
const bracketClose = 0x5d
const braceOpen = 0x7b
const braceClose = 0x7d

/** Lookup table of the bytes in numbers and rows of numbers. */
const numeric = new Uint8Array(256)
for (const character of '0123456789.-+eE, \t\r\n') numeric[character.charCodeAt(0)] = 1

const usageName = [...'usage'].map((character) => character.charCodeAt(0))

/** A JSON text without the parts that are too long to parse in one step. It is valid JSON if the text is. */
export interface Outline {
  readonly bytes: Uint8Array
  /** The span of the top-level `usage` value in the whole text; the last one of several. */
  readonly usage: { readonly start: number; readonly end: number } | undefined
}

/**
 * Outlines a JSON text: empties long strings and long, deeply nested lists, and keeps one number of a long row (R69).
 * Parsing 64 MiB of pictures takes 0.1 s, of vectors more than 1 s, and doubles the memory. Returns undefined if the
 * outline would still be too large (case D4).
 */
export async function outlineLong(
  bytes: Uint8Array,
  yieldToEventLoop: () => Promise<void>,
): Promise<Outline | undefined> {
  const steps = new Outliner(bytes)
  while (!steps.advance()) await yieldToEventLoop()
  return steps.outline
}

/** Returns a short text as its own outline. */
export function toOutline(bytes: Uint8Array): Outline {
  return { bytes, usage: undefined }
}

/** Outlines a text in one step; also undefined if one step is not enough. */
export function outlineAtOnce(bytes: Uint8Array): Outline | undefined {
  const steps = new Outliner(bytes)
  return steps.advance() ? steps.outline : undefined
}

class Outliner {
  readonly #bytes: Uint8Array
  /** The outline so far; bytes from `#from` on are not copied yet. */
  #outline = new Uint8Array(64 * 1_024)
  #length = 0
  #from = 0
  #at = 0
  #depth = 0
  #weight = 0
  #escapes = 0
  #isTooLarge = false
  /** By depth: the start of the container's content in the outline, the weight before it, and whether it is a list. */
  readonly #starts = new Float64Array(maxDepth + 1)
  readonly #weights = new Float64Array(maxDepth + 1)
  readonly #lists = new Uint8Array(maxDepth + 1)
  /** Depth of the container being omitted; 0 for none. */
  #omittedDepth = 0
  /** Span of the last string, without its quotes. */
  #stringStart = 0
  #stringEnd = 0
  #usageStart = -1
  #usageEnd = -1

  constructor(bytes: Uint8Array) {
    this.#bytes = toSearchable(bytes)
  }

  get outline(): Outline | undefined {
    if (this.#isTooLarge) return undefined
    this.#copy(this.#bytes.length)
    const usage = this.#usageEnd === -1 ? undefined : { start: this.#usageStart, end: this.#usageEnd }
    return { bytes: this.#outline.subarray(0, this.#length), usage }
  }

  /** Runs one step. Returns true when the text is finished or the outline is too large. */
  advance(): boolean {
    const bytes = this.#bytes
    const { length } = bytes
    let end = Math.min(length, this.#at + stepBytes)
    let at = this.#at
    for (; at < end && !this.#isTooLarge; at++) {
      const byte = bytes[at] ?? 0
      if (byte === quote) {
        const open = at
        at = this.#takeString(open)
        // Does not count towards the step: the engine searches a picture for its end a hundred times as fast.
        if (at - open > longBytes) end = Math.min(length, end + at - open)
      } else if (byte === comma) this.#takeComma(at)
      else if (byte === colon) this.#takeColon(at)
      else if (byte === braceOpen || byte === bracketOpen) this.#open(at, byte === bracketOpen)
      else if (byte === braceClose || byte === bracketClose) this.#close(at)
      else if (byte >= hyphen && numeric[byte] === 1 && this.#lists[this.#depth] === 1) at = this.#takeNumbers(at)
    }
    this.#at = at
    if (this.#omittedDepth === 0 && this.#length + at - this.#from > maxBytes) this.#isTooLarge = true
    return at >= length || this.#isTooLarge
  }

  /** Returns the index of the closing quote. */
  #takeString(open: number): number {
    const bytes = this.#bytes
    let close = open + 1
    // For short strings, which most are, a loop costs less than the engine's search.
    for (const near = Math.min(bytes.length, close + 32); close < near; close++) {
      const byte = bytes[close]
      if (byte === quote || byte === backslash) break
    }
    if (bytes[close] !== quote) close = this.#findClosing(close)
    this.#stringStart = open + 1
    this.#stringEnd = close
    if (close - open > longBytes) {
      this.#copy(open + 1)
      this.#from = close
    }
    return close
  }

  /** Returns the index of the closing quote after `from`; the last index of the text if the string does not end. */
  #findClosing(from: number): number {
    const bytes = this.#bytes
    let close = bytes.indexOf(quote, from)
    while (close !== -1 && isEscaped(bytes, close)) {
      this.#escapes++
      close = this.#escapes > maxEscapes ? -1 : bytes.indexOf(quote, close + 1)
    }
    if (close === -1) this.#isTooLarge = this.#escapes > maxEscapes
    return close === -1 ? bytes.length - 1 : close
  }

  #takeComma(at: number): void {
    const depth = this.#depth
    this.#weigh(1)
    if (depth === 1) this.#endMember(at)
    if (depth < innerDepth || this.#omittedDepth > 0) return
    if (this.#length + at - this.#from - (this.#starts[depth] ?? 0) > longBytes) this.#omit(depth)
  }

  #takeColon(at: number): void {
    this.#weigh(4)
    if (this.#depth !== 1 || this.#stringEnd - this.#stringStart !== usageName.length) return
    if (usageName.every((byte, index) => this.#bytes[this.#stringStart + index] === byte)) {
      this.#usageStart = at + 1
      this.#usageEnd = -1
    }
  }

  #open(at: number, isList: boolean): void {
    const depth = ++this.#depth
    if (depth > maxDepth) {
      this.#isTooLarge = true
      return
    }
    this.#weigh(1)
    this.#starts[depth] = this.#length + at + 1 - this.#from
    this.#weights[depth] = this.#weight
    this.#lists[depth] = isList ? 1 : 0
  }

  #close(at: number): void {
    if (this.#depth === 0) {
      this.#isTooLarge = true
      return
    }
    if (this.#depth === 1) this.#endMember(at)
    if (this.#omittedDepth === this.#depth) {
      this.#omittedDepth = 0
      this.#from = at
    }
    this.#depth--
  }

  #endMember(at: number): void {
    if (this.#usageStart !== -1 && this.#usageEnd === -1) this.#usageEnd = at
  }

  /** Returns the index of the last byte of a row of numbers. */
  #takeNumbers(start: number): number {
    const bytes = this.#bytes
    const end = Math.min(bytes.length, start + stepBytes)
    let at = start
    let commas = 0
    let last = start
    for (; at < end && numeric[bytes[at] ?? 0] === 1; at++) {
      if (bytes[at] !== comma) continue
      commas++
      last = at
    }
    // The step ends within a number: the next step continues after the comma before it.
    if (at === end && end < bytes.length) {
      at = last
      if (last === start) this.#isTooLarge = true
    }
    if (at - start <= longRun) {
      this.#weigh(commas)
      return at - 1
    }
    this.#copy(start)
    if (this.#omittedDepth === 0) this.#put(zero)
    // A value of another type may follow the last comma.
    this.#from = last > start && isBlank(bytes, last + 1, at) ? last : at
    return Math.max(start, at - 1)
  }

  #omit(depth: number): void {
    const start = this.#starts[depth] ?? 0
    if (start >= this.#length) this.#copy(this.#from + start - this.#length)
    this.#length = start
    this.#weight = this.#weights[depth] ?? 0
    this.#omittedDepth = depth
  }

  #weigh(weight: number): void {
    if (this.#omittedDepth > 0) return
    this.#weight += weight
    if (this.#weight > maxWeight) this.#isTooLarge = true
  }

  /** Copies the bytes before `to`, unless they belong to an omitted container. */
  #copy(to: number): void {
    if (this.#omittedDepth > 0 || to <= this.#from) return
    const part = this.#bytes.subarray(this.#from, to)
    this.#grow(part.length)
    this.#outline.set(part, this.#length)
    this.#length += part.length
    this.#from = to
  }

  #put(byte: number): void {
    this.#grow(1)
    this.#outline[this.#length++] = byte
  }

  #grow(more: number): void {
    const needed = this.#length + more
    if (needed <= this.#outline.length) return
    const grown = new Uint8Array(Math.max(needed, 2 * this.#outline.length))
    grown.set(this.#outline.subarray(0, this.#length))
    this.#outline = grown
  }
}

function isBlank(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if ((bytes[at] ?? 0) > 0x20) return false
  return true
}
