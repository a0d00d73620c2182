import type { Settings } from '../config/settings.ts'
import { type ByteBound, gather } from '../core/byte-stream.ts'
import { GatewayError } from '../core/errors.ts'
import { isJsonObject, type JsonObject } from '../core/json.ts'
import type { Usage } from '../core/usage.ts'
import type { Dialect } from '../dialects/dialect.ts'
import { createStreamReader } from '../dialects/stream-reader.ts'
import { editJson, removeMember } from '../openai/edit-json.ts'
import type { JsonBody, OutboundBody, ProviderCall } from '../providers/provider.ts'
import type { Target } from '../providers/registry.ts'
import { eventStreamHeaders } from '../sse/event-stream.ts'
import type { Attempt } from './attempt.ts'
import { AttemptDeadline, CallerGone } from './attempt-deadline.ts'
import type { Call, CallRequest } from './call.ts'
import { fitImageRequest } from './fit-image-request.ts'
import type { Ports } from './ports.ts'
import { quoteUsd } from './price-attempt.ts'
import { readWholeResponse } from './read-whole-response.ts'
import { toFailure } from './record-failure.ts'
import { type EventOptions, relay } from './stream/relay.ts'
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
  const { operation, trace } = call
  const { settings, transport, clock } = ports
  const { provider } = attempt.target
  trace.add({ stream: request.isStream })
  const deadline = new AttemptDeadline({
    caller: call.signal,
    timeouts: provider.timeouts,
    clock,
    // R03: some providers charge for the whole answer, whoever has left.
    drain: provider.onCallerGone === 'abort' ? undefined : { limitMs: settings.streams.drainMs, defer: call.defer },
  })
  // Weir asks for the usage of a stream whose caller does not, and hides it.
  const usageFields =
    request.isStream && !request.wantsUsage && request.body.kind === 'json' && provider.acceptsStreamOptions
      ? operation.dialect.toUsageRequest(request.body.object)
      : undefined
  // This function waits for everything, since each layer of promises costs the call more than its own work.
  try {
    const outbound = toProviderCall(request, attempt.target, usageFields, call, ports)
    attempt.wasSent = true
    const response = await provider.send(outbound, { transport, clock, signal: deadline.signal })
    checkStatus(response, provider)
    const { headers, rateHeaders } = readUpstreamHeaders(response)
    nameTarget(headers, attempt)
    attempt.status = response.status
    attempt.upstreamRequestId = headers['x-upstream-request-id']
    const type = response.headers['content-type']?.toLowerCase() ?? ''
    const toCost = request.wantsCost ? (usage: Usage) => quoteUsd(usage, ports.metering && attempt.estimate) : undefined
    if (isStreamed(response.status, type)) {
      const hidesUsage = usageFields !== undefined && !request.wantsCost
      const events = isEventStream(type) ? toEventOptions(operation.dialect, hidesUsage, toCost, settings) : undefined
      if (events !== undefined) Object.assign(headers, eventStreamHeaders)
      const { timeouts } = provider
      const { streams } = settings
      const body = relay(response.body, { attempt, deadline, timeouts, streams, clock, trace, stages, events })
      if (!deadline.hasCallerLeft())
        return { kind: 'answered', answer: { status: attempt.status, headers, rateHeaders, body } }
      body.cancel()
      return { kind: 'failed', error: new CallerGone() }
    }
    const bytes = await gather(response.body, boundOf(settings))
    attempt.sawFirstByte()
    const { status, contentType, body } = readWholeResponse(
      attempt.status,
      type,
      bytes,
      operation.dialect,
      attempt,
      settings,
      toCost,
    )
    if (contentType !== undefined) headers['content-type'] = contentType
    deadline.finish()
    if (deadline.hasCallerLeft()) return failAttempt(attempt, new CallerGone(), call)
    attempt.status = status
    attempt.end(status >= 400 ? 'upstream_error' : 'ok')
    return { kind: status >= 400 ? 'rejected' : 'answered', answer: { status, headers, rateHeaders, body } }
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
function toProviderCall(
  request: CallRequest,
  { provider, model }: Target,
  usageFields: JsonObject | undefined,
  { operation, query, headers, credentials }: Call,
  ports: Ports,
): ProviderCall {
  const { body, model: asked } = operation.images ? fitImageRequest(request, model, ports) : request
  const isRenamed = model !== undefined && model !== asked
  let outbound: OutboundBody
  if (body.kind === 'form') {
    outbound = body.withModel(model === asked ? undefined : model)
  } else {
    outbound = provider.acceptsUsageField ? body : withoutUsageField(body)
    if (isRenamed || usageFields !== undefined) {
      const edits = { ...(isRenamed ? operation.dialect.toModelFields(model) : undefined), ...usageFields }
      outbound = { kind: 'json', text: editJson(outbound.text, edits), object: { ...outbound.object, ...edits } }
    }
  }
  return { operation, model, body: outbound, query, headers, ownKey: credentials.ownKey }
}

/** The caller asks Weir by it; other providers than OpenRouter answer 400 to it. A `usage` of another kind is not Weir's. */
function withoutUsageField(body: JsonBody): JsonBody {
  if (body.object.usage === undefined) return body
  const { usage, ...object } = body.object
  if (!isJsonObject(usage) || typeof usage.include !== 'boolean') return body
  return { kind: 'json', text: removeMember(body.text, 'usage'), object }
}

/** JSON, other text and errors are read to their end before anything of them goes on. */
function isStreamed(status: number, type: string): boolean {
  if (status === 204 || status >= 400) return false
  const isWhole =
    type === '' ||
    type.startsWith('application/json') ||
    type.startsWith('text/') ||
    type.startsWith('application/problem+json')
  return !isWhole || isEventStream(type)
}

function isEventStream(type: string): boolean {
  return type.startsWith('text/event-stream')
}

function toEventOptions(
  { events: format }: Dialect,
  hidesUsage: boolean,
  toCost: ((usage: Usage) => number | null) | undefined,
  { limits }: Settings,
): EventOptions {
  return {
    reader: createStreamReader(format, hidesUsage, toCost),
    format,
    maxEventBytes: format.hasMedia ? limits.mediaEventBytes : limits.eventBytes,
    mayOffload: !hidesUsage && toCost === undefined && format.mayOffload,
  }
}

/** One for each settings, since every call needs it. */
const bounds = new WeakMap<Settings, ByteBound>()

function boundOf(settings: Settings): ByteBound {
  const known = bounds.get(settings)
  if (known !== undefined) return known
  const bytes = settings.limits.answerBytes
  const message = `The provider's answer is over ${bytes} bytes.`
  const made = { bytes, tooLarge: () => new GatewayError('upstream_answer_too_large', message) }
  bounds.set(settings, made)
  return made
}

function nameTarget(headers: Record<string, string>, { provider, model }: Attempt): void {
  headers['x-weir-provider'] = provider
  if (model !== undefined) headers['x-weir-model'] = toHeaderValue(model)
}

/** A model's name may hold characters that no header can (S67). */
function toHeaderValue(text: string): string {
  return /^[\x20-\x7e]*$/.test(text) ? text.slice(0, 200) : encodeURIComponent(text).slice(0, 200)
}
