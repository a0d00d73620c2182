import { concat } from '../core/byte-stream.ts'
import type { Span } from './scan-json.ts'

/** A field of a form, and where its value stands in the body. */
export interface FormField extends Span {
  readonly name: string
}

/** Reads the parts of a multipart body as it passes, in chunks of any size, and looks at no byte twice. */
export interface FormScan {
  push(chunk: Uint8Array): void
  /** The fields that were looked for, in order; each as soon as its value is there to its end. */
  readonly fields: readonly FormField[]
  /** How many other parts with a file name have begun. */
  countFiles(): number
}

/** No client writes more headers into a part; a part whose headers are longer has no name. */
const partHeaderBytes = 16 * 1024

const encoder = new TextEncoder()
const latin1 = new TextDecoder('latin1')

/** Looks for the fields whose names are wanted. Source: RFC 7578, RFC 2046 section 5.1.1. */
export function scanForm(boundary: string, isWanted: (name: string) => boolean): FormScan {
  const delimiter = encoder.encode(`\r\n--${boundary}`)
  // The line break that belongs to the first delimiter is not sent.
  const valueEnd = createSearch(delimiter, 2)
  const headersEnd = createSearch(encoder.encode('\r\n\r\n'))
  const fields: FormField[] = []
  let files = 0
  let field: { readonly name: string; readonly start: number } | undefined
  let headers: HeaderBytes | undefined
  let chunkAt = 0

  /** Takes the bytes from `from` on as far as they belong to one value; returns how far that is. */
  function takeValue(chunk: Uint8Array, from: number): number {
    const end = valueEnd.find(chunk, from, chunk.length)
    if (end === -1) return chunk.length
    if (field !== undefined) fields.push({ ...field, end: chunkAt + end - delimiter.length })
    field = undefined
    headers = createHeaderBytes()
    return end
  }

  function takeHeaders(chunk: Uint8Array, from: number, { add, room, text }: HeaderBytes): number {
    const to = Math.min(chunk.length, from + room())
    const found = headersEnd.find(chunk, from, to)
    const end = found === -1 ? to : found
    add(chunk.subarray(from, end))
    if (found === -1 && room() > 0) return end
    headers = undefined
    if (found === -1) {
      headersEnd.reset()
      return end
    }
    const { name, isFile } = readDisposition(text())
    if (name !== undefined && isWanted(name)) field = { name, start: chunkAt + end }
    else if (isFile) files += 1
    return end
  }

  return {
    fields,
    countFiles: () => files,
    push(chunk) {
      for (let at = 0; at < chunk.length; )
        at = headers === undefined ? takeValue(chunk, at) : takeHeaders(chunk, at, headers)
      chunkAt += chunk.length
    },
  }
}

interface HeaderBytes {
  add(bytes: Uint8Array): void
  /** How many more are taken. */
  room(): number
  text(): string
}

function createHeaderBytes(): HeaderBytes {
  const pieces: Uint8Array[] = []
  let length = 0
  return {
    add(bytes) {
      pieces.push(bytes)
      length += bytes.length
    },
    room: () => partHeaderBytes - length,
    text: () => latin1.decode(concat(pieces, length)),
  }
}

/** The `name` of a part, and whether it has a file name; what merely looks like it, within a file's name for instance, is none. */
function readDisposition(headers: string): { readonly name: string | undefined; readonly isFile: boolean } {
  const disposition = /^content-disposition:[ \t]*form-data((?:;[^\r\n]*)?)$/im.exec(headers)?.[1] ?? ''
  let name: string | undefined
  let isFile = false
  for (const [, key, quoted, plain] of disposition.matchAll(/;\s*([\w*-]+)=(?:"((?:[^"\\]|\\.)*)"|([^\s;"]*))/g)) {
    const parameter = key?.toLowerCase()
    if (parameter === 'name') name ??= quoted?.replace(/\\(.)/g, '$1') ?? plain
    else if (parameter?.startsWith('filename') === true) isFile = true
  }
  return { name, isFile }
}

/**
 * Finds a needle that may lie across chunks, in time that hostile bytes cannot stretch (Knuth, Morris, Pratt). `matched` of its bytes
 * count as seen.
 */
function createSearch(needle: Uint8Array, matched = 0) {
  const fallbacks = toFallbacks(needle)
  let seen = matched

  /** The next place worth a look. */
  function skip(bytes: Uint8Array, from: number): number {
    const at = seen > 0 ? from : bytes.indexOf(needle[0] ?? 0, from)
    return at === -1 ? bytes.length : at
  }

  return {
    /** The index after the needle, or -1 where it does not end before `to`. */
    find(bytes: Uint8Array, from: number, to: number): number {
      for (let at = skip(bytes, from); at < to; at = skip(bytes, at + 1)) {
        seen = advance(needle, fallbacks, seen, bytes[at])
        if (seen < needle.length) continue
        seen = 0
        return at + 1
      }
      return -1
    },
    reset() {
      seen = 0
    },
  }
}

/** How many bytes of the needle are seen once `byte` has come. */
function advance(needle: Uint8Array, fallbacks: readonly number[], seen: number, byte: number | undefined): number {
  let length = seen
  while (length > 0 && needle[length] !== byte) length = fallbacks[length - 1] ?? 0
  return needle[length] === byte ? length + 1 : 0
}

/** For each beginning of the needle: how much of it is seen again at its own end. */
function toFallbacks(needle: Uint8Array): readonly number[] {
  const fallbacks = [0]
  for (let at = 1; at < needle.length; at++)
    fallbacks.push(advance(needle, fallbacks, fallbacks[at - 1] ?? 0, needle[at]))
  return fallbacks
}
