import type { BufferShare } from '../core/buffers.ts'
import { type ByteBound, type ByteStream, LongBytes, Pieces, type Taker, takeAll } from '../core/byte-stream.ts'
import { GatewayError } from '../core/errors.ts'
import { isJsonObject, type JsonObject } from '../core/json.ts'
import { isFolded } from './fold-name.ts'
import { locateJsonError } from './locate-json-error.ts'
import { putBack, toMark } from './long-strings.ts'
import { findRepeatedName, JsonMeter, type Span } from './scan-json.ts'

/** A request body that is known to be one JSON object without repeated top-level names. */
export interface ParsedJsonBody {
  /** With marks in the place of long strings. */
  readonly text: string
  readonly object: JsonObject
  /** The long strings, as they stand between their quotes; left out of a short body. */
  readonly longs?: readonly string[]
}

/**
 * `JSON.parse` takes 20 to 100 ns a value, and 400 ns a name that came for the first time: this keeps it under 40 ms. OpenAI's longest request,
 * embeddings of 300,000 tokens sent as numbers, has 340,000.
 */
const maxWeight = 400_000

/** A shorter body is read in one step. */
const shortBytes = 1_048_576

/** A longer one is decoded and measured in pieces of this length while it comes. */
const pieceBytes = 64 * 1_024

/** Characters of long strings that are looked at in one step. */
const stepLength = 2 * 1_048_576

/**
 * Characters of long strings that take two bytes each, since one of their string is beyond Latin-1. Pictures are plain, and no model takes a text as long:
 * a million tokens are some four million characters. Longer ones would take long to decode and to count.
 */
const maxWideLength = 8 * 1_048_576

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false })
const encoder = new TextEncoder()
const innerDecoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Reads the bytes of a short JSON request body. Throws GatewayError `invalid_json`, `json_too_deep`, `json_too_large` or `invalid_value`. */
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
  /** Ends the step, so that others have their turn. */
  nextTurn(): Promise<void>
}

/**
 * Reads a JSON request body as it comes, with no step over a few milliseconds (R69). Long texts, pictures mostly, are neither parsed nor edited with the
 * rest. The text counts in `share`, and stays there. Rejects as `parseJsonBody` throws, with `overloaded`, and with what the stream fails with.
 */
export function readJsonBody(stream: ByteStream, limits: JsonBodyLimits, share: BufferShare): Promise<ParsedJsonBody> {
  return new Promise((resolve, reject) =>
    takeAll(stream, limits.bound, new JsonBodyReader(limits, share, resolve, reject)),
  )
}

class JsonBodyReader implements Taker {
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
      this.#resolve(finishText(this.#text, this.#pieces, this.#share, this.#limits.nextTurn))
      return
    }
    try {
      this.#resolve(parseJsonBody(this.#pieces.join(), this.#limits.maxDepth))
    } catch (error) {
      this.#reject(error)
    }
  }

  fail(error: unknown): void {
    // Its owner gives the share back now, and the collector would find the bytes late.
    this.#text?.release()
    this.#reject(error)
  }
}

/** So many bytes of a long body that were measured, which are whole characters. */
interface MeasuredPiece {
  /** Where its characters and its bytes begin. */
  readonly character: number
  readonly byte: number
  readonly bytes: number
  /** A character has a byte each. */
  readonly isPlain: boolean
  /** Some take two bytes of memory, and so do all others of their string. */
  readonly isWide: boolean
}

/** A long body, measured as it comes. It is held as bytes, in which the engine's heap has no part, and decoded once all of it is there. */
class LongText {
  readonly meter = new JsonMeter()
  readonly #maxDepth: number
  readonly #bytes: LongBytes
  readonly #pieces: MeasuredPiece[] = []
  /** Of the bytes, as far as they are measured. */
  #measured = 0
  #length = 0
  #wideLength = 0

  constructor(maxBytes: number, maxDepth: number) {
    this.#bytes = new LongBytes(maxBytes)
    this.#maxDepth = maxDepth
  }

