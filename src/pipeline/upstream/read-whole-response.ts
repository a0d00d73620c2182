import { concat } from '../../core/byte-stream.ts'
import { isJsonObject, type JsonObject, parseJsonObject } from '../../core/json.ts'
import { isUncounted, type Usage } from '../../core/usage.ts'
import type { Dialect } from '../../dialects/dialect.ts'
import { addUsage } from '../../dialects/stream-reader.ts'
import { editJson, editJsonAt } from '../../openai/edit-json.ts'
import { estimateText } from '../../openai/estimate-tokens.ts'
import { type Outline, shortBytes, toOutline } from '../../openai/outline-json.ts'
import type { Attempt } from '../call/attempt.ts'
import { isTransient } from '../call/failure.ts'
import { dataOfEvents } from './first-bytes.ts'
import { declaredContent, invalid, isConvertible, joinEvents, readReportedError } from './inspect-response.ts'
import { emptyReply, errorOfReply, refuseFaultyStream } from './reply-fault.ts'

/** A whole response to relay. */
export interface WholeResponse {
  readonly status: number
  /** Replace the response's own. */
  readonly headers?: Readonly<Record<string, string>> | undefined
  readonly body: string | Uint8Array
  /** The error that a 200 reported. */
  readonly failure?: JsonObject
  /** The provider refuses the country that the call is sent from; another provider may accept it. */
  readonly isRegional?: true
}

const json = { 'content-type': 'application/json; charset=utf-8' }
const decoder = new TextDecoder()
const encoder = new TextEncoder()

/**
 * Reads usage and finish reason of a whole 200 into its attempt. A body without a result becomes an error (R10, case
 * A5); other bodies are relayed unchanged, except that `toCost` adds `cost` to the usage.
 * - `isJson` is true if the first bytes are JSON, whatever the type; `if it parses` if JSON was requested but text may
 *   have arrived (case A2).
 * - `outline` is that of a long body, or the body itself; without it the body is not examined.
 *
 * Throws GatewayError `upstream_invalid_answer`, and `upstream_empty_answer` or `upstream_refused_reply` for a reply
 * without output that another target may replace.
 */
export function readWholeResponse(
  status: number,
  type: string,
  isJson: boolean | 'if it parses',
  body: Uint8Array,
  dialect: Dialect,
  attempt: Attempt,
  outline: Outline | undefined,
  toCost?: (usage: Usage) => number | null,
): WholeResponse {
  const isDeclared = declaredContent(type) === 'json'
  const guess =
    isJson === 'if it parses' && !isDeclared && outline !== undefined
      ? parseJsonObject(decoder.decode(outline.bytes))
      : undefined
  if (!isDeclared && isJson !== true && guess === undefined) {
    if (type.startsWith('text/html')) throw invalid('a web page')
    // An empty transcript is valid: silence has no words (case A14).
    if (body.length === 0 && !type.startsWith('text/plain')) throw invalid('an empty body')
    return { status, body }
  }
  if (body.length === 0) throw invalid('an empty body')
  const headers = isDeclared ? undefined : json
  if (outline === undefined) return { status, headers, body }
  let value: unknown
  try {
    value = guess ?? JSON.parse(decoder.decode(outline.bytes))
  } catch (cause) {
    if (!isConvertible(body) || dataOfEvents(body).length === 0) throw invalid('a body that is not valid JSON', cause)
    const joined = joinEvents(body, dialect, {
      refuseFaulty: (events) => refuseFaultyStream(events, dialect, attempt),
      seeRefused: (events) => seeFailedEvents(events, dialect, attempt),
    })
    const whole = encoder.encode(JSON.stringify(joined.value))
    return joined.isFailure
      ? toFailure(joined.value, whole, dialect)
      : readWholeResponse(status, type, true, whole, dialect, attempt, toOutline(whole), toCost)
  }
  if (!isJsonObject(value)) {
    const isNothing = value === null || value === '' || (Array.isArray(value) && value.length === 0)
    if (isNothing && attempt.moveToOperator !== undefined && dialect.reply !== undefined) throw emptyReply()
    return { status, headers, body }
  }
  const facts = dialect.readResponse(value)
  if (facts.isError || !facts.hasResult) {
    seeFailedUsage(facts.usage, attempt)
    if (facts.isError) return toFailure(value, body, dialect)
    // The provider billed an answer, so one without a result is an empty reply.
    const error = attempt.usage && errorOfReply(value, facts, dialect, attempt)
    throw error ?? invalid('JSON without a result')
  }
  attempt.finishReason = facts.finishReason
  attempt.responseId = dialect.state?.idOf(value)
  if (facts.hasFailed === true) {
    seeFailedUsage(facts.usage, attempt)
    // Another target may answer, as after the same failure in a stream.
    if (attempt.awaitsOutput) return toFailure(value, body, dialect)
    return { status, headers, body, failure: value }
  }
  attempt.usage = facts.usage
  attempt.media = facts.media
  attempt.isDeferred = facts.isDeferred === true
  if (facts.usage === undefined || facts.outputText !== '') attempt.producedTokens = estimateText(facts.outputText)
  // The outline of a longer body may lack its output.
  const error = body.length <= shortBytes ? errorOfReply(value, facts, dialect, attempt) : undefined
  if (error !== undefined) throw error
  if (facts.usage === undefined || toCost === undefined) return { status, headers, body }
  const cost = { cost: toCost(facts.usage) }
  const path = dialect.events.usagePath(value)
  if (body.length <= shortBytes) return { status, headers, body: editJsonAt(decoder.decode(body), path, cost) }
  if (outline.usage === undefined || path.length !== 1) return { status, headers, body }
  const { start, end } = outline.usage
  const parts = [
    body.subarray(0, start),
    encoder.encode(editJson(decoder.decode(body.subarray(start, end)), cost)),
    body.subarray(end),
  ]
  return {
    status,
    headers,
    body: concat(
      parts,
      parts.reduce((sum, { length }) => sum + length, 0),
    ),
  }
}

