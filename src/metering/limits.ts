export type RateUnit = 'requests' | 'tokens'
export type RateWindow = 'minute' | 'hour' | 'day'

/** Maximum of `limit` in any interval of the window's length, wherever it starts. */
export interface RateLimit {
  readonly unit: RateUnit
  readonly window: RateWindow
  readonly limit: number
}

export type BudgetPeriod = 'day' | 'week' | 'month' | 'total'

/** Maximum of `limitNano` per day, week (from Monday) or month in `timeZone`, or in total. */
export interface Budget {
  readonly per: BudgetPeriod
  /** Nano-USD. */
  readonly limitNano: number
  /** An IANA name, such as `UTC` or `Europe/Berlin`. */
  readonly timeZone: string
}

/**
 * The limits of one subject: a key with all keys below it, or one end user of a key. Undefined and empty mean
 * unlimited.
 */
export interface Limits {
  readonly rates: readonly RateLimit[]
  readonly budgets: readonly Budget[]
  readonly concurrentCalls: number | undefined
  readonly concurrentStreams: number | undefined
  /** Maximum worst-case cost of one call, nano-USD. */
  readonly callNano: number | undefined
}

/** The part of a key that the ledger needs. */
export interface KeyRules {
  readonly id: string
  readonly isDisabled: boolean
  /** Milliseconds since 1970; undefined for never. */
  readonly expiresAt: number | undefined
  readonly limits: Limits
  /**
   * Limits of each end user of this key itself; calls without a user count as one more user. Undefined if users are not
   * distinguished.
   */
  readonly perUser: Limits | undefined
  /** If true, calls are counted and would-be refusals reported, but none is refused. */
  readonly isShadow: boolean
}

/** A key and its ancestors, the key first and the root last. */
export type KeyChain = readonly KeyRules[]

export const noLimits: Limits = {
  rates: [],
  budgets: [],
  concurrentCalls: undefined,
  concurrentStreams: undefined,
  callNano: undefined,
}
