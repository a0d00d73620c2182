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
const maxMetadata = 16

const encoder = new TextEncoder()
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * Reads a multipart body up to its `model` field, or `windowBytes` of it, and `fieldBytes` on for its other fields, which may come behind a short
 * file; no further: the rest passes as it comes. A form that parsers read differently (S85), or with a field twice that Weir reads, since the upstream
 * might take either (S58), fails the body wherever that shows, and never passes whole. So does one with a name that `checkName` throws for. Rejects with that, with what the source
 * fails with, and where there is no room in `share` for what is held.
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

    /** Throws where a field has come twice by now. */
    function noteFields(): void {
      for (; read < scan.fields.length; read++) {
        const found = scan.fields[read]
        if (found === undefined) continue
        if (names.has(found.name)) throw sentTwice(found.name)
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
          share.require(held.length, tooFar)
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

/** S86: a server that ignores case would take another spelling for the field that was not seen here. */
function isWanted(name: string): boolean {
  const own = foldName(name)
  if (own === name || !isReadField(own)) return isReadField(name)
  throw new GatewayError('invalid_value', `Spell the field \`${name}\` as \`${own}\`.`, { param: name })
}

function toText({ name, start, end, isLatin1 }: FormField, pieces: readonly Uint8Array[]): string {
  const bytes = concat(between(pieces, start, end), end - start)
  try {
    const text = utf8.decode(bytes)
    // One character for each byte is ASCII.
    if (!text.startsWith('\ufeff') && (!isLatin1 || text.length === bytes.length)) return text
  } catch {}
  throw invalidForm(
    `The field \`${name}\` is no UTF-8, or begins with a byte order mark. Send it as UTF-8 without one.`,
  )
}

function sentTwice(name: string): GatewayError {
  return new GatewayError('invalid_value', `The field \`${name}\` appears twice. Send it once.`, { param: name })
}

/** The pieces between two places of what they hold together. */
function between(pieces: readonly Uint8Array[], start: number, end: number): Uint8Array[] {
  const parts: Uint8Array[] = []
  let at = 0
  for (const piece of pieces) {
    if (at < end && at + piece.length > start) parts.push(piece.subarray(Math.max(0, start - at), end - at))
    at += piece.length
  }
  return parts
}

function tooFar(): GatewayError {
  return new GatewayError(
    'body_too_large',
    'The field `model` comes after more than this server can hold. Send it before the file.',
    { headers: { connection: 'close' } },
  )
}
