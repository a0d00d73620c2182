import { env } from 'cloudflare:workers'
import type { LedgerFamily } from '../../../src/platform/cloudflare/ledger/ledger-family.ts'
import type { Migration } from '../../../src/storage/sql/migrate.ts'

interface Bindings {
  readonly DB: D1Database
  readonly BLOBS: R2Bucket
  readonly LEDGER: DurableObjectNamespace<LedgerFamily>
  /** The migrations in migrations/, read by `readD1Migrations`. */
  readonly MIGRATIONS: readonly Migration[]
}

export const bindings = env as unknown as Bindings
