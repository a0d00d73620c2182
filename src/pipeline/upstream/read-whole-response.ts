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

/** An answer as it goes on. */
export interface WholeResponse {
  readonly status: number
  /** In place of the response's own. */
  readonly headers?: Readonly<Record<string, string>> | undefined
  readonly body: string | Uint8Array
  /** The error that came under a 200. */
  readonly failure?: JsonObject
  /** The provider refuses the country that the call leaves from: another one may answer. */
  readonly isRegional?: true
}

const json = { 'content-type': 'application/json; charset=utf-8' }
const decoder = new TextDecoder()
const encoder = new TextEncoder()

/**
 * Reads usage and finish reason from a whole 200 into its attempt. A body that is no answer becomes an error (R10, case A5); other bodies pass
 * unchanged, except that `toCost` adds `cost` to the usage. `isJson` is true where the first bytes told so, whatever the type says; `if it parses`
 * where JSON was asked for and words may have come (case A2). `outline` is that of a long body, or the body itself; without
 * one nothing is known of it.
 * Throws GatewayError `upstream_invalid_answer`.
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
    // Silence has no words: an empty transcript is an answer (case A14).
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
    const joined = joinEvents(body, dialect, (events) => seeFailedEvents(events, dialect, attempt))
    const whole = encoder.encode(JSON.stringify(joined.value))
    return joined.isFailure
      ? toFailure(joined.value, whole)
      : readWholeResponse(status, type, true, whole, dialect, attempt, toOutline(whole), toCost)
  }
  if (!isJsonObject(value)) return { status, headers, body }
  const facts = dialect.readAnswer(value)
  if (facts.isError || !facts.hasResult) {
    seeFailedUsage(facts.usage, attempt)
    if (facts.isError) return toFailure(value, body)
    throw invalid('JSON that is no answer')
  }
  attempt.finishReason = facts.finishReason
  if (facts.hasFailed === true) {
    seeFailedUsage(facts.usage, attempt)
    return { status, headers, body, failure: value }
  }
  attempt.usage = facts.usage
  attempt.media = facts.media
  attempt.isDeferred = facts.isDeferred === true
  if (facts.usage === undefined || facts.outputText !== '') attempt.producedTokens = estimateText(facts.outputText)
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

/** A failure owes the usage that it tells, and nothing else: no pictures came (case A5). */
function seeFailedUsage(usage: Usage | undefined, attempt: Attempt): void {
  if (usage === undefined || isUncounted(usage)) return
  attempt.usage = usage
  attempt.media = { images: 0 }
}

/** The same of a failure that came as events, with their usage. */
export function seeFailedEvents(events: readonly JsonObject[], { events: format }: Dialect, attempt: Attempt): void {
  seeFailedUsage(events.map(format.usageOf).reduce<Usage | undefined>(addUsage, undefined), attempt)
}

/**
 * A failure that came under a 200: its own integer code is its status, else 502 (case A6). SDKs repeat a 502, so it says where that cannot
 * help.
 */
export function toFailure(failure: JsonObject, body: string | Uint8Array): WholeResponse {
  const error = isJsonObject(failure.error) ? failure.error : failure
  const code = [error.code, error.status, failure.code, failure.status].find(
    (value) => typeof value === 'number' && Number.isInteger(value) && value >= 400 && value < 600,
  )
  const status = typeof code === 'number' ? code : 502
  const told = `${String(error.code)} ${String(error.type)} ${String(error.message ?? failure.error)}`
  const mayRepeat =
    status === 502 ? /overload|rate.?limit|timed? ?out|unavailable|try again/i.test(told) : isTransient(status)
  return { status, headers: mayRepeat ? json : { ...json, 'x-should-retry': 'false' }, body, failure }
}

/**
 * An upstream's error passes byte for byte if it is JSON, also under another type or as an event (case A3); a proxy's HTML page, plain text or an
 * empty body gets the dialect's shape, whose message SDKs show.
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
  const words = type.startsWith('text/plain') ? `: ${decoder.decode(body).slice(0, 500)}` : '.'
  const error = { status, message: `The provider answered ${status}${words}`, type: 'upstream_error', code: null }
  return { status, headers: json, body: JSON.stringify(toErrorBody(error)) }
}
