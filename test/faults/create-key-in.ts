import { join } from 'node:path'
import { createKeyAdmin } from '../../src/admin/keys/key-admin.ts'
import type { KeyObjectWithSecret } from '../../src/admin/keys/key-object.ts'
import { parseSettings } from '../../src/config/parse-settings.ts'
import { createKeys } from '../../src/pipeline/access/key-cache.ts'
import { nodeClock } from '../../src/platform/node/node-clock.ts'
import { nodeSecrets } from '../../src/platform/node/node-secrets.ts'
import { openSqlite } from '../../src/platform/node/storage/open-sqlite.ts'
import { createSqlKeyStore } from '../../src/storage/sql/keys/create-sql-key-store.ts'
import { createSqlRevocationStore } from '../../src/storage/sql/keys/create-sql-revocation-store.ts'

/** Creates a key in the database of servers whose storage is in `folder`, as another process would. */
export async function createKeyIn(folder: string, fields: object): Promise<KeyObjectWithSecret> {
  const [key] = await createKeysIn(folder, [fields])
  if (key === undefined) throw new Error('no key was created')
  return key
}

/** The same for several keys, in their order. */
export async function createKeysIn(
  folder: string,
  keysFields: readonly object[],
): Promise<readonly KeyObjectWithSecret[]> {
  const database = openSqlite(join(folder, 'weir.db'))
  try {
    const stores = { keys: createSqlKeyStore(database), revocations: createSqlRevocationStore(database) }
    const keys = createKeys(stores, nodeClock, { freshMs: 0, unknownMs: 0 })
    const settings = parseSettings({ env: {}, platform: 'node' })
    const admin = createKeyAdmin({ keys, clock: nodeClock, secrets: nodeSecrets, settings }, async () => {})
    const created: KeyObjectWithSecret[] = []
    for (const fields of keysFields) created.push(await admin.create({ name: 'x', ...fields }))
    return created
  } finally {
    database.close()
  }
}
