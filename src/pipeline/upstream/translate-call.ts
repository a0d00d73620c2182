import { yieldToEventLoop } from '../../core/clock.ts'
import { GatewayError } from '../../core/errors.ts'
import { isByteStream, toText } from '../../core/gateway-response.ts'
import { parseJsonObject } from '../../core/json.ts'
import type { ErrorFacts } from '../../dialects/dialect.ts'
import type { Operation } from '../../dialects/operations.ts'
import { readRetryAfter } from '../../dialects/response-headers.ts'
import { findFacts } from '../../metering/model-facts.ts'
import { toMarkedText } from '../../openai/long-strings.ts'
import type { CallerHeaders } from '../../providers/forward-headers.ts'
import type { JsonBody } from '../../providers/provider.ts'
import type { Target } from '../../providers/registry.ts'
import { heartbeat, toEventData } from '../../sse/event-stream.ts'
import { toEventText } from '../../sse/split-events.ts'
import { readErrorFacts } from '../../translation/read-error-facts.ts'
import { ReplyTranslation, translateRequest } from '../../translation/translate.ts'
import type { AttemptResult, UpstreamResponse } from '../call/attempt.ts'
import type { Call, CallRequest } from '../call/call.ts'
import type { Ports } from '../call/ports.ts'
import type { Stage, Verdict } from '../call/stage.ts'
import { isConvertible } from './inspect-response.ts'

/** A call in the form in which one target receives it. */
export interface SentCall {
  readonly operation: Operation
  readonly request: CallRequest
  /** Undefined if the target speaks the caller's dialect. */
  readonly translation: ReplyTranslation | undefined
  /** Paths of the fields that the translation left out. */
  readonly dropped: readonly string[]
}

/**
 * Puts a call into the form of its target; a promise for a long body, which is written in steps. Throws or rejects with
 * GatewayError `invalid_value`, `field_not_translatable` or `json_too_large`.
 */
export function toSentCall(
  { operation: requested }: Pick<Call, 'operation'>,
  request: CallRequest,
  operation: Operation,
  { provider, model = '' }: Target,
  { clock, secrets }: Pick<Ports, 'clock' | 'secrets'>,
): SentCall | Promise<SentCall> {
  const { body } = request
  if (operation === requested || body.kind !== 'json')
    return { operation, request, translation: undefined, dropped: request.dropped ?? [] }
  const { dialect } = operation
  const facts = provider.priceSource === undefined ? undefined : findFacts(provider.priceSource, model)
  const { outputLimit } = provider
  const limit = outputLimit === 'unknown' ? undefined : outputLimit.fields.find((field) => field.dialect === dialect)
  const target = { model, limitField: limit?.names[0], maxOutputTokens: facts?.maxOutputTokens }
  const translated = translateRequest(body.object, requested.dialect, dialect, request, target)
  const context = {
    request: body.object,
    id: secrets.randomHex(12),
    now: Math.floor(clock.now() / 1_000),
    model,
    wantsUsage: request.wantsUsage || request.wantsCost,
  }
  const object = translated.body
  const toSent = (text: Pick<JsonBody, 'text' | 'longs'>): SentCall => ({
    operation,
    request: { ...request, model, wantsUsage: false, body: { kind: 'json', object, ...text } },
    translation: new ReplyTranslation(dialect, requested.dialect, context),
    dropped: [...(request.dropped ?? []), ...translated.dropped],
  })
  if (body.longs === undefined) return toSent({ text: JSON.stringify(object) })
  return toMarkedText(object, () => yieldToEventLoop(clock)).then(toSent)
}

/** Headers that only the API of their own prefix knows. */
const dialectHeaders = /^(?:anthropic|openai|x-goog|x-stainless)-/

/** Leaves out the headers of the caller's dialect. */
export function withoutDialectHeaders(headers: CallerHeaders): CallerHeaders {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !dialectHeaders.test(name)))
}

/**
 * Maximum characters of a streamed reply that are held, because its last events repeat it: four times the longest reply
 * of a model, 128,000 tokens.
 */
const maxHeldLength = 2 * 1_048_576

