import { createKeyAdmin, type KeyAdmin } from '../../src/admin/keys/key-admin.ts'
import { parseSettings } from '../../src/config/parse-settings.ts'
import { createKeys } from '../../src/pipeline/access/key-cache.ts'
import { nodeClock } from '../../src/platform/node/node-clock.ts'
import { nodeSecrets } from '../../src/platform/node/node-secrets.ts'
import { createSqlKeyStore } from '../../src/storage/sql/keys/create-sql-key-store.ts'
import type { Sql, SqlRow } from '../../src/storage/sql/sql.ts'
import type { StoredGateway } from './stored-gateway.ts'

/** The administration of a gateway's keys, past the gateway: it learns of changes as from another process. */
export function keysOf(gateway: StoredGateway): KeyAdmin {
  const store = createSqlKeyStore(toSql(gateway))
  const keys = createKeys(store, nodeClock, { freshMs: 0, unknownMs: 0 })
  const settings = parseSettings({ env: {}, platform: 'node' })
  return createKeyAdmin({ keys, clock: nodeClock, secrets: nodeSecrets, settings }, async () => {})
}

/** Nobody else writes meanwhile, so a batch is its statements one by one. */
function toSql(gateway: StoredGateway): Sql {
  return {
    all: (text, params) => gateway.sql(text, ...params),
    async run(text, params) {
      return (await gateway.sql(text, ...params)).length
    },
    async batch(statements) {
      const results: (readonly SqlRow[])[] = []
      for (const { text, params } of statements) results.push(await gateway.sql(text, ...params))
      return results
    },
  }
}
