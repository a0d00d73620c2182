import { nextTurn } from '../../core/clock.ts'
import { GatewayError } from '../../core/errors.ts'
import { isJsonObject, type JsonObject } from '../../core/json.ts'
import type { Usage } from '../../core/usage.ts'
import type { Dialect } from '../../dialects/dialect.ts'
import { createStreamReader } from '../../dialects/stream-reader.ts'
import { editJson, removeMember } from '../../openai/edit-json.ts'
import { type Outline, outlineLong, shortBytes, toOutline } from '../../openai/outline-json.ts'
import type { JsonBody, OutboundBody, Provider, ProviderCall, ProviderContext } from '../../providers/provider.ts'
import type { Target } from '../../providers/registry.ts'
import type { TransportResponse } from '../../providers/transport.ts'
import type { Attempt, AttemptResult } from '../call/attempt.ts'
import type { Call, CallRequest } from '../call/call.ts'
import type { Ports } from '../call/ports.ts'
import type { Stage } from '../call/stage.ts'
import { fitImageRequest } from '../images/fit-image-request.ts'
import { toLimitMembers } from '../metering/plan-output.ts'
import { quoteUsd } from '../metering/price-attempt.ts'
import { secretsOf } from '../stream/hide-secrets.ts'
import type { EventOptions } from '../stream/relay.ts'
import { declaredContent, inspectResponse, invalid } from './inspect-response.ts'
import { noteRefusal, type Refused } from './note-refusal.ts'
import { PeekedBody } from './peek-body.ts'
import { readErrorResponse, readWholeResponse, seeFailedEvents, toFailure } from './read-whole-response.ts'
import { adviseOnRegion } from './region-block.ts'
import { type AttemptPlan, boundOf, type Reading, runAttempt } from './run-attempt.ts'

/**
 * Sends a call to the target of its attempt: the answer is whole where it is JSON or an error, streamed otherwise. Ends the attempt on every
 * way. Does not reject.
 */
export function tryTarget(
  attempt: Attempt,
  original: CallRequest,
  stages: readonly Stage[],
  call: Call,
  ports: Ports,
): Promise<AttemptResult> {
  const { dialect } = call.operation
  const { settings, metering, clock, regionAdvice } = ports
  const { provider } = attempt.target
  const request = lowerOutput(original, dialect, attempt)
  const { isStream, body: asked } = request
  const asksStream = wantsStream(request, dialect)
  call.trace.add({ stream: isStream })
  // Weir asks for the usage of a stream whose caller does not, and hides it.
  const unasked =
    isStream && !request.wantsUsage && asked.kind === 'json' ? dialect.toUsageRequest(asked.object) : undefined
  const hidesUsage = unasked !== undefined && !request.wantsCost
  const usageFields = mayAskForUsage(provider) ? unasked : undefined
  const toCost = request.wantsCost
    ? (usage: Usage) => quoteUsd(usage, metering && attempt.estimate, attempt.producedTokens, attempt.media)
    : undefined

  const secrets = secretsOf(settings)
  const refused: Refused = { body: asked, credentials: call.credentials, secrets, regionAdvice }

  function read(response: TransportResponse, type: string): Reading | Promise<Reading> {
    const { status, body } = response
    if (status === 204) return { kind: 'whole', body, toAnswer: () => ({ status, body: '' }) }
    if (status >= 400) return readFailure(response, type, attempt, dialect, refused)
    const declared = declaredContent(type)
    if (declared === 'json' && asksStream === false)
      return { kind: 'whole', body, toAnswer: (bytes) => toWhole(bytes, true) }
    const isInspected = dialect.answersInJson || declared === 'events' || (declared === 'json' && asksStream === true)
    const fields = asked.kind === 'json' ? asked.object : asked.fields
    if (declared === 'events' && asksStream === false && dialect.asksForJson?.(fields) === false) {
      body.cancel()
      throw invalid('a stream, which was not asked for')
    }
    if (!isInspected) {
      const isJsonAsked = declared === undefined && dialect.asksForJson?.(fields) === true
      if (declared === 'bytes' || (type.startsWith('application/octet-stream') && !isJsonAsked))
        return { kind: 'stream', body, events: undefined }
      if (!isJsonAsked || !isStream)
        return { kind: 'whole', body, toAnswer: (bytes) => toWhole(bytes, isJsonAsked && 'if it parses') }
    }
    const maxWaitMs = Math.max(0, call.arrivedAt + settings.streams.holdHeadersMs - clock.monotonicMs())
    const bound = boundOf(ports)
    const { buffers } = ports
    const { graceMs } = settings.streams
    const options = { dialect, isStream: asksStream, maxWaitMs, graceMs, bound, clock, buffers, seeRefused }
    return inspectResponse(response, type, options).then((found): Reading => {
      switch (found.kind) {
        case 'events':
          return { kind: 'stream', body: found.body, events: toEventOptions() }
        case 'whole':
          return { kind: 'whole', body: found.body, toAnswer: (bytes) => toWhole(bytes, true) }
        case 'bytes':
          return { kind: 'stream', body: found.body, events: undefined }
        case 'refused': {
          const shown = secrets.hide(encoder.encode(JSON.stringify(found.failure)))
          const answer = toFailure(found.failure, shown)
          noteRefusal(attempt, answer.status, found.failure, refused)
          return { kind: 'refused', answer: adviseOnRegion(answer, found.failure, regionAdvice) }
        }
      }
    })

    function seeRefused(events: readonly JsonObject[]) {
      seeFailedEvents(events, dialect, attempt)
    }

    function toWhole(bytes: Uint8Array, isJson: boolean | 'if it parses') {
      const toAnswer = (outline: Outline | undefined) => {
        const answer = readWholeResponse(status, type, isJson, bytes, dialect, attempt, outline, toCost)
        const { status: shown, failure } = answer
        if (failure === undefined) return answer
        noteRefusal(attempt, shown < 400 ? undefined : shown, failure, refused)
        return adviseOnRegion(answer, failure, regionAdvice)
      }
      if (bytes.length <= shortBytes) return toAnswer(toOutline(bytes))
      return outlineLong(bytes, () => nextTurn(clock)).then(toAnswer)
    }
  }

  function toEventOptions(): EventOptions {
    const { events: format } = dialect
    const choices = (asked.kind === 'json' ? dialect.countChoices?.(asked.object) : undefined) ?? 1
    return {
      reader: createStreamReader(format, hidesUsage, toCost, choices),
      format,
      maxEventBytes: settings.limits.eventBytes,
      mayOffload: !hidesUsage && toCost === undefined && choices === 1 && format.mayOffload,
      seeFailure: (failure) => noteRefusal(attempt, undefined, failure, refused),
    }
  }

  const plan: AttemptPlan = {
    stages,
    // Under a budget a whole answer is paid for whether it is read or not, so it is read for its usage (case C3).
    isDrained: provider.onCallerGone === 'drain' || attempt.estimate.isOwedUnread === true,
    answerHeaders: dialect.answerHeaders,
    mayBeUnchanged: false,
    send: (context) =>
      usageFields === undefined
        ? provider.send(toProviderCall(request, attempt.target, undefined, call, ports), context)
        : sendAskingForUsage(request, attempt.target, usageFields, call, context, ports),
    read,
  }
  return runAttempt(attempt, plan, call, ports)
}

