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
 * How the output of a call under a budget is bounded, with the most that it asks for as its bounds. Undefined where nothing bounds it: it puts out
 * nothing, or what costs nothing, or neither the provider's limit nor the model's is known.
 *
 * Where the provider's declaration says that a field bounds all output, the call asks for its own limit, or for the longest answer of its model, and
 * may be lowered. Elsewhere the longest answer of the model is asked for, whatever the request says, since nothing is known to hold it back; so it is of
 * pictures, speech and transcripts, whose operations have no such field.
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
  const longest = price.maxOutputTokens ?? Number.POSITIVE_INFINITY
  const field = body.kind === 'json' ? boundingField(body.object, dialect, provider) : undefined
  if (field === undefined || format === undefined || body.kind !== 'json') {
    const putsOut = format !== undefined || bounds.maxOutputTokens > 0
    if (price.maxOutputTokens === undefined || !putsOut) return undefined
    const most = price.maxOutputTokens
    const asked = { ...bounds, maxOutputTokens: most }
    const whole = { minTokens: most, reasoningTokens: 0, uncutFor: undefined }
    return { bounds: asked, field: undefined, ownLimit: longest, ...whole, cutReason: format?.cutReason ?? '' }
  }
  const { cutReason } = format
  const least = field.min ?? 1
  const asked = format.read(body.object, field.names)
  const ownLimit = Math.min(asked ?? Number.POSITIVE_INFINITY, longest)
  // Without a limit of the caller's the operator's counts, and the server's where nothing else does.
  const reasoningTokens = format.reasoningOf(body.object)
  const usualLimit = key?.key.defaultMaxTokens ?? (longest < Infinity ? longest : metering.defaultMaxTokens)
  const fallback = Math.max(least, reasoningTokens + usualLimit)
  const most = Math.min(asked ?? fallback, longest)
  const uncutFor = format.uncutFor(body.object)
  // Anthropic answers 400 to a limit that is not above the budget for thinking; elsewhere nothing would be left for an answer.
  const useful = Math.max(least, reasoningTokens + defaults.metering.minOutputTokens)
  const minTokens = uncutFor === undefined ? Math.min(most, useful) : most
  return {
    bounds: { ...bounds, maxOutputTokens: most },
    field,
    ownLimit,
    minTokens,
    reasoningTokens,
    uncutFor,
    cutReason,
  }
}

function boundingField(body: JsonObject, dialect: Dialect, { outputLimit }: Provider): OutputLimitField | undefined {
  if (outputLimit === 'unknown' || !outputLimit.includesReasoning) return undefined
  if (outputLimit.excludedBy?.some((name) => body[name] !== undefined && body[name] !== null) === true) return undefined
  return outputLimit.fields.find((each) => each.dialect === dialect)
}

/** The members of a request that lower its output to `maxTokens`. */
export function toLimitMembers(
  body: JsonObject,
  format: OutputLimitFormat,
  field: OutputLimitField,
  maxTokens: number,
): JsonObject {
  return format.toMembers(body, field.names, maxTokens)
}

/** For a caller whose budget does not carry the call: the sentence that says what would fit into `restNano`. */
export function toFittingHint(
  { bounds, field, reasoningTokens, uncutFor }: OutputPlan,
  providerId: string,
  restNano: number,
  usualTokens: number | undefined,
): string {
  if (field === undefined) {
    return `The longest answer of the model (${bounds.maxOutputTokens} tokens) has to be set aside, since \`${providerId}\` is not known to keep to a limit on all that it puts out for such a request.`
  }
  const fits = maxLengthWithin(bounds, restNano) ?? 0
  if (fits < (field.min ?? 1)) return 'Not even a short answer fits beside this input; a shorter prompt asks for less.'
  if (fits <= reasoningTokens && reasoningTokens > 0)
    return `Not even the ${reasoningTokens} tokens that the request sets apart for reasoning fit, of which ${fits} would; a lower budget for reasoning asks for less.`
  const usual =
    usualTokens === undefined ? '' : `Answers of this model to this key usually need up to ${usualTokens} tokens. `
  const reason = uncutFor === undefined ? usual : `\`${uncutFor}\` needs the whole answer, which is not cut short. `
  return `${reason}\`${field.names[0]}: ${fits}\` would fit.`
}
