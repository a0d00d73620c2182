import type { Answer } from '../core/answer.ts'
import { gather } from '../core/byte-stream.ts'
import { GatewayError } from '../core/errors.ts'
import { limitBytes } from '../core/limit-bytes.ts'
import { editJson } from '../openai/edit-json.ts'
import type { JsonBody, OutboundBody, ProviderCall } from '../providers/provider.ts'
import type { Target } from '../providers/registry.ts'
import type { TransportResponse } from '../providers/transport.ts'
import { eventStreamHeaders } from '../sse/event-stream.ts'
import { toAnswerHeaders } from './answer-headers.ts'
import type { Call, CallRequest } from './call.ts'
import { checkStatus } from './check-status.ts'
import { checkWholeAnswer } from './check-whole-answer.ts'
import { fitImageRequest } from './fit-image-request.ts'
import type { Ports } from './ports.ts'
import { relayBytes } from './relay-bytes.ts'
import { relayEvents } from './relay-events.ts'
import { type Attempt, startAttempt } from './start-attempt.ts'

/**
 * Sends a call to its target and makes the answer: whole where it is JSON or an error, streamed otherwise.
 * Rejects with GatewayError `upstream_*`, or with CallerGone.
 */
export async function callUpstream(call: Call, request: CallRequest, target: Target, ports: Ports): Promise<Answer> {
  const { provider, model } = target
  call.trace.add({ provider: provider.id, model, stream: request.isStream })
  const attempt = startAttempt(call.signal, provider.timeouts, ports.clock)
  try {
    const hidesUsage =
      request.isStream && !request.wantsUsage && call.operation.streamOptions && provider.acceptsStreamOptions
    const outbound: ProviderCall = {
      operation: call.operation,
      model,
      body: toOutboundBody(call.operation.images ? fitImageRequest(request, model, ports) : request, model, hidesUsage),
      query: call.query,
      headers: call.headers,
      ownKey: call.credentials.ownKey,
    }
    const response = await provider.send(outbound, {
      transport: ports.transport,
      clock: ports.clock,
      signal: attempt.signal,
    })
    return await toAnswer({ call, target, response, attempt, hidesUsage, ports })
  } catch (error) {
    attempt.finish()
    throw attempt.signal.aborted ? attempt.signal.reason : error
  }
}

/** Edits what Weir names and nothing else; a body that needs no edit goes up byte for byte. */
function toOutboundBody(
  { body, model: asked }: CallRequest,
  model: string | undefined,
  asksForUsage: boolean,
): OutboundBody {
  if (body.kind === 'form') return body.withModel(model === asked ? undefined : model)
  const edits: Record<string, unknown> = {}
  if (model !== asked && model !== undefined) edits.model = model
  if (asksForUsage) edits.stream_options = { ...toObject(body.object.stream_options), include_usage: true }
  return Object.keys(edits).length === 0 ? body : edited(body, edits)
}

function edited(body: JsonBody, edits: Readonly<Record<string, unknown>>): JsonBody {
  return { kind: 'json', text: editJson(body.text, edits), object: { ...body.object, ...edits } }
}

function toObject(value: unknown): object {
  return typeof value === 'object' && value !== null ? value : {}
}

interface AnswerParts {
  readonly call: Call
  readonly target: Target
  readonly response: TransportResponse
  readonly attempt: Attempt
  readonly hidesUsage: boolean
  readonly ports: Ports
}

async function toAnswer(parts: AnswerParts): Promise<Answer> {
  const { call, target, response, attempt, ports } = parts
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
  attempt.finish()
  call.trace.sawFirstByte()
  return checkWholeAnswer({ status, headers, type, body: bytes }, call.trace, ports.settings)
}

function toEventStream(parts: AnswerParts) {
  const { call, response, hidesUsage, ports } = parts
  const { eventBytes, mediaEventBytes } = ports.settings.limits
  return relayEvents(response.body, {
    ...streamOptions(parts),
    shape: call.operation.stream,
    hidesUsage,
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
