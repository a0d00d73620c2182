import { GatewayError } from '../../core/errors.ts'
import type { RequestBounds } from '../../dialects/dialect.ts'
import { type Operation, passthroughOperation } from '../../dialects/operations.ts'
import { coversUsage } from '../../metering/cost.ts'
import type { Price } from '../../metering/price.ts'
import { free } from '../../metering/price-book.ts'
import { type CallBounds, type PricedDrawing, worstCase } from '../../metering/worst-case.ts'
import type { OtherModel } from '../../openai/other-models.ts'
import type { Provider } from '../../providers/provider.ts'
import type { Target } from '../../providers/registry.ts'
import type { Estimate } from '../call/attempt.ts'
import { type Call, type Caller, type CallRequest, type FormBody, fieldsOf } from '../call/call.ts'
import { isCallersAccount } from '../call/caller-account.ts'
import { otherModelsOf } from '../call/other-models.ts'
import type { Metering, Ports } from '../call/ports.ts'
import { readTags } from '../call/read-tags.ts'
import { hasEnforcedBudget } from './has-budget.ts'
import { planOutput } from './plan-output.ts'
import { readEndUser } from './read-end-user.ts'

/** Bytes per second of audio: speech is rarely sent with fewer (16 kbit/s). */
const bytesPerSecond = 2_000
/** OpenAI's limit for an upload. Source: https://platform.openai.com/docs/guides/speech-to-text */
const maxAudioBytes = 25 * 1_024 * 1_024

/**
 * Estimates the maximum that a call may use at its target, from the request as it is sent there; its labels are those
 * of the request as received. Throws GatewayError `invalid_value` for an invalid limit,
 * number of choices or metadata, and for a call under a budget whose request sets no upper bound on its cost.
 */
export function estimateCall(
  received: Call,
  receivedRequest: CallRequest,
  sent: { readonly operation: Operation; readonly request: CallRequest },
  target: Target,
  caller: Caller,
  ports: Ports,
): Estimate {
  const { operation, request } = sent
  const call = operation === received.operation ? received : { ...received, operation, query: '' }
  const { credentials } = call
  const labels = readLabels(received, receivedRequest, caller, ports)
  const form = request.body.kind === 'form' ? request.body : undefined
  const bounds = operation.dialect.boundRequest(fieldsOf(request), form)
  if (ports.metering === undefined) return estimateTarget(call, request, bounds, labels, target, caller, false, ports)
  const others = otherModelsOf(call, request)
  const isBudgeted =
    caller.key !== undefined && !isCallersAccount(credentials, target.provider) && hasEnforcedBudget(caller.key)
  if (isBudgeted) refuseUnbounded(call, request, bounds, others)
  const own = estimateTarget(call, request, bounds, labels, target, caller, isBudgeted, ports)
  const alternatives = others.filter(({ isAlternative }) => isAlternative)
  if (alternatives.length === 0) return own
  const { provider } = target
  const unpriced = { ...own, price: undefined, output: undefined, reservedNano: 0, hasAlternatives: true }
  // Only the charge that the provider reports shows which model replied (case D7).
  if (!provider.reportsCharge) return unpriced
  let dearest = own
  for (const { model } of alternatives) {
    if (model === undefined) return unpriced
    const other = estimateTarget(call, request, bounds, labels, { provider, model }, caller, isBudgeted, ports)
    if (other.price === undefined) return unpriced
    if (other.reservedNano > dearest.reservedNano) dearest = other
  }
  return { ...dearest, model: own.model, hasAlternatives: true }
}

type CallLabels = Pick<Estimate, 'operation' | 'endUser' | 'tags'>

function readLabels(call: Call, request: CallRequest, { userToken }: Caller, { secrets }: Ports): CallLabels {
  return {
    operation: call.operation.name,
    // The end user of a token is authenticated; a page may name any other in the body.
    endUser: userToken === undefined ? readEndUser(call, request, secrets) : userToken.endUser,
    tags: readTags(call, request, userToken?.tags),
  }
}

