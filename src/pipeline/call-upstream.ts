import { type Answer, isByteStream } from '../core/answer.ts'
import { gather } from '../core/byte-stream.ts'
import { GatewayError } from '../core/errors.ts'
import { isJsonObject } from '../core/json.ts'
import { limitBytes } from '../core/limit-bytes.ts'
import type { Usage } from '../core/usage.ts'
import { editJson, removeMember } from '../openai/edit-json.ts'
import type { JsonBody, OutboundBody, Provider, ProviderCall } from '../providers/provider.ts'
import type { Target } from '../providers/registry.ts'
import type { TransportResponse } from '../providers/transport.ts'
import { eventStreamHeaders } from '../sse/event-stream.ts'
import { toAnswerHeaders } from './answer-headers.ts'
import type { Call, CallRequest } from './call.ts'
import { checkStatus } from './check-status.ts'
import { checkWholeAnswer } from './check-whole-answer.ts'
import { fitImageRequest } from './fit-image-request.ts'
import type { Ports } from './ports.ts'
import { type Expectation, quoteUsd } from './price-call.ts'
import { relayBytes } from './relay-bytes.ts'
import { relayEvents } from './relay-events.ts'
import { type Attempt, CallerGone, type Drain, startAttempt } from './start-attempt.ts'

/** A target, and what a call to it is expected to cost. */
export interface PricedTarget extends Target {
  /** Undefined where nothing is metered. */
  readonly expected?: Expectation | undefined
}

/**
 * Sends a call to its target and makes the answer: whole where it is JSON or an error, streamed otherwise.
 * Rejects with GatewayError `upstream_*`, or with CallerGone.
 */
export async function callUpstream(
  call: Call,
  request: CallRequest,
  target: PricedTarget,
  ports: Ports,
): Promise<Answer> {
  const { provider, model } = target
  call.trace.add({ provider: provider.id, model, stream: request.isStream })
  const attempt = startAttempt(call.signal, provider.timeouts, ports.clock, toDrain(call, provider, ports))
  const answer = await send({ call, request, target, attempt, ports }).catch((error: unknown) => {
    attempt.finish()
    throw attempt.signal.aborted ? attempt.signal.reason : error
  })
  if (attempt.hasCallerLeft()) abandon(answer)
  return answer
}

interface Sending {
  readonly call: Call
  readonly request: CallRequest
  readonly target: PricedTarget
  readonly attempt: Attempt
  readonly ports: Ports
}

async function send(sending: Sending): Promise<Answer> {
  const { call, request, target, attempt, ports } = sending
  const { provider, model } = target
  const { isStream, wantsUsage, wantsCost } = request
  const asksForUsage = isStream && !wantsUsage && call.operation.streamOptions && provider.acceptsStreamOptions
  const fitting = call.operation.images ? fitImageRequest(request, model, ports) : request
  const outbound: ProviderCall = {
    operation: call.operation,
    model,
    body: toOutboundBody(fitting, target, asksForUsage),
    query: call.query,
    headers: call.headers,
    ownKey: call.credentials.ownKey,
  }
  call.trace.add({ wasSent: true })
  const { transport, clock } = ports
  const response = await provider.send(outbound, { transport, clock, signal: attempt.signal })
  const toCost = wantsCost ? (usage: Usage) => quoteUsd(usage, target.expected) : undefined
  return await toAnswer({ ...sending, response, hidesUsage: asksForUsage && !wantsCost, toCost })
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
  const edits: Record<string, unknown> = {}
  if (model !== asked && model !== undefined) edits.model = model
  if (asksForUsage) edits.stream_options = { ...toObject(body.object.stream_options), include_usage: true }
  const fitting = provider.acceptsUsageField ? body : withoutUsageField(body)
  return Object.keys(edits).length === 0 ? fitting : edited(fitting, edits)
}

/** What the caller asks of Weir by it, others answer 400 to. A `usage` of another kind is none of Weir's business. */
function withoutUsageField(body: JsonBody): JsonBody {
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
  readonly hidesUsage: boolean
  /** What a usage costs, where the caller has asked. */
  readonly toCost: ((usage: Usage) => number | null) | undefined
}

async function toAnswer(parts: AnswerParts): Promise<Answer> {
  const { call, target, response, attempt, toCost, ports } = parts
  const { status } = response
  checkStatus(response, target.provider)
  const headers = toAnswerHeaders(response.headers)
  headers['x-weir-provider'] = target.provider.id
  if (target.model !== undefined) headers['x-weir-model'] = toHeaderValue(target.model)
  call.trace.add({ status, upstreamRequestId: headers['x-upstream-request-id'] })
  const type = response.headers['content-type']?.toLowerCase() ?? ''
  const isWhole = status === 204 || status >= 400
  if (!isWhole && type.startsWith('text/event-stream'))
    return { status, headers: { ...headers, ...eventStreamHeaders }, body: toEventStream(parts) }
  if (!isWhole && !isText(type)) return { status, headers, body: relayBytes(response.body, streamOptions(parts)) }
  const tooLarge = () =>
    new GatewayError(
      'upstream_answer_too_large',
      `The provider's answer is over ${ports.settings.limits.answerBytes} bytes.`,
    )
  const bytes = await gather(limitBytes(response.body, ports.settings.limits.answerBytes, tooLarge))
  call.trace.sawFirstByte()
  const answer = checkWholeAnswer({ status, headers, type, body: bytes }, call.trace, ports.settings, toCost)
  attempt.finish()
  return answer
}

function toEventStream(parts: AnswerParts) {
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
