import { defaults } from '../../config/defaults.ts'
import type { Settings } from '../../config/settings.ts'
import type { JsonObject } from '../../core/json.ts'
import type { Dialect, OutputLimitFormat } from '../../dialects/dialect.ts'
import { type CallBounds, dearestOutput, maxLengthWithin } from '../../metering/worst-case.ts'
import type { OutputLimitField, Provider } from '../../providers/provider.ts'
import type { Target } from '../../providers/registry.ts'
import type { OutputPlan } from '../call/attempt.ts'
import type { Caller, CallRequest } from '../call/call.ts'

/**
 * Plans how the output of a call under a budget is bounded; the plan's bounds hold the maximum that it may request.
 * Undefined if nothing bounds it: the call has no output, its output is free, or neither the provider's nor the model's
 * limit is known.
 *
 * If the provider declares a field that limits all output, the bound is the call's own limit or the model's maximum,
 * and may be lowered. Otherwise the bound is the model's maximum, whatever the request says, because nothing is known
 * to enforce a lower one. This includes images, speech and transcriptions, whose operations have no such field.
 */
export function planOutput(
  { body }: CallRequest,
  dialect: Dialect,
  { provider }: Target,
  bounds: CallBounds,
  { key }: Caller,
  { metering }: Settings,
): OutputPlan | undefined {
  const { outputLimit: format } = dialect
  const { price } = bounds
  if (dearestOutput(price) === 0) return undefined
  const modelMax = price.maxOutputTokens ?? Number.POSITIVE_INFINITY
  const field = body.kind === 'json' ? boundingField(body.object, dialect, provider) : undefined
  if (field === undefined || format === undefined || body.kind !== 'json') {
    const hasOutput = format !== undefined || bounds.maxOutputTokens > 0
    if (price.maxOutputTokens === undefined || !hasOutput) return undefined
    const maxTokens = price.maxOutputTokens
    const fullBounds = { ...bounds, maxOutputTokens: maxTokens }
    const whole = { minTokens: maxTokens, reasoningTokens: 0, needsCompleteFor: undefined }
    return {
      bounds: fullBounds,
      field: undefined,
      ownLimit: modelMax,
      ...whole,
      truncationReason: format?.truncationReason ?? '',
    }
  }
  const { truncationReason } = format
  const minLimit = field.min ?? 1
  const requestedMax = format.read(body.object, field.names)
  const ownLimit = Math.min(requestedMax ?? Number.POSITIVE_INFINITY, modelMax)
  // Without a limit in the request: the key's default, else the model's maximum, else the server's default.
  const reasoningTokens = format.reasoningOf(body.object)
  const usualLimit = key?.key.defaultMaxTokens ?? (modelMax < Infinity ? modelMax : metering.defaultMaxTokens)
  const fallback = Math.max(minLimit, reasoningTokens + usualLimit)
  const maxTokens = Math.min(requestedMax ?? fallback, modelMax)
  const needsCompleteFor = format.needsCompleteFor(body.object)
  // Anthropic returns 400 for a limit not above the thinking budget; elsewhere no tokens would be left for the reply.
  const useful = Math.max(minLimit, reasoningTokens + defaults.metering.minOutputTokens)
  const minTokens = needsCompleteFor === undefined ? Math.min(maxTokens, useful) : maxTokens
  return {
    bounds: { ...bounds, maxOutputTokens: maxTokens },
    field,
    ownLimit,
    minTokens,
    reasoningTokens,
    needsCompleteFor,
    truncationReason,
  }
}

function boundingField(body: JsonObject, dialect: Dialect, { outputLimit }: Provider): OutputLimitField | undefined {
  if (outputLimit === 'unknown' || !outputLimit.includesReasoning) return undefined
  if (outputLimit.excludedBy?.some((name) => body[name] !== undefined && body[name] !== null) === true) return undefined
  return outputLimit.fields.find((each) => each.dialect === dialect)
}

/** Returns the members of a request that lower its output to `maxTokens`. */
export function toLimitMembers(
  body: JsonObject,
  format: OutputLimitFormat,
  field: OutputLimitField,
  maxTokens: number,
): JsonObject {
  return format.toMembers(body, field.names, maxTokens)
}

/** Returns a sentence, for a caller whose budget cannot cover the call, that names what would fit into `restNano`. */
export function toFittingHint(
  { bounds, field, reasoningTokens, needsCompleteFor }: OutputPlan,
  providerId: string,
  restNano: number,
  usualTokens: number | undefined,
): string {
  if (field === undefined) {
    return `The call must reserve the longest reply of the model (${bounds.maxOutputTokens} tokens), because \`${providerId}\` is not known to enforce a limit on all output of such a request.`
  }
  const fits = maxLengthWithin(bounds, restNano) ?? 0
  if (fits < (field.min ?? 1)) return 'Not even a short reply fits beside this input. Send a shorter prompt.'
  if (fits <= reasoningTokens && reasoningTokens > 0)
    return `Of the ${reasoningTokens} tokens that the request reserves for reasoning, only ${fits} fit. Set a lower budget for reasoning.`
  const usual =
    usualTokens === undefined ? '' : `Replies of this model to this key usually need up to ${usualTokens} tokens. `
  const reason =
    needsCompleteFor === undefined ? usual : `\`${needsCompleteFor}\` needs the whole reply, which is not cut short. `
  return `${reason}\`${field.names[0]}: ${fits}\` would fit.`
}
