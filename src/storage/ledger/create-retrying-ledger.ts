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
  /** Told of a settlement that was kept and can never be booked: the sweeper closes its call as `unknown`. */
  readonly onLost: (settlement: Settlement, error: unknown) => void
}

export interface RetryingLedger extends Ledger {
  /** Tries once more to book what waits: the process ends. What cannot be booked then is left to the sweeper of another one. */
  close(): Promise<void>
}

/**
 * Keeps the settlements that the store could not take, and retries them in their order (R44). Their calls stay open in
 * the store meanwhile, so that the sweeper closes them as `unknown` if this process dies. Nothing new is admitted while
 * too many wait.
 */
export function createRetryingLedger(
  ledger: Ledger,
  { clock, maxWaiting, retryMs, onLost }: RetryingLedgerOptions,
): RetryingLedger {
  const waiting: Settlement[] = []
  /** Now, or by a timer. */
  let isTrying = false
  let stopTimer = () => {}
  let isClosed = false
  let round: Promise<void> | undefined

  /** One at a time: each takes the first. */
  function book(): Promise<void> {
    round ??= bookAll().finally(() => {
      round = undefined
    })
    return round
  }

  async function bookAll(): Promise<void> {
    isTrying = true
    for (let next = waiting[0]; next !== undefined; next = waiting[0]) {
      try {
        await ledger.settle(next)
      } catch (error) {
        if (isUnavailable(error)) {
          tryLater()
          return
        }
        // It would fail for ever, and keep those behind it out of the book.
        onLost(next, error)
      }
      waiting.shift()
    }
    isTrying = false
  }

  function tryLater(): void {
    if (!isClosed) stopTimer = clock.after(retryMs, () => void book())
  }

  function keep(settlement: Settlement, error: unknown): boolean {
    if (!isUnavailable(error)) throw error
    waiting.push(settlement)
    if (!isTrying) tryLater()
    isTrying = true
    return true
  }

  return {
    balance: ledger.balance,
    limits: ledger.limits,
    correct: ledger.correct,
    reconcile: ledger.reconcile,
    admit: (request) =>
      waiting.length < maxWaiting
        ? ledger.admit(request)
        : Promise.reject(storeUnavailable('too many settlements wait')),
    // Not async, which would cost every call another promise for the sake of a rare failure.
    settle: (settlement) => ledger.settle(settlement).catch((error: unknown) => keep(settlement, error)),
    async close() {
      isClosed = true
      stopTimer()
      await round
      if (waiting.length > 0) await book()
    },
  }
}

function isUnavailable(error: unknown): boolean {
  return error instanceof GatewayError && error.code === 'store_unavailable'
}
