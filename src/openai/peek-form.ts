import type { ByteSink, ByteStream } from '../core/byte-stream.ts'
import type { Span } from './scan-json.ts'

/** The beginning of a multipart body, held while its `model` field is looked for, and the stream that goes on from there. */
export interface FormPeek {
  /** The field's value, if it came within the window. */
  readonly model: string | undefined
  /** The whole body as a stream, with the model's value replaced where one is given, and by how many bytes that changes its length. */
  toStream(model: string | undefined): { readonly stream: ByteStream; readonly lengthChange: number }
}

const encoder = new TextEncoder()
const latin1 = new TextDecoder('latin1')
const utf8 = new TextDecoder()

/**
 * Reads a multipart body up to its `model` field, or `windowBytes` of it, and no further: the rest passes as it comes.
 * Source: RFC 7578. Rejects when the body breaks off.
 */
export function peekForm(source: ByteStream, boundary: string, windowBytes: number): Promise<FormPeek> {
  return new Promise((resolve, reject) => {
    const held = createHeldBytes()
    const delimiter = encoder.encode(`--${boundary}`)
    let target: ByteSink | undefined
    let ending: ((sink: ByteSink) => void) | undefined
    let isDecided = false

    function decide(field: Span | undefined): void {
      isDecided = true
      const model = field && utf8.decode(held.bytes().subarray(field.start, field.end))
      resolve({ model, toStream: (replacement) => resumeFrom(field, replacement) })
    }

    function resumeFrom(field: Span | undefined, replacement: string | undefined) {
      const value = field === undefined || replacement === undefined ? undefined : encoder.encode(replacement)
      const lengthChange = field === undefined || value === undefined ? 0 : value.length - (field.end - field.start)
      return { stream: { ...source, start: (sink: ByteSink) => passOn(sink, field, value) }, lengthChange }
    }

    function passOn(sink: ByteSink, field: Span | undefined, value: Uint8Array | undefined): void {
      target = sink
      let accepts = true
      for (const piece of replaceField(held.bytes(), field, value)) accepts = sink.write(piece) && accepts
      if (ending !== undefined) ending(sink)
      else if (accepts) source.resume()
    }

    source.start({
      write(chunk) {
        if (target !== undefined) return target.write(chunk)
        held.add(chunk)
        if (isDecided) return false
        const field = findField(held.bytes(), delimiter, 'model')
        if (field === undefined && held.bytes().length < windowBytes) return true
        decide(field)
        return false
      },
      end() {
        if (target !== undefined) return target.end()
        ending = (sink) => sink.end()
        if (!isDecided) decide(findField(held.bytes(), delimiter, 'model'))
      },
      fail(error) {
        if (target !== undefined) return target.fail(error)
        ending = (sink) => sink.fail(error)
        if (!isDecided) reject(error)
      },
    })
  })
}

function replaceField(bytes: Uint8Array, field: Span | undefined, value: Uint8Array | undefined): Uint8Array[] {
  if (field === undefined || value === undefined) return [bytes]
  return [bytes.subarray(0, field.start), value, bytes.subarray(field.end)]
}

/** Where the value of a form field stands, once it is there to its end. */
function findField(bytes: Uint8Array, delimiter: Uint8Array, name: string): Span | undefined {
  let at = indexOf(bytes, delimiter, 0)
  while (at !== -1) {
    const headersStart = at + delimiter.length
    const headersEnd = indexOf(bytes, headerEnd, headersStart)
    if (headersEnd === -1) return undefined
    const next = indexOf(bytes, delimiter, headersEnd)
    if (next === -1) return undefined
    if (nameOf(latin1.decode(bytes.subarray(headersStart, headersEnd))) === name)
      return { start: headersEnd + 4, end: next - 2 }
    at = next
  }
  return undefined
}

const headerEnd = encoder.encode('\r\n\r\n')

function nameOf(headers: string): string | undefined {
  return /content-disposition:[^\r\n]*[; ]name="?([^";\r\n]*)"?/i.exec(headers)?.[1]
}

function indexOf(bytes: Uint8Array, needle: Uint8Array, from: number): number {
  const first = needle[0] ?? 0
  for (let at = bytes.indexOf(first, from); at !== -1; at = bytes.indexOf(first, at + 1)) {
    let length = 1
    while (length < needle.length && bytes[at + length] === needle[length]) length++
    if (length === needle.length) return at
  }
  return -1
}

/** Bytes that grow by doubling, so that adding chunks stays linear. */
function createHeldBytes() {
  let buffer = new Uint8Array(64 * 1024)
  let length = 0
  return {
    add(chunk: Uint8Array) {
      if (length + chunk.length > buffer.length) {
        const larger = new Uint8Array(Math.max(buffer.length * 2, length + chunk.length))
        larger.set(buffer.subarray(0, length))
        buffer = larger
      }
      buffer.set(chunk, length)
      length += chunk.length
    },
    bytes: () => buffer.subarray(0, length),
  }
}