  /** Of the bytes, or of the text that they become, which is longer. */
  get heldBytes(): number {
    return Math.max(this.#bytes.length, this.#length + this.#wideLength)
  }

  /** Takes the bytes out of `pieces`. */
  addAll(pieces: Pieces): void {
    for (const bytes of pieces.list()) {
      this.#bytes.add(bytes)
      while (this.#bytes.length - this.#measured >= pieceBytes) this.#measure(pieceBytes)
    }
    pieces.clear()
  }

  /** To be called after the last bytes. */
  end(): void {
    this.#measure(this.#bytes.length - this.#measured)
    if (this.meter.isInString)
      throw new GatewayError('invalid_json', 'Request body is not valid JSON: it ends within a text.')
  }

  /** Gives the bytes back. May be called twice. */
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

  /** The text with marks in the place of its long strings, and those, in quotes no more. */
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

  /** Of so many bytes those that are whole characters, or all where they are the last. */
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
    // A byte order mark is decoded here as one character more.
    const text = decode(this.#bytes.view().subarray(piece.byte, piece.byte + piece.bytes), innerDecoder)
    const marked = piece.byte === 0 && text.startsWith('\ufeff') ? 1 : 0
    return piece.byte + encoder.encode(text.slice(0, character - piece.character + marked)).length
  }
}

async function finishText(
  body: LongText,
  rest: Pieces,
  share: BufferShare,
  nextTurn: () => Promise<void>,
): Promise<ParsedJsonBody> {
  const { meter } = body
  const { text, longs, widths } = await decodeText(body, rest, nextTurn).finally(() => body.release())
  let held = longs.reduce((sum, { length }, at) => sum + length * (widths[at] ?? 1), 2 * text.length)
  share.require(held)
  const values: string[] = []
  for (const [at, long] of longs.entries()) {
    const value = await readLongString(long, meter.longStrings[at]?.hasEscapes === true, nextTurn)
    if (value !== long) {
      held += value.length * (hasWide(value) ? 2 : 1)
      share.require(held)
    }
    values.push(value)
  }
  await nextTurn()
  const object = parse(text)
  checkNames(object, meter, text)
  if (putBack(object, values) !== values.length)
    throw new GatewayError('json_too_large', 'A name in the body is too long, or stands there twice. Send it once.')
  return { text, object, longs }
}

/** The text of a long body, with its long strings beside it, and the bytes that a character of each takes. */
async function decodeText(body: LongText, rest: Pieces, nextTurn: () => Promise<void>) {
  body.addAll(rest)
  body.end()
  const { longStrings } = body.meter
  await nextTurn()
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
    `The texts in the body have over ${maxWideLength} characters, and some that are not Latin. Split it into several calls.`,
  )
}

/** The string that stands for a long one in JSON: the same where it has no escapes. */
async function readLongString(long: string, hasEscapes: boolean, nextTurn: () => Promise<void>): Promise<string> {
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
    else if (/[\0-\x1f]/.test(part)) throw outOfPlace()
    from = to
    await nextTurn()
  }
  return hasEscapes ? parts.join('') : long
}

/** The place at or shortly before `to` that is not within an escape. */
function beforeEscape(text: string, to: number): number {
  const at = text.lastIndexOf('\\', to - 1)
  // An escape has six characters at most.
  if (at < to - 5) return to
  let first = at
  while (text[first - 1] === '\\') first--
  return (at - first) % 2 === 0 ? at : to
}

/** How many of the bytes are whole characters of UTF-8. */
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
      'The body has more values, names, escapes or spaces than can be read at once. Split it into several calls.',
    )
}

function checkNames(object: JsonObject, { commas }: JsonMeter, text: string): void {
  if (hasPlainNames(object, commas + 1)) return
  const name = findRepeatedName(text)
  if (name !== undefined)
    throw new GatewayError('invalid_value', `The field \`${name}\` appears twice. Send it once.`, { param: name })
}

/** True where no two of the `count` members that the text has can be alike: as many are left, and case makes no difference to any. */
function hasPlainNames(object: JsonObject, count: number): boolean {
  let left = 0
  for (const name in object) {
    if (!isFolded(name)) return false
    left++
  }
  return left === count || left === 0
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

function outOfPlace(): GatewayError {
  return new GatewayError('invalid_json', 'Request body is not valid JSON: a control character stands in a text.')
}
