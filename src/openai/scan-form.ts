import { concat } from '../core/byte-stream.ts'
import { parsePart } from './form-part.ts'
import { invalidForm } from './invalid-form.ts'
import type { Span } from './scan-json.ts'

/** A field of a form, and where its value stands in the body. */
export interface FormField extends Span {
  readonly name: string
  /** Its value is text in UTF-8 as long as it is ASCII. */
  readonly isLatin1: boolean
}

/**
 * Reads the parts of a multipart body as it passes, in chunks of any size, and looks at no byte twice. It takes the forms alone that all parsers
 * read alike (S85), and holds back the last bytes, without which no form is whole: one that is refused at its end was never sent.
 */
export interface FormScan {
  /** How many bytes of the chunk may pass: all, but for the end of the form. Throws GatewayError `invalid_form`, before any of them does. */
  push(chunk: Uint8Array): number
  /** To be called after the last chunk. The bytes that were held back. Throws GatewayError `invalid_form` where the form is not whole. */
  end(): Uint8Array
  /** The fields that were looked for, in order; each as soon as its value is there to its end. */
  readonly fields: readonly FormField[]
  /** How many other parts with a file name have begun. */
  countFiles(): number
}

/** No client writes more headers into a part. */
const partHeaderBytes = 16 * 1024

/** As many fields as Starlette takes (`max_fields`). */
const maxParts = 1_000

const carriageReturn = 13
const lineFeed = 10
const hyphen = 45

const encoder = new TextEncoder()

/** The second hyphen of the last delimiter, and the line breaks that clients write behind it: none, one, or two. */
const ending = encoder.encode('-\r\n\r\n')

/** Looks for the fields whose names are wanted. Source: RFC 7578, RFC 2046 section 5.1.1. */
export function scanForm(boundary: string, isWanted: (name: string) => boolean): FormScan {
  const delimiter = encoder.encode(`--${boundary}`)
  const delimiters = createSearch(delimiter)
  const headEnd = createSearch(encoder.encode('\r\n\r\n'))
  /** The last bytes of the chunks before: a delimiter that lies across chunks, and the line break before it. */
  const behind = new Uint8Array(delimiter.length + 2)
  const fields: FormField[] = []
  const head = createHeadBytes()
  let take: (chunk: Uint8Array, from: number) => number = takeFirstDelimiter
  let parts = 0
  let files = 0
  let valueAt = 0
  let field: Pick<FormField, 'name' | 'isLatin1'> | undefined
  let chunkAt = 0
  /** Of the first delimiter. */
  let matched = 0
  /** The first of the two bytes behind a delimiter. */
  let after: number | undefined
  /** Bytes of the form's end that have come. */
  let ended = 0

  function takeFirstDelimiter(chunk: Uint8Array, from: number): number {
    let at = from
    for (; at < chunk.length && matched < delimiter.length; at++)
      if (chunk[at] !== delimiter[matched++])
        throw invalidForm('The form does not begin with `--`, the boundary and a line break.')
    if (matched === delimiter.length) take = takeLineEnd
    return at
  }

  /** Takes the bytes from `from` on as far as they belong to one value; returns how far that is. */
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
      // Some parsers end a part at any line break before a delimiter, or at none where the part is empty.
      throw invalidForm(
        'A delimiter of the form is not on a line of its own, ended by CR LF, or its file has the boundary in it.',
      )
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
      throw invalidForm('A delimiter of the form is followed by something other than CR LF, or `--` at its end.')
    }
    return at + 1
  }

  function takeHead(chunk: Uint8Array, from: number): number {
    const found = headEnd.find(chunk, from)
    const end = found === -1 ? chunk.length : found
    if (head.add(chunk.subarray(from, end)) > partHeaderBytes)
      throw invalidForm(`A part of the form has headers over ${partHeaderBytes} bytes.`)
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
      if (chunk[at] !== ending[ended++]) throw invalidForm('Something follows the end of the form.')
    return chunk.length
  }

  /** Of the chunk, or of those before it where the index is negative. */
  function byteAt(chunk: Uint8Array, index: number): number | undefined {
    return index < 0 ? behind[behind.length + index] : chunk[index]
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
      const room = behind.length
      if (chunk.length < room) behind.copyWithin(0, chunk.length)
      behind.set(chunk.length > room ? chunk.subarray(-room) : chunk, Math.max(0, room - chunk.length))
      chunkAt += chunk.length
      return passing
    },
    end() {
      // A line break is whole or is none.
      if (ended % 2 === 0) throw invalidForm('The form ends before its last delimiter, `--`, the boundary and `--`.')
      return ending.subarray(0, ended)
    },
  }
}

function createHeadBytes() {
  let pieces: Uint8Array[] = []
  let length = 0
  return {
    /** Returns how many there are. The bytes are not copied, so they must not change. */
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

/** Finds a needle that may lie across chunks, in time that hostile bytes cannot stretch (Knuth, Morris, Pratt). */
function createSearch(needle: Uint8Array) {
  const fallbacks = toFallbacks(needle)
  const first = needle[0] ?? 0
  let seen = 0

  return {
    /** The index after the needle, or -1 where it does not end in these bytes. */
    find(bytes: Uint8Array, from: number): number {
      for (let at = from; at < bytes.length; at++) {
        if (seen === 0) {
          // The next place worth a look.
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

/** How many bytes of the needle are seen once `byte` has come. */
function advance(needle: Uint8Array, fallbacks: Uint8Array, seen: number, byte: number | undefined): number {
  let length = seen
  while (length > 0 && needle[length] !== byte) length = fallbacks[length - 1] ?? 0
  return needle[length] === byte ? length + 1 : 0
}

/** For each beginning of the needle: how much of it is seen again at its own end. */
function toFallbacks(needle: Uint8Array): Uint8Array {
  const fallbacks = new Uint8Array(needle.length)
  for (let at = 1; at < needle.length; at++)
    fallbacks[at] = advance(needle, fallbacks, fallbacks[at - 1] ?? 0, needle[at])
  return fallbacks
}
