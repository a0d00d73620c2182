import type { BufferShare, Buffers } from '../../core/buffers.ts'
import { type ByteBound, type ByteStream, gather, pullStream, toByteStream } from '../../core/byte-stream.ts'
import { type Clock, yieldToEventLoop } from '../../core/clock.ts'
import { GatewayError } from '../../core/errors.ts'
import { isJsonObject, type JsonObject, parseJsonObject } from '../../core/json.ts'
import { isUncounted } from '../../core/usage.ts'
import type { Dialect, ResponseFacts } from '../../dialects/dialect.ts'
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

/** Returns the declared content of a lower-case type; undefined for a vague one, such as `text/plain` or none. */
export function declaredContent(type: string): Content | undefined {
  if (type.startsWith('text/event-stream')) return 'events'
  if (/^(application\/([\w.+-]+\+)?json|text\/json)\b/.test(type)) return 'json'
  if (type === '' || type.startsWith('text/') || type.startsWith('application/octet-stream')) return undefined
  return 'bytes'
}

/** How to read a 200. `refused` is a stream whose first event is an error. */
export type Inspection =
  | { readonly kind: 'events'; readonly body: ByteStream }
  | { readonly kind: 'whole'; readonly body: ByteStream }
  | { readonly kind: 'bytes'; readonly body: ByteStream }
  | { readonly kind: 'refused'; readonly failure: JsonObject }

export interface InspectionOptions {
  readonly dialect: Dialect
  /** True if the caller requested a stream; undefined if unknown: the response is then taken in either form. */
  readonly isStream: boolean | undefined
  /** Maximum time that the headers of a stream wait for its first event, in milliseconds. */
  readonly maxWaitMs: number
  /** Maximum wait for the usage of a stream that begins with an error, in milliseconds. */
  readonly graceMs: number
  readonly bound: ByteBound
  readonly clock: Clock
  /** Receives the events of a stream that is not relayed: their usage is owed nevertheless (case A5). */
  seeRefused(events: readonly JsonObject[]): void
  /** Receives the first event of a stream, unless the headers are sent before it. */
  seeFirst(event: JsonObject): void
  readonly buffers: Buffers
  /**
   * Waits for the first output of a stream, within `maxWaitMs`, because another target may replace an error before it, or
   * a reply without any.
   */
  readonly awaitsOutput: boolean
  /** Throws for the events of a whole stream without output that another target may replace. */
  refuseFaulty(events: readonly JsonObject[]): void
  /** True for a whole response that another target may replace: it is not converted to the stream that was requested. */
  isReplaceable(response: JsonObject, facts: ResponseFacts): boolean
}

/**
 * Detects from the first bytes of a 200 whether it is a stream or JSON, whatever its type (cases A1, A2), and converts
 * it to the form that the caller requested (case A4).
 * - For a stream it waits up to `maxWaitMs` for the first event, which may be an error (case A7), or for the first with
 *   output.
 * - A body undecided by then is awaited until the attempt's deadline, because it may be billed; the headers of declared
 *   events are sent nevertheless.
 *
 * Rejects with GatewayError `upstream_invalid_answer` for other content, an empty body, and a stream without content
 * (case A18); with any error of `refuseFaulty`.
 */
