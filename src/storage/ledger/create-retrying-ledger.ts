import type { Clock } from '../../core/clock.ts'
import { GatewayError } from '../../core/errors.ts'
import { storeUnavailable } from '../store-unavailable.ts'
import type { Ledger, Settlement } from './ledger.ts'

export interface RetryingLedgerOptions {
  readonly clock: Clock
  /** Maximum queue length. At this length, `admit` rejects. `settle` still queues, because its calls were admitted. */
  readonly maxWaiting: number
  /** Delay between two attempts. */
  readonly retryMs: number
  /** Receives a queued settlement that can never succeed. The sweeper closes its call as `unknown`. */
  readonly onLost: (settlement: Settlement, error: unknown) => void
}

export interface RetryingLedger extends Ledger {
  /**
   * Tries the queued settlements once more before the process exits. The sweeper of another process closes the calls of
   * those that fail again.
   */
  close(): Promise<void>
}

/**
 * Queues the settlements that fail with `store_unavailable`, and retries them in order (R44). Their calls stay open in
 * the store until then; if this process dies, the sweeper closes them as `unknown`. `admit` rejects while `maxWaiting`
 * settlements are queued.
 */
export function createRetryingLedger(
  ledger: Ledger,
  { clock, maxWaiting, retryMs, onLost }: RetryingLedgerOptions,
): RetryingLedger {
  const waiting: Settlement[] = []
  /** True while a retry runs or is scheduled. */
  let isTrying = false
  let stopTimer = () => {}
  let isClosed = false
  let round: Promise<void> | undefined

  /** Starts a retry, or joins the running one: only one may take settlements from the queue. */
  function retry(): Promise<void> {
    round ??= drain().finally(() => {
      round = undefined
    })
    return round
  }

  async function drain(): Promise<void> {
    isTrying = true
    for (let next = waiting[0]; next !== undefined; next = waiting[0]) {
      try {
        await ledger.settle(next)
      } catch (error) {
        if (isUnavailable(error)) {
          tryLater()
          return
        }
        // This settlement would fail forever and block the queue behind it.
        onLost(next, error)
      }
      waiting.shift()
    }
    isTrying = false
  }

  function tryLater(): void {
    if (!isClosed) stopTimer = clock.after(retryMs, () => void retry())
  }

  function enqueue(settlement: Settlement, error: unknown): boolean {
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
    eraseUser: ledger.eraseUser,
    admit: (request) =>
      waiting.length < maxWaiting
        ? ledger.admit(request)
        : Promise.reject(storeUnavailable('too many settlements are queued')),
    // Not async: that would cost every call another promise because of a rare failure.
    settle: (settlement) => ledger.settle(settlement).catch((error: unknown) => enqueue(settlement, error)),
    async close() {
      isClosed = true
      stopTimer()
      await round
      if (waiting.length > 0) await retry()
    },
  }
}

function isUnavailable(error: unknown): boolean {
  return error instanceof GatewayError && error.code === 'store_unavailable'
}
