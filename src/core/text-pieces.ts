/** Pieces of text that are joined a thousand at a time: a million of one character each would take fifty times their length. */
export class TextPieces {
  #joined: string[] = []
  #waiting: string[] = []
  #length = 0

  /** In characters. */
  get length(): number {
    return this.#length
  }

  add(text: string): void {
    if (text === '') return
    this.#length += text.length
    this.#waiting.push(text)
    if (this.#waiting.length < 1_024) return
    this.#joined.push(this.#waiting.join(''))
    this.#waiting = []
  }

  toString(): string {
    return this.#joined.join('') + this.#waiting.join('')
  }
}