/** A failure owes only the usage that it reports, and no images (case A5). */
function seeFailedUsage(usage: Usage | undefined, attempt: Attempt): void {
  if (usage === undefined || isUncounted(usage)) return
  attempt.usage = usage
  attempt.media = { images: 0 }
}

/** The same for the error response of a provider, if it is short enough to be parsed. */
export function seeErrorUsage(body: Uint8Array, { readResponse }: Dialect, attempt: Attempt): void {
  const reported = body.length <= shortBytes ? readReportedError(body) : undefined
  if (reported !== undefined) seeFailedUsage(readResponse(reported).usage, attempt)
}

/** The same for a failure sent as events, with their usage. */
export function seeFailedEvents(events: readonly JsonObject[], { events: format }: Dialect, attempt: Attempt): void {
  seeFailedUsage(events.map(format.usageOf).reduce<Usage | undefined>(addUsage, undefined), attempt)
}

/**
 * Converts a failure sent with a 200: its own integer code or its type is its status, else 502 (case A6). SDKs retry a 502, so a
 * header stops them if a retry cannot help.
 */
export function toFailure(
  failure: JsonObject,
  body: string | Uint8Array,
  { statusOf }: Pick<Dialect, 'statusOf'>,
): WholeResponse {
  const error = isJsonObject(failure.error) ? failure.error : failure
  const code = [error.code, error.status, failure.code, failure.status].find(
    (value) => typeof value === 'number' && Number.isInteger(value) && value >= 400 && value < 600,
  )
  const status = typeof code === 'number' ? code : (statusOf?.(failure) ?? 502)
  const details = `${String(error.code)} ${String(error.type)} ${String(error.message ?? failure.error)}`
  const mayRetry =
    status === 502 ? /overload|rate.?limit|timed? ?out|unavailable|try again/i.test(details) : isTransient(status)
  return { status, headers: mayRetry ? json : { ...json, 'x-should-retry': 'false' }, body, failure }
}

/**
 * Relays an upstream's error byte for byte if it is JSON, also under another type or as an event (case A3). A proxy's
 * HTML page, plain text and an empty body get the dialect's error shape, whose message SDKs show.
 */
export function readErrorResponse(
  status: number,
  type: string,
  body: Uint8Array,
  { toErrorBody }: Dialect,
): WholeResponse {
  if (declaredContent(type) === 'json' && body.length > 0) return { status, body }
  const reported = readReportedError(body)
  if (reported !== undefined) return { status, headers: json, body: JSON.stringify(reported) }
  const detail = type.startsWith('text/plain') ? `: ${decoder.decode(body).slice(0, 500)}` : '.'
  const error = { status, message: `The provider answered ${status}${detail}`, type: 'upstream_error', code: null }
  return { status, headers: json, body: JSON.stringify(toErrorBody(error)) }
}
