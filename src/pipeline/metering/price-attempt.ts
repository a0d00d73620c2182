import { isUncounted, type Usage } from '../../core/usage.ts'
import { toUsd } from '../../core/usd.ts'
import { costOf, coversUsage } from '../../metering/cost.ts'
import type { MediaQuantities, Price } from '../../metering/price.ts'
import type { Attempt, AttemptCost, Estimate } from '../call/attempt.ts'
import { audioTokens } from './estimate.ts'

/** The facts about an attempt's end that determine its cost. */
type AttemptEnd = Pick<Attempt, 'usage' | 'media' | 'outcome' | 'status' | 'wasSent' | 'producedTokens'> &
  Partial<Pick<Attempt, 'isDeferred'>>
type Expected = Pick<
  Estimate,
  | 'price'
  | 'inputTokens'
  | 'outputTokens'
  | 'media'
  | 'seconds'
  | 'isPartial'
  | 'isFree'
  | 'isOwedUnread'
  | 'reportsCharge'
  | 'drawingPrice'
>

/** Returns the cost in USD that will be recorded, or null if unpriced; without metering, the reported cost. */
export function quoteUsd(
  usage: Usage,
  estimate: Expected | undefined,
  producedTokens: number | undefined,
  media: MediaQuantities | undefined,
): number | null {
  if (estimate === undefined) return usage.reportedNano === undefined ? null : toUsd(usage.reportedNano)
  const end = { usage, media, outcome: 'ok', status: 200, wasSent: true, producedTokens } as const
  const { costNano, costSource } = priceAttempt(end, estimate)
  return costSource === 'unpriced' ? null : toUsd(costNano)
}

/**
 * Prices an attempt from the facts known at its end (R04, R05, R06). In order of precedence:
 * - a free attempt, or one without usage that owes neither input nor output, costs nothing;
 * - a deferred response, which arrived before its work was done, is unpriced, not priced by its input (case C1);
 * - under a budget, an unstreamed response costs `reservedNano` if the caller left and its usage could not be read,
 *   because the provider may charge for it (case C3);
 * - the cost that the provider reports, if it is known to be its charge (case C9);
 * - the usage, counted or estimated, if the price covers it;
 * - a cost above 0 that the provider reports, even if it is not known to be its charge.
 *
 * If the provider reports no usage, `estimateUsage` estimates it: none if the provider failed before any output; the
 * input if the caller left after the request was sent; otherwise the input and the relayed output.
 */
export function priceAttempt(end: AttemptEnd, expected: Expected, reservedNano = 0): AttemptCost {
  const { price, isFree, media, reportsCharge, isOwedUnread, drawingPrice } = expected
  const reported = end.usage === undefined ? estimateUsage(end, expected) : fillZeros(end.usage, end, expected)
  if (reported === undefined || isFree) return { costNano: 0, costSource: 'none', usage: reported }
  if (end.isDeferred === true) return { costNano: 0, costSource: 'unpriced', usage: reported }
  const isUnread = end.outcome === 'client_gone' && end.usage === undefined && end.producedTokens === undefined
  if (isOwedUnread === true && isUnread && price !== undefined)
    return { costNano: reservedNano, costSource: 'reserved', usage: reported }
  const { reportedNano } = reported
  if (reportsCharge && reportedNano !== undefined)
    return { costNano: reportedNano, costSource: 'provider', usage: reported }
  const usage = price === undefined ? reported : fillSeconds(reported, price, expected)
  // Checked against the requested media: a response with 0 images is covered by a price per image, and costs 0.
  if (price !== undefined && coversUsage(price, usage, media, drawingPrice)) {
    const produced = end.media === undefined ? media : toProduced(end.media, media)
    const costSource = usage !== end.usage && !isCounted(price, produced, end, expected) ? 'estimated' : 'usage'
    return { costNano: costOf(price, usage, produced, drawingPrice), costSource, usage }
  }
  if (reportedNano !== undefined && reportedNano > 0) return { costNano: reportedNano, costSource: 'provider', usage }
  return { costNano: 0, costSource: 'unpriced', usage }
}

function estimateUsage(end: AttemptEnd, { inputTokens, outputTokens, seconds }: Expected): Usage | undefined {
  const produced = end.producedTokens ?? 0
  const pictures = end.media?.images ?? 0
  if (produced === 0 && pictures === 0 && !isInputOwed(end)) return undefined
  const usage = { inputTokens, outputTokens: Math.min(produced, outputTokens) }
  return seconds > 0 ? { ...usage, seconds } : usage
}

/**
 * Takes the number of images from the response. Takes size and quality from the request, whose names prices use, or
 * from the response if the request leaves them out or says `auto`.
 */
function toProduced(reported: MediaQuantities, requested: MediaQuantities): MediaQuantities {
  return {
    ...requested,
    images: reported.images ?? requested.images,
    imageSize: isNamed(requested.imageSize) ? requested.imageSize : reported.imageSize,
    imageQuality: isNamed(requested.imageQuality) ? requested.imageQuality : reported.imageQuality,
  }
}

function isNamed(value: string | undefined): boolean {
  return value !== undefined && value !== 'auto'
}

/** Replaces token counts of 0 by estimates if the response shows that tokens were used (case C5). */
function fillZeros(usage: Usage, end: AttemptEnd, { price, inputTokens, outputTokens }: Expected): Usage {
  const { producedTokens = 0, outcome } = end
  const { seconds } = usage
  const output = usage.outputTokens === 0 ? Math.min(producedTokens, outputTokens) : usage.outputTokens
  // A length counts as usage only if it has a price per second; otherwise it only bounds the estimated tokens.
  const isLengthUnpriced =
    seconds !== undefined && price?.perSecondPico === undefined && price?.perSoundSecondPico === undefined
  const hasInput = usage.inputTokens > 0 || inputTokens === 0 || (seconds !== undefined && !isLengthUnpriced)
  const isOwed = output > 0 || ((isUncounted(usage) || isLengthUnpriced) && outcome === 'ok' && isInputOwed(end))
  const estimated = isLengthUnpriced ? Math.min(inputTokens, audioTokens(seconds)) : inputTokens
  const input = hasInput || !isOwed ? usage.inputTokens : estimated
  return output === usage.outputTokens && input === usage.inputTokens
    ? usage
    : { ...usage, inputTokens: input, outputTokens: output }
}

/**
 * Adds the estimated length if the price is per second without an input token rate and the response reports no length
 * (case C2).
 */
function fillSeconds(usage: Usage, { perSecondPico, input }: Price, { seconds }: Expected): Usage {
  const isMissing = seconds > 0 && usage.seconds === undefined && perSecondPico !== undefined && input === 0
  return isMissing ? { ...usage, seconds } : usage
}

/** True if the provider will charge for the input although it produced no output tokens. */
function isInputOwed({ outcome, status, wasSent }: AttemptEnd): boolean {
  if (outcome === 'ok') return status < 400
  return outcome === 'client_gone' && wasSent
}

/**
 * True if the price has no token rates and the images or characters are known exactly, from the response or from a
 * request that was read whole. The cost is then not an estimate.
 */
function isCounted(
  { input, output }: Price,
  { images, characters }: MediaQuantities,
  { media: reported }: AttemptEnd,
  { isPartial }: Expected,
): boolean {
  const isKnown = reported !== undefined || !isPartial
  return isKnown && input === 0 && output === 0 && (images !== undefined || characters !== undefined)
}