/** Translates the events of a stream. */
export function createTranslationStage(translation: ReplyTranslation): Stage {
  const alive = translation.dialect.events.heartbeat ?? heartbeat
  const toLast = () => splitEvents(translation.toLastEvents())
  return {
    // A character takes at most two bytes.
    heldBytes: () => 2 * translation.heldLength,
    onEvent(event, chunkText): Verdict {
      if (!event.hasData) return { kind: 'replace', events: [alive] }
      const received = toEventText(event, chunkText)
      const copied = translation.copyDelta(received)
      if (copied !== undefined) return { kind: 'replace', events: [copied] }
      const value = parseJsonObject(toEventData(received))
      // The terminator, or a name without JSON.
      if (value === undefined) return { kind: 'replace', events: toLast() }
      const text = translation.toEvents(value, received)
      if (translation.heldLength > maxHeldLength) return { kind: 'hold', until: Promise.reject(tooLong()) }
      // An event without a translation still keeps the connection alive.
      return { kind: 'replace', events: text === '' ? [alive] : splitEvents(text) }
    },
    onComplete: toLast,
  }
}

/** The next stage reads one event at a time. */
function splitEvents(text: string): readonly string[] {
  const events: string[] = []
  for (let at = 0; at < text.length; ) {
    const blank = text.indexOf('\n\n', at)
    const end = blank === -1 ? text.length : blank + 2
    events.push(text.slice(at, end))
    at = end
  }
  return events
}

/**
 * Translates a whole response, or the error of a provider; a stream has its stage. Adds the header of `nameDropped`.
 */
export function translateResult(
  result: AttemptResult,
  translation: ReplyTranslation,
  dropped: readonly string[],
): AttemptResult {
  nameDropped(result, dropped)
  if (result.kind === 'failed') return result
  const { response } = result
  const { body, status } = response
  if (isByteStream(body)) return result
  // Before it is parsed, which would block other calls.
  if (typeof body !== 'string' && !isConvertible(body)) return { kind: 'failed', error: tooLong() }
  const value = parseJsonObject(toText(body))
  if (status >= 400)
    return { ...result, response: withError(response, readErrorFacts(value ?? {}, status), translation) }
  const whole = value && translation.toWhole(value)
  if (whole === undefined) return failed('The provider answered 200 with a response that cannot be translated.')
  if (whole.kind === 'error') return { ...result, response: withError(response, whole.error, translation) }
  return { ...result, response: { ...response, headers: toJsonHeaders(response), body: JSON.stringify(whole.body) } }
}

/** Adds the header that names the fields that a request lost. */
export function nameDropped(result: AttemptResult, dropped: readonly string[]): AttemptResult {
  if (result.kind !== 'failed' && dropped.length > 0) result.response.headers['x-weir-dropped'] = toHeaderList(dropped)
  return result
}

function withError(response: UpstreamResponse, error: ErrorFacts, { dialect }: ReplyTranslation): UpstreamResponse {
  const { status, retryAfterSeconds } = error
  // Google names the delay in the body, the others in the header.
  const retry = retryAfterSeconds === undefined ? {} : { 'retry-after': String(Math.ceil(retryAfterSeconds)) }
  const headers = { ...retry, ...toJsonHeaders(response) }
  const body = dialect.toErrorBody({ ...error, retryAfterSeconds: retryAfterSeconds ?? readRetryAfter(headers) })
  return { ...response, status, headers, body: JSON.stringify(body) }
}

function toJsonHeaders({ headers }: UpstreamResponse): Record<string, string> {
  return { ...headers, 'content-type': 'application/json; charset=utf-8' }
}

/** A caller may invent names; those that a header cannot hold are counted only. */
function toHeaderList(paths: readonly string[]): string {
  const shown = paths.filter((path) => /^[\w.[\]-]{1,100}$/.test(path)).slice(0, maxShown)
  const others = paths.length - shown.length
  return [...shown, ...(others > 0 ? [`${others} more`] : [])].join(', ')
}

const maxShown = 40

function failed(message: string): AttemptResult {
  return { kind: 'failed', error: new GatewayError('upstream_invalid_answer', message) }
}

function tooLong(): GatewayError {
  return new GatewayError('upstream_answer_too_large', 'The response is too long to be translated.')
}
