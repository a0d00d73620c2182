import type { Ledger } from '../../src/storage/ledger/ledger.ts'

/** Watches a ledger: each admitted reservation must be settled exactly once. */
export interface WatchedLedger {
  readonly ledger: Ledger
  /** Throws with the ids of reservations that were dropped or settled twice. */
  expectAllSettled(): void
}

export function watchReservations(ledger: Ledger): WatchedLedger {
  const settlements = new Map<string, number>()
  return {
    ledger: {
      ...ledger,
      async admit(request) {
        const result = await ledger.admit(request)
        if (result.kind === 'admitted') settlements.set(request.id, 0)
        return result
      },
      settle(settlement) {
        settlements.set(settlement.id, (settlements.get(settlement.id) ?? 0) + 1)
        return ledger.settle(settlement)
      },
    },
    expectAllSettled() {
      const wrong = [...settlements].filter(([, count]) => count !== 1)
      if (wrong.length > 0)
        throw new Error(wrong.map(([id, count]) => `the reservation ${id} was settled ${count} times`).join('\n'))
    },
  }
}
