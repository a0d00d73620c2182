import type { BufferShare, Buffers } from '../../core/buffers.ts'
import { type ByteBound, type ByteStream, gather, pullStream, toByteStream } from '../../core/byte-stream.ts'
import { type Clock, nextTurn } from '../../core/clock.ts'
import { GatewayError } from '../../core/errors.ts'
import { isJsonObject, type JsonObject, parseJsonObject } from '../../core/json.ts'
import { isUncounted } from '../../core/usage.ts'
import type { Dialect } from '../../dialects/dialect.ts'
import { addUsage } from '../../dialects/stream-reader.ts'
import { type MarkedJson, markLongStrings, toParts } from '../../openai/long-strings.ts'
import { shortBytes } from '../../openai/outline-json.ts'
import { JsonMeter } from '../../openai/scan-json.ts'
import type { TransportResponse } from '../../providers/transport.ts'
import { toDataEvent } from '../../sse/event-stream.ts'
import { dataOfEvents, FirstBytes } from './first-bytes.ts'
import { PeekedBody } from './peek-body.ts'

/** The content of a response: events of a stream, JSON, or anything else. */
export type Content = 'events' | 'json' | 'bytes'

/** The content that a type declares, in lower case; undefined for one that says nothing, such as `text/plain` or none. */
export function declaredContent(type: string): Content | undefined {
  if (type.startsWith('text/event-stream')) return 'events'
  if (/^(application\/([\w.+-]+\+)?json|text\/json)\b/.test(type)) return 'json'
  if (type === '' || type.startsWith('text/') || type.startsWith('application/octet-stream')) return undefined
  return 'bytes'
}

/** A 200 as it is to be read. `refused` is a stream whose first event is an error. */
export type Inspection =
  | { readonly kind: 'events'; readonly body: ByteStream }
  | { readonly kind: 'whole'; readonly body: ByteStream }
  | { readonly kind: 'bytes'; readonly body: ByteStream }
  | { readonly kind: 'refused'; readonly failure: JsonObject }

export interface InspectionOptions {
  readonly dialect: Dialect
  /** The caller asked for a stream; undefined where that is not known, and the answer is taken as it comes. */
  readonly isStream: boolean | undefined
  /** The longest that the headers of a stream wait for its first event, in milliseconds. */
  readonly maxWaitMs: number
  /** The longest that a stream which begins with an error is waited on for its usage, in milliseconds. */
  readonly graceMs: number
  readonly bound: ByteBound
  readonly clock: Clock
  /** Takes the events of a stream that is not passed on: their usage is owed all the same (case A5). */
  seeRefused(events: readonly JsonObject[]): void
  readonly buffers: Buffers
}

/**
 * Finds out by the first bytes of a 200 whether it is a stream or JSON, whatever its type says (case A1, A2), and gives the caller the one that
 * was asked for (case A4). Of a stream it waits for the first event, which may be an error (case A7), for `maxWaitMs`. What tells nothing by then is
 * waited for on, as long as the attempt lasts, since it may be paid for: but the headers of declared events go.
 * Rejects with GatewayError `upstream_invalid_answer` for neither, for an empty body, and for a stream without content (case A18).
 */
export async function inspectResponse(
  { body }: TransportResponse,
  type: string,
  options: InspectionOptions,
): Promise<Inspection> {
  const { dialect, isStream, maxWaitMs, bound, clock, buffers, seeRefused } = options
  const declared = declaredContent(type)
  const first = new FirstBytes()
  let data: string | undefined
  const isEnough = (bytes: Uint8Array, isLate: boolean) => {
    data ??= first.nextData(bytes)
    const { content } = first
    if (isStream !== false && isLate && (content ?? declared) === 'events') return true
    return content !== undefined && (content !== 'events' || isStream === false || data !== undefined)
  }
  const peeked = new PeekedBody(body, isEnough, { ms: maxWaitMs, clock })
  const beginning = await peeked.beginning
  const content = first.content === 'events' || first.content === 'json' ? first.content : declared
  if (content === 'json' && isStream !== true) return { kind: 'whole', body: peeked }
  if (content === 'json') {
    const { isStream: isConverted, body: converted } = await convertJson(peeked, options)
    return { kind: isConverted ? 'events' : 'whole', body: converted }
  }
  if (content === 'events' && isStream === false) {
    const joined = joinEvents(await gatherShort(peeked, bound, buffers), dialect, seeRefused)
    if (joined.isFailure) return { kind: 'refused', failure: joined.value }
    return { kind: 'whole', body: toByteStream(encoder.encode(JSON.stringify(joined.value))) }
  }
  if (content === 'events') {
    const failure = data === undefined ? undefined : parseJsonObject(data)
    if (failure !== undefined && dialect.events.isError(failure)) {
      seeRefused(await readRefused(peeked, beginning, options))
      return { kind: 'refused', failure }
    }
    const isEmpty = data === undefined ? peeked.hasEnded : data === dialect.events.terminator
    if (isEmpty) {
      peeked.cancel()
      throw invalid('a stream without content')
    }
    return {
      kind: 'events',
      body: first.content === undefined ? toLateEvents(peeked, first, options) : peeked,
    }
  }
  if (declared === 'bytes') return { kind: 'bytes', body: peeked }
  peeked.cancel()
  const text = decoder.decode(beginning)
  if (text.trim() === '') throw invalid('an empty body')
  throw invalid(
    type.startsWith('text/html') || /^\s*</.test(text) ? 'a web page' : 'text that is neither JSON nor events',
  )
}

