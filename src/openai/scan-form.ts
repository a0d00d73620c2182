import { concat } from '../core/byte-stream.ts'
import { parsePart } from './form-part.ts'
import { invalidForm } from './invalid-form.ts'
import type { Span } from './scan-json.ts'

/** A field of a form with the span of its value in the body. */
export interface FormField extends Span {
  readonly name: string
  /** True if its value equals UTF-8 only while it is ASCII. */
  readonly isLatin1: boolean
}

/**
 * Scans a multipart body as it passes, in chunks of any size and in one pass. It accepts only forms that all parsers
 * read alike (S85). It holds back the last bytes, without which a form is incomplete: a form that is rejected at its
 * end never reaches the upstream completely.
 */
export interface FormScan {
  /** Returns how many bytes may pass: all except the end of the form. Throws GatewayError `invalid_form`. */
  push(chunk: Uint8Array): number
  /** Returns the held-back bytes after the last chunk. Throws GatewayError `invalid_form` for an incomplete form. */
  end(): Uint8Array
  /** The wanted fields in order; each is added when its value is complete. */
  readonly fields: readonly FormField[]
  /** Returns the number of other parts with a file name that have started. */
  countFiles(): number
}

/** Maximum header bytes of a part; no client sends more. */
const partHeaderBytes = 16 * 1024

/** The same maximum as Starlette (`max_fields`). */
const maxParts = 1_000

const carriageReturn = 13
const lineFeed = 10
const hyphen = 45

const encoder = new TextEncoder()

/** The second hyphen of the last delimiter and the line breaks that clients add: none, one or two. */
const ending = encoder.encode('-\r\n\r\n')

/** Creates a scan for the fields that `isWanted` selects. Source: RFC 7578, RFC 2046 section 5.1.1. */
export function scanForm(boundary: string, isWanted: (name: string) => boolean): FormScan {
  const delimiter = encoder.encode(`--${boundary}`)
  const delimiters = createSearch(delimiter)
  const headEnd = createSearch(encoder.encode('\r\n\r\n'))
  /** The last bytes of earlier chunks: enough for a delimiter across chunks and the line break before it. */
  const tail = new Uint8Array(delimiter.length + 2)
  const fields: FormField[] = []
  const head = createHeadBytes()
  let take: (chunk: Uint8Array, from: number) => number = takeFirstDelimiter
  let parts = 0
  let files = 0
  let valueAt = 0
  let field: Pick<FormField, 'name' | 'isLatin1'> | undefined
  let chunkAt = 0
  /** Matched bytes of the first delimiter. */
  let matched = 0
  /** The first of the two bytes after a delimiter. */
  let after: number | undefined
  /** Received bytes of `ending`. */
  let ended = 0

  function takeFirstDelimiter(chunk: Uint8Array, from: number): number {
    let at = from
    for (; at < chunk.length && matched < delimiter.length; at++)
      if (chunk[at] !== delimiter[matched++])
        throw invalidForm('The form does not begin with `--`, the boundary and a line break.')
    if (matched === delimiter.length) take = takeLineEnd
    return at
  }

  /** Reads the bytes of a value from `from` on; returns the index after them. */
  function takeValue(chunk: Uint8Array, from: number): number {
    const end = delimiters.find(chunk, from)
    if (end === -1) return chunk.length
    const start = end - delimiter.length
    const last = byteAt(chunk, start - 1)
    const valueEnd = chunkAt + start - 2
    if (last === lineFeed && valueEnd >= valueAt && byteAt(chunk, start - 2) === carriageReturn) {
      if (field !== undefined) fields.push({ ...field, start: valueAt, end: valueEnd })
      field = undefined
      take = takeLineEnd
    } else if (last === lineFeed || last === carriageReturn) {
      // Some parsers end a part at any line break before a delimiter, or without a line break if the part is empty.
      throw invalidForm('A delimiter of the form does not follow CR LF, or a file contains the boundary.')
    }
    return end
  }

  function takeLineEnd(chunk: Uint8Array, at: number): number {
    const byte = chunk[at]
    if (after === hyphen && byte === hyphen) {
      take = takeEnd
      return at
    }
    if (after === carriageReturn && byte === lineFeed) {
      after = undefined
      take = takeHead
    } else if (after === undefined && (byte === hyphen || byte === carriageReturn)) {
      after = byte
    } else {
      throw invalidForm('A delimiter of the form is not followed by CR LF, or by `--` at the end of the form.')
    }
    return at + 1
  }

  function takeHead(chunk: Uint8Array, from: number): number {
    const found = headEnd.find(chunk, from)
    const end = found === -1 ? chunk.length : found
    if (head.add(chunk.subarray(from, end)) > partHeaderBytes)
      throw invalidForm(`A part of the form has more than ${partHeaderBytes} bytes of headers.`)
    if (found === -1) return end
    if (++parts > maxParts) throw invalidForm(`The form has more than ${maxParts} parts.`)
    const { name, isFile, isText, isLatin1 } = parsePart(head.takeAll().subarray(0, -4))
    if (isWanted(name)) {
      if (!isText)
        throw invalidForm(
          `The field \`${name}\` is sent as a file. Send it as text, without \`filename\` and \`content-type\`.`,
        )
      field = { name, isLatin1 }
    } else if (isFile) {
      files += 1
    }
    valueAt = chunkAt + end
    take = takeValue
    return end
  }

  function takeEnd(chunk: Uint8Array, from: number): number {
    for (let at = from; at < chunk.length; at++)
      if (chunk[at] !== ending[ended++]) throw invalidForm('The form has data after its last delimiter.')
    return chunk.length
  }

  /** Returns a byte of the chunk, or of earlier chunks if the index is negative. */
  function byteAt(chunk: Uint8Array, index: number): number | undefined {
    return index < 0 ? tail[tail.length + index] : chunk[index]
  }

  return {
    fields,
    countFiles: () => files,
    push(chunk) {
      let passing = take === takeEnd ? 0 : chunk.length
      for (let at = 0; at < chunk.length; ) {
        at = take(chunk, at)
        if (take === takeEnd && passing > at) passing = at
      }
      const room = tail.length
      if (chunk.length < room) tail.copyWithin(0, chunk.length)
      tail.set(chunk.length > room ? chunk.subarray(-room) : chunk, Math.max(0, room - chunk.length))
      chunkAt += chunk.length
      return passing
    },
    end() {
      // An even count means that the second hyphen is missing or a line break is incomplete.
      if (ended % 2 === 0) throw invalidForm('The form ends before its last delimiter: `--`, the boundary and `--`.')
      return ending.subarray(0, ended)
    },
  }
}

