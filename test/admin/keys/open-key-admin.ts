import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createKeyAdmin, type KeyAdmin, type KeyAudit } from '../../../src/admin/keys/key-admin.ts'
import { parseSettings } from '../../../src/config/parse-settings.ts'
import { createKeys } from '../../../src/pipeline/access/key-cache.ts'
import type { Keys } from '../../../src/pipeline/call/ports.ts'
import { nodeSecrets } from '../../../src/platform/node/node-secrets.ts'
import { openSqlite, type SqliteDatabase } from '../../../src/platform/node/storage/open-sqlite.ts'
import { readMigrations } from '../../../src/platform/node/storage/read-migrations.ts'
import { createSqlKeyStore } from '../../../src/storage/sql/keys/create-sql-key-store.ts'
import { migrate } from '../../../src/storage/sql/migrate.ts'
import { gatewayToken } from '../../support/gateway.ts'

export interface OpenKeyAdmin {
  readonly admin: KeyAdmin
  readonly keys: Keys
  readonly sql: SqliteDatabase
  readonly audits: readonly KeyAudit[]
  /** What the clock says, and can be told to say. */
  readonly time: { now: number }
  /** The database's file. */
  readonly path: string
  close(): void
}

/** The administration of keys on a database of its own. It is noon on 1 June 2030, UTC. */
export async function openKeyAdmin(): Promise<OpenKeyAdmin> {
  const folder = mkdtempSync(join(tmpdir(), 'weir-key-admin-'))
  const path = join(folder, 'weir.db')
  const sql = openSqlite(path)
  await migrate(sql, readMigrations(join(import.meta.dirname, '../../../migrations')))
  const time = { now: Date.UTC(2030, 5, 1, 12) }
  const clock = { now: () => time.now, monotonicMs: () => time.now, after: () => () => {} }
  const keys = createKeys(createSqlKeyStore(sql), clock, { freshMs: 1_000, unknownMs: 250 })
  const settings = parseSettings({ env: { TOKEN: gatewayToken }, platform: 'node' })
  const audits: KeyAudit[] = []
  const admin = createKeyAdmin(
    { keys, clock, secrets: nodeSecrets, settings },
    async (entry) => void audits.push(entry),
  )
  return {
    ...{ admin, keys, sql, audits, time, path },
    close() {
      sql.close()
      rmSync(folder, { recursive: true })
    },
  }
}