/**
 * The events of a stream that begins with an error, up to its end or to the usage that it owes, which may stand in a later one (case A5). A stream that
 * does neither is cut off, and what broke off was no answer anyway.
 */
async function readRefused(
  peeked: PeekedBody,
  beginning: Uint8Array,
  { dialect: { events: format }, graceMs, clock }: InspectionOptions,
): Promise<readonly JsonObject[]> {
  const first = new FirstBytes()
  let come = beginning
  const isEnough = (bytes: Uint8Array, isLate: boolean) => {
    come = bytes
    for (let data = first.nextData(bytes); data !== undefined; data = first.nextData(bytes)) {
      const event = parseJsonObject(data)
      const usage = event && addUsage(undefined, format.usageOf(event))
      if (data === format.terminator || (usage !== undefined && !isUncounted(usage))) return true
    }
    return isLate
  }
  const rest = new PeekedBody(peeked, isEnough, { ms: graceMs, clock })
  await rest.beginning.catch(() => undefined)
  rest.cancel()
  return parseEvents(come)
}

/**
 * The whole answer that a stream amounts to, or the failure that it reports (case A4); `seeRefused` takes its events where they amount to no answer.
 * Throws GatewayError `upstream_invalid_answer` where they amount to neither.
 */
export function joinEvents(
  body: Uint8Array,
  dialect: Dialect,
  seeRefused: InspectionOptions['seeRefused'],
): { readonly value: JsonObject; readonly isFailure: boolean } {
  if (!isConvertible(body)) throw invalid('a stream, which was not asked for')
  const events = parseEvents(body)
  const failure = events.find(dialect.events.isError)
  const answer = failure === undefined ? dialect.fromEvents?.(events) : undefined
  if (answer !== undefined) return { value: answer, isFailure: false }
  seeRefused(events)
  if (failure !== undefined) return { value: failure, isFailure: true }
  throw invalid('a stream, which was not asked for')
}

/**
 * The error that the provider's response reports, in JSON or as an event, whatever its type says (case A3); also the only one of a list, as Google
 * sends it.
 */
export function readReportedError(body: Uint8Array): JsonObject | undefined {
  const text = dataOfEvents(body)[0] ?? decoder.decode(body)
  try {
    const value: unknown = JSON.parse(text)
    const reported: unknown = Array.isArray(value) && value.length === 1 ? value[0] : value
    return isJsonObject(reported) ? reported : undefined
  } catch {
    return undefined
  }
}

/** True for a body that can be parsed and written anew without holding others up. */
export function isConvertible(body: Uint8Array): boolean {
  if (body.length <= shortBytes) return true
  if (body.length > convertedBytes) return false
  const meter = new JsonMeter()
  meter.push(decoder.decode(body))
  return meter.weight <= convertedWeight
}

/** How a 200 with nothing but a failure in it came. */
export function invalid(phrase: string, cause?: unknown): GatewayError {
  return new GatewayError('upstream_invalid_answer', `The provider answered 200 with ${phrase}.`, { cause })
}

const decoder = new TextDecoder()
const encoder = new TextEncoder()

/** An answer of the other kind is parsed and written anew, in one step: 16,000 tokens as events, or as JSON the longest answer of words that there is. */
const convertedBytes = 4 * 1_048_576
/** Of a picture that goes on as an event, in one step. */
const sliceBytes = 1_048_576
/** As `JsonMeter` weighs it. */
const convertedWeight = 1_000_000

const convertedBound: ByteBound = {
  bytes: convertedBytes,
  tooLarge: () =>
    new GatewayError(
      'upstream_answer_too_large',
      `The provider's answer is not of the kind that was asked for, a stream or JSON, and with over ${convertedBytes} bytes too long to be made into it.`,
    ),
}

