import type { Span } from './scan-json.ts'

/** Reads the parts of a multipart body as it passes, in chunks of any size, and looks at no byte twice. */
export interface FormScan {
  push(chunk: Uint8Array): void
  /** Where the values of the field stand in the body, in order; each as soon as it is there to its end. */
  readonly fields: readonly Span[]
}

/** No client writes more headers into a part; a part whose headers are longer has no name. */
const partHeaderBytes = 16 * 1024

const encoder = new TextEncoder()
const latin1 = new TextDecoder('latin1')
const headersEnd = encoder.encode('\r\n\r\n')

/** Looks for the field `name`. Source: RFC 7578, RFC 2046 section 5.1.1. */
export function scanForm(boundary: string, name: string): FormScan {
  const delimiter = encoder.encode(`\r\n--${boundary}`)
  const fields: Span[] = []
  // The line break that belongs to the first delimiter is not sent.
  let rest: Uint8Array = encoder.encode('\r\n')
  let restAt = -2
  let valueStart: number | undefined
  let step: (at: number) => void = endValue
  let needle = delimiter

  function endValue(at: number): void {
    if (valueStart !== undefined) fields.push({ start: valueStart, end: restAt + at })
    valueStart = undefined
    drop(at + delimiter.length)
    step = endHeaders
    needle = headersEnd
  }

  function endHeaders(at: number): void {
    const isWanted = readName(latin1.decode(rest.subarray(0, at))) === name
    drop(at + headersEnd.length)
    if (isWanted) valueStart = restAt
    step = endValue
    needle = delimiter
  }

  /** Keeps what may be the beginning of what is looked for, and headers until they are whole. */
  function wait(): void {
    if (step === endValue) drop(Math.max(0, rest.length - needle.length + 1))
    else if (rest.length > partHeaderBytes) endHeaders(rest.length)
  }

  function drop(count: number): void {
    rest = rest.subarray(count)
    restAt += count
  }

  return {
    fields,
    push(chunk) {
      rest = join(rest, chunk)
      for (let at = indexOf(rest, needle); at !== -1; at = indexOf(rest, needle)) step(at)
      wait()
    },
  }
}

/** The `name` of a part; what merely looks like it, within a file's name for instance, is none. */
function readName(headers: string): string | undefined {
  const disposition = /^content-disposition:[ \t]*form-data((?:;[^\r\n]*)?)$/im.exec(headers)?.[1] ?? ''
  for (const [, key, quoted, plain] of disposition.matchAll(/;\s*([\w*-]+)=(?:"((?:[^"\\]|\\.)*)"|([^\s;"]*))/g)) {
    if (key?.toLowerCase() === 'name') return quoted?.replace(/\\(.)/g, '$1') ?? plain
  }
  return undefined
}

function indexOf(bytes: Uint8Array, needle: Uint8Array): number {
  const first = needle[0] ?? 0
  for (let at = bytes.indexOf(first); at !== -1; at = bytes.indexOf(first, at + 1)) {
    let length = 1
    while (length < needle.length && bytes[at + length] === needle[length]) length++
    if (length === needle.length) return at
  }
  return -1
}

function join(left: Uint8Array, right: Uint8Array): Uint8Array {
  if (left.length === 0) return right
  const joined = new Uint8Array(left.length + right.length)
  joined.set(left)
  joined.set(right, left.length)
  return joined
}
