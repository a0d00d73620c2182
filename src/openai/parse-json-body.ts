import type { BufferShare } from '../core/buffers.ts'
import { type ByteBound, type ByteStream, type ChunkConsumer, consume, LongBytes, Pieces } from '../core/byte-stream.ts'
import { GatewayError } from '../core/errors.ts'
import { isJsonObject, type JsonObject } from '../core/json.ts'
import { isFolded } from './fold-name.ts'
import { locateJsonError } from './locate-json-error.ts'
import { restoreLongStrings, toMark } from './long-strings.ts'
import { findRepeatedName, JsonMeter, type Span } from './scan-json.ts'

/** A request body that is one JSON object without repeated top-level names. */
export interface ParsedJsonBody {
  /** The JSON text, with marks in place of long strings. */
  readonly text: string
  readonly object: JsonObject
  /** The long strings, still escaped and without quotes; absent for a short body. */
  readonly longs?: readonly string[]
}

/**
 * Maximum weight, which keeps `JSON.parse` under 40 ms: it takes 20 to 100 ns per value and 400 ns per new name.
 * OpenAI's longest request, embeddings of 300,000 tokens sent as numbers, weighs 340,000.
 */
const maxWeight = 400_000

/** Shorter bodies are parsed in one step. */
const shortBytes = 1_048_576

/** Longer bodies are decoded and measured in pieces of this many bytes while they arrive. */
const pieceBytes = 64 * 1_024

/** Characters of a long string processed in one step. */
const stepLength = 2 * 1_048_576

/**
 * Maximum characters of long strings that are not Latin-1 and so take two bytes per character. Longer ones would take
 * long to decode and to count. Pictures are ASCII, and no model accepts such a text: a million tokens are about four
 * million characters.
 */
const maxWideLength = 8 * 1_048_576

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false })
const encoder = new TextEncoder()
const innerDecoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * Parses a short JSON body. Throws GatewayError `invalid_json`, `json_too_deep`, `json_too_large` or `invalid_value`.
 */
export function parseJsonBody(bytes: Uint8Array, maxDepth: number): ParsedJsonBody {
  const text = decode(bytes, decoder)
  const meter = new JsonMeter()
  meter.push(text)
  checkMeasure(meter, maxDepth)
  const object = parse(text)
  checkNames(object, meter, text)
  return { text, object }
}

export interface JsonBodyLimits {
  readonly bound: ByteBound
  readonly maxDepth: number
  /** Ends the step and yields to the event loop. */
  yieldToEventLoop(): Promise<void>
}

/**
 * Reads a JSON request body as it arrives, in steps of a few milliseconds (R69). Long strings, mostly pictures, are not
 * parsed or edited with the rest. The body stays reserved in `share`. Rejects with the errors of `parseJsonBody`, with
 * `overloaded`, and with the error of the stream.
 */
export function readJsonBody(stream: ByteStream, limits: JsonBodyLimits, share: BufferShare): Promise<ParsedJsonBody> {
  return new Promise((resolve, reject) =>
    consume(stream, limits.bound, new JsonBodyReader(limits, share, resolve, reject)),
  )
}

class JsonBodyReader implements ChunkConsumer {
  readonly #limits: JsonBodyLimits
  readonly #share: BufferShare
  readonly #resolve: (body: ParsedJsonBody | Promise<ParsedJsonBody>) => void
  readonly #reject: (error: unknown) => void
  readonly #pieces = new Pieces()
  #text: LongText | undefined = undefined

  constructor(
    limits: JsonBodyLimits,
    share: BufferShare,
    resolve: (body: ParsedJsonBody | Promise<ParsedJsonBody>) => void,
    reject: (error: unknown) => void,
  ) {
    this.#limits = limits
    this.#share = share
    this.#resolve = resolve
    this.#reject = reject
  }

