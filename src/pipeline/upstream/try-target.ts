import type { ByteStream } from '../../core/byte-stream.ts'
import { yieldToEventLoop } from '../../core/clock.ts'
import { GatewayError } from '../../core/errors.ts'
import { isJsonObject, type JsonObject } from '../../core/json.ts'
import type { Usage } from '../../core/usage.ts'
import type { Dialect, ResponseFacts } from '../../dialects/dialect.ts'
import { createStreamReader } from '../../dialects/stream-reader.ts'
import { editJson, removeMember } from '../../openai/edit-json.ts'
import { type Outline, outlineLong, shortBytes, toOutline } from '../../openai/outline-json.ts'
import type {
  JsonBody,
  OutboundBody,
  PassedCredential,
  Provider,
  ProviderCall,
  ProviderContext,
} from '../../providers/provider.ts'
import type { Target } from '../../providers/registry.ts'
import type { TransportResponse } from '../../providers/transport.ts'
import type { Attempt, AttemptResult } from '../call/attempt.ts'
import type { Call, CallRequest } from '../call/call.ts'
import { callerSecretsOf } from '../call/caller-account.ts'
import { kindOfRefusal } from '../call/failure-kind.ts'
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
import {
  readErrorResponse,
  readWholeResponse,
  seeErrorUsage,
  seeFailedEvents,
  toFailure,
  type WholeResponse,
} from './read-whole-response.ts'
import { adviseOnRegion } from './region-block.ts'
import { emptyReply, errorOfReply, refuseFaultyStream } from './reply-fault.ts'
import { type AttemptPlan, boundOf, type Reading, runAttempt } from './run-attempt.ts'
import {
  createTranslationStage,
  nameDropped,
  type SentCall,
  translateResult,
  withoutDialectHeaders,
} from './translate-call.ts'

/**
 * Sends a call to the target of its attempt. The response is whole if it is JSON or an error, else streamed; it is in
 * the caller's dialect. Always ends the attempt. Does not reject.
 */
export function tryTarget(
  attempt: Attempt,
  sent: SentCall,
  credential: PassedCredential | undefined,
  stages: readonly Stage[],
  received: Call,
  ports: Ports,
): Promise<AttemptResult> {
  const { operation, translation, dropped } = sent
  if (translation === undefined) {
    const result = send(attempt, sent, credential, stages, received, ports)
    return dropped.length === 0 ? result : result.then((each) => nameDropped(each, dropped))
  }
  const call = { ...received, operation, query: '', headers: withoutDialectHeaders(received.headers) }
  const allStages = [createTranslationStage(translation), ...stages]
  return send(attempt, sent, credential, allStages, call, ports).then((result) =>
    translateResult(result, translation, dropped),
  )
}

