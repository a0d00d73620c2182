import type { Usage } from '../core/usage.ts'
import { toUsd } from '../core/usd.ts'
import { costOf } from '../metering/cost-of.ts'
import type { MediaQuantities, Price } from '../metering/price.ts'
import type { CostSource } from '../storage/ledger.ts'
import type { CallRecord } from '../telemetry/call-record.ts'

/** What was expected of a call before it went out. */
export interface Expectation {
  readonly price: Price | undefined
  /** Estimated. */
  readonly inputTokens: number
  /** The most that the call may put out; what was streamed is never taken for more. */
  readonly outputTokens: number
  readonly media: MediaQuantities
  /** True where the caller's own key pays, or nothing is made. */
  readonly isFree: boolean
}

export interface CallCost {
  readonly costNano: number
  readonly costSource: CostSource
  /** What was priced: the provider's count, or the estimate. */
  readonly usage: Usage | undefined
}

/** What a caller who asks is told a usage costs: USD, as it will be booked; null where nobody knows, or nothing is metered. */
export function quoteUsd(usage: Usage, expected: Expectation | undefined): number | null {
  if (expected === undefined) return usage.reportedNano === undefined ? null : toUsd(usage.reportedNano)
  const { costNano, costSource } = priceCall({ usage, outcome: 'ok', status: 200 }, expected)
  return costSource === 'unpriced' ? null : toUsd(costNano)
}

/** What of a call's record its cost depends on. */
type CallEnd = Pick<CallRecord, 'usage' | 'outcome' | 'status' | 'wasSent' | 'producedTokens'>

/**
 * What a call has cost, by what is known when it is over (R04, R05, R06).
 *
 * The provider's count comes first, then its own price. Without either: nothing, where nothing was produced and the provider gave up; the
 * input alone, where the caller left a provider that was at work; else the input and what has passed, as an estimate.
 */
export function priceCall(record: CallEnd, expected: Expectation): CallCost {
  const { price, isFree, media } = expected
  const usage = record.usage ?? estimate(record, expected)
  if (usage === undefined || isFree) return { costNano: 0, costSource: 'none', usage }
  if (price !== undefined) {
    const costSource = record.usage === undefined && !isCounted(price, expected) ? 'estimated' : 'usage'
    return { costNano: costOf(price, usage, media), costSource, usage }
  }
  if (usage.reportedNano !== undefined) return { costNano: usage.reportedNano, costSource: 'provider', usage }
  return { costNano: 0, costSource: 'unpriced', usage }
}

function estimate(record: CallEnd, { inputTokens, outputTokens }: Expectation): Usage | undefined {
  const produced = record.producedTokens ?? 0
  if (produced === 0 && !isInputOwed(record)) return undefined
  return { inputTokens, outputTokens: Math.min(produced, outputTokens) }
}

/** Whether the provider will ask for the input, though it has put nothing out that counts as tokens. */
function isInputOwed({ outcome, status, wasSent }: CallEnd): boolean {
  if (outcome === 'ok') return status < 400
  return outcome === 'client_gone' && wasSent === true
}

/** Pictures and characters are counted by what was asked for, which is no estimate. */
function isCounted({ input, output }: Price, { media }: Expectation): boolean {
  return input === 0 && output === 0 && (media.images !== undefined || media.characters !== undefined)
}
