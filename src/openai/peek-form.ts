import { type ByteSink, type ByteStream, wrapStream } from '../core/byte-stream.ts'
import { GatewayError } from '../core/errors.ts'
import type { JsonObject } from '../core/json.ts'
import { isMetadataEntry, isReadField, toFormObject } from './form-fields.ts'
import { scanForm } from './scan-form.ts'
import type { Span } from './scan-json.ts'

/** The beginning of a multipart body, held while its fields are looked for, and the stream that goes on from there. */
export interface FormPeek {
  /** The field's value, if it came within the window. */
  readonly model: string | undefined
  /** The fields that came, `model` among them, as JSON would have them. */
  readonly fields: JsonObject
  /** Files that have begun. */
  readonly files: number
  /** Bytes of the whole body where all of it is held, so that no field can follow. */
  readonly length: number | undefined
  /** The whole body as a stream, with the model's value replaced where one is given, and by how many bytes that changes its length. */
  toStream(model: string | undefined): { readonly stream: ByteStream; readonly lengthChange: number }
}

/** As many entries of `metadata` as OpenAI takes. Source: https://platform.openai.com/docs/api-reference/chat/create */
const mostMetadata = 16

const encoder = new TextEncoder()
const utf8 = new TextDecoder()

/**
 * Reads a multipart body up to its `model` field, or `windowBytes` of it, and `fieldBytes` on for its other fields, which may come behind a short
 * file; no further: the rest passes as it comes. A field that Weir reads and that comes twice fails the body wherever it comes, since the upstream
 * might take either (S58). Rejects with that, and with what the source fails with.
 */
export function peekForm(
  source: ByteStream,
  boundary: string,
  windowBytes: number,
  fieldBytes: number,
): Promise<FormPeek> {
  return new Promise((resolve, reject) => {
    const held = createHeldBytes()
    const names = new Set<string>()
    let metadata = 0
    const scan = scanForm(
      boundary,
      (name) => isReadField(name) || (isMetadataEntry(name) && ++metadata <= mostMetadata),
    )
    let read = 0
    let field: Span | undefined
    let target: ByteSink | undefined
    let ending: ((sink: ByteSink) => void) | undefined
    let isDecided = false

    function decide(isWhole: boolean): void {
      isDecided = true
      const bytes = held.bytes()
      const textOf = ({ start, end }: Span) => utf8.decode(bytes.subarray(start, end))
      const model = field
      resolve({
        model: model && textOf(model),
        fields: toFormObject(scan.fields.map((each) => [each.name, textOf(each)])),
        files: scan.countFiles(),
        length: isWhole ? bytes.length : undefined,
        toStream: (replacement) => resumeFrom(model, replacement),
      })
    }

    /** The name of a field that has come twice by now. */
    function noteFields(): string | undefined {
      for (; read < scan.fields.length; read++) {
        const found = scan.fields[read]
        if (found === undefined || isMetadataEntry(found.name)) continue
        if (names.has(found.name)) return found.name
        names.add(found.name)
        if (found.name === 'model') field = found
      }
      return undefined
    }

    function isEnough(): boolean {
      const { length } = held.bytes()
      return length >= windowBytes || (field !== undefined && length >= field.end + fieldBytes)
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
      const twice = read < scan.fields.length ? noteFields() : undefined
      if (twice !== undefined) {
        source.cancel()
        fail(sentTwice(twice))
        return true
      }
      if (target !== undefined) return target.write(chunk)
      held.add(chunk)
      if (!isDecided && isEnough()) decide(false)
      return !isDecided
    }

    function end(): void {
      ending = (sink) => sink.end()
      if (target !== undefined) ending(target)
      else if (!isDecided) decide(true)
    }

    function fail(error: unknown): void {
      ending = (sink) => sink.fail(error)
      if (target !== undefined) ending(target)
      else if (!isDecided) reject(error)
    }

    source.start({ write, end, fail })
  })
}

function sentTwice(name: string): GatewayError {
  return new GatewayError('invalid_value', `The field \`${name}\` appears twice. Send it once.`, { param: name })
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