  take(chunk: Uint8Array): void {
    const { bound, maxDepth } = this.#limits
    const pieces = this.#pieces
    pieces.add(chunk)
    this.#share.require(pieces.length + (this.#text?.heldBytes ?? 0), bound.tooLarge)
    if (pieces.length < (this.#text === undefined ? shortBytes : pieceBytes)) return
    this.#text ??= new LongText(bound.bytes, maxDepth)
    this.#text.addAll(pieces)
  }

  end(): void {
    if (this.#text !== undefined) {
      this.#resolve(finishText(this.#text, this.#pieces, this.#share, this.#limits.yieldToEventLoop))
      return
    }
    try {
      this.#resolve(parseJsonBody(this.#pieces.join(), this.#limits.maxDepth))
    } catch (error) {
      this.#reject(error)
    }
  }

  fail(error: unknown): void {
    // The owner releases the share now, but the garbage collector would free the bytes late.
    this.#text?.release()
    this.#reject(error)
  }
}

/** A measured piece of a long body. It contains complete characters only. */
interface MeasuredPiece {
  /** Offset of its first character and of its first byte. */
  readonly character: number
  readonly byte: number
  readonly bytes: number
  /** True if each character is one byte. */
  readonly isPlain: boolean
  /** True if it has characters beyond Latin-1: then all characters of the same string take two bytes of memory. */
  readonly isWide: boolean
}

/** A long body, measured as it arrives. It is held as bytes outside of the engine's heap and decoded once complete. */
class LongText {
  readonly meter = new JsonMeter()
  readonly #maxDepth: number
  readonly #bytes: LongBytes
  readonly #pieces: MeasuredPiece[] = []
  /** Number of bytes measured so far. */
  #measured = 0
  #length = 0
  #wideLength = 0

  constructor(maxBytes: number, maxDepth: number) {
    this.#bytes = new LongBytes(maxBytes)
    this.#maxDepth = maxDepth
  }

  /** Bytes of the body or of its decoded string, whichever is larger. */
  get heldBytes(): number {
    return Math.max(this.#bytes.length, this.#length + this.#wideLength)
  }

  /** Moves the bytes out of `pieces`. */
  addAll(pieces: Pieces): void {
    for (const bytes of pieces.list()) {
      this.#bytes.add(bytes)
      while (this.#bytes.length - this.#measured >= pieceBytes) this.#measure(pieceBytes)
    }
    pieces.clear()
  }

  /** Measures the rest; call it after the last bytes. */
  end(): void {
    this.#measure(this.#bytes.length - this.#measured)
    if (this.meter.isInString)
      throw new GatewayError('invalid_json', 'Request body is not valid JSON: it ends within a string.')
  }

  /** Frees the bytes. Safe to call twice. */
  release(): void {
    this.#bytes.release()
  }

  isWide({ start, end }: Span): boolean {
    return this.#pieces.some((piece) => {
      const { character, byte, bytes, isWide } = piece
      if (!isWide || character >= end || character + bytes <= start) return false
      const text = decode(this.#bytes.view().subarray(byte, byte + bytes), byte === 0 ? decoder : innerDecoder)
      return hasWide(text.slice(Math.max(0, start - character), end - character))
    })
  }

  /** Returns the text with marks in place of its long strings, and the long strings without quotes. */
  toText(): { readonly text: string; readonly longs: readonly string[] } {
    const bytes = this.#bytes.view()
    const parts: string[] = []
    const longs: string[] = []
    let at = 0
    for (const { start, end } of this.meter.longStrings) {
      const open = this.#byteAt(start)
      const after = this.#byteAt(end)
      parts.push(decode(bytes.subarray(at, open), at === 0 ? decoder : innerDecoder), toMark(longs.length))
      longs.push(decode(bytes.subarray(open + 1, after - 1), innerDecoder))
      at = after
    }
    parts.push(decode(bytes.subarray(at), at === 0 ? decoder : innerDecoder))
    return { text: parts.join(''), longs }
  }

  /** Measures `length` bytes: the complete characters among them, or all bytes if they are the last. */
  #measure(length: number): void {
    const byte = this.#measured
    const bytes = this.#bytes.view().subarray(byte, byte + length)
    const end = length < pieceBytes ? length : wholeLength(bytes)
    const text = decode(bytes.subarray(0, end), byte === 0 ? decoder : innerDecoder)
    const isWide = hasWide(text)
    this.#pieces.push({ character: this.#length, byte, bytes: end, isPlain: text.length === end, isWide })
    this.#measured += end
    this.#length += text.length
    if (isWide) this.#wideLength += text.length
    this.meter.push(text)
    checkMeasure(this.meter, this.#maxDepth)
  }

  #byteAt(character: number): number {
    const piece = this.#pieces.findLast((each) => each.character <= character)
    if (piece === undefined) return 0
    if (piece.isPlain) return piece.byte + character - piece.character
    // `innerDecoder` decodes a byte order mark as an extra character.
    const text = decode(this.#bytes.view().subarray(piece.byte, piece.byte + piece.bytes), innerDecoder)
    const marked = piece.byte === 0 && text.startsWith('\ufeff') ? 1 : 0
    return piece.byte + encoder.encode(text.slice(0, character - piece.character + marked)).length
  }
}

async function finishText(
  body: LongText,
  rest: Pieces,
  share: BufferShare,
  yieldToEventLoop: () => Promise<void>,
): Promise<ParsedJsonBody> {
  const { meter } = body
  const { text, longs, widths } = await decodeText(body, rest, yieldToEventLoop).finally(() => body.release())
  let held = longs.reduce((sum, { length }, at) => sum + length * (widths[at] ?? 1), 2 * text.length)
  share.require(held)
  const values: string[] = []
  for (const [at, long] of longs.entries()) {
    const value = await readLongString(long, meter.longStrings[at]?.hasEscapes === true, yieldToEventLoop)
    if (value !== long) {
      held += value.length * (hasWide(value) ? 2 : 1)
      share.require(held)
    }
    values.push(value)
  }
  await yieldToEventLoop()
  const object = parse(text)
  checkNames(object, meter, text)
  if (restoreLongStrings(object, values) !== values.length)
    throw new GatewayError(
      'json_too_large',
      'A field name in the body is too long, or a long field appears twice. Send it once.',
    )
  return { text, object, longs }
}

/** Decodes a long body: its text, its long strings, and the bytes per character of each long string. */
async function decodeText(body: LongText, rest: Pieces, yieldToEventLoop: () => Promise<void>) {
  body.addAll(rest)
  body.end()
  const { longStrings } = body.meter
  await yieldToEventLoop()
  const widths = longStrings.map((long) => (body.isWide(long) ? 2 : 1))
  const wide = longStrings.reduce((sum, { start, end }, at) => sum + (widths[at] === 2 ? end - start : 0), 0)
  if (wide > maxWideLength) throw tooWide()
  return { ...body.toText(), widths }
}

function hasWide(text: string): boolean {
  return /[\u0100-\uffff]/.test(text)
}

function tooWide(): GatewayError {
  return new GatewayError(
    'json_too_large',
    `The long strings with non-Latin characters in the body exceed ${maxWideLength} characters. Split the body into several requests.`,
  )
}

/** Unescapes a long string; returns the same string if it has no escapes. */
async function readLongString(
  long: string,
  hasEscapes: boolean,
  yieldToEventLoop: () => Promise<void>,
): Promise<string> {
  const parts: string[] = []
  let isWide = false
  for (let from = 0; from < long.length; ) {
    const to = from + stepLength < long.length ? beforeEscape(long, from + stepLength) : long.length
    const part = long.slice(from, to)
    if (hasEscapes) {
      const parsed = String(parseAny(`"${part}"`))
      isWide ||= hasWide(parsed)
      if (isWide && to > maxWideLength) throw tooWide()
      parts.push(parsed)
    }
    // biome-ignore lint/suspicious/noControlCharactersInRegex: JSON forbids them in strings
    else if (/[\0-\x1f]/.test(part)) throw unescapedControl()
    from = to
    await yieldToEventLoop()
  }
  return hasEscapes ? parts.join('') : long
}

/** Returns the index at or shortly before `to` that is not within an escape. */
function beforeEscape(text: string, to: number): number {
  const at = text.lastIndexOf('\\', to - 1)
  // An escape has at most six characters.
  if (at < to - 5) return to
  let first = at
  while (text[first - 1] === '\\') first--
  return (at - first) % 2 === 0 ? at : to
}

/** Returns the number of bytes that are complete UTF-8 characters. */
function wholeLength(bytes: Uint8Array): number {
  const { length } = bytes
  for (let at = length - 1; at >= Math.max(0, length - 4); at--) {
    const byte = bytes[at] ?? 0
    if (byte < 0x80) return length
    if (byte >= 0xc0) return at + (byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2) > length ? at : length
  }
  return length
}

function checkMeasure({ deepest, weight }: JsonMeter, maxDepth: number): void {
  if (deepest > maxDepth)
    throw new GatewayError('json_too_deep', `The body nests more than ${maxDepth} levels deep. Send a flatter body.`)
  if (weight > maxWeight)
    throw new GatewayError(
      'json_too_large',
      'The body has too many values, names, escapes or spaces. Split it into several requests.',
    )
}

function checkNames(object: JsonObject, { commas }: JsonMeter, text: string): void {
  if (hasPlainNames(object, commas + 1)) return
  const name = findRepeatedName(text)
  if (name !== undefined)
    throw new GatewayError('invalid_value', `The field \`${name}\` appears twice. Send it once.`, { param: name })
}

/**
 * True if none of the `count` names in the text can repeat: as many remain after parsing, and all are in lower case.
 */
function hasPlainNames(object: JsonObject, count: number): boolean {
  let parsed = 0
  for (const name in object) {
    if (!isFolded(name)) return false
    parsed++
  }
  return parsed === count || parsed === 0
}

function decode(bytes: Uint8Array, by: TextDecoder): string {
  try {
    return by.decode(bytes)
  } catch (cause) {
    throw notUtf8(cause)
  }
}

function notUtf8(cause?: unknown): GatewayError {
  return new GatewayError('invalid_json', 'Request body is not valid JSON: it is not UTF-8.', { cause })
}

function parse(text: string): JsonObject {
  const value = parseAny(text)
  if (isJsonObject(value)) return value
  throw new GatewayError(
    'invalid_json',
    'Request body is not valid JSON for this endpoint: send one object, such as {"model": "…"}.',
  )
}

function parseAny(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    if (text.trim() === '') throw new GatewayError('invalid_json', 'Request body is not valid JSON: it is empty.')
    throw new GatewayError('invalid_json', `Request body is not valid JSON: ${locateJsonError(text)}`)
  }
}

function unescapedControl(): GatewayError {
  return new GatewayError(
    'invalid_json',
    'Request body is not valid JSON: a string contains an unescaped control character.',
  )
}
