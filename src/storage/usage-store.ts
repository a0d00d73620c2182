import type { LedgerRecord } from './ledger/ledger.ts'

/** What usage can be told apart by. */
export type UsageDimension = 'day' | 'key' | 'end_user' | 'provider' | 'model' | 'tag'

export interface UsageQuery {
  /** UTC days, `2026-11-22`, both included. */
  readonly from: string
  readonly to: string
  /**
   * In the order of the answer. `tag` goes with `day` and `key` only, and so does a filter by tag; a record counts once for each of its
   * tags there, and not at all where it has none.
   */
  readonly groupBy: readonly UsageDimension[]
  readonly keyId?: string | undefined
  /** With every key that is or was below `keyId`. */
  readonly includesDescendants?: boolean | undefined
  /** Empty for the calls that named nobody. */
  readonly endUser?: string | undefined
  readonly provider?: string | undefined
  readonly model?: string | undefined
  readonly tag?: string | undefined
}

export interface UsageRow {
  /** The value of each dimension asked for. */
  readonly group: Readonly<Partial<Record<UsageDimension, string>>>
  /** Records, that is attempts: a call that fell back to a second target counts once at each. */
  readonly calls: number
  /** Those that brought no answer, or half of one. A caller who left did not make a call fail. */
  readonly failedCalls: number
  /** Calls whose price is not known; they are not in the cost. */
  readonly unpricedCalls: number
  readonly inputTokens: number
  readonly outputTokens: number
  /** As text, since a sum of years may exceed what a number holds exactly. */
  readonly costNano: string
}

/** The calls of one kind, for {@link UsageStore.addSums}. */
export interface UsageSum {
  /** Days since 1970, UTC. */
  readonly day: number
  readonly keyId: string
  /** Empty for the calls that named nobody. */
  readonly endUser: string
  readonly provider: string
  readonly model: string
  readonly tags: readonly string[]
  readonly calls: number
  readonly failedCalls: number
  readonly unpricedCalls: number
  readonly inputTokens: number
  readonly outputTokens: number
  readonly costNano: number
}

export interface RecordPage {
  readonly limit: number
  /** When a record was settled, milliseconds since 1970; `from` is included, `to` is not. */
  readonly from?: number | undefined
  readonly to?: number | undefined
  readonly keyId?: string | undefined
  /** Only records after this place in the book. */
  readonly after?: number | undefined
}

/** A record and its place in the book. */
export interface NumberedRecord extends LedgerRecord {
  readonly seq: number
  /** The cost as it was booked, where it was corrected since. */
  readonly bookedNano: number | undefined
}

/** A stretch of the book. It may hold fewer than `limit` records, even none, with more to follow, since one reading goes only so far. */
export interface RecordSlice {
  readonly records: readonly NumberedRecord[]
  /** Where to read on after; undefined once the end of the book is reached. */
  readonly next: number | undefined
}

/** The spending of a key, with all keys below it, since an instant, by the records; of one end user where there is one. */
export interface Spending {
  readonly keyId: string
  readonly endUser: string | undefined
  readonly spentNano: number
}

export interface SpendingQuery {
  /** Milliseconds since 1970; 0 asks for all that was ever spent. */
  readonly since: number
  /** By the end users of each key, those who were not named included. */
  readonly isByUser: boolean
}

/** What was booked, for reading. Sees every record that was settled before (on Workers: as soon as it was carried to D1, within seconds). */
export interface UsageStore {
  /**
   * Sums from the roll-ups and from what they do not hold yet, ordered by group; without `groupBy` one row, which may be of zeros.
   * Rejects with GatewayError `invalid_value` for a day or a dimension that does not exist.
   */
  query(query: UsageQuery): Promise<readonly UsageRow[]>
  record(id: string): Promise<NumberedRecord | undefined>
  /** In the order of the book, oldest first. A record that is added later comes later, so that a reader who goes on misses none. */
  records(page: RecordPage): Promise<RecordSlice>
  /**
   * Brings at most `limit` more records into the roll-ups; how many that were. Call it again while it answers `limit`. Any number of
   * processes may call it.
   */
  rollUp(limit: number): Promise<number>
  /** The ids of a root key and of all keys that are or were below it. */
  family(rootId: string): Promise<readonly string[]>
  /**
   * The spending of the keys of a family, an answer for each question and all of one moment; a key or a user that has spent nothing may be left out.
   * Of a day that had begun before `since` only records that are still kept count.
   */
  spending(rootId: string, questions: readonly SpendingQuery[]): Promise<readonly (readonly Spending[])[]>
  /** Adds records that another book has kept; those that are here already are left alone. */
  add(records: readonly LedgerRecord[]): Promise<void>
  /** Adds calls that have no records to the sums by day, in one step. Added twice, they count twice. */
  addSums(sums: readonly UsageSum[]): Promise<void>
  /** Sets the cost of a record and of the sums that hold it, in one step; of an unknown record nothing. Counters follow in the ledger. */
  correct(id: string, costNano: number): Promise<void>
  /**
   * Deletes at most `limit` records of the hours (UTC) that had ended by `cutoff`, which the roll-ups hold; how many that were. Call it
   * again while it answers `limit`. The newest record of all stays, so that its place is never given twice.
   */
  deleteOlderThan(cutoff: number, limit: number): Promise<number>
}
