import { toSearchable } from '../core/search-bytes.ts'
import { isEscaped } from './long-strings.ts'

/** A shorter text is parsed as it is. */
export const shortBytes = 1_048_576
/** Strings from this length on are pictures, mostly: no words that anybody counts. */
const longBytes = 256 * 1_024
/** Containers from this depth on are left empty where they are long: lists of log probabilities. Facts of an answer stand further out. */
const innerDepth = 5
/** Vectors are numbers in a row, of which one stays. */
const longRun = 1_024
/** No answer of any provider nests as deep. */
const maxDepth = 64
/** The most of an outline, by values and names as `JsonMeter` weighs them, and by its length: each takes `JSON.parse` 40 ms. */
const maxWeight = 400_000
const maxBytes = 12 * 1_048_576
/** Of quotes that are escaped in long strings, each of which ends a search. */
const maxEscapes = 200_000
/** Bytes that are looked at in one step, ten milliseconds. */
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

/** The bytes of a number, and of a row of them. */
const numeric = new Uint8Array(256)
for (const character of '0123456789.-+eE, \t\r\n') numeric[character.charCodeAt(0)] = 1

const usageName = [...'usage'].map((character) => character.charCodeAt(0))

/** A text without what is too long to be parsed in one step. Valid where the text is. */
export interface Outline {
  readonly bytes: Uint8Array
  /** Where the value of the outermost `usage` stands in the whole text: the last of several. */
  readonly usage: { readonly start: number; readonly end: number } | undefined
}

/**
 * The outline of a JSON text: long strings are empty, and so are long lists deep inside; of many numbers in a row one stays (R69). 64 MiB of pictures take a
 * tenth of a second to parse, of vectors more than one, and as much memory again. Undefined where it would still be too much (case D4).
 */
export async function outlineLong(bytes: Uint8Array, nextTurn: () => Promise<void>): Promise<Outline | undefined> {
  const steps = new Outliner(bytes)
  while (!steps.goOn()) await nextTurn()
  return steps.outline
}

/** A short text is its own outline. */
export function toOutline(bytes: Uint8Array): Outline {
  return { bytes, usage: undefined }
}

/** The same in one step; undefined also where that does not do. */
export function outlineAtOnce(bytes: Uint8Array): Outline | undefined {
  const steps = new Outliner(bytes)
  return steps.goOn() ? steps.outline : undefined
}

class Outliner {
  readonly #bytes: Uint8Array
  /** The outline so far; the bytes from `#from` on are not yet copied. */
  #made = new Uint8Array(64 * 1_024)
  #length = 0
  #from = 0
  #at = 0
  #depth = 0
  #weight = 0
  #escapes = 0
  #isTooMuch = false
  /** By depth: where the container's content begins in the outline, its weight before that, and whether it is a list. */
  readonly #starts = new Float64Array(maxDepth + 1)
  readonly #weights = new Float64Array(maxDepth + 1)
  readonly #lists = new Uint8Array(maxDepth + 1)
  /** The depth of the container that is being left out; 0 for none. */
  #leftOut = 0
  /** Of the last string, without its quotes. */
  #stringStart = 0
  #stringEnd = 0
  #usageStart = -1
  #usageEnd = -1

  constructor(bytes: Uint8Array) {
    this.#bytes = toSearchable(bytes)
  }

