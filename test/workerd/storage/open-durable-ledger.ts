import {
  createDurableLedger,
  type DurableLedger,
} from '../../../src/platform/cloudflare/ledger/create-durable-ledger.ts'
import type { LedgerFamily } from '../../../src/platform/cloudflare/ledger/ledger-family.ts'
import { createD1Sql } from '../../../src/platform/cloudflare/storage/create-d1-sql.ts'
import type { ApiKey } from '../../../src/storage/key-store.ts'
import type { LedgerRecord } from '../../../src/storage/ledger/ledger.ts'
import { createSqlKeyStore } from '../../../src/storage/sql/keys/create-sql-key-store.ts'
import { createSqlUsageStore } from '../../../src/storage/sql/usage/create-sql-usage-store.ts'
import { emptyUsage } from '../../storage/contract/empty-usage.ts'
import type { TestKey } from '../../storage/contract/ledger-fixtures.ts'
import { bindings } from './bindings.ts'

export const sql = createD1Sql(bindings.DB)
export const keyStore = createSqlKeyStore(sql)
export const usage = createSqlUsageStore(sql)

export const leaseMs = 60_000

export interface OpenDurableLedger {
  readonly ledger: DurableLedger
  /** Another Worker with the same objects. */
  again(): DurableLedger
  family(shard: string): DurableObjectStub<LedgerFamily>
  /** Names of the objects in use. */
  shards(): readonly string[]
  records(): Promise<readonly LedgerRecord[]>
  close(): Promise<void>
}

let rounds = 0

/** Opens a ledger on new objects, and an empty D1 with these keys. */
export async function openDurableLedger(keys: readonly TestKey[]): Promise<OpenDurableLedger> {
  const round = ++rounds
  const used = new Map<string, DurableObjectStub<LedgerFamily>>()
  await emptyUsage(sql)
  for (const key of keys) await createKey(key, keys)
  const family = (name: string) => {
    const stub = bindings.LEDGER.getByName(`${round}:${name}`)
    used.set(name, stub)
    return stub
  }
  const shipAll = async () => {
    for (const stub of used.values()) await stub.carry()
  }
  const again = () =>
    withShards(
      createDurableLedger({
        families: { getByName: family },
        findRoot: async (keyId) => (await keyStore.find(keyId))?.key.rootId,
        leaseMs,
      }),
    )
  return {
    ledger: again(),
    again,
    family,
    shards: () => [...used.keys()],
    async records() {
      await shipAll()
      return (await usage.records({ limit: 1_000 })).records
    },
    // Otherwise the alarm ships waiting records during a later test.
    close: shipAll,
  }
}

/** Settles each call on the shard that admitted it, like the pipeline. */
function withShards(ledger: DurableLedger): DurableLedger {
  const shards = new Map<string, string | undefined>()
  return {
    ...ledger,
    async admit(request) {
      const result = await ledger.admit(request)
      if (result.kind === 'admitted') shards.set(request.id, result.shard)
      return result
    },
    settle: (settlement) => ledger.settle({ shard: shards.get(settlement.id), ...settlement }),
  }
}

async function createKey(key: TestKey, keys: readonly TestKey[]): Promise<void> {
  const { id, parentId, ...rules } = key
  const rootOf = (found: TestKey): string => {
    const parent = keys.find((candidate) => candidate.id === found.parentId)
    return parent === undefined ? found.id : rootOf(parent)
  }
  const grants = { models: undefined, operations: undefined, origins: undefined, ipRanges: undefined }
  const apiKey: ApiKey = {
    ...rules,
    ...{ id, parentId, rootId: rootOf(key), name: id, grants, defaultMaxTokens: undefined, labels: {} },
    ...{ createdAt: 1, updatedAt: 1 },
  }
  await keyStore.create(apiKey, { hash: `hash of ${id}`, hint: id, createdAt: 1, expiresAt: undefined })
}