function estimateTarget(
  call: Call,
  request: CallRequest,
  bounds: RequestBounds,
  labels: CallLabels,
  target: Target,
  caller: Caller,
  isBudgeted: boolean,
  { metering, settings }: Ports,
): Estimate {
  const { provider, model = '' } = target
  const { key } = caller
  const { operation, credentials } = call
  const { body, isStream } = request
  const { choices, images, characters, isAudio, serviceTier } = bounds
  const listed = metering && findPrice(operation, provider, model, metering)
  const isFree = isCallersAccount(credentials, provider)
  const media = {
    images: images?.count,
    imageSize: images?.size,
    imageQuality: images?.quality,
    characters,
    webSearches: bounds.certainSearches ?? (provider.searchingModels?.test(model) ? 1 : undefined),
    searchContext: bounds.searchContext,
  }
  // Speech priced by the character alone has no tokens.
  const isByCharacter = characters !== undefined && listed?.output === 0 && listed.audioOutput === undefined
  const fullTokens = isByCharacter ? 0 : bounds.maxOutputTokens
  const drawing = metering && priceDrawing(bounds, provider, metering)
  const perChoice = Math.min(
    fullTokens ?? key?.key.defaultMaxTokens ?? settings.metering.defaultMaxTokens,
    listed?.maxOutputTokens ?? Number.POSITIVE_INFINITY,
  )
  const seconds = body.kind === 'form' && isAudio === true ? estimateSeconds(body) : 0
  // A price per second covers the whole input; otherwise audio is priced as tokens.
  const isBySecond = isAudio === true && listed?.perSecondPico !== undefined
  const inputTokens = isBySecond ? 0 : bounds.inputTokens + (listed === undefined ? 0 : audioTokens(seconds))
  const isPartial = body.kind === 'form' && !body.isWhole
  const outputTokens = perChoice * choices
  // A model without a rate for a token type that the call may use counts as unpriced (case C6).
  const imageOutputTokens = images === undefined ? 0 : outputTokens
  const audioOutputTokens = characters === undefined ? 0 : outputTokens
  const isCovered =
    listed !== undefined &&
    ((listed.input > 0 && listed.output > 0) ||
      coversUsage(listed, { inputTokens, outputTokens, imageOutputTokens, audioOutputTokens, seconds }, media))
  const price = isCovered && (bounds.drawing === undefined || drawing !== undefined) ? listed : undefined
  const usual: CallBounds | undefined = price && {
    price,
    inputTokens,
    maxOutputTokens: perChoice,
    choices,
    media,
    seconds,
    isPartial,
    serviceTier,
    region: bounds.region,
    webSearches: bounds.webSearches,
    webSearchPreviews: bounds.webSearchPreviews,
    fileSearches: bounds.fileSearches,
    drawing,
  }
  const output =
    usual !== undefined && isBudgeted && settings.limits.capOutput
      ? planOutput(request, operation.dialect, target, usual, caller, settings)
      : undefined
  const worst = usual && worstCase(output?.bounds ?? usual)
  return {
    ...labels,
    provider: provider.id,
    model,
    isStream,
    isFree,
    reportsCharge: provider.reportsCharge,
    price,
    drawingPrice: drawing?.price,
    inputTokens,
    outputTokens: (output?.bounds.maxOutputTokens ?? perChoice) * choices,
    media,
    seconds,
    isPartial,
    // Rates reserve the likely usage, and are corrected by the actual usage.
    reservedTokens:
      output === undefined && worst !== undefined
        ? worst.tokens
        : Math.min(inputTokens + outputTokens, Number.MAX_SAFE_INTEGER),
    reservedNano: isFree ? 0 : (worst?.nano ?? 0),
    output,
    isOwedUnread: isBudgeted && !isStream && provider.billsAbandoned,
  }
}

/**
 * Estimates the seconds of audio from its bytes. A form without a file names a URL from which the provider fetches
 * it, as Groq's `url` does.
 */
