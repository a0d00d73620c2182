import type { PriceBook } from '../metering/create-price-book.ts'
import type { Ledger } from '../storage/ledger.ts'
import type { UsageStore } from '../storage/usage-store.ts'

/** The books. */
export interface Metering {
  readonly ledger: Ledger
  readonly usage: UsageStore
  readonly prices: PriceBook
}
