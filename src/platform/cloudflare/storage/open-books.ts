import type { Settings } from '../../../config/settings.ts'
import { createPriceBook } from '../../../metering/price-book.ts'
import type { Metering } from '../../../pipeline/call/ports.ts'
import { toPricedProviders } from '../../../providers/provider-kinds.ts'
import { createSqlKeyStore } from '../../../storage/sql/keys/create-sql-key-store.ts'
import { createSqlUsageStore } from '../../../storage/sql/usage/create-sql-usage-store.ts'
import { createDurableLedger, type DurableLedger } from '../ledger/create-durable-ledger.ts'
import type { LedgerFamily } from '../ledger/ledger-family.ts'
import { createD1Sql } from './create-d1-sql.ts'

/** What wrangler.jsonc binds for the books, where it does. */
export interface BookBindings {
  readonly DB?: D1Database
  readonly LEDGER?: DurableObjectNamespace<LedgerFamily>
}

export interface OpenBooks extends Metering {
  readonly ledger: DurableLedger
}

/** The books of a Worker; undefined where a binding is missing or the operator wants none. */
export function openBooks({ DB, LEDGER }: BookBindings, settings: Settings): OpenBooks | undefined {
  if (DB === undefined || LEDGER === undefined || !settings.metering.isOn) return undefined
  const sql = createD1Sql(DB)
  const keys = createSqlKeyStore(sql)
  const ledger = createDurableLedger({
    families: LEDGER,
    findRoot: async (keyId) => (await keys.find(keyId))?.key.rootId,
    leaseMs: toLeaseMs(settings),
  })
  return {
    ledger,
    usage: createSqlUsageStore(sql),
    prices: createPriceBook(toPricedProviders(settings.providers), settings.metering.prices),
  }
}

/** A lost call holds its share of the limits for so long; one that ends later than that is booked as `unknown`. */
const marginMs = 60_000

/** The longest that an attempt may take: the answer, what is read on of it without a caller, and a caller who is slow with the rest. */
function toLeaseMs({ providers, streams }: Settings): number {
  const longest = Math.max(0, ...providers.map(({ timeouts }) => timeouts.totalMs))
  return longest + streams.drainMs + streams.stalledReaderMs + marginMs
}
