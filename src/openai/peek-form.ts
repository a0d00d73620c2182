import type { BufferShare } from '../core/buffers.ts'
import { type ByteSink, type ByteStream, concat, Pieces, wrapStream } from '../core/byte-stream.ts'
import { GatewayError } from '../core/errors.ts'
import type { JsonObject } from '../core/json.ts'
import { foldName } from './fold-name.ts'
import type { FormType } from './form-boundary.ts'
import { isMetadataEntry, isReadField, toFormObject } from './form-fields.ts'
import { invalidForm } from './invalid-form.ts'
import { type FormField, scanForm } from './scan-form.ts'
import type { Span } from './scan-json.ts'

/** The buffered beginning of a multipart body with its fields, and the stream that continues from it. */
export interface FormPeek {
  /** The value of the field `model`, if it arrived within the window. */
  readonly model: string | undefined
  /** The fields that arrived, including `model`, as in the equivalent JSON request. */
  readonly fields: JsonObject
  /** Number of files that have started. */
  readonly files: number
  /** Bytes of the body if all of it is buffered, which rules out further fields; undefined otherwise. */
  readonly length: number | undefined
  /** Returns the whole body as a stream, with `model` replaced if one is given, and the resulting change in bytes. */
  toStream(model: string | undefined): { readonly stream: ByteStream; readonly lengthChange: number }
}

/** OpenAI's maximum of `metadata` entries. Source: https://platform.openai.com/docs/api-reference/chat/create */
const maxMetadata = 16

const encoder = new TextEncoder()
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * Buffers a multipart body up to `windowBytes`, or up to its `model` field plus `fieldBytes` for other fields, which
 * may follow a short file. The rest passes as it arrives.
 *
 * An invalid form fails the body at the point where it shows, and never passes completely:
 *
 * - a form that parsers read differently (S85)
 * - a repeated field that Weir reads, because the upstream might use either value (S58)
 * - a field name for which `checkName` throws
 *
 * Rejects with the error of such a form, with the error of the source, and if `share` has no room.
 */
export function peekForm(
  source: ByteStream,
  { boundary, isLatin1 }: FormType,
  windowBytes: number,
  fieldBytes: number,
  share: BufferShare,
  checkName: (name: string) => void = () => undefined,
): Promise<FormPeek> {
  return new Promise((resolve, reject) => {
    const held = new Pieces()
    const names = new Set<string>()
    let metadata = 0
    const scan = scanForm(boundary, (name) => {
      checkName(name)
      return isWanted(name) || (isMetadataEntry(name) && ++metadata <= maxMetadata)
    })
    let read = 0
    let field: Span | undefined
    let target: ByteSink | undefined
    let ending: ((sink: ByteSink) => void) | undefined
    let isDecided = false

    function decide(isWhole: boolean): void {
      const pieces = held.list()
      const texts = scan.fields.map(
        (each) => [each.name, toText({ ...each, isLatin1: isLatin1 || each.isLatin1 }, pieces)] as const,
      )
      const model = field
      resolve({
        model: texts.find(([name]) => name === 'model')?.[1],
        fields: toFormObject(texts),
        files: scan.countFiles(),
        length: isWhole ? held.length : undefined,
        toStream: (replacement) => resumeFrom(model, replacement),
      })
      isDecided = true
    }

    /** Records new fields; throws if a field appears twice. */
    function noteFields(): void {
      for (; read < scan.fields.length; read++) {
        const found = scan.fields[read]
        if (found === undefined) continue
        if (names.has(found.name)) throw repeatedField(found.name)
        names.add(found.name)
        if (found.name === 'model') field = found
      }
    }

    function isEnough(): boolean {
      const { length } = held
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
      const pieces = held.list()
      const parts =
        field === undefined || value === undefined
          ? pieces
          : [...between(pieces, 0, field.start), value, ...between(pieces, field.end, held.length)]
      for (const part of parts) accepts = sink.write(part) && accepts
      if (ending !== undefined) ending(sink)
      else if (accepts) source.resume()
    }

    function write(chunk: Uint8Array): boolean {
      let bytes = chunk
      try {
        const passing = scan.push(chunk)
        if (read < scan.fields.length) noteFields()
        if (passing < chunk.length) bytes = chunk.subarray(0, passing)
        if (target === undefined) {
          held.add(bytes)
          share.require(held.length, modelTooLate)
          if (!isDecided && isEnough()) decide(false)
          return !isDecided
        }
      } catch (error) {
        source.cancel()
        fail(error)
        return true
      }
      return bytes.length === 0 || target.write(bytes)
    }

    function end(): void {
      try {
        const rest = scan.end()
        ending = (sink) => sink.end()
        if (target === undefined) {
          held.add(rest)
          if (!isDecided) decide(true)
          return
        }
        target.write(rest)
      } catch (error) {
        fail(error)
        return
      }
      target.end()
    }

    function fail(error: unknown): void {
      ending = (sink) => sink.fail(error)
      if (target !== undefined) ending(target)
      else if (!isDecided) reject(error)
    }

    source.start({ write, end, fail })
  })
}

/** S86: rejects other spellings of a read field, because a server that ignores case would accept them. */
function isWanted(name: string): boolean {
  const own = foldName(name)
  if (own === name || !isReadField(own)) return isReadField(name)
  throw new GatewayError('invalid_value', `Spell the field \`${name}\` as \`${own}\`.`, { param: name })
}

function toText({ name, start, end, isLatin1 }: FormField, pieces: readonly Uint8Array[]): string {
  const bytes = concat(between(pieces, start, end), end - start)
  try {
    const text = utf8.decode(bytes)
    // One character per byte means ASCII.
    if (!text.startsWith('\ufeff') && (!isLatin1 || text.length === bytes.length)) return text
  } catch {}
  throw invalidForm(
    `The field \`${name}\` is not UTF-8, or begins with a byte order mark. Send UTF-8 without a byte order mark.`,
  )
}

function repeatedField(name: string): GatewayError {
  return new GatewayError('invalid_value', `The field \`${name}\` appears twice. Send it once.`, { param: name })
}

/** Returns the bytes between two offsets of the concatenated pieces. */
function between(pieces: readonly Uint8Array[], start: number, end: number): Uint8Array[] {
  const parts: Uint8Array[] = []
  let at = 0
  for (const piece of pieces) {
    if (at < end && at + piece.length > start) parts.push(piece.subarray(Math.max(0, start - at), end - at))
    at += piece.length
  }
  return parts
}

function modelTooLate(): GatewayError {
  return new GatewayError(
    'body_too_large',
    'The field `model` follows more data than this server can buffer. Send `model` before the file.',
    { headers: { connection: 'close' } },
  )
}