function send(
  attempt: Attempt,
  { request: original, translation }: SentCall,
  credential: PassedCredential | undefined,
  stages: readonly Stage[],
  call: Call,
  ports: Ports,
): Promise<AttemptResult> {
  const { dialect } = call.operation
  const { settings, metering, clock, regionAdvice } = ports
  const { provider } = attempt.target
  const request = lowerOutput(original, dialect, attempt)
  const { isStream, body: sentBody } = request
  const wantsStreamed = wantsStream(request, dialect)
  call.trace.add({ stream: isStream })
  // Weir requests the usage of a stream if its caller did not, and hides it; not from a plan of the caller's own.
  const mayAsk = isStream && !request.wantsUsage && !provider.passesCallerCredentials
  const usageRequest = mayAsk && sentBody.kind === 'json' ? dialect.toUsageRequest(sentBody.object) : undefined
  const hidesUsage = usageRequest !== undefined && !request.wantsCost && translation === undefined
  const usageFields = mayRequestUsage(provider) ? usageRequest : undefined
  const toCost = request.wantsCost
    ? (usage: Usage) => quoteUsd(usage, metering && attempt.estimate, attempt.producedTokens, attempt.media)
    : undefined

  const secrets = secretsOf(settings)
  const callerSecrets = callerSecretsOf(call.credentials.ownKey, credential)
  const refused: Refused = { body: sentBody, callerSecrets, secrets, regionAdvice }
  const advise = (response: WholeResponse, failure: JsonObject) =>
    provider.passesCallerCredentials ? response : adviseOnRegion(response, failure, regionAdvice)

  function read(response: TransportResponse, type: string): Reading | Promise<Reading> {
    const { status, body } = response
    const mayBeEmpty = attempt.moveToOperator !== undefined && dialect.reply !== undefined
    if (status === 204 && mayBeEmpty) {
      body.cancel()
      throw emptyReply()
    }
    if (status === 204) return { kind: 'whole', body, toResponse: () => ({ status, body: '' }) }
    if (status >= 400) return readFailure(response, type, attempt, dialect, refused)
    const declared = declaredContent(type)
    if (declared === 'json' && wantsStreamed === false)
      return { kind: 'whole', body, toResponse: (bytes) => toWhole(bytes, true) }
    const isInspected =
      dialect.respondsInJson || declared === 'events' || (declared === 'json' && wantsStreamed === true)
    const fields = sentBody.kind === 'json' ? sentBody.object : sentBody.fields
    if (declared === 'events' && wantsStreamed === false && dialect.requestsJson?.(fields) === false) {
      body.cancel()
      throw invalid('a stream, which was not requested')
    }
    if (!isInspected) {
      const wantsJson = declared === undefined && dialect.requestsJson?.(fields) === true
      if (declared === 'bytes' || (type.startsWith('application/octet-stream') && !wantsJson))
        return mayBeEmpty ? refuseNothing(body) : { kind: 'stream', body, events: undefined }
      if (!wantsJson || !isStream)
        return { kind: 'whole', body, toResponse: (bytes) => toWhole(bytes, wantsJson && 'if it parses') }
    }
    // By a route the caller may have its headers already, and heartbeats: each attempt may wait for its first output.
    const heldSince = attempt.awaitsOutput ? attempt.startedAt : call.arrivedAt
    const maxWaitMs = Math.max(0, heldSince + settings.streams.holdHeadersMs - clock.monotonicMs())
    const bound = boundOf(ports)
    const { buffers } = ports
    const { graceMs } = settings.streams
    const options = {
      dialect,
      isStream: wantsStreamed,
      maxWaitMs,
      graceMs,
      bound,
      clock,
      buffers,
      seeRefused,
      seeFirst,
      awaitsOutput: attempt.awaitsOutput,
      refuseFaulty: (events: readonly JsonObject[]) => refuseFaultyStream(events, dialect, attempt),
      isReplaceable,
    }
    return inspectResponse(response, type, options).then((found): Reading => {
      switch (found.kind) {
        case 'events':
          return { kind: 'stream', body: found.body, events: toEventOptions() }
        case 'whole':
          return { kind: 'whole', body: found.body, toResponse: (bytes) => toWhole(bytes, true) }
        case 'bytes':
          return { kind: 'stream', body: found.body, events: undefined }
        case 'refused': {
          const shown = secrets.hide(encoder.encode(JSON.stringify(found.failure)))
          const failure = toFailure(found.failure, shown, dialect)
          noteRefusal(attempt, failure.status, found.failure, refused)
          return { kind: 'refused', response: advise(failure, found.failure) }
        }
      }
    })

    function seeFirst(event: JsonObject) {
      attempt.responseId = dialect.state?.idOf(event)
    }

    function isReplaceable(whole: JsonObject, facts: ResponseFacts) {
      if (facts.hasFailed === true) return attempt.awaitsOutput
      return errorOfReply(whole, facts, dialect, attempt) !== undefined
    }

    function seeRefused(events: readonly JsonObject[]) {
      seeFailedEvents(events, dialect, attempt)
    }

    function toWhole(bytes: Uint8Array, isJson: boolean | 'if it parses') {
      const toResponse = (outline: Outline | undefined) => {
        const whole = readWholeResponse(status, type, isJson, bytes, dialect, attempt, outline, toCost)
        const { status: shown, failure } = whole
        if (failure === undefined) return whole
        noteRefusal(attempt, shown < 400 ? undefined : shown, failure, refused)
        return advise(whole, failure)
      }
      if (bytes.length <= shortBytes) return toResponse(toOutline(bytes))
      return outlineLong(bytes, () => yieldToEventLoop(clock)).then(toResponse)
    }
  }

  function toEventOptions(): EventOptions {
    const { events: format } = dialect
    const choices = (sentBody.kind === 'json' ? dialect.countChoices?.(sentBody.object) : undefined) ?? 1
    // Routes compare targets by their first token, which may follow other events by seconds.
    const isOutput = attempt.estimate.route === undefined ? undefined : dialect.reply?.hasOutput
    return {
      reader: createStreamReader(format, hidesUsage, toCost, choices, isOutput),
      format,
      clientFormat: translation?.dialect.events ?? format,
      maxEventBytes: settings.limits.eventBytes,
      mayOffload: !hidesUsage && toCost === undefined && choices === 1 && format.mayOffload,
      seeFailure(failure) {
        attempt.failure = kindOfRefusal(attempt.status, JSON.stringify(failure))
        noteRefusal(attempt, undefined, failure, refused)
      },
    }
  }

  const plan: AttemptPlan = {
    stages,
    // Under a budget a whole response is charged whether it is read or not, so it is read for its usage (case C3).
    isDrained: provider.onCallerGone === 'drain' || attempt.estimate.isOwedUnread === true,
    responseHeaders: dialect.responseHeaders,
    callerSecrets,
    mayBeUnchanged: false,
    send: (context) =>
      usageFields === undefined
        ? provider.send({ ...toProviderCall(request, attempt.target, undefined, call, ports), credential }, context)
        : sendRequestingUsage(request, attempt.target, usageFields, call, context, ports),
    read,
  }
  return runAttempt(attempt, plan, call, ports)
}