async function gatherShort(body: ByteStream, bound: ByteBound, buffers: Buffers): Promise<Uint8Array> {
  const share = buffers.open()
  try {
    return await gather(body, bound.bytes < convertedBytes ? bound : convertedBound, share)
  } finally {
    share.giveBack()
  }
}

function parseEvents(body: Uint8Array): readonly JsonObject[] {
  return dataOfEvents(body).map(parseJsonObject).filter(isJsonObject)
}

/**
 * JSON as the stream that was asked for. An error stays what it is, and so does the answer of an operation that has no streams. Pictures may be as long as
 * any answer: they are left out while the rest is written anew. Rejects with GatewayError `upstream_invalid_answer` for what cannot be a stream,
 * `upstream_answer_too_large` or `overloaded`.
 */
async function convertJson(
  source: ByteStream,
  { dialect, bound, buffers, clock }: InspectionOptions,
): Promise<{ readonly isStream: boolean; readonly body: ByteStream }> {
  const share = buffers.open()
  try {
    const most = dialect.hasMedia || bound.bytes < convertedBytes ? bound : convertedBound
    const whole = await gather(source, most, share)
    const events = toEvents(whole, dialect)
    if (events !== undefined) return { isStream: true, body: toHeldStream(events, share, clock) }
    share.giveBack()
    return { isStream: false, body: toByteStream(whole) }
  } catch (error) {
    share.giveBack()
    throw error
  }
}

/** Gives its share back once its bytes have gone on: in slices, one a turn, since looking at the whole of a picture takes long. */
function toHeldStream(parts: readonly Uint8Array[], share: BufferShare, clock: Clock): ByteStream {
  let part = 0
  let at = 0
  async function read(): Promise<{ readonly done: boolean; readonly value?: Uint8Array | undefined }> {
    const bytes = parts[part]
    if (bytes === undefined) {
      share.giveBack()
      return { done: true }
    }
    if (at > 0) await nextTurn(clock)
    const value = bytes.subarray(at, at + sliceBytes)
    at += value.length
    if (at < bytes.length) return { done: false, value }
    part += 1
    at = 0
    return { done: false, value }
  }
  return pullStream(read, async () => share.giveBack())
}

/** A whole answer as the stream that was asked for, in parts; undefined for an error, and for what has no streams. Throws for what cannot be one. */
function toEvents(whole: Uint8Array, dialect: Dialect): readonly Uint8Array[] | undefined {
  const marked = dialect.hasMedia ? mark(whole) : isConvertible(whole) ? unmarked(whole) : undefined
  if (marked === undefined) throw notAStream()
  const answer = parseJsonObject(marked.text)
  const facts = answer === undefined ? undefined : dialect.readAnswer(answer)
  if (answer === undefined || facts?.hasResult !== true || facts.isError || dialect.toEvents === undefined)
    return undefined
  const events = dialect.toEvents(answer)
  if (events === undefined) throw notAStream()
  const parts = marked.longs.length === 0 ? [events] : toParts(events, marked.longs)
  return parts.map((part) => (typeof part === 'string' ? encoder.encode(part) : part))
}

/** Pictures in base64 stay where they are. */
function mark(body: Uint8Array): MarkedJson | undefined {
  return body.length <= shortBytes ? unmarked(body) : markLongStrings(body)
}

function unmarked(body: Uint8Array): MarkedJson {
  return { text: decoder.decode(body), longs: [] }
}

function notAStream(): GatewayError {
  return invalid('JSON that cannot become a stream, and a stream was asked for')
}

/** Declared events whose headers go before any of them has come. If it is JSON that comes, it still becomes events: an error becomes one. */
function toLateEvents(peeked: PeekedBody, first: FirstBytes, options: InspectionOptions): ByteStream {
  const rest = new PeekedBody(peeked, (bytes) => {
    first.nextData(bytes)
    return first.content !== undefined
  })
  const decided = rest.beginning.then(async () => {
    if (first.content !== 'json') return rest
    const { isStream, body } = await convertJson(rest, options)
    if (isStream) return body
    return toByteStream(encoder.encode(toDataEvent(decoder.decode(await gather(body)))))
  })
  let body: ByteStream = rest
  let isCancelled = false
  // A stream that is cancelled is never started.
  decided.catch(() => {})
  return {
    start(sink) {
      decided.then(
        (found) => {
          body = found
          if (!isCancelled) body.start(sink)
        },
        (error: unknown) => {
          if (!isCancelled) sink.fail(error)
        },
      )
    },
    resume: () => body.resume(),
    cancel(reason) {
      isCancelled = true
      body.cancel(reason)
      rest.cancel(reason)
    },
  }
}
