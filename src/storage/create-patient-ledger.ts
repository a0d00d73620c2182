import type { Clock } from '../core/clock.ts'
import { GatewayError } from '../core/errors.ts'
import type { Ledger, Settlement } from './ledger.ts'
import { storeUnavailable } from './store-unavailable.ts'

export interface PatientLedgerOptions {
  readonly clock: Clock
  /** Settlements that wait at most; with so many nothing new is admitted. */
  readonly mostWaiting: number
  /** Milliseconds between two tries. */
  readonly retryMs: number
}

/**
 * Keeps settlements that the store could not take, and books them when it can again, in the order in which they came (R44). Their calls are
 * open in the store all the while, so that the sweeper closes them as `unknown` should this process die. Nothing new is spent while too
 * many wait.
 */
export function createPatientLedger(ledger: Ledger, { clock, mostWaiting, retryMs }: PatientLedgerOptions): Ledger {
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
    standings: ledger.standings,
    admit: (request) =>
      waiting.length < mostWaiting
        ? ledger.admit(request)
        : Promise.reject(storeUnavailable('too many settlements wait')),
    // No async function, which would cost every call another promise for what nearly never happens.
    settle: (settlement) => ledger.settle(settlement).catch((error: unknown) => keep(settlement, error)),
  }
}
