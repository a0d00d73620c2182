import type { Clock } from '../../core/clock.ts'
import { GatewayError } from '../../core/errors.ts'
import { storeUnavailable } from '../store-unavailable.ts'
import type { Ledger, Settlement } from './ledger.ts'

export interface RetryingLedgerOptions {
  readonly clock: Clock
  /** Settlements that may wait; with so many, nothing new is admitted. */
  readonly maxWaiting: number
  /** Between two tries. */
  readonly retryMs: number
}

/**
 * Keeps the settlements that the store could not take, and retries them in their order (R44). Their calls stay open in
 * the store meanwhile, so that the sweeper closes them as `unknown` if this process dies. Nothing new is admitted while
 * too many wait.
 */
export function createRetryingLedger(ledger: Ledger, { clock, maxWaiting, retryMs }: RetryingLedgerOptions): Ledger {
  const waiting: Settlement[] = []
  let isTrying = false

  async function book(): Promise<void> {
    isTrying = true
    try {
      for (let next = waiting[0]; next !== undefined; next = waiting[0]) {
        await ledger.settle(next)
        waiting.shift()
      }
      isTrying = false
    } catch {
      clock.after(retryMs, () => void book())
    }
  }

  function keep(settlement: Settlement, error: unknown): boolean {
    if (!(error instanceof GatewayError) || error.code !== 'store_unavailable') throw error
    waiting.push(settlement)
    if (!isTrying) clock.after(retryMs, () => void book())
    isTrying = true
    return true
  }

  return {
    balance: ledger.balance,
    limits: ledger.limits,
    correct: ledger.correct,
    admit: (request) =>
      waiting.length < maxWaiting
        ? ledger.admit(request)
        : Promise.reject(storeUnavailable('too many settlements wait')),
    // Not async, which would cost every call another promise for the sake of a rare failure.
    settle: (settlement) => ledger.settle(settlement).catch((error: unknown) => keep(settlement, error)),
  }
}
