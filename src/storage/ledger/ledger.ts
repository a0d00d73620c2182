import type { Usage } from '../../core/usage.ts'
import type { LimitStatus, RateStatus } from '../../metering/limit-status.ts'
import type { KeyChain } from '../../metering/limits.ts'
import type { TokenIdentity } from '../revocation-store.ts'

/** How a record was priced. */
export type CostSource =
  /** Computed from the provider's token counts. */
  | 'usage'
  /** Reported by the provider, because the price table has no price. */
  | 'provider'
  /** Estimated from the transferred content, because the provider reported no token counts. */
  | 'estimated'
  /** The reserved cost, because the outcome of the call is unknown. */
  | 'reserved'
  /** The provider produced no output, or no response arrived. */
  | 'none'
  /** The price is unknown. */
  | 'unpriced'
  /** Set by an administrator after the provider's bill. */
  | 'corrected'

/** Outcome of a call. `unknown`: the process died, or its lease ended, while the call was open. */
export type RecordOutcome = 'ok' | 'rejected' | 'upstream_error' | 'interrupted' | 'client_gone' | 'unknown'

/** A request to admit one attempt at one target, made before the attempt is sent. */
export interface AdmissionRequest {
  /** `gen_…`, unique and time-ordered. */
  readonly id: string
  readonly requestId: string
  /** 1 for the first attempt of a call. Later attempts use money and tokens, but do not count as further requests. */
  readonly attempt: number
  readonly keyId: string
  /** The topmost ancestor of the key, which names the shard of a sharded ledger. The ledger looks it up if omitted. */
  readonly familyId?: string | undefined
  /**
   * Rules that the ledger does not store, in front of those of the key: of a user token, or of the network of a
   * visitor. If the last one is named like the key itself, that key is a policy of the configuration.
   */
  readonly rules?: KeyChain | undefined
  /** The user token of the caller, which may have been revoked. */
  readonly token?: TokenIdentity | undefined
  /** The end user of the key; empty if the call names no end user. */
  readonly endUser: string
  readonly operation: string
  readonly provider: string
  readonly model: string
  readonly isStream: boolean
  /** `name:value`, at most five. */
  readonly tags: readonly string[]
  /** The route that chose the target; undefined without one. */
  readonly route?: string | undefined
  /** Expected maximum of input plus output tokens. */
  readonly tokens: number
  /** Expected maximum cost in nano-USD; 0 if the price is unknown. */
  readonly reservedNano: number
  /**
   * The minimum grant in nano-USD that is useful to the call, if its cost can be lowered to the grant. Undefined if the
   * call needs all of `reservedNano`.
   */
  readonly minNano?: number | undefined
  /**
   * Output tokens per choice that `minNano` and `reservedNano` pay for. If set, a typical reply of the key and model
   * may raise the minimum grant.
   */
  readonly answer?: { readonly minTokens: number; readonly fullTokens: number } | undefined
  /** False if no price is known. */
  readonly isPriced: boolean
  /** Milliseconds since 1970. */
  readonly now: number
}

export type AdmissionResult =
  | {
      readonly kind: 'admitted'
      /** Rate limits of the key and its ancestors, including this call. */
      readonly rates: readonly RateStatus[]
      /** Limits in shadow mode that would have refused the call. */
      readonly wouldRefuse: readonly LimitStatus[]
      /** The reserved amount in nano-USD. Undefined means the full `reservedNano`. */
      readonly grantedNano?: number | undefined
      /** False for a call that only counts in the sums and gets no record. */
      readonly hasRecord?: boolean | undefined
      /** The shard that holds the open call, which `settle` needs; undefined in a ledger without shards. */
      readonly shard?: string | undefined
    }
  /**
   * `asked` is the amount that the call requested of `limit`. `usualTokens` is the size of a typical reply, if that
   * raised the amount above the minimum.
   */
  | {
      readonly kind: 'refused'
      readonly limit: LimitStatus
      readonly asked: number
      readonly usualTokens?: number | undefined
    }
  /** The key or one of its ancestors is deleted, disabled or expired, or the user token is revoked. */
  | { readonly kind: 'inactive' }

/** The end of an attempt. */
export interface Settlement {
  readonly id: string
  /** `shard` of the admission. */
  readonly shard?: string | undefined
  /** The admission request, if the admission had `hasRecord: false`. */
  readonly unrecorded?: AdmissionRequest | undefined
  readonly outcome: RecordOutcome
  readonly usage: Usage | undefined
  readonly costNano: number
  readonly costSource: CostSource
  /** Output tokens per choice, from which the key's typical reply size is learned. */
  readonly answerTokens?: number | undefined
  readonly status: number
  readonly errorCode?: string | undefined
  /** Why the attempt failed: a kind of `on_failure`. Undefined if it did not. */
  readonly failure?: string | undefined
  readonly finishReason?: string | undefined
  readonly firstByteMs?: number | undefined
  readonly durationMs: number
  readonly now: number
}

