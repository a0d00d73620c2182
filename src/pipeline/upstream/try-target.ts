import type { Settings } from '../../config/settings.ts'
import { isJsonObject, type JsonObject } from '../../core/json.ts'
import type { Usage } from '../../core/usage.ts'
import type { Dialect } from '../../dialects/dialect.ts'
import { createStreamReader } from '../../dialects/stream-reader.ts'
import { editJson, removeMember } from '../../openai/edit-json.ts'
import type { JsonBody, OutboundBody, ProviderCall } from '../../providers/provider.ts'
import type { Target } from '../../providers/registry.ts'
import type { Attempt, AttemptResult } from '../call/attempt.ts'
import type { Call, CallRequest } from '../call/call.ts'
import type { Ports } from '../call/ports.ts'
import type { Stage } from '../call/stage.ts'
import { fitImageRequest } from '../images/fit-image-request.ts'
import { quoteUsd } from '../metering/price-attempt.ts'
import type { EventOptions } from '../stream/relay.ts'
import { readWholeResponse } from './read-whole-response.ts'
import { runAttempt } from './run-attempt.ts'

/**
 * Sends a call to the target of its attempt: the answer is whole where it is JSON or an error, streamed otherwise. Ends the attempt on every
 * way. Does not reject.
 */
export function tryTarget(
  attempt: Attempt,
  request: CallRequest,
  stages: readonly Stage[],
  call: Call,
  ports: Ports,
): Promise<AttemptResult> {
  const { dialect } = call.operation
  const { settings, metering } = ports
  const { provider } = attempt.target
  call.trace.add({ stream: request.isStream })
  // Weir asks for the usage of a stream whose caller does not, and hides it.
  const usageFields =
    request.isStream && !request.wantsUsage && request.body.kind === 'json' && provider.acceptsStreamOptions
      ? dialect.toUsageRequest(request.body.object)
      : undefined
  const toCost = request.wantsCost ? (usage: Usage) => quoteUsd(usage, metering && attempt.estimate) : undefined
  return runAttempt(
    attempt,
    {
      stages,
      isDrained: provider.onCallerGone === 'drain',
      send: (context) => provider.send(toProviderCall(request, attempt.target, usageFields, call, ports), context),
      isStreamed,
      toEventOptions: (type) =>
        isEventStream(type)
          ? toEventOptions(dialect, usageFields !== undefined && !request.wantsCost, toCost, settings)
          : undefined,
      readWhole: (status, type, bytes) => readWholeResponse(status, type, bytes, dialect, attempt, settings, toCost),
    },
    call,
    ports,
  )
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