export async function inspectResponse(
  { body }: TransportResponse,
  type: string,
  options: InspectionOptions,
): Promise<Inspection> {
  const { dialect, isStream, maxWaitMs, bound, clock, buffers, seeRefused } = options
  const declared = declaredContent(type)
  const first = new FirstBytes()
  const awaited = options.awaitsOutput && isStream !== false ? dialect.reply : undefined
  let data: string | undefined
  /** The first event with output or an error, if it is awaited. */
  let decisive: JsonObject | undefined
  let isOver = false
  const { terminator, lastEvent } = dialect.events
  function look(bytes: Uint8Array): void {
    while (data === undefined || (awaited !== undefined && decisive === undefined && !isOver)) {
      const next = first.nextData(bytes)
      if (next === undefined) return
      data ??= next
      if (awaited === undefined) return
      const event = parseJsonObject(next)
      if (event !== undefined && (dialect.events.isError(event) || awaited.hasOutput(event))) decisive = event
      isOver = next === terminator || (lastEvent !== undefined && event?.type === lastEvent)
    }
  }
  let received: Uint8Array | undefined
  const share = awaited && buffers.open()
  const isEnough = (bytes: Uint8Array, isLate: boolean) => {
    received = bytes
    look(bytes)
    const { content } = first
    if (share?.resize(bytes.length) === false && content === 'events') return true
    if (isStream !== false && isLate && (content ?? declared) === 'events') return true
    if (content !== 'events' || isStream === false) return content !== undefined
    return awaited === undefined ? data !== undefined : decisive !== undefined || isOver
  }
  const maxBytes = awaited === undefined ? undefined : maxAwaitedBytes
  const peeked = new PeekedBody(body, isEnough, { ms: maxWaitMs, clock }, maxBytes)
  let beginning: Uint8Array
  try {
    beginning = await peeked.beginning
  } catch (error) {
    // A stream that breaks off before its output may have reported its input.
    if (received !== undefined && first.content === 'events') seeRefused(parseEvents(received))
    throw error
  } finally {
    share?.release()
  }
  const content = first.content === 'events' || first.content === 'json' ? first.content : declared
  if (content === 'json' && isStream !== true) return { kind: 'whole', body: peeked }
  if (content === 'json') {
    const { isStream: isConverted, body: converted } = await convertJson(peeked, options)
    return { kind: isConverted ? 'events' : 'whole', body: converted }
  }
  if (content === 'events' && isStream === false) {
    const joined = joinEvents(await gatherShort(peeked, bound, buffers), dialect, options)
    if (joined.isFailure) return { kind: 'refused', failure: joined.value }
    return { kind: 'whole', body: toByteStream(encoder.encode(JSON.stringify(joined.value))) }
  }
  if (content === 'events') {
    const event = data === undefined ? undefined : parseJsonObject(data)
    const failure = [event, decisive].find((each) => each !== undefined && dialect.events.isError(each))
    if (failure !== undefined) {
      seeRefused(await readRefused(peeked, beginning, options))
      return { kind: 'refused', failure }
    }
    if (event !== undefined) options.seeFirst(event)
    const isEmpty = data === undefined ? peeked.hasEnded : data === dialect.events.terminator
    if (isEmpty) {
      peeked.cancel()
      throw invalid('a stream without content')
    }
    if (awaited !== undefined && decisive === undefined && (isOver || peeked.hasEnded)) {
      try {
        options.refuseFaulty(parseEvents(beginning))
      } catch (error) {
        peeked.cancel()
        throw error
      }
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
 * Reads the events of a stream that begins with an error, until its end or the usage that it owes, which a later event
 * may report (case A5). A stream that sends neither is cut off; it had no reply to lose.
 */
async function readRefused(
  peeked: PeekedBody,
  beginning: Uint8Array,
  { dialect: { events: format }, graceMs, clock }: InspectionOptions,
): Promise<readonly JsonObject[]> {
  const first = new FirstBytes()
  let received = beginning
  const isEnough = (bytes: Uint8Array, isLate: boolean) => {
    received = bytes
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
  return parseEvents(received)
}

/**
 * Joins a stream into the whole response, or the failure, that it reports (case A4); `seeRefused` receives its events
 * if they form no response. Throws GatewayError `upstream_invalid_answer` if they form neither, and any error of
 * `refuseFaulty`.
 */
export function joinEvents(
  body: Uint8Array,
  dialect: Dialect,
  { refuseFaulty, seeRefused }: Pick<InspectionOptions, 'refuseFaulty' | 'seeRefused'>,
): { readonly value: JsonObject; readonly isFailure: boolean } {
  if (!isConvertible(body)) throw invalid('a stream, which was not requested')
  const events = parseEvents(body)
  const failure = events.find(dialect.events.isError)
  const response = failure === undefined ? dialect.fromEvents?.(events) : undefined
  if (response !== undefined) return { value: response, isFailure: false }
  seeRefused(events)
  if (failure !== undefined) return { value: failure, isFailure: true }
  refuseFaulty(events)
  throw invalid('a stream, which was not requested')
}

/**
 * Returns the error that a response reports, in JSON or as an event, whatever its type (case A3); also the only element
 * of a list, as Google sends it.
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

/** True for a body that can be parsed and rewritten without blocking other calls. */
export function isConvertible(body: Uint8Array): boolean {
  if (body.length <= shortBytes) return true
  if (body.length > convertedBytes) return false
  const meter = new JsonMeter()
  meter.push(decoder.decode(body))
  return meter.weight <= convertedWeight
}

/** The error for a 200 that contains only a failure. */
export function invalid(phrase: string, cause?: unknown): GatewayError {
  return new GatewayError('upstream_invalid_answer', `The provider answered 200 with ${phrase}.`, { cause })
}

const decoder = new TextDecoder()
const encoder = new TextEncoder()

/**
 * Maximum bytes of a stream before its first output. Responses begins with two events that repeat the instructions and
 * the tools of a coding agent, some 100 KiB together.
 */
const maxAwaitedBytes = 512 * 1_024
/** Maximum bytes to convert in one step: about 16,000 tokens as events, or the longest text reply as JSON. */
const convertedBytes = 4 * 1_048_576
/** Bytes of an image sent as an event in one step. */
const sliceBytes = 1_048_576
/** In units of `JsonMeter`. */
const convertedWeight = 1_000_000

const convertedBound: ByteBound = {
  bytes: convertedBytes,
  tooLarge: () =>
    new GatewayError(
      'upstream_answer_too_large',
      `The provider's response is not in the requested form, a stream or JSON, and at over ${convertedBytes} bytes is too long to convert.`,
    ),
}

async function gatherShort(body: ByteStream, bound: ByteBound, buffers: Buffers): Promise<Uint8Array> {
  const share = buffers.open()
  try {
    return await gather(body, bound.bytes < convertedBytes ? bound : convertedBound, share)
  } finally {
    share.release()
  }
}

function parseEvents(body: Uint8Array): readonly JsonObject[] {
  return dataOfEvents(body).map(parseJsonObject).filter(isJsonObject)
}

/**
 * Converts JSON to the stream that was requested. An error is returned unchanged, and so is a response that another
 * target may replace, and that of an operation without streams. Images may be as long as any response: they are left
 * out while the rest is rewritten.
 * Rejects with GatewayError `upstream_invalid_answer` for JSON that cannot be a stream, `upstream_answer_too_large` or
 * `overloaded`.
 */
async function convertJson(
  source: ByteStream,
  { dialect, bound, buffers, clock, isReplaceable }: InspectionOptions,
): Promise<{ readonly isStream: boolean; readonly body: ByteStream }> {
  const share = buffers.open()
  try {
    const max = dialect.hasMedia || bound.bytes < convertedBytes ? bound : convertedBound
    const whole = await gather(source, max, share)
    const events = toEvents(whole, dialect, isReplaceable)
    if (events !== undefined) return { isStream: true, body: toHeldStream(events, share, clock) }
    share.release()
    return { isStream: false, body: toByteStream(whole) }
  } catch (error) {
    share.release()
    throw error
  }
}

/** Releases its share after its last slice, one slice a macrotask, because scanning a whole image takes long. */
function toHeldStream(parts: readonly Uint8Array[], share: BufferShare, clock: Clock): ByteStream {
  let part = 0
  let at = 0
  async function read(): Promise<{ readonly done: boolean; readonly value?: Uint8Array | undefined }> {
    const bytes = parts[part]
    if (bytes === undefined) {
      share.release()
      return { done: true }
    }
    if (at > 0) await yieldToEventLoop(clock)
    const value = bytes.subarray(at, at + sliceBytes)
    at += value.length
    if (at < bytes.length) return { done: false, value }
    part += 1
    at = 0
    return { done: false, value }
  }
  return pullStream(read, async () => share.release())
}

/**
 * Converts a whole response to the stream that was requested, in parts. Returns undefined for an error, for a response
 * that another target may replace, and for operations without streams. Throws for one that cannot be a stream.
 */
function toEvents(
  whole: Uint8Array,
  dialect: Dialect,
  isReplaceable: InspectionOptions['isReplaceable'],
): readonly Uint8Array[] | undefined {
  const marked = dialect.hasMedia ? mark(whole) : isConvertible(whole) ? unmarked(whole) : undefined
  if (marked === undefined) throw notAStream()
  const response = parseJsonObject(marked.text)
  const facts = response === undefined ? undefined : dialect.readResponse(response)
  if (response === undefined || facts?.hasResult !== true || facts.isError || dialect.toEvents === undefined)
    return undefined
  if (whole.length <= shortBytes && isReplaceable(response, facts)) return undefined
  const events = dialect.toEvents(response)
  if (events === undefined) throw notAStream()
  const parts = marked.longs.length === 0 ? [events] : toParts(events, marked.longs)
  return parts.map((part) => (typeof part === 'string' ? encoder.encode(part) : part))
}

/** Leaves base64 images out of the JSON. */
function mark(body: Uint8Array): MarkedJson | undefined {
  return body.length <= shortBytes ? unmarked(body) : markLongStrings(body)
}

function unmarked(body: Uint8Array): MarkedJson {
  return { text: decoder.decode(body), longs: [] }
}

function notAStream(): GatewayError {
  return invalid('JSON that cannot become the stream that was requested')
}

/** Declared events whose headers are sent before the first arrives. JSON still becomes events, also an error. */
function toLateEvents(peeked: PeekedBody, first: FirstBytes, options: InspectionOptions): ByteStream {
  const rest = new PeekedBody(peeked, (bytes) => {
    first.nextData(bytes)
    return first.content !== undefined
  })
  const decided = rest.beginning.then(async () => {
    if (first.content !== 'json') return rest
    const { isStream, body } = await convertJson(rest, { ...options, isReplaceable: () => false })
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
