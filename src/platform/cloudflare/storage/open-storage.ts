import type { PeopleStores } from '../../../admin/administration.ts'
import type { Settings } from '../../../config/settings.ts'
import type { Clock } from '../../../core/clock.ts'
import { createPriceBook } from '../../../metering/price-book.ts'
import type { Metering, Storage } from '../../../pipeline/call/ports.ts'
import { toPricedProviders } from '../../../providers/provider-kinds.ts'
import type { AuditLog } from '../../../storage/audit-log.ts'
import type { KeyStore } from '../../../storage/key-store.ts'
import type { RevocationStore } from '../../../storage/revocation-store.ts'
import { openSqlStores } from '../../../storage/sql/open-sql-stores.ts'
import { renderNotice } from '../../../telemetry/line-log.ts'
import {
  createDurableLedger,
  createFamilyKeyStore,
  createFamilyRevocationStore,
} from '../ledger/create-durable-ledger.ts'
import { createLightLedger } from '../ledger/create-light-ledger.ts'
import type { LedgerFamily } from '../ledger/ledger-family.ts'
import { createD1Sql } from './create-d1-sql.ts'
import { createR2BlobStore } from './create-r2-blob-store.ts'

/** The storage bindings of wrangler.jsonc; each is optional. */
export interface StorageBindings {
  readonly DB?: D1Database
  readonly IMAGES?: R2Bucket
  readonly LEDGER?: DurableObjectNamespace<LedgerFamily>
}

/** The stores of a Worker. A store is undefined if its binding is missing. */
export interface OpenStorage {
  readonly storage: Storage | undefined
  /** Virtual keys and revoked user tokens. */
  readonly keys: { readonly keys: KeyStore; readonly revocations: RevocationStore } | undefined
  readonly audit: AuditLog | undefined
  readonly people: PeopleStores | undefined
  /** Also undefined if metering is off. */
  readonly metering: Metering | undefined
}

/** Opens the stores. Their schema comes from `wrangler d1 migrations apply`. */
export function openStorage(
  { DB, IMAGES, LEDGER }: StorageBindings,
  settings: Settings,
  clock: Pick<Clock, 'now' | 'after'>,
): OpenStorage {
  if (DB === undefined)
    return { storage: undefined, keys: undefined, audit: undefined, people: undefined, metering: undefined }
  const stores = openSqlStores(createD1Sql(DB))
  const { keys, revocations, usage, audit } = stores
  const people = { people: stores.people, sessions: stores.adminSessions, links: stores.links }
  const storage = { ...stores, blobs: IMAGES && createR2BlobStore(IMAGES) }
  if (LEDGER === undefined || !settings.metering.isEnabled)
    return { storage, keys: stores, audit, people, metering: undefined }
  const durable = createDurableLedger({
    families: LEDGER,
    findRoot: async (keyId) => (await keys.find(keyId))?.key.rootId,
    leaseMs: toLeaseMs(settings),
  })
  const light = settings.metering.isLight
    ? createLightLedger({
        full: durable,
        usage,
        hasKeys: async () => !(await keys.isUnused()),
        clock,
        onFailure: (error) => console.error(renderNotice('metering', error, clock.now())),
      })
    : undefined
  const prices = createPriceBook(toPricedProviders(settings.providers), settings.metering.prices, clock)
  const metering = { ledger: light ?? durable, usage, prices, problem: () => undefined }
  const announcing = {
    keys: createFamilyKeyStore(keys, durable, () => light?.endLight()),
    revocations: createFamilyRevocationStore(revocations, durable),
  }
  return { storage, keys: announcing, audit, people, metering }
}

/**
 * Extra lease time. A lost call keeps its reservation until the lease ends; a call that ends later is recorded as
 * `unknown`.
 */
const marginMs = 60_000

/**
 * Returns the maximum duration of an attempt: the response, draining it without a caller, and a slow caller at its end.
 */
function toLeaseMs({ providers, streams }: Settings): number {
  const maxTotalMs = Math.max(0, ...providers.map(({ timeouts }) => timeouts.totalMs))
  return maxTotalMs + streams.drainMs + streams.stalledReaderMs + marginMs
}