  get outline(): Outline | undefined {
    if (this.#isTooMuch) return undefined
    this.#copy(this.#bytes.length)
    const usage = this.#usageEnd === -1 ? undefined : { start: this.#usageStart, end: this.#usageEnd }
    return { bytes: this.#made.subarray(0, this.#length), usage }
  }

  /** One step. True once all has been looked at, or the outline is too much. */
  goOn(): boolean {
    const bytes = this.#bytes
    const { length } = bytes
    let end = Math.min(length, this.#at + stepBytes)
    let at = this.#at
    for (; at < end && !this.#isTooMuch; at++) {
      const byte = bytes[at] ?? 0
      if (byte === quote) {
        const open = at
        at = this.#takeString(open)
        // The engine looks for the end of a picture a hundred times as fast.
        if (at - open > longBytes) end = Math.min(length, end + at - open)
      } else if (byte === comma) this.#takeComma(at)
      else if (byte === colon) this.#takeColon(at)
      else if (byte === braceOpen || byte === bracketOpen) this.#open(at, byte === bracketOpen)
      else if (byte === braceClose || byte === bracketClose) this.#close(at)
      else if (byte >= hyphen && numeric[byte] === 1 && this.#lists[this.#depth] === 1) at = this.#takeNumbers(at)
    }
    this.#at = at
    if (this.#leftOut === 0 && this.#length + at - this.#from > maxBytes) this.#isTooMuch = true
    return at >= length || this.#isTooMuch
  }

  /** The index of the closing quote. */
  #takeString(open: number): number {
    const bytes = this.#bytes
    let close = open + 1
    // Most are short, and a look at each byte costs less than the engine's search.
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

  /** Of a string that goes on at `from`; the last index where it does not end. */
  #findClosing(from: number): number {
    const bytes = this.#bytes
    let close = bytes.indexOf(quote, from)
    while (close !== -1 && isEscaped(bytes, close)) {
      this.#escapes++
      close = this.#escapes > maxEscapes ? -1 : bytes.indexOf(quote, close + 1)
    }
    if (close === -1) this.#isTooMuch = this.#escapes > maxEscapes
    return close === -1 ? bytes.length - 1 : close
  }

  #takeComma(at: number): void {
    const depth = this.#depth
    this.#weigh(1)
    if (depth === 1) this.#endMember(at)
    if (depth < innerDepth || this.#leftOut > 0) return
    if (this.#length + at - this.#from - (this.#starts[depth] ?? 0) > longBytes) this.#leaveOut(depth)
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
      this.#isTooMuch = true
      return
    }
    this.#weigh(1)
    this.#starts[depth] = this.#length + at + 1 - this.#from
    this.#weights[depth] = this.#weight
    this.#lists[depth] = isList ? 1 : 0
  }

  #close(at: number): void {
    if (this.#depth === 0) {
      this.#isTooMuch = true
      return
    }
    if (this.#depth === 1) this.#endMember(at)
    if (this.#leftOut === this.#depth) {
      this.#leftOut = 0
      this.#from = at
    }
    this.#depth--
  }

  #endMember(at: number): void {
    if (this.#usageStart !== -1 && this.#usageEnd === -1) this.#usageEnd = at
  }

  /** The index of the last byte of a row of numbers. */
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
    // A number that is cut in two goes on after the comma before it.
    if (at === end && end < bytes.length) {
      at = last
      if (last === start) this.#isTooMuch = true
    }
    if (at - start <= longRun) {
      this.#weigh(commas)
      return at - 1
    }
    this.#copy(start)
    if (this.#leftOut === 0) this.#put(zero)
    // A value of another kind may follow the last comma.
    this.#from = last > start && isBlank(bytes, last + 1, at) ? last : at
    return Math.max(start, at - 1)
  }

  #leaveOut(depth: number): void {
    const start = this.#starts[depth] ?? 0
    if (start >= this.#length) this.#copy(this.#from + start - this.#length)
    this.#length = start
    this.#weight = this.#weights[depth] ?? 0
    this.#leftOut = depth
  }

  #weigh(weight: number): void {
    if (this.#leftOut > 0) return
    this.#weight += weight
    if (this.#weight > maxWeight) this.#isTooMuch = true
  }

  /** Copies what stands before `to`, where nothing is left out. */
  #copy(to: number): void {
    if (this.#leftOut > 0 || to <= this.#from) return
    const part = this.#bytes.subarray(this.#from, to)
    this.#grow(part.length)
    this.#made.set(part, this.#length)
    this.#length += part.length
    this.#from = to
  }

  #put(byte: number): void {
    this.#grow(1)
    this.#made[this.#length++] = byte
  }

  #grow(more: number): void {
    const needed = this.#length + more
    if (needed <= this.#made.length) return
    const grown = new Uint8Array(Math.max(needed, 2 * this.#made.length))
    grown.set(this.#made.subarray(0, this.#length))
    this.#made = grown
  }
}

function isBlank(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if ((bytes[at] ?? 0) > 0x20) return false
  return true
}
