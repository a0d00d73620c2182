import type { LedgerRecord } from './ledger/ledger.ts'

/** A dimension by which usage can be grouped. */
export type UsageDimension = 'day' | 'key' | 'end_user' | 'provider' | 'model' | 'tag' | 'route' | 'failure'

export interface UsageQuery {
  /** UTC days such as `2026-11-22`; `from` and `to` are inclusive. */
  readonly from: string
  readonly to: string
  /**
   * Dimensions of the result, in order. `tag` as a dimension or filter combines only with `day` and `key`. A record
   * then counts once for each of its tags, and a record without tags does not count. `route` and `failure` do not combine
   * with `tag` and `end_user`; a record without a route does not count.
   */
  readonly groupBy: readonly UsageDimension[]
  readonly keyId?: string | undefined
  /** Includes every key that is or was below `keyId`. */
  readonly includesDescendants?: boolean | undefined
  /** Empty for the calls that named no end user. */
  readonly endUser?: string | undefined
  readonly provider?: string | undefined
  readonly model?: string | undefined
  readonly tag?: string | undefined
  readonly route?: string | undefined
}

export interface UsageRow {
  /** The value of each requested dimension. */
  readonly group: Readonly<Partial<Record<UsageDimension, string>>>
  /** Number of records, that is, attempts: a call that fell back to a second target counts once for each target. */
  readonly calls: number
  /** Calls without a complete response. A call whose caller disconnected does not count as failed. */
  readonly failedCalls: number
  /** Calls without a known price; the cost excludes them. */
  readonly unpricedCalls: number
  readonly inputTokens: number
  readonly outputTokens: number
  /** A decimal string in nano-USD, because a sum over years may exceed `Number.MAX_SAFE_INTEGER`. */
  readonly costNano: string
}

/** Sums over calls with the same dimensions, for {@link UsageStore.addSums}. */
export interface UsageSum {
  /** Days since 1970, UTC. */
  readonly day: number
  readonly keyId: string
  /** Empty for the calls that named no end user. */
  readonly endUser: string
  readonly provider: string
  readonly model: string
  readonly tags: readonly string[]
  readonly route?: string | undefined
  readonly failure?: string | undefined
  readonly calls: number
  readonly failedCalls: number
  readonly unpricedCalls: number
  readonly inputTokens: number
  readonly outputTokens: number
  readonly costNano: number
}

export interface RecordPage {
  readonly limit: number
  /** Settlement time in milliseconds since 1970; `from` is inclusive, `to` exclusive. */
  readonly from?: number | undefined
  readonly to?: number | undefined
  readonly keyId?: string | undefined
  /** Limits the page to one end user of `keyId`, which is then required. Not empty. */
  readonly endUser?: string | undefined
  /** Limits the page to records after this sequence number. */
  readonly after?: number | undefined
}

/** A usage record with its sequence number. */
export interface NumberedRecord extends LedgerRecord {
  readonly seq: number
  /** The original cost in nano-USD; undefined unless the cost was corrected. */
  readonly originalCostNano: number | undefined
}

/**
 * One page of usage records. It may hold fewer than `limit` records, even none, because one read scans a bounded range.
 */
export interface RecordSlice {
  readonly records: readonly NumberedRecord[]
  /** The `after` of the next page; undefined at the end of the records. */
  readonly next: number | undefined
}

/** The spending of a key with all keys below it since an instant, computed from the records; of one end user if set. */
export interface Spending {
  readonly keyId: string
  readonly endUser: string | undefined
  readonly spentNano: number
}

export interface SpendingQuery {
  /** Milliseconds since 1970; 0 for the total spending. */
  readonly since: number
  /** Groups by the end users of each key. Calls without an end user form a group too. */
  readonly isByUser: boolean
}

/** An end user of a key. Not empty: calls without an end user have no name to erase. */
export interface EndUser {
  readonly keyId: string
  readonly endUser: string
}

/** A request to replace the name of an end user. */
export interface UserErasure extends EndUser {
  readonly pseudonym: string
  /** Maximum number of records in one step. */
  readonly limit: number
  /** `next` of the previous step. */
  readonly after?: number | undefined
}

export interface UserErasureStep {
  /** Records that this step renamed. */
  readonly records: number
  /** `after` of the next step; undefined if no record and no sum has the name. */
  readonly next: number | undefined
}

/**
 * Usage records and their sums, for reading. Every settled record is visible at once; on Workers, once it has shipped
 * to D1, within seconds.
 */
export interface UsageStore {
  /**
   * Sums the roll-ups and the records that they do not include yet. Rows are ordered by group; an empty `groupBy` gives
   * one row, which may hold zeros. Rejects with GatewayError `invalid_value` for an unknown day or dimension.
   */
  query(query: UsageQuery): Promise<readonly UsageRow[]>
  record(id: string): Promise<NumberedRecord | undefined>
  /** Reads records in sequence order, oldest first. New records are appended, so a client that pages on misses none. */
  records(page: RecordPage): Promise<RecordSlice>
  /**
   * Adds at most `limit` more records to the roll-ups and returns their number. Call it again while it returns `limit`.
   * Safe to call from any number of processes.
   */
  rollUp(limit: number): Promise<number>
  /** Returns the ids of a root key and of all keys that are or were below it. */
  family(rootId: string): Promise<readonly string[]>
  /**
   * Returns the spending of a family's keys: one result for each query, all from one snapshot. Keys and users without
   * spending may be missing. If `since` lies within a day, only records that are not deleted yet count for that day.
   */
  spending(rootId: string, queries: readonly SpendingQuery[]): Promise<readonly (readonly Spending[])[]>
  /** Adds records from another ledger. Records that exist already stay unchanged. */
  add(records: readonly LedgerRecord[]): Promise<void>
  /**
   * Adds calls without records to the sums by day, in one transaction. Not idempotent: added twice, they count twice.
   */
  addSums(sums: readonly UsageSum[]): Promise<void>
  /**
   * Sets the cost of a record and adjusts the sums that include it, in one transaction. Does nothing for an unknown
   * record. The ledger corrects the counters.
   */
  correct(id: string, costNano: number): Promise<void>
  /**
   * Deletes at most `limit` records that the roll-ups include, from hours (UTC) that had ended by `cutoff`. Returns the
   * number deleted; call it again while it returns `limit`. The newest rolled-up record stays, so no sequence number is
   * reused.
   */
  deleteOlderThan(cutoff: number, limit: number): Promise<number>
  /**
   * Returns true if `rootId`, or a key that is or was below it, has usage of an end user of this name. Ignores `keyId`.
   */
  namesUser(rootId: string, { keyId, endUser }: EndUser): Promise<boolean>
  /**
   * Replaces the name of an end user by a pseudonym, one bounded step at a time: in the records and in the sums by end
   * user, also in sums whose records were deleted or never existed. All sums stay equal.
   *
   * Atomic: a step renames records together with their share of the sums, so a crash between two steps leaves every sum
   * equal to its records, and a repetition finds the rest under the old name. Records that are added meanwhile are
   * renamed too if the last step meets them.
   */
  eraseUser(erasure: UserErasure): Promise<UserErasureStep>
}
