import type { Usage } from '../core/usage.ts'

/** How a record was priced. */
export type CostSource =
  /** From the provider's count of tokens. */
  | 'usage'
  /** The provider told its price itself, and the table has none. */
  | 'provider'
  /** From what passed, since the provider did not count. */
  | 'estimated'
  /** What was set aside, since nobody knows how the call ended. */
  | 'reserved'
  /** Nothing was produced, or nothing came. */
  | 'none'
  /** No price is known. */
  | 'unpriced'

/** How a record ended. `unknown`: the process that made the call died with it open. */
export type RecordOutcome = 'ok' | 'rejected' | 'upstream_error' | 'interrupted' | 'client_gone' | 'unknown'

/** What is about to be spent: one attempt at one target. */
export interface AdmissionRequest {
  /** `gen_…`, time-ordered and never used before. */
  readonly id: string
  readonly requestId: string
  /** 1 for a call's first. Later ones count as no further request, but take money and tokens. */
  readonly attempt: number
  readonly keyId: string
  /** The topmost ancestor of the key, where the ledger keeps each family apart; it finds it itself where it is not told. */
  readonly familyId?: string | undefined
  /** Who asks within the key; empty where nobody is named. */
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
  /** False where nobody knows what the call costs. */
  readonly isPriced: boolean
  /** Milliseconds after which the sweeper closes the call whatever became of it; undefined where processes are watched. */
  readonly leaseMs?: number | undefined
  /** Milliseconds since 1970. */
  readonly now: number
}

/** One limit as it stands. */
export interface Standing {
  /** `requests/minute`, `tokens/day`, `budget/month`, `concurrent_calls`, … */
  readonly limit: string
  readonly keyId: string
  /** True for a limit of one end user. */
  readonly isPerUser: boolean
  /** Requests, tokens, calls, or nano-USD. */
  readonly allowed: number
  /** Used and set aside. */
  readonly used: number
  /** Milliseconds until something becomes free by itself; undefined where that is not known, or never. */
  readonly resetsInMs: number | undefined
}

export type AdmissionResult =
  | {
      readonly kind: 'admitted'
      /** The rates, after this call was counted. */
      readonly standings: readonly Standing[]
      /** What a key in shadow mode would have been refused for. */
      readonly wouldRefuse: readonly Standing[]
      /** Where the open record is, for the settlement; undefined where there is one place for all. */
      readonly place?: string | undefined
    }
  /** `asked` is what this call wanted of the limit. */
  | { readonly kind: 'refused'; readonly standing: Standing; readonly asked: number }
  /** The key, or one above it, is deleted, disabled or expired. */
  | { readonly kind: 'inactive' }

/** How an attempt ended. */
export interface Settlement {
  readonly id: string
  /** As the admission said. */
  readonly place?: string | undefined
  readonly outcome: RecordOutcome
  readonly usage: Usage | undefined
  readonly costNano: number
  readonly costSource: CostSource
  readonly status: number
  readonly errorCode?: string | undefined
  readonly finishReason?: string | undefined
  readonly firstByteMs?: number | undefined
  readonly durationMs: number
  readonly now: number
}

/** The last word on one attempt. Never changes. */
export interface LedgerRecord
  extends Omit<AdmissionRequest, 'now' | 'tokens' | 'isPriced' | 'familyId' | 'leaseMs'>,
    Omit<Settlement, 'now' | 'id' | 'place'> {
  readonly openedAt: number
  readonly settledAt: number
  /** Shadow refusals, as names of limits. */
  readonly wouldRefuse: readonly string[]
}

/** What a key, with all keys below it, has spent and set aside. Nano-USD; days, weeks and months in UTC. */
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
 * The book of what is being spent, and the limits on it.
 *
 * - Atomic: every limit of the key, of all its ancestors and of its end user is checked and taken in one step; a refusal takes nothing.
 * - Durable: when `admit` resolves, an open record survives `kill -9`; when `settle` resolves, so does the record.
 * - Exactly once: of any number of settlements of one id, one is booked. What was set aside is returned in the same step.
 * - Shared: processes on the same store see each other's counts at once; keys' rules are never stale here (on Workers: by half a minute at
 *   most where a change could not be told at once, and by a minute while the database is down).
 * - Clocks: time never goes back for a subject, so that a process with a late clock cannot reopen a window.
 *
 * Rejects with GatewayError `store_unavailable`; then nothing was taken or booked.
 */
export interface Ledger {
  admit(request: AdmissionRequest): Promise<AdmissionResult>
  /** False where there is no open record of that id (any more). */
  settle(settlement: Settlement): Promise<boolean>
  /** Undefined where nothing was ever counted for the key. */
  balance(keyId: string, now: number): Promise<Balance | undefined>
  /**
   * Every limit of the key and of those above it as it stands, the key's own first; without those of its end users. Empty where there is no
   * such key.
   */
  standings(keyId: string, now: number): Promise<readonly Standing[]>
}
