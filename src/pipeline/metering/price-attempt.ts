import { isUncounted, type Usage } from '../../core/usage.ts'
import { toUsd } from '../../core/usd.ts'
import { costOf, coversUsage } from '../../metering/cost.ts'
import type { MediaQuantities, Price } from '../../metering/price.ts'
import type { Attempt, AttemptCost, Estimate } from '../call/attempt.ts'
import { heardTokens } from './estimate.ts'

/** How an attempt ended, as far as its cost depends on it. */
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

/** The cost in USD that will be booked, or null if unpriced. Without metering: the cost that the provider reports. */
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
 * The cost of an attempt, by what is known when it is over (R04, R05, R06).
 *
 * The provider's own figure comes first where it is known to be its charge (case C9), then its count, then a figure of any other provider, but for its
 * 0. Without any: nothing, where the provider gave up before it produced anything; the input alone, where the caller left a provider at work; else the
 * input and what has passed, as an estimate. Under a budget a whole answer that was not waited for costs `reservedNano`, since its provider charges for
 * what it has put out (case C3). An answer that came before its work is done has an unknown cost, and not that of its input (case C1).
 */
export function priceAttempt(end: AttemptEnd, expected: Expected, reservedNano = 0): AttemptCost {
  const { price, isFree, media, reportsCharge, isOwedUnread, drawingPrice } = expected
  const told = end.usage === undefined ? estimateUsage(end, expected) : fillZeros(end.usage, end, expected)
  if (told === undefined || isFree) return { costNano: 0, costSource: 'none', usage: told }
  if (end.isDeferred === true) return { costNano: 0, costSource: 'unpriced', usage: told }
  const isUnread = end.outcome === 'client_gone' && end.usage === undefined && end.producedTokens === undefined
  if (isOwedUnread === true && isUnread && price !== undefined)
    return { costNano: reservedNano, costSource: 'reserved', usage: told }
  const { reportedNano } = told
  if (reportsCharge && reportedNano !== undefined)
    return { costNano: reportedNano, costSource: 'provider', usage: told }
  const usage = price === undefined ? told : fillSeconds(told, price, expected)
  // By what was asked for, since no pictures at all are paid by the piece too.
  if (price !== undefined && coversUsage(price, usage, media, drawingPrice)) {
    const made = end.media === undefined ? media : toMade(end.media, media)
    const costSource = usage !== end.usage && !isCounted(price, made, end, expected) ? 'estimated' : 'usage'
    return { costNano: costOf(price, usage, made, drawingPrice), costSource, usage }
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

/** The number that came; of size and quality those that were asked for, which are the words that prices are told in. */
function toMade(told: MediaQuantities, asked: MediaQuantities): MediaQuantities {
  return {
    ...asked,
    images: told.images ?? asked.images,
    imageSize: isNamed(asked.imageSize) ? asked.imageSize : told.imageSize,
    imageQuality: isNamed(asked.imageQuality) ? asked.imageQuality : told.imageQuality,
  }
}

function isNamed(value: string | undefined): boolean {
  return value !== undefined && value !== 'auto'
}

/** A count of 0 beside a text is none: the text is estimated, and so is the question that led to it (case C5). */
function fillZeros(usage: Usage, end: AttemptEnd, { price, inputTokens, outputTokens }: Expected): Usage {
  const { producedTokens = 0, outcome } = end
  const { seconds } = usage
  const output = usage.outputTokens === 0 ? Math.min(producedTokens, outputTokens) : usage.outputTokens
  // A length is a count where it has a price.
  const isHeard = seconds !== undefined && price?.perSecondPico === undefined && price?.perSoundSecondPico === undefined
  const hasInput = usage.inputTokens > 0 || inputTokens === 0 || (seconds !== undefined && !isHeard)
  const isOwed = output > 0 || ((isUncounted(usage) || isHeard) && outcome === 'ok' && isInputOwed(end))
  const estimated = isHeard ? Math.min(inputTokens, heardTokens(seconds)) : inputTokens
  const input = hasInput || !isOwed ? usage.inputTokens : estimated
  return output === usage.outputTokens && input === usage.inputTokens
    ? usage
    : { ...usage, inputTokens: input, outputTokens: output }
}

/** Tokens alone say nothing of a price by the second (case C2). */
function fillSeconds(usage: Usage, { perSecondPico, input }: Price, { seconds }: Expected): Usage {
  const isMissing = seconds > 0 && usage.seconds === undefined && perSecondPico !== undefined && input === 0
  return isMissing ? { ...usage, seconds } : usage
}

/** True if the provider will charge for the input, though it has put out nothing that counts as tokens. */
function isInputOwed({ outcome, status, wasSent }: AttemptEnd): boolean {
  if (outcome === 'ok') return status < 400
  return outcome === 'client_gone' && wasSent
}

/** Pictures and characters are counted by the answer, or by a request that is known to its end, which is no estimate. */
function isCounted(
  { input, output }: Price,
  { images, characters }: MediaQuantities,
  { media: told }: AttemptEnd,
  { isPartial }: Expected,
): boolean {
  const isKnown = told !== undefined || !isPartial
  return isKnown && input === 0 && output === 0 && (images !== undefined || characters !== undefined)
}
