/**
 * Copies the text of a delta from an event of one dialect into one of another, without decoding it. Nearly all events
 * of a stream differ only in that text.
 */
export class DeltaTemplate {
  readonly #before: Uint8Array
  readonly #after: Uint8Array
  readonly #writtenBefore: Uint8Array
  readonly #writtenAfter: Uint8Array
  #slab = new Uint8Array(0)
  #used = 0

  private constructor(before: string, after: string, writtenBefore: string, writtenAfter: string) {
    this.#before = encoder.encode(before)
    // Anthropic pads its events with spaces of a random number.
    this.#after = encoder.encode(after.trimEnd())
    this.#writtenBefore = encoder.encode(writtenBefore)
    this.#writtenAfter = encoder.encode(writtenAfter)
  }

  /** Learns from one event as it was read and written; undefined if its text does not occur exactly once in both. */
  static learn(text: string, read: string, written: string): DeltaTemplate | undefined {
    const literal = JSON.stringify(text)
    const at = findOnly(read, literal)
    const writtenAt = findOnly(written, literal)
    if (at === -1 || writtenAt === -1) return undefined
    const end = literal.length - 1
    return new DeltaTemplate(
      read.slice(0, at + 1),
      read.slice(at + end),
      written.slice(0, writtenAt + 1),
      written.slice(writtenAt + end),
    )
  }

  /** Returns the event to write; undefined unless the bytes from `start` to `end` differ from the learned ones only in their text. */
  copy(bytes: Uint8Array, start: number, end: number): Uint8Array | undefined {
    const from = start + this.#before.length
    if (!matches(bytes, start, end, this.#before)) return undefined
    let to = from
    while (to < end && bytes[to] !== quote) to += bytes[to] === backslash ? 2 : 1
    if (!matches(bytes, to, end, this.#after)) return undefined
    for (let at = to + this.#after.length; at < end; at++) if ((bytes[at] ?? 0) > space) return undefined
    return this.#write(bytes, from, to)
  }

  #write(bytes: Uint8Array, from: number, to: number): Uint8Array {
    const before = this.#writtenBefore
    const after = this.#writtenAfter
    const length = before.length + to - from + after.length
    if (this.#used + length > this.#slab.length) {
      // A short stream does not pay for a whole slab.
      this.#slab = new Uint8Array(Math.max(length, Math.min(maxSlab, Math.max(minSlab, 2 * this.#slab.length))))
      this.#used = 0
    }
    const slab = this.#slab
    let at = this.#used
    const start = at
    slab.set(before, at)
    at += before.length
    // A loop is faster than a view for the few bytes of a token.
    for (let index = from; index < to; index++) slab[at++] = bytes[index] ?? 0
    slab.set(after, at)
    this.#used = start + length
    return slab.subarray(start, start + length)
  }
}

const encoder = new TextEncoder()

const minSlab = 1_024
const maxSlab = 32 * 1_024

const quote = 0x22
const backslash = 0x5c
const space = 0x20

/** Returns the index of the only occurrence; -1 if there are none or several. */
function findOnly(text: string, part: string): number {
  const at = text.indexOf(part)
  return at === text.lastIndexOf(part) ? at : -1
}

function matches(bytes: Uint8Array, start: number, end: number, expected: Uint8Array): boolean {
  const { length } = expected
  if (start + length > end) return false
  for (let at = 0; at < length; at++) if (bytes[start + at] !== expected[at]) return false
  return true
}