function estimateSeconds({ isWhole, files, length }: FormBody): number {
  const isElsewhere = isWhole && files === 0
  return (isElsewhere ? maxAudioBytes : (length ?? maxAudioBytes)) / bytesPerSecond
}

/**
 * Tokens of Whisper's encoder: 1,500 for 30 seconds. No other known model has more.
 * Source: https://github.com/openai/whisper/blob/main/whisper/audio.py
 */
const tokensPerSecond = 50

/** Returns the maximum number of tokens that audio of this length can have. */
export function audioTokens(seconds: number): number {
  return Math.ceil(seconds * tokensPerSecond)
}

/** Throws GatewayError `invalid_value` if a call under a budget could cost more than it reserves. */
function refuseUnbounded(
  { operation: { dialect } }: Call,
  { body }: CallRequest,
  { drawing }: RequestBounds,
  others: readonly OtherModel[],
): void {
  if (body.kind !== 'json') return
  if (dialect.outputLimit?.isDeferred(body.object) === true)
    throw new GatewayError(
      'invalid_value',
      'A key with a budget cannot run a response in the background, because its cost is not known when it returns. Leave `background` out, or stream the response.',
      { param: 'background' },
    )
  const hidden = dialect.findHidden?.(body.object)
  if (hidden !== undefined) {
    const { name } = hidden
    const param = hidden.param.slice(0, 100)
    throw new GatewayError(
      'invalid_value',
      hidden.isDropped
        ? `A key with a budget cannot let a router drop \`${name}\`, because its cost estimate includes it. Leave it out of \`${param}\`.`
        : `A key with a budget cannot send \`${param}\`, because \`${name}\` is not counted there. Send it as \`${name}\` at the top level of the body.`,
      { param },
    )
  }
  // The image model of a response is priced with it.
  const helper = others.find(
    ({ isAlternative, model }) => !isAlternative && (model === undefined || model !== drawing?.model),
  )
  if (helper === undefined) return
  const param = helper.param.slice(0, 100)
  throw new GatewayError(
    'invalid_value',
    `A key with a budget cannot use \`${param}\` to call further models, because their cost has no upper bound before the call. Leave them out, or send a separate call for each model.`,
    { param },
  )
}

/** Finds the price of the requested model, or of the provider's default model if none is requested (case C17). */
function findPrice(
  { name }: Operation,
  { id, freeOperations, defaultModels }: Provider,
  model: string,
  { prices }: Metering,
): Price | undefined {
  return freeOperations.has(name) ? free : prices.find(id, model === '' ? (defaultModels[name] ?? model) : model)
}

/** Returns undefined if no image is to be generated, or if the price of the image model is unknown. */
function priceDrawing(
  { drawing }: RequestBounds,
  { id, drawingModel }: Provider,
  { prices }: Metering,
): PricedDrawing | undefined {
  if (drawing === undefined) return undefined
  const model = drawing.model ?? drawingModel
  const price = model === undefined ? undefined : prices.find(id, model)
  const { images, tokens, size, quality } = drawing
  return price && { price, tokens, media: { images, imageSize: size, imageQuality: quality } }
}

/** Estimates a request that is relayed unparsed: its price is unknown, unless it is free. */
export function estimatePassthrough(target: Target, isFree: boolean, { userToken }: Caller, ports: Ports): Estimate {
  const { id } = target.provider
  const price = ports.metering?.prices.find(id, '')
  const worst = price && worstCase({ price, inputTokens: 0, maxOutputTokens: 0, choices: 1, media: {}, seconds: 0 })
  return {
    operation: passthroughOperation,
    provider: id,
    model: '',
    isStream: false,
    isFree,
    endUser: userToken?.endUser ?? '',
    tags: userToken?.tags ?? [],
    reportsCharge: false,
    price,
    inputTokens: 0,
    outputTokens: 0,
    media: {},
    seconds: 0,
    isPartial: false,
    reservedTokens: worst?.tokens ?? 0,
    reservedNano: isFree ? 0 : (worst?.nano ?? 0),
  }
}