/** The request with the limit on its output that its budget can pay. Everything that is computed from a request takes the caller's own (case C4). */
function lowerOutput(request: CallRequest, { outputLimit }: Dialect, { maxTokens, estimate }: Attempt): CallRequest {
  const { body } = request
  const field = estimate.output?.field
  if (maxTokens === undefined || field === undefined || outputLimit === undefined || body.kind !== 'json')
    return request
  const members = toLimitMembers(body.object, outputLimit, field, maxTokens)
  const lowered = { ...body, text: editJson(body.text, members), object: { ...body.object, ...members } }
  return { ...request, body: lowered }
}

/** Undefined where the answer is taken as it comes: that of a form that may still ask for a stream (case C7), and sound, whose events other fields ask for. */
function wantsStream({ body, isStream }: CallRequest, { answersInJson }: Dialect): boolean | undefined {
  if (body.kind === 'json') return answersInJson ? isStream : undefined
  if (typeof body.fields.stream === 'boolean') return isStream
  return body.isWhole && body.fields.stream === undefined ? false : undefined
}

/**
 * A status of 400 or more. The provider's 401 to a key that Weir holds is the operator's affair: its caller has no part in it, and learns nothing
 * of the key (case A17).
 */
export function readFailure(
  { status, body }: TransportResponse,
  type: string,
  attempt: Attempt,
  dialect: Dialect,
  refused: Refused,
): Reading {
  return {
    kind: 'whole',
    body,
    toAnswer(bytes) {
      noteRefusal(attempt, status, bytes, refused)
      const isOperators = status === 401 && refused.credentials.ownKey === undefined && attempt.target.provider.holdsKey
      if (!isOperators)
        return adviseOnRegion(readErrorResponse(status, type, bytes, dialect), bytes, refused.regionAdvice)
      throw new GatewayError(
        'upstream_auth_failed',
        `The provider \`${attempt.provider}\` does not accept the key that this server has for it. Its operator has to replace it.`,
        { headers: { 'x-should-retry': 'false' } },
      )
    },
  }
}

const decoder = new TextDecoder()
const encoder = new TextEncoder()

/** Providers that have refused `stream_options` since this process began. */
const refusing = new WeakSet<Provider>()

function mayAskForUsage(provider: Provider): boolean {
  return provider.acceptsStreamOptions && !refusing.has(provider)
}

/** Sends once more, without the fields that the caller did not ask for, where the provider refuses them; the provider is not asked again (case A9). */
async function sendAskingForUsage(
  request: CallRequest,
  target: Target,
  usageFields: JsonObject,
  call: Call,
  context: ProviderContext,
  ports: Ports,
): Promise<TransportResponse> {
  const { provider } = target
  const response = await provider.send(toProviderCall(request, target, usageFields, call, ports), context)
  if (response.status !== 400 && response.status !== 422) return response
  // The beginning of a long refusal names the field, or none: it passes whole.
  const body = new PeekedBody(response.body, () => false)
  if (!/stream_options|include_usage/.test(decoder.decode(await body.beginning))) return { ...response, body }
  body.cancel()
  refusing.add(provider)
  return await provider.send(toProviderCall(request, target, undefined, call, ports), context)
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
      outbound = { ...outbound, text: editJson(outbound.text, edits), object: { ...outbound.object, ...edits } }
    }
  }
  return { operation, model, body: outbound, query, headers, ownKey: credentials.ownKey }
}

/** The caller asks Weir by it; other providers than OpenRouter answer 400 to it. A `usage` of another kind is not Weir's. */
function withoutUsageField(body: JsonBody): JsonBody {
  if (body.object.usage === undefined) return body
  const { usage, ...object } = body.object
  if (!isJsonObject(usage) || typeof usage.include !== 'boolean') return body
  return { ...body, text: removeMember(body.text, 'usage'), object }
}
