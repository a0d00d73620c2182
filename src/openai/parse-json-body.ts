import type { BufferShare } from '../core/buffers.ts'
import { type ByteBound, type ByteStream, LongBytes, Pieces, type Taker, takeAll } from '../core/byte-stream.ts'
import { GatewayError } from '../core/errors.ts'
import { isJsonObject, type JsonObject } from '../core/json.ts'
import { locateJsonError } from './locate-json-error.ts'
import { findRepeatedName, JsonMeter, type LongString } from './scan-json.ts'

/** A request body that is known to be one JSON object without repeated top-level names. */
export interface ParsedJsonBody {
  readonly text: string
  readonly object: JsonObject
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

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false })
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
 * Reads a JSON request body as it comes, with no step over a few milliseconds (R69). Long texts, pictures mostly, are neither copied nor parsed
 * with the rest: they are parts of the body's own text. The text counts in `share`, and stays there. Rejects as `parseJsonBody` throws, with `overloaded`, and with what the stream fails with.
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
    this.#share.require(pieces.length + (this.#text?.textBytes ?? 0), bound.tooLarge)
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
    this.#reject(error)
  }
}

/** A long body, measured as it comes. It is held as bytes, in which the engine's heap has no part, and decoded once all of it is there. */
class LongText {
  readonly meter = new JsonMeter()
  readonly #maxDepth: number
  readonly #bytes: LongBytes
  /** Of the bytes, as far as they are measured. */
  #measured = 0
  #length = 0
  #isWide = false

  constructor(maxBytes: number, maxDepth: number) {
    this.#bytes = new LongBytes(maxBytes)
    this.#maxDepth = maxDepth
  }

  /** Of the whole text, in which each character is as wide as the widest. */
  get textBytes(): number {
    return this.#length * (this.#isWide ? 2 : 1)
  }

  /** Takes the bytes out of `pieces`. */
  addAll(pieces: Pieces): void {
    for (const bytes of pieces.list()) {
      this.#bytes.add(bytes)
      while (this.#bytes.length - this.#measured >= pieceBytes) this.#measure(pieceBytes)
    }
    pieces.clear()
  }

  end(): string {
    this.#measure(this.#bytes.length - this.#measured)
    const text = decode(this.#bytes.view(), decoder)
    this.#bytes.release()
    return text
  }

  /** Of so many bytes those that are whole characters, or all where they are the last. */
  #measure(length: number): void {
    const bytes = this.#bytes.view().subarray(this.#measured, this.#measured + length)
    const end = length < pieceBytes ? length : wholeLength(bytes)
    const text = decode(bytes.subarray(0, end), this.#measured === 0 ? decoder : innerDecoder)
    this.#measured += end
    this.#isWide ||= /[\u0100-\uffff]/.test(text)
    this.#length += text.length
    this.meter.push(text)
    checkMeasure(this.meter, this.#maxDepth)
  }
}

async function finishText(
  body: LongText,
  rest: Pieces,
  share: BufferShare,
  nextTurn: () => Promise<void>,
): Promise<ParsedJsonBody> {
  body.addAll(rest)
  const { meter } = body
  await nextTurn()
  const text = body.end()
  share.resize(body.textBytes)
  const longs: string[] = []
  const outline: string[] = []
  let at = 0
  for (const long of meter.longStrings) {
    outline.push(text.slice(at, long.start), JSON.stringify(`${mark}${longs.length}`))
    longs.push(await readLongString(text, long, nextTurn))
    at = long.end
  }
  outline.push(text.slice(at))
  await nextTurn()
  const short = outline.join('')
  const object = parse(short)
  checkNames(object, meter, short)
  if (putBack(object, longs) !== longs.length)
    throw new GatewayError('json_too_large', 'A name in the body is too long, or stands there twice. Send it once.')
  return { text, object }
}

/** With its number behind it, the place of a long string. */
const mark = '\0long '

/** Puts the long strings in the place of their marks; returns how many. */
function putBack(value: unknown, longs: readonly string[]): number {
  let count = 0
  const find = (member: unknown, replace: (long: string) => void): void => {
    if (typeof member === 'string') {
      const long = member.startsWith(mark) ? longs[Number(member.slice(mark.length))] : undefined
      if (long === undefined) return
      replace(long)
      count++
    } else if (Array.isArray(member)) {
      for (let at = 0; at < member.length && count < longs.length; at++)
        find(member[at], (long) => {
          member[at] = long
        })
    } else if (isJsonObject(member)) {
      const members: Record<string, unknown> = member
      for (const name in members) {
        if (count === longs.length) return
        find(members[name], (long) => {
          members[name] = long
        })
      }
    }
  }
  find(value, () => {})
  return count
}

/** Without escapes it is a part of the text, which costs nothing. */
async function readLongString(
  text: string,
  { start, end, hasEscapes }: LongString,
  nextTurn: () => Promise<void>,
): Promise<string> {
  const parts: string[] = []
  for (let from = start + 1; from < end - 1; ) {
    const to = from + stepLength < end - 1 ? beforeEscape(text, from + stepLength) : end - 1
    const part = text.slice(from, to)
    if (hasEscapes) parts.push(String(parseAny(`"${part}"`)))
    // biome-ignore lint/suspicious/noControlCharactersInRegex: JSON forbids them in strings
    else if (/[\0-\x1f]/.test(part)) throw outOfPlace()
    from = to
    await nextTurn()
  }
  return hasEscapes ? parts.join('') : text.slice(start + 1, end - 1)
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
    if (!/^[a-z0-9_]*$/.test(name)) return false
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
