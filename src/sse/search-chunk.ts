import { toSearchable } from '../core/search-bytes.ts'

const lineFeed = 0x0a
const carriageReturn = 0x0d
const braceOpen = 0x7b
const space = 0x20
const colon = 0x3a

/** Keeps a byte order mark: character indexes must match byte indexes. */
const decoder = new TextDecoder('utf-8', { ignoreBOM: true, fatal: false })
const usageName = 'usage"'
const letterU = 0x75
const usagePattern = /usage"[ :]*\{/

/**
 * Searches one chunk with the engine's native search, which costs a third of a loop over the bytes. If the decoded
 * string has one character per byte (ASCII), its indexes equal those of the chunk, and the string search is cheaper.
 */
export class ChunkSearch {
  readonly chunk: Uint8Array
  /** The chunk's text, if each byte is one character. */
  readonly text: string | undefined
  readonly #text: string
  // Cached until the search passes them. The chunk's length means "not found".
  #feedAt = -1
  #returnAt = -1
  #usageAt = -1

  constructor(chunk: Uint8Array) {
    this.#text = decoder.decode(chunk)
    this.text = this.#text.length === chunk.length ? this.#text : undefined
    this.chunk = this.text === undefined ? toSearchable(chunk) : chunk
  }

  /** Returns the index of the next CR or LF at or after `from`; the chunk's length if none follows. */
  lineEnd(from: number): number {
    if (this.#feedAt < from) this.#feedAt = this.#find('\n', lineFeed, from)
    if (this.#returnAt < from) this.#returnAt = this.#find('\r', carriageReturn, from)
    return this.#feedAt < this.#returnAt ? this.#feedAt : this.#returnAt
  }

  /** False only if no `"usage":{`, with or without spaces, starts before `end`. Call it with ascending positions. */
  mayHaveUsage(start: number, end: number): boolean {
    if (this.#usageAt < start) this.#usageAt = this.#findUsage(start)
    return this.#usageAt < end
  }

  #find(character: string, byte: number, from: number): number {
    const at = this.text === undefined ? this.chunk.indexOf(byte, from) : this.text.indexOf(character, from)
    return at === -1 ? this.chunk.length : at
  }

  #findUsage(from: number): number {
    if (this.text !== undefined) return findUsageInText(this.text, this.chunk, from)
    return usagePattern.test(this.#text) ? this.#findUsageInBytes(from) : this.chunk.length
  }

  #findUsageInBytes(from: number): number {
    let at = this.chunk.indexOf(letterU, from)
    while (at !== -1 && !isUsageName(this.chunk, at)) at = this.chunk.indexOf(letterU, at + 1)
    return at === -1 ? this.chunk.length : at
  }
}

function findUsageInText(text: string, chunk: Uint8Array, from: number): number {
  let at = text.indexOf(usageName, from)
  while (at !== -1 && !opensObject(chunk, at + usageName.length)) at = text.indexOf(usageName, at + 1)
  return at === -1 ? chunk.length : at
}

function isUsageName(chunk: Uint8Array, start: number): boolean {
  for (let index = 0; index < usageName.length; index++)
    if (chunk[start + index] !== usageName.charCodeAt(index)) return false
  return opensObject(chunk, start + usageName.length)
}

/** True if an opening brace follows at `at`, after spaces and a colon. */
function opensObject(chunk: Uint8Array, at: number): boolean {
  let next = at
  while (chunk[next] === space || chunk[next] === colon) next++
  return chunk[next] === braceOpen
}
