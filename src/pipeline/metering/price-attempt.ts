import type { Usage } from '../../core/usage.ts'
import { toUsd } from '../../core/usd.ts'
import { costOf } from '../../metering/cost.ts'
import type { Price } from '../../metering/price.ts'
import type { Attempt, AttemptCost, Estimate } from '../call/attempt.ts'

/** How an attempt ended, as far as its cost depends on it. */
type AttemptEnd = Pick<Attempt, 'usage' | 'outcome' | 'status' | 'wasSent' | 'producedTokens'>
type Expected = Pick<Estimate, 'price' | 'inputTokens' | 'outputTokens' | 'media' | 'isFree'>

/** The cost in USD that will be booked, or null if unpriced. Without metering: the cost that the provider reports. */
export function quoteUsd(usage: Usage, estimate: Expected | undefined): number | null {
  if (estimate === undefined) return usage.reportedNano === undefined ? null : toUsd(usage.reportedNano)
  const end = { usage, outcome: 'ok', status: 200, wasSent: true, producedTokens: undefined } as const
  const { costNano, costSource } = priceAttempt(end, estimate)
  return costSource === 'unpriced' ? null : toUsd(costNano)
}

/**
 * The cost of an attempt, by what is known when it is over (R04, R05, R06).
 *
 * The provider's count at our price comes first; without a price of ours, the provider's own. Without a count: nothing, where the provider gave up before it produced anything; the
 * input alone, where the caller left a provider at work; else the input and what has passed, as an estimate.
 */
export function priceAttempt(end: AttemptEnd, expected: Expected): AttemptCost {
  const { price, isFree, media } = expected
  const usage = end.usage ?? estimateUsage(end, expected)
  if (usage === undefined || isFree) return { costNano: 0, costSource: 'none', usage }
  if (price !== undefined) {
    const costSource = end.usage === undefined && !isCounted(price, expected) ? 'estimated' : 'usage'
    return { costNano: costOf(price, usage, media), costSource, usage }
  }
  if (usage.reportedNano !== undefined) return { costNano: usage.reportedNano, costSource: 'provider', usage }
  return { costNano: 0, costSource: 'unpriced', usage }
}

function estimateUsage(end: AttemptEnd, { inputTokens, outputTokens }: Expected): Usage | undefined {
  const produced = end.producedTokens ?? 0
  if (produced === 0 && !isInputOwed(end)) return undefined
  return { inputTokens, outputTokens: Math.min(produced, outputTokens) }
}

/** True if the provider will charge for the input, though it has put out nothing that counts as tokens. */
function isInputOwed({ outcome, status, wasSent }: AttemptEnd): boolean {
  if (outcome === 'ok') return status < 400
  return outcome === 'client_gone' && wasSent
}

/** Pictures and characters are counted by the request, which is no estimate. */
function isCounted({ input, output }: Price, { media }: Expected): boolean {
  return input === 0 && output === 0 && (media.images !== undefined || media.characters !== undefined)
}
