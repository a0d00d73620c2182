import { type ByteBound, type ByteStream, gather, toByteStream } from '../../core/byte-stream.ts'
import type { Clock } from '../../core/clock.ts'
import { GatewayError } from '../../core/errors.ts'
import { isJsonObject, type JsonObject, parseJsonObject } from '../../core/json.ts'
import type { Dialect } from '../../dialects/dialect.ts'
import type { TransportResponse } from '../../providers/transport.ts'
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
  /** The longest that the first event is waited for, in milliseconds. */
  readonly maxWaitMs: number
  readonly bound: ByteBound
  readonly clock: Clock
  /** Takes the events of a stream that is not passed on: their usage is owed all the same (case A5). */
  seeRefused(events: readonly JsonObject[]): void
}

/**
 * Finds out by the first bytes of a 200 whether it is a stream or JSON, whatever its type says (case A1, A2), and gives the caller the one that
 * was asked for (case A4). Of a stream it waits for the first event, which may be an error (case A7).
 * Rejects with GatewayError `upstream_invalid_answer` for neither, for an empty body, and for a stream without content (case A18).
 */
export async function inspectResponse(
  { body }: TransportResponse,
  type: string,
  { dialect, isStream, maxWaitMs, bound, clock, seeRefused }: InspectionOptions,
): Promise<Inspection> {
  const peeked = new PeekedBody(body, (beginning) => isEnough(beginning, isStream), maxWaitMs, clock)
  const beginning = decoder.decode(await peeked.beginning)
  const declared = declaredContent(type)
  const content = contentOf(beginning) ?? declared
  if (content === 'json' && isStream !== true) return { kind: 'whole', body: peeked }
  if (content === 'json') {
    const whole = await gather(peeked, bound)
    const answer = parseJsonObject(decoder.decode(whole))
    const facts = answer === undefined ? undefined : dialect.readAnswer(answer)
    const isAnswer = facts?.isAnswer === true && !facts.isError
    const events = answer !== undefined && isAnswer ? dialect.toEvents?.(answer) : undefined
    // An error, or JSON that cannot be a stream, goes to the caller as it is.
    return events === undefined
      ? { kind: 'whole', body: toByteStream(whole) }
      : { kind: 'events', body: toByteStream(encoder.encode(events)) }
  }
  if (content === 'events' && isStream === false) {
    const events = readEvents(decoder.decode(await gather(peeked, bound)))
    const failure = events.find(dialect.events.isError)
    const answer = failure === undefined ? dialect.fromEvents?.(events) : undefined
    if (answer === undefined) seeRefused(events)
    if (failure !== undefined) return { kind: 'refused', failure }
    if (answer === undefined) throw invalid('a stream, which was not asked for')
    return { kind: 'whole', body: toByteStream(encoder.encode(JSON.stringify(answer))) }
  }
  if (content === 'events') {
    const first = firstData(beginning)
    const data = first === undefined ? undefined : parseJsonObject(first)
    if (data !== undefined && dialect.events.isError(data)) {
      peeked.cancel()
      seeRefused(readEvents(beginning))
      return { kind: 'refused', failure: data }
    }
    const isEmpty = first === undefined ? peeked.hasEnded : first === dialect.events.terminator
    if (!isEmpty) return { kind: 'events', body: peeked }
    peeked.cancel()
    throw invalid('a stream without content')
  }
  if (declared === 'bytes') return { kind: 'bytes', body: peeked }
  peeked.cancel()
  if (beginning.trim() === '') throw invalid('an empty body')
  throw invalid(
    type.startsWith('text/html') || /^\s*</.test(beginning) ? 'a web page' : 'text that is neither JSON nor events',
  )
}

/** The data of the first event that has any; undefined where none is whole. */
export function firstData(text: string): string | undefined {
  const event = /(?:^|\n|\r)data:([\s\S]*?)(?:\r\n\r\n|\n\n|\r\r)/.exec(text)?.[1]
  return event
    ?.split(/\r\n|\n|\r/)
    .filter((line, index) => index === 0 || line.startsWith('data:'))
    .map((line) => line.replace(/^data:/, ''))
    .join('\n')
    .trim()
}

/** The error that the provider's response reports, in JSON or as an event, whatever its type says (case A3). */
export function readReportedError(text: string): JsonObject | undefined {
  const value = contentOf(text) === 'events' ? parseJsonObject(firstData(`${text}\n\n`) ?? '') : parseJsonObject(text)
  return isJsonObject(value) ? value : undefined
}

/** How a 200 with nothing but a failure in it came. */
export function invalid(phrase: string, cause?: unknown): GatewayError {
  return new GatewayError('upstream_invalid_answer', `The provider answered 200 with ${phrase}.`, { cause })
}

const decoder = new TextDecoder()
const encoder = new TextEncoder()

function contentOf(beginning: string): 'events' | 'json' | undefined {
  const text = beginning.trimStart()
  if (text.startsWith('{') || text.startsWith('[')) return 'json'
  return /^(data|event|id|retry)?:/.test(text) ? 'events' : undefined
}

/** Comments and blank lines tell nothing yet; of a stream the whole first event is awaited. */
function isEnough(beginning: Uint8Array, isStream: boolean | undefined): boolean {
  const text = decoder.decode(beginning)
  if (text.trim() === '') return false
  return contentOf(text) !== 'events' || isStream === false || firstData(text) !== undefined
}

function readEvents(text: string): readonly JsonObject[] {
  return text
    .split(/\r\n\r\n|\n\n|\r\r/)
    .map((event) => parseJsonObject(firstData(`${event}\n\n`) ?? ''))
    .filter((data) => data !== undefined)
}
