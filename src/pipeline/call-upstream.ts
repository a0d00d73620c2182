import { type Answer, isByteStream } from '../core/answer.ts'
import { type ByteBound, type ByteStream, gather } from '../core/byte-stream.ts'
import { GatewayError } from '../core/errors.ts'
import { isJsonObject } from '../core/json.ts'
import type { Usage } from '../core/usage.ts'
import { editJson, removeMember } from '../openai/edit-json.ts'
import type { JsonBody, OutboundBody, Provider, ProviderCall } from '../providers/provider.ts'
import type { Target } from '../providers/registry.ts'
import type { TransportResponse } from '../providers/transport.ts'
import { eventStreamHeaders } from '../sse/event-stream.ts'
import type { Admission } from './admit.ts'
import { toAnswerHeaders } from './answer-headers.ts'
import type { Call, CallRequest } from './call.ts'
import { checkStatus } from './check-status.ts'
import { checkWholeAnswer } from './check-whole-answer.ts'
import { fitImageRequest } from './fit-image-request.ts'
import type { Ports } from './ports.ts'
import { quoteUsd } from './price-call.ts'
import { relayBytes } from './relay-bytes.ts'
import { relayEvents } from './relay-events.ts'
import { type Attempt, CallerGone, type Drain, startAttempt } from './start-attempt.ts'

/** A target that a call has been admitted to. */
export interface AdmittedTarget extends Target {
  /** Undefined where nothing is metered. */
  readonly admission: Admission | undefined
  /** A virtual key is told of its own limits, and not of those that the operator has with the provider (S24). */
  readonly hidesRates: boolean
}

/**
 * Sends a call to its target and makes the answer: whole where it is JSON or an error, streamed otherwise.
 * Rejects with GatewayError `upstream_*`, or with CallerGone.
 */
export async function callUpstream(
  call: Call,
  request: CallRequest,
  target: AdmittedTarget,
  ports: Ports,
): Promise<Answer> {
  const { provider, model } = target
  call.trace.add({ provider: provider.id, model, stream: request.isStream })
  const drain = toDrain(call, provider, ports)
  const attempt = startAttempt({ caller: call.signal, timeouts: provider.timeouts, clock: ports.clock, drain })
  const sending = { call, request, target, attempt, ports }
  let answer: Answer
  // One function waits for all there is to wait for, since each layer of promises costs the call more than what it does.
  try {
    const hidesUsage = isUsageAdded(call, request, provider)
    const outbound = toOutbound(sending, hidesUsage)
    call.trace.add({ wasSent: true })
    const { transport, clock } = ports
    const response = await provider.send(outbound, { transport, clock, signal: attempt.signal })
    const parts = toParts(sending, response, hidesUsage)
    answer = parts.isWhole
      ? toWholeAnswer(parts, await gather(response.body, toBound(ports)))
      : { status: response.status, headers: parts.headers, body: toStream(parts) }
  } catch (error) {
    attempt.finish()
    throw attempt.signal.aborted ? attempt.signal.reason : error
  }
  if (attempt.hasCallerLeft()) abandon(answer)
  return answer
}

interface Sending {
  readonly call: Call
  readonly request: CallRequest
  readonly target: AdmittedTarget
  readonly attempt: Attempt
  readonly ports: Ports
}

/** Whether Weir asks for the usage of a stream whose caller does not; it is hidden from it then. */
function isUsageAdded(call: Call, { isStream, wantsUsage }: CallRequest, provider: Provider): boolean {
  return isStream && !wantsUsage && call.operation.streamOptions && provider.acceptsStreamOptions
}

function toOutbound({ call, request, target, ports }: Sending, asksForUsage: boolean): ProviderCall {
  const { operation, query, headers, credentials } = call
  const fitting = operation.images ? fitImageRequest(request, target.model, ports) : request
  const body = toOutboundBody(fitting, target, asksForUsage)
  return { operation, model: target.model, body, query, headers, ownKey: credentials.ownKey }
}

/** Nobody takes it. What is still to come is read on, or ended, as its relay knows. */
function abandon({ body }: Answer): never {
  if (isByteStream(body)) body.cancel()
  throw new CallerGone()
}

/** R03: some providers ask for the whole answer, whoever has left. */
function toDrain(call: Call, { onCallerGone }: Provider, { settings }: Ports): Drain | undefined {
  if (onCallerGone === 'abort') return undefined
  return {
    limitMs: settings.streams.drainMs,
    begin() {
      const release = call.trace.hold()
      const { promise, resolve } = Promise.withResolvers<void>()
      call.defer(promise)
      return () => {
        release()
        resolve()
      }
    },
  }
}

