import { type ByteSink, type ByteStream, wrapStream } from '../core/byte-stream.ts'
import { GatewayError } from '../core/errors.ts'
import { scanForm } from './scan-form.ts'
import type { Span } from './scan-json.ts'

/** The beginning of a multipart body, held while its `model` field is looked for, and the stream that goes on from there. */
export interface FormPeek {
  /** The field's value, if it came within the window. */
  readonly model: string | undefined
  /** The whole body as a stream, with the model's value replaced where one is given, and by how many bytes that changes its length. */
  toStream(model: string | undefined): { readonly stream: ByteStream; readonly lengthChange: number }
}

const encoder = new TextEncoder()
const utf8 = new TextDecoder()

/**
 * Reads a multipart body up to its `model` field, or `windowBytes` of it, and no further: the rest passes as it comes.
 * A second `model` field fails the body wherever it comes, since the upstream might take either (S58).
 * Rejects with that, and with what the source fails with.
 */
export function peekForm(source: ByteStream, boundary: string, windowBytes: number): Promise<FormPeek> {
  return new Promise((resolve, reject) => {
    const held = createHeldBytes()
    const scan = scanForm(boundary, 'model')
    let target: ByteSink | undefined
    let ending: ((sink: ByteSink) => void) | undefined
    let isDecided = false

    function decide(): void {
      isDecided = true
      const field = scan.fields[0]
      const model = field && utf8.decode(held.bytes().subarray(field.start, field.end))
      resolve({ model, toStream: (replacement) => resumeFrom(field, replacement) })
    }

    function resumeFrom(field: Span | undefined, replacement: string | undefined) {
      const value = field === undefined || replacement === undefined ? undefined : encoder.encode(replacement)
      const lengthChange = field === undefined || value === undefined ? 0 : value.length - (field.end - field.start)
      return { stream: wrapStream(source, { start: (sink: ByteSink) => passOn(sink, field, value) }), lengthChange }
    }

    function passOn(sink: ByteSink, field: Span | undefined, value: Uint8Array | undefined): void {
      target = sink
      let accepts = true
      for (const piece of replaceField(held.bytes(), field, value)) accepts = sink.write(piece) && accepts
      if (ending !== undefined) ending(sink)
      else if (accepts) source.resume()
    }

    function write(chunk: Uint8Array): boolean {
      scan.push(chunk)
      if (scan.fields.length > 1) {
        source.cancel()
        fail(modelTwice())
        return true
      }
      if (target !== undefined) return target.write(chunk)
      held.add(chunk)
      if (!isDecided && (scan.fields.length > 0 || held.bytes().length >= windowBytes)) decide()
      return !isDecided
    }

    function end(): void {
      ending = (sink) => sink.end()
      if (target !== undefined) ending(target)
      else if (!isDecided) decide()
    }

    function fail(error: unknown): void {
      ending = (sink) => sink.fail(error)
      if (target !== undefined) ending(target)
      else if (!isDecided) reject(error)
    }

    source.start({ write, end, fail })
  })
}

function modelTwice(): GatewayError {
  return new GatewayError('invalid_value', 'The field `model` appears twice. Send it once.', { param: 'model' })
}

function replaceField(bytes: Uint8Array, field: Span | undefined, value: Uint8Array | undefined): Uint8Array[] {
  if (field === undefined || value === undefined) return [bytes]
  return [bytes.subarray(0, field.start), value, bytes.subarray(field.end)]
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
