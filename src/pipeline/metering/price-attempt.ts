import type { Usage } from '../../core/usage.ts'
import { toUsd } from '../../core/usd.ts'
import { costOf } from '../../metering/cost.ts'
import type { MediaQuantities, Price } from '../../metering/price.ts'
import type { Attempt, AttemptCost, Estimate } from '../call/attempt.ts'

/** How an attempt ended, as far as its cost depends on it. */
type AttemptEnd = Pick<Attempt, 'usage' | 'media' | 'outcome' | 'status' | 'wasSent' | 'producedTokens'>
type Expected = Pick<
  Estimate,
  'price' | 'inputTokens' | 'outputTokens' | 'media' | 'seconds' | 'isPartial' | 'isFree' | 'isOwedUnread'
>

/** The cost in USD that will be booked, or null if unpriced. Without metering: the cost that the provider reports. */
export function quoteUsd(usage: Usage, estimate: Expected | undefined, media?: MediaQuantities): number | null {
  if (estimate === undefined) return usage.reportedNano === undefined ? null : toUsd(usage.reportedNano)
  const end = { usage, media, outcome: 'ok', status: 200, wasSent: true, producedTokens: undefined } as const
  const { costNano, costSource } = priceAttempt(end, estimate)
  return costSource === 'unpriced' ? null : toUsd(costNano)
}

/**
 * The cost of an attempt, by what is known when it is over (R04, R05, R06).
 *
 * The provider's count at our price comes first; without a price of ours, the provider's own. Without a count: nothing, where the provider gave up
 * before it produced anything; the input alone, where the caller left a provider at work; else the input and what has passed, as an estimate. Under
 * a budget a whole answer that was not waited for costs `reservedNano`, since its provider charges for what it has put out (case C3).
 */
export function priceAttempt(end: AttemptEnd, expected: Expected, reservedNano = 0): AttemptCost {
  const { price, isFree, media, seconds, isOwedUnread } = expected
  const usage = end.usage ?? estimateUsage(end, expected)
  if (usage === undefined || isFree) return { costNano: 0, costSource: 'none', usage }
  const isUnread = end.outcome === 'client_gone' && end.usage === undefined && end.producedTokens === undefined
  if (isOwedUnread === true && isUnread && price !== undefined)
    return { costNano: reservedNano, costSource: 'reserved', usage }
  if (price !== undefined) {
    const made = end.media === undefined ? media : toMade(end.media, media)
    if (end.usage === undefined) {
      const costSource = isCounted(price, made, end, expected) ? 'usage' : 'estimated'
      return { costNano: costOf(price, usage, made), costSource, usage }
    }
    // Tokens alone say nothing of a price by the second (case C2).
    if (seconds > 0 && usage.seconds === undefined && price.perSecondPico !== undefined && price.input === 0) {
      const lasting = { ...usage, seconds }
      return { costNano: costOf(price, lasting, made), costSource: 'estimated', usage: lasting }
    }
    return { costNano: costOf(price, usage, made), costSource: 'usage', usage }
  }
  if (usage.reportedNano !== undefined) return { costNano: usage.reportedNano, costSource: 'provider', usage }
  return { costNano: 0, costSource: 'unpriced', usage }
}

function estimateUsage(end: AttemptEnd, { inputTokens, outputTokens, seconds }: Expected): Usage | undefined {
  const produced = end.producedTokens ?? 0
  if (produced === 0 && !isInputOwed(end)) return undefined
  const usage = { inputTokens, outputTokens: Math.min(produced, outputTokens) }
  return seconds > 0 ? { ...usage, seconds } : usage
}

/** The number that came; of size and quality those that were asked for, which are the words that prices are told in. */
function toMade(told: MediaQuantities, asked: MediaQuantities): MediaQuantities {
  return {
    images: told.images ?? asked.images,
    imageSize: isNamed(asked.imageSize) ? asked.imageSize : told.imageSize,
    imageQuality: isNamed(asked.imageQuality) ? asked.imageQuality : told.imageQuality,
    characters: asked.characters,
  }
}

function isNamed(value: string | undefined): boolean {
  return value !== undefined && value !== 'auto'
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