/** Lowers the output limit to what the budget can pay. Everything else computed uses the caller's request (case C4). */
function lowerOutput(request: CallRequest, { outputLimit }: Dialect, { maxTokens, estimate }: Attempt): CallRequest {
  const { body } = request
  const field = estimate.output?.field
  if (maxTokens === undefined || field === undefined || outputLimit === undefined || body.kind !== 'json')
    return request
  const members = toLimitMembers(body.object, outputLimit, field, maxTokens)
  const lowered = { ...body, text: editJson(body.text, members), object: { ...body.object, ...members } }
  return { ...request, body: lowered }
}

/**
 * Undefined if either form of response is accepted: for a form that may still request a stream (case C7), and for
 * audio, whose events are requested by other fields.
 */
function wantsStream({ body, isStream }: CallRequest, { respondsInJson }: Dialect): boolean | undefined {
  if (body.kind === 'json') return respondsInJson ? isStream : undefined
  if (typeof body.fields.stream === 'boolean') return isStream
  return body.isWhole && body.fields.stream === undefined ? false : undefined
}

/**
 * Reads a status of 400 or more. A provider's 401 for a key that Weir holds concerns the operator: the caller has no
 * part in it, and learns nothing about the key (case A17). The response to a caller's own credential passes unchanged.
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
    toResponse(bytes) {
      noteRefusal(attempt, status, bytes, refused)
      seeErrorUsage(bytes, dialect, attempt)
      const { provider } = attempt.target
      if (provider.passesCallerCredentials) return { status, body: bytes }
      const isOperators = status === 401 && refused.callerSecrets.length === 0 && provider.holdsKey
      if (!isOperators)
        return adviseOnRegion(readErrorResponse(status, type, bytes, dialect), bytes, refused.regionAdvice)
      throw new GatewayError(
        'upstream_auth_failed',
        `The provider \`${attempt.provider}\` rejected the key that this server holds for it. The operator must replace it.`,
        { headers: { 'x-should-retry': 'false' } },
      )
    },
  }
}

/** Awaits the first byte of a file. Rejects with GatewayError `upstream_empty_answer` if there is none. */
async function refuseNothing(body: ByteStream): Promise<Reading> {
  const peeked = new PeekedBody(body, (beginning) => beginning.length > 0)
  const beginning = await peeked.beginning
  if (beginning.length === 0) throw emptyReply()
  return { kind: 'stream', body: peeked, events: undefined }
}

const decoder = new TextDecoder()
const encoder = new TextEncoder()

/** Providers that have refused `stream_options` since this process started. */
const refusing = new WeakSet<Provider>()

function mayRequestUsage(provider: Provider): boolean {
  return provider.acceptsStreamOptions && !refusing.has(provider)
}

/**
 * Requests the usage, and retries without the added fields if the provider refuses them; later calls to that provider
 * then leave them out (case A9).
 */
async function sendRequestingUsage(
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
  // The beginning of a long refusal names the field, or it is not about it and is relayed whole.
  const body = new PeekedBody(response.body, () => false)
  if (!/stream_options|include_usage/.test(decoder.decode(await body.beginning))) return { ...response, body }
  body.cancel()
  refusing.add(provider)
  return await provider.send(toProviderCall(request, target, undefined, call, ports), context)
}

/** Edits only the fields that Weir sets; a body that needs no edit is sent byte for byte. */
function toProviderCall(
  request: CallRequest,
  { provider, model }: Target,
  usageFields: JsonObject | undefined,
  { operation, query, headers, credentials }: Call,
  ports: Ports,
): ProviderCall {
  const isFitted = operation.images && !provider.passesCallerCredentials
  const { body, model: requestedModel, isStream } = isFitted ? fitImageRequest(request, model, ports) : request
  const isRenamed = model !== undefined && model !== requestedModel
  let outbound: OutboundBody
  if (body.kind === 'form') {
    outbound = body.withModel(model === requestedModel ? undefined : model)
  } else {
    outbound = provider.acceptsUsageField ? body : withoutUsageField(body)
    if (isRenamed || usageFields !== undefined) {
      const edits = {
        ...(isRenamed ? operation.dialect.toModelFields(model, outbound.object) : undefined),
        ...usageFields,
      }
      outbound = { ...outbound, text: editJson(outbound.text, edits), object: { ...outbound.object, ...edits } }
    }
  }
  return { operation, model, isStream, body: outbound, query, headers, ownKey: credentials.ownKey }
}

/**
 * Removes the field that requests the cost from Weir: providers other than OpenRouter return 400 for it. A `usage` of
 * another shape is not Weir's.
 */
function withoutUsageField(body: JsonBody): JsonBody {
  if (body.object.usage === undefined) return body
  const { usage, ...object } = body.object
  if (!isJsonObject(usage) || typeof usage.include !== 'boolean') return body
  return { ...body, text: removeMember(body.text, 'usage'), object }
}