/** Edits what Weir names and nothing else; a body that needs no edit goes up byte for byte. */
function toOutboundBody(
  { body, model: asked }: CallRequest,
  { provider, model }: Target,
  asksForUsage: boolean,
): OutboundBody {
  if (body.kind === 'form') return body.withModel(model === asked ? undefined : model)
  const fitting = provider.acceptsUsageField ? body : withoutUsageField(body)
  if ((model === asked || model === undefined) && !asksForUsage) return fitting
  const edits: Record<string, unknown> = {}
  if (model !== asked && model !== undefined) edits.model = model
  if (asksForUsage) edits.stream_options = { ...toObject(body.object.stream_options), include_usage: true }
  return edited(fitting, edits)
}

/** What the caller asks of Weir by it, others answer 400 to. A `usage` of another kind is none of Weir's business. */
function withoutUsageField(body: JsonBody): JsonBody {
  if (body.object.usage === undefined) return body
  const { usage, ...object } = body.object
  if (!isJsonObject(usage) || typeof usage.include !== 'boolean') return body
  return { kind: 'json', text: removeMember(body.text, 'usage'), object }
}

function edited(body: JsonBody, edits: Readonly<Record<string, unknown>>): JsonBody {
  return { kind: 'json', text: editJson(body.text, edits), object: { ...body.object, ...edits } }
}

function toObject(value: unknown): object {
  return typeof value === 'object' && value !== null ? value : {}
}

interface AnswerParts extends Sending {
  readonly response: TransportResponse
  /** Of the answer. */
  readonly headers: Record<string, string>
  /** The content type, in lower case, or empty. */
  readonly type: string
  /** It is read to its end before anything of it goes on. */
  readonly isWhole: boolean
  readonly hidesUsage: boolean
  /** What a usage costs, where the caller has asked. */
  readonly toCost: ((usage: Usage) => number | null) | undefined
}

function toParts(sending: Sending, response: TransportResponse, isUsageAdded: boolean): AnswerParts {
  const { call, request, target, attempt, ports } = sending
  const { status } = response
  checkStatus(response, target.provider)
  const headers = toHeaders(response, target)
  const type = response.headers['content-type']?.toLowerCase() ?? ''
  call.trace.add({ status, upstreamRequestId: headers['x-upstream-request-id'] })
  const isWhole = status === 204 || status >= 400 || (!isEventStream(type) && isText(type))
  const { wantsCost } = request
  const toCost = wantsCost ? (usage: Usage) => quoteUsd(usage, target.admission?.expected) : undefined
  const hidesUsage = isUsageAdded && !wantsCost
  return { call, request, target, attempt, ports, response, headers, type, isWhole, hidesUsage, toCost }
}

function toHeaders(response: TransportResponse, target: AdmittedTarget): Record<string, string> {
  const { provider, model, admission, hidesRates } = target
  const headers = toAnswerHeaders(response.headers, hidesRates)
  headers['x-weir-provider'] = provider.id
  if (model !== undefined) headers['x-weir-model'] = toHeaderValue(model)
  return admission === undefined ? headers : Object.assign(headers, admission.headers)
}

function toWholeAnswer(
  { response, headers, type, call, attempt, toCost, ports }: AnswerParts,
  body: Uint8Array,
): Answer {
  call.trace.sawFirstByte()
  const answer = checkWholeAnswer({ status: response.status, headers, type, body }, call.trace, ports.settings, toCost)
  attempt.finish()
  return answer
}

function toBound({ settings }: Ports): ByteBound {
  const bytes = settings.limits.answerBytes
  return {
    bytes,
    tooLarge: () => new GatewayError('upstream_answer_too_large', `The provider's answer is over ${bytes} bytes.`),
  }
}

function toStream(parts: AnswerParts): ByteStream {
  const { type, response, headers } = parts
  if (!isEventStream(type)) return relayBytes(response.body, streamOptions(parts))
  Object.assign(headers, eventStreamHeaders)
  return toEventStream(parts)
}

function isEventStream(type: string): boolean {
  return type.startsWith('text/event-stream')
}

function toEventStream(parts: AnswerParts): ByteStream {
  const { call, response, hidesUsage, toCost, ports } = parts
  const { eventBytes, mediaEventBytes } = ports.settings.limits
  return relayEvents(response.body, {
    ...streamOptions(parts),
    shape: call.operation.stream,
    hidesUsage,
    toCost,
    eventBytes: call.operation.stream === 'chat' ? eventBytes : mediaEventBytes,
  })
}

function streamOptions({ call, target, attempt, ports }: AnswerParts) {
  return {
    attempt,
    trace: call.trace,
    clock: ports.clock,
    firstByteMs: target.provider.timeouts.firstByteMs,
    idleMs: target.provider.timeouts.idleMs,
    streams: ports.settings.streams,
  }
}

function isText(type: string): boolean {
  return (
    type === '' ||
    type.startsWith('application/json') ||
    type.startsWith('text/') ||
    type.startsWith('application/problem+json')
  )
}

/** A model's name may hold characters that no header can (S67). */
function toHeaderValue(text: string): string {
  return /^[\x20-\x7e]*$/.test(text) ? text.slice(0, 200) : encodeURIComponent(text).slice(0, 200)
}