/** The final record of one attempt. Only a correction of its cost and the erasure of its end user change it. */
export interface LedgerRecord
  extends Omit<AdmissionRequest, 'now' | 'tokens' | 'isPriced' | 'familyId' | 'rules' | 'token' | 'minNano' | 'answer'>,
    Omit<Settlement, 'now' | 'id' | 'shard' | 'unrecorded' | 'answerTokens'> {
  readonly openedAt: number
  readonly settledAt: number
  /** Names of the shadow limits that would have refused the call. */
  readonly wouldRefuse: readonly string[]
}

/** A new cost for a record. */
export interface Correction {
  /** Id of the record. */
  readonly id: string
  /** The key of the record and the keys above it, the root last. */
  readonly lineage: readonly [string, ...string[]]
  readonly costNano: number
  readonly now: number
}

/** A request to set the counters of a family of keys to the sums of its records. */
export interface Reconciliation {
  readonly rootId: string
  /** Reports the differences without changing anything. */
  readonly isDryRun: boolean
  readonly now: number
}

/** A request to delete the counters of an end user. */
export interface LedgerErasure {
  readonly keyId: string
  /** Not empty. */
  readonly endUser: string
  /** The topmost ancestor of the key, which names the shard of a sharded ledger. */
  readonly familyId: string
  /** The keys whose counters of this end user are deleted: the key, and keys above it. */
  readonly keyIds: readonly string[]
  /** Deletes nothing. */
  readonly isDryRun: boolean
}

/** A key, or an end user of a key, whose counters differ from its records. */
export interface Reconciled {
  readonly keyId: string
  /** Undefined for the key itself; empty for the calls that name no end user. */
  readonly endUser: string | undefined
  readonly counted: Balance
  readonly recorded: Balance
}

/** Spending and reservations of a key and all keys below it, in nano-USD. Days, weeks and months are in UTC. */
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
 * The ledger: admits calls within their limits and records their cost.
 *
 * - Atomic: `admit` checks and reserves every limit of the key, of all its ancestors and of its end user in one step. A
 *   refusal reserves nothing. If the money limits cannot cover `reservedNano`, a call with `minNano` gets less, but at
 *   least that amount. A budget grants no less than the cost of a typical reply of the same model for the same key, if
 *   the whole budget can cover that.
 * - Durable: an admitted call survives `kill -9` as an open call once `admit` resolves; its record survives once
 *   `settle` resolves.
 * - Exactly once: of any number of settlements with one id, exactly one takes effect. The same step releases the
 *   reservation.
 * - Shared: processes on the same store see each other's counts at once. Key rules are never stale; on Workers, they
 *   may lag by 30 s if a change could not be announced, and by 60 s while the database is down.
 * - Clocks: time never runs backwards for a subject. A process with a slow clock cannot reopen a window.
 *
 * Rejects with GatewayError `store_unavailable`; then nothing was reserved or recorded.
 */
export interface Ledger {
  /** Reserves the call's share of every limit, or refuses the call. */
  admit(request: AdmissionRequest): Promise<AdmissionResult>
  /** Records the cost and releases the reservation. Returns false, and changes nothing, if the call is not open. */
  settle(settlement: Settlement): Promise<boolean>
  /**
   * Sets the cost of a record and adjusts the sums and the spending of the key, of the keys above it and of the end
   * user: the total, and each current period that contains the record. Returns the record as it was before, or
   * undefined if it does not exist. Idempotent: repeating a correction changes nothing, even if the first response was
   * lost.
   */
  correct(correction: Correction): Promise<LedgerRecord | undefined>
  /**
   * Sets the spending of a family's keys, and of their end users with counters, to the sums of their records. The
   * records are authoritative. Running calls keep their reservations and settle as usual. No call is counted during the
   * reconciliation. Returns the differences; repeating it returns none.
   */
  reconcile(reconciliation: Reconciliation): Promise<readonly Reconciled[]>
  /**
   * Deletes the counters of an end user, except those in which a call in progress has reserved. Returns the number of
   * the user's calls in progress; their records will have the name. Every call that has ended before, and is not in that
   * number, has its record in the usage store once this resolves. Idempotent.
   */
  eraseUser(erasure: LedgerErasure): Promise<number>
  /** Returns the balance of a key; undefined if nothing was ever counted for it. */
  balance(keyId: string, now: number): Promise<Balance | undefined>
  /**
   * Returns the status of every limit of the key and of its ancestors, the key's own first, without per-user limits.
   * Empty for an unknown key.
   */
  limits(keyId: string, now: number): Promise<readonly LimitStatus[]>
}
