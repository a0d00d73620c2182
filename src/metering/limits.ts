export type RateUnit = 'requests' | 'tokens'
export type RateWindow = 'minute' | 'hour' | 'day'

/** At most `limit` in any stretch of time of that length, wherever it begins. */
export interface RateLimit {
  readonly unit: RateUnit
  readonly window: RateWindow
  readonly limit: number
}

export type BudgetPeriod = 'day' | 'week' | 'month' | 'total'

/** At most `limitNano` between two midnights, Mondays or firsts of a month in `timeZone`, or ever. */
export interface Budget {
  readonly per: BudgetPeriod
  /** Nano-USD. */
  readonly limitNano: number
  /** An IANA name, such as `UTC` or `Europe/Berlin`. */
  readonly timeZone: string
}

/**
 * The limits of one subject: a key with everything below it, or one end user of a key. Undefined and empty mean
 * unlimited.
 */
export interface Limits {
  readonly rates: readonly RateLimit[]
  readonly budgets: readonly Budget[]
  readonly concurrentCalls: number | undefined
  readonly concurrentStreams: number | undefined
  /** The most that one call may cost in the worst case, nano-USD. */
  readonly callNano: number | undefined
}

/** The part of a key that the ledger needs. */
export interface KeyRules {
  readonly id: string
  readonly isDisabled: boolean
  /** Milliseconds since 1970, or undefined for never. */
  readonly expiresAt: number | undefined
  readonly limits: Limits
  /**
   * For each end user of this very key; a call without a user counts as one more user. Undefined where users are not
   * told apart.
   */
  readonly perUser: Limits | undefined
  /** Calls are counted and would-be refusals reported, but none is refused. */
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
