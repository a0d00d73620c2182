import { gather } from '../core/byte-stream.ts'
import { GatewayError } from '../core/errors.ts'
import { isJsonObject } from '../core/json.ts'
import type { Usage } from '../core/usage.ts'
import { editJson, removeMember } from '../openai/edit-json.ts'
import { createStreamReader } from '../openai/read-stream.ts'
import type { JsonBody, OutboundBody, Provider } from '../providers/provider.ts'
import { eventStreamHeaders } from '../sse/event-stream.ts'
import type { Attempt } from './attempt.ts'
import { AttemptDeadline, CallerGone } from './attempt-deadline.ts'
import type { Call, CallRequest } from './call.ts'
import { fitImageRequest } from './fit-image-request.ts'
import type { Ports } from './ports.ts'
import { quoteUsd } from './price-attempt.ts'
import { readWholeResponse } from './read-whole-response.ts'
import { toFailure } from './record-failure.ts'
import { relay } from './stream/relay.ts'
import type { Stage } from './stream/stage.ts'
import { checkStatus, readUpstreamHeaders, type UpstreamAnswer } from './upstream-response.ts'

/** How an attempt went: an answer; the upstream's own refusal, as an answer of 400 or more; or none. */
export type AttemptResult =
  | { readonly kind: 'answered'; readonly answer: UpstreamAnswer }
  | { readonly kind: 'rejected'; readonly answer: UpstreamAnswer }
  | { readonly kind: 'failed'; readonly error: unknown }

/**
 * Sends a call to the target of its attempt: the answer is whole where it is JSON or an error, streamed otherwise. Ends the attempt on every way,
 * a streamed one when its stream is over. Does not reject.
 */
export async function tryTarget(
  attempt: Attempt,
  request: CallRequest,
  stages: readonly Stage[],
  call: Call,
  ports: Ports,
): Promise<AttemptResult> {
  const { operation, query, trace, credentials } = call
  const { settings, transport, clock } = ports
  const { provider, model } = attempt.target
  trace.add({ stream: request.isStream })
  const deadline = new AttemptDeadline({
    caller: call.signal,
    timeouts: provider.timeouts,
    clock,
    // R03: some providers charge for the whole answer, whoever has left.
    drain: provider.onCallerGone === 'abort' ? undefined : { limitMs: settings.streams.drainMs, defer: call.defer },
  })
  // One function waits for everything, since each layer of promises costs the call more than its own work.
  try {
    // Weir asks for the usage of a stream whose caller does not, and hides it.
    const addsUsage =
      request.isStream && !request.wantsUsage && operation.streamOptions && provider.acceptsStreamOptions
    const fitting = operation.images ? fitImageRequest(request, model, ports) : request
    const outbound = {
      operation,
      model,
      body: toOutboundBody(fitting, provider, model, addsUsage),
      query,
      headers: call.headers,
      ownKey: credentials.ownKey,
    }
    attempt.wasSent = true
    const response = await provider.send(outbound, { transport, clock, signal: deadline.signal })
    checkStatus(response, provider)
    const { status } = response
    const { headers, rateHeaders } = readUpstreamHeaders(response)
    const type = response.headers['content-type']?.toLowerCase() ?? ''
    headers['x-weir-provider'] = provider.id
    if (model !== undefined) headers['x-weir-model'] = toHeaderValue(model)
    attempt.status = status
    attempt.upstreamRequestId = headers['x-upstream-request-id']
    const toCost = request.wantsCost ? (usage: Usage) => quoteUsd(usage, ports.metering && attempt.estimate) : undefined
    const isEvents = type.startsWith('text/event-stream')
    if (status !== 204 && status < 400 && (isEvents || !isText(type))) {
      if (isEvents) Object.assign(headers, eventStreamHeaders)
      const shape = operation.stream
      const hidesUsage = addsUsage && !request.wantsCost
      const body = relay(response.body, {
        attempt,
        deadline,
        timeouts: provider.timeouts,
        streams: settings.streams,
        clock,
        trace,
        stages,
        events: isEvents
          ? {
              reader: createStreamReader(shape, hidesUsage, toCost),
              shape,
              maxEventBytes: shape === 'chat' ? settings.limits.eventBytes : settings.limits.mediaEventBytes,
              mayOffload: !hidesUsage && toCost === undefined && shape !== 'typed',
            }
          : undefined,
      })
      if (!deadline.hasCallerLeft()) return { kind: 'answered', answer: { status, headers, rateHeaders, body } }
      body.cancel()
      return { kind: 'failed', error: new CallerGone() }
    }
    const bytes = await gather(response.body, {
      bytes: settings.limits.answerBytes,
      tooLarge: () =>
        new GatewayError(
          'upstream_answer_too_large',
          `The provider's answer is over ${settings.limits.answerBytes} bytes.`,
        ),
    })
    attempt.sawFirstByte()
    const whole = readWholeResponse({ status, type, body: bytes }, attempt, settings, toCost)
    if (whole.contentType !== undefined) headers['content-type'] = whole.contentType
    deadline.finish()
    if (deadline.hasCallerLeft()) return failAttempt(attempt, new CallerGone(), call)
    attempt.status = whole.status
    const isRejected = whole.status >= 400
    attempt.end(isRejected ? 'upstream_error' : 'ok')
    const answer = { status: whole.status, headers, rateHeaders, body: whole.body }
    return { kind: isRejected ? 'rejected' : 'answered', answer }
  } catch (thrown) {
    deadline.finish()
    return failAttempt(attempt, deadline.signal.aborted ? deadline.signal.reason : thrown, call)
  }
}

/** Ends an attempt that has no answer. */
export function failAttempt(attempt: Attempt, error: unknown, { signal }: Pick<Call, 'signal'>) {
  const failure = toFailure(error, signal)
  attempt.status = failure.status
  attempt.end(failure.outcome, failure.error?.code)
  return { kind: 'failed', error } as const
}

/** Edits the fields that Weir names and nothing else; a body that needs no edit goes up byte for byte. */
function toOutboundBody(
  { body, model: asked }: CallRequest,
  provider: Provider,
  model: string | undefined,
  addsUsage: boolean,
): OutboundBody {
  if (body.kind === 'form') return body.withModel(model === asked ? undefined : model)
  const fitting = provider.acceptsUsageField ? body : withoutUsageField(body)
  if ((model === asked || model === undefined) && !addsUsage) return fitting
  const edits: Record<string, unknown> = {}
  if (model !== asked && model !== undefined) edits.model = model
  if (addsUsage) {
    const { stream_options: options } = body.object
    edits.stream_options = { ...(isJsonObject(options) ? options : {}), include_usage: true }
  }
  return { kind: 'json', text: editJson(fitting.text, edits), object: { ...fitting.object, ...edits } }
}

/** The caller asks Weir by it; other providers than OpenRouter answer 400 to it. A `usage` of another kind is not Weir's. */
function withoutUsageField(body: JsonBody): JsonBody {
  if (body.object.usage === undefined) return body
  const { usage, ...object } = body.object
  if (!isJsonObject(usage) || typeof usage.include !== 'boolean') return body
  return { kind: 'json', text: removeMember(body.text, 'usage'), object }
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