function createHeadBytes() {
  let pieces: Uint8Array[] = []
  let length = 0
  return {
    /** Adds bytes and returns their total. The bytes are not copied and must not change. */
    add(bytes: Uint8Array): number {
      pieces.push(bytes)
      length += bytes.length
      return length
    },
    takeAll(): Uint8Array {
      const bytes = concat(pieces, length)
      pieces = []
      length = 0
      return bytes
    },
  }
}

/** Finds a needle across chunks in linear time, also for hostile bytes (Knuth-Morris-Pratt). */
function createSearch(needle: Uint8Array) {
  const fallbacks = toFallbacks(needle)
  const first = needle[0] ?? 0
  let seen = 0

  return {
    /** Returns the index after the needle; -1 if it does not end in these bytes. */
    find(bytes: Uint8Array, from: number): number {
      for (let at = from; at < bytes.length; at++) {
        if (seen === 0) {
          // Skips to the next possible start.
          at = bytes.indexOf(first, at)
          if (at === -1) return -1
        }
        seen = advance(needle, fallbacks, seen, bytes[at])
        if (seen < needle.length) continue
        seen = 0
        return at + 1
      }
      return -1
    },
  }
}

/** Returns the number of matched bytes of the needle after `byte`. */
function advance(needle: Uint8Array, fallbacks: Uint8Array, seen: number, byte: number | undefined): number {
  let length = seen
  while (length > 0 && needle[length] !== byte) length = fallbacks[length - 1] ?? 0
  return needle[length] === byte ? length + 1 : 0
}

/** Returns for each prefix of the needle the length of its longest proper prefix that is also its suffix. */
function toFallbacks(needle: Uint8Array): Uint8Array {
  const fallbacks = new Uint8Array(needle.length)
  for (let at = 1; at < needle.length; at++)
    fallbacks[at] = advance(needle, fallbacks, fallbacks[at - 1] ?? 0, needle[at])
  return fallbacks
}
