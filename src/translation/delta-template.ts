/**
 * Copies the text of a delta from an event of one dialect into one of another, without parsing it. Nearly all events
 * of a stream differ only in that text.
 */
export class DeltaTemplate {
  readonly #before: string
  readonly #after: string
  readonly #writtenBefore: string
  readonly #writtenAfter: string

  private constructor(before: string, after: string, writtenBefore: string, writtenAfter: string) {
    this.#before = before
    // Anthropic pads its events with spaces of a random number.
    this.#after = after.trimEnd()
    this.#writtenBefore = writtenBefore
    this.#writtenAfter = writtenAfter
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

  /** Returns the event to write; undefined unless `event` differs from the learned one only in its text. */
  copy(event: string): string | undefined {
    if (!hasAt(event, this.#before, 0)) return undefined
    const from = this.#before.length
    const to = findClosingQuote(event, from)
    if (!hasAt(event, this.#after, to)) return undefined
    for (let at = to + this.#after.length; at < event.length; at++) if (event.charCodeAt(at) > space) return undefined
    return this.#writtenBefore + event.slice(from, to) + this.#writtenAfter
  }
}

const space = 0x20

/** Returns the index of the only occurrence; -1 if there are none or several. */
function findOnly(text: string, part: string): number {
  const at = text.indexOf(part)
  return at === text.lastIndexOf(part) ? at : -1
}

/** Like `startsWith`, which takes eight times as long in V8: it compares one character after the other. */
function hasAt(text: string, part: string, at: number): boolean {
  return text.slice(at, at + part.length) === part
}

/** Returns the index of the quote that ends the JSON string; the text's length if none does. */
function findClosingQuote(text: string, from: number): number {
  let at = from
  for (;;) {
    const quote = text.indexOf('"', at)
    if (quote === -1) return text.length
    const backslash = text.indexOf('\\', at)
    if (backslash === -1 || backslash > quote) return quote
    at = backslash + 2
  }
}
