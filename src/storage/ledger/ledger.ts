import type { Usage } from '../../core/usage.ts'
import type { LimitStatus, RateStatus } from '../../metering/limit-status.ts'

/** How a record was priced. */
export type CostSource =
  /** From the provider's count of tokens. */
  | 'usage'
  /** The provider told its price itself, and the table has none. */
  | 'provider'
  /** From what passed, since the provider did not count. */
  | 'estimated'
  /** The reservation, since the end of the call is not known. */
  | 'reserved'
  /** Nothing was produced, or nothing came. */
  | 'none'
  /** No price is known. */
  | 'unpriced'
  /** An administrator set it, once the provider's bill was known. */
  | 'corrected'

/** How a record ended. `unknown`: the process that made the call died with it open. */
export type RecordOutcome = 'ok' | 'rejected' | 'upstream_error' | 'interrupted' | 'client_gone' | 'unknown'

/** One attempt at one target, before it is sent. */
export interface AdmissionRequest {
  /** `gen_…`, time-ordered and never used before. */
  readonly id: string
  readonly requestId: string
  /** 1 for a call's first. Later ones count as no further request, but take money and tokens. */
  readonly attempt: number
  readonly keyId: string
  /** The topmost ancestor of the key, which is the shard of a ledger with shards; looked up if left out. */
  readonly familyId?: string | undefined
  /** The end user of the key; empty if the call names none. */
  readonly endUser: string
  readonly operation: string
  readonly provider: string
  readonly model: string
  readonly isStream: boolean
  /** `name:value`, at most five. */
  readonly tags: readonly string[]
  /** The most tokens that the call is expected to use, in and out. */
  readonly tokens: number
  /** The most that it is expected to cost, nano-USD; 0 where no price is known. */
  readonly reservedNano: number
  /** The least that is of use to it, where its cost can be lowered to what is granted. Undefined where all of `reservedNano` is needed. */
  readonly minNano?: number | undefined
  /** The tokens of each choice that `minNano` and `reservedNano` pay, where the usual size of an answer may ask for more than the least. */
  readonly answer?: { readonly minTokens: number; readonly fullTokens: number } | undefined
  /** False if no price is known. */
  readonly isPriced: boolean
  /** Milliseconds since 1970. */
  readonly now: number
}

export type AdmissionResult =
  | {
      readonly kind: 'admitted'
      /** The rates of the key and its ancestors, after this call was counted. */
      readonly rates: readonly RateStatus[]
      /** The limits for which a key in shadow mode would have been refused. */
      readonly wouldRefuse: readonly LimitStatus[]
      /** What was reserved, where that is less than was asked for. */
      readonly grantedNano?: number | undefined
      /** False for a call that is summed and not recorded. */
      readonly hasRecord?: boolean | undefined
      /** The shard that holds the open call, for its settlement; undefined in a ledger without shards. */
      readonly shard?: string | undefined
    }
  /** `asked` is the part of the limit that this call wanted; where a usual answer has made it more than the least, `usualTokens` is its size. */
  | {
      readonly kind: 'refused'
      readonly limit: LimitStatus
      readonly asked: number
      readonly usualTokens?: number | undefined
    }
  /** The key, or one above it, is deleted, disabled or expired. */
  | { readonly kind: 'inactive' }

/** How an attempt ended. */
export interface Settlement {
  readonly id: string
  /** As the admission said. */
  readonly shard?: string | undefined
  /** The admission of a call that has no record, which it said. */
  readonly unrecorded?: AdmissionRequest | undefined
  readonly outcome: RecordOutcome
  readonly usage: Usage | undefined
  readonly costNano: number
  readonly costSource: CostSource
  /** The output of each choice, where its key learns from it how long answers usually are. */
  readonly answerTokens?: number | undefined
  readonly status: number
  readonly errorCode?: string | undefined
  readonly finishReason?: string | undefined
  readonly firstByteMs?: number | undefined
  readonly durationMs: number
  readonly now: number
}

/** The last word on one attempt. Nothing changes it but the correction of its cost. */
export interface LedgerRecord
  extends Omit<AdmissionRequest, 'now' | 'tokens' | 'isPriced' | 'familyId' | 'leastNano' | 'answer'>,
    Omit<Settlement, 'now' | 'id' | 'shard' | 'unrecorded' | 'answerTokens'> {
  readonly openedAt: number
  readonly settledAt: number
  /** Shadow refusals, as names of limits. */
  readonly wouldRefuse: readonly string[]
}

/** Another cost for a record. */
export interface Correction {
  /** The record's. */
  readonly id: string
  /** The key of the record, and the keys above it, the root last. */
  readonly lineage: readonly [string, ...string[]]
  readonly costNano: number
  readonly now: number
}

/** A family of keys whose counters are to say what its records say. */
export interface Reconciliation {
  readonly rootId: string
  /** Changes nothing, and answers what would change. */
  readonly isDryRun: boolean
  readonly now: number
}

/** A key, or an end user of one, whose counters said something else than its records. */
export interface Reconciled {
  readonly keyId: string
  /** Undefined for the key itself; empty for the calls that name no user. */
  readonly endUser: string | undefined
  readonly counted: Balance
  readonly recorded: Balance
}

/** The spending and the reservations of a key with all keys below it. Nano-USD; days, weeks and months in UTC. */
export interface Balance {
  readonly spentNano: number
  readonly reservedNano: number
  readonly dayNano: number
  readonly weekNano: number
  readonly monthNano: number
  readonly calls: number
  readonly streams: number
}

/**
 * The book of all spending, and the limits on it.
 *
 * - Atomic: every limit of the key, of all its ancestors and of its end user is checked and reserved in one step; a refusal
 *   takes nothing. Where the limits on money do not carry the whole of `reservedNano`, a part of it from `minNano` on is granted, of budgets none
 *   below what an answer of the same model to the same key usually comes to.
 * - Durable: when `admit` resolves, an open record survives `kill -9`; when `settle` resolves, so does the record.
 * - Exactly once: of any number of settlements of one id, one is booked. The reservation is given back in the same step.
 * - Shared: processes on the same store see each other's counts at once; keys' rules are never stale here (on Workers: by half
 *   a minute at most where a change could not be announced, and by a minute while the database is down).
 * - Clocks: time never goes back for a subject: a process with a late clock reopens no window.
 *
 * Rejects with GatewayError `store_unavailable`; then nothing was taken or booked.
 */
export interface Ledger {
  admit(request: AdmissionRequest): Promise<AdmissionResult>
  /** False for a call that is not open, or no longer. */
  settle(settlement: Settlement): Promise<boolean>
  /**
   * Sets the cost of a record, in the book, in its sums, and in what the key, the keys above it and its end user have spent: in all, and in
   * the periods that the record lies in and that are running. The record as it was before; undefined where the book has none. A correction
   * that is made again changes nothing, also where the first one got no answer.
   */
  correct(correction: Correction): Promise<LedgerRecord | undefined>
  /**
   * Sets what the keys of a family, and their end users who have counters, have spent to what the records say, which are the truth here. Calls under way
   * keep their reservations and are booked as always. Nothing is counted meanwhile. Answers what differed; made again, nothing does.
   */
  reconcile(reconciliation: Reconciliation): Promise<readonly Reconciled[]>
  /** Undefined where nothing was ever counted for the key. */
  balance(keyId: string, now: number): Promise<Balance | undefined>
  /**
   * Every limit of the key and of those above it as it stands, the key's own first; without those of its end users.
   * Empty where there is no such key.
   */
  limits(keyId: string, now: number): Promise<readonly LimitStatus[]>
}
