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
import { createSqlRevocationStore } from '../../../src/storage/sql/keys/create-sql-revocation-store.ts'
import { migrate } from '../../../src/storage/sql/migrate.ts'
import { toPerson } from '../../storage/contract/people-store.ts'
import { gatewayToken } from '../../support/gateway.ts'

export interface OpenKeyAdmin {
  readonly admin: KeyAdmin
  readonly keys: Keys
  readonly sql: SqliteDatabase
  readonly audits: readonly KeyAudit[]
  /** The clock, settable by a test. */
  readonly time: { now: number }
  /** The database file. */
  readonly path: string
  close(): void
}

/** Opens key administration on a new database. The time is noon on 1 June 2030, UTC. */
export async function openKeyAdmin(): Promise<OpenKeyAdmin> {
  const folder = mkdtempSync(join(tmpdir(), 'weir-key-admin-'))
  const path = join(folder, 'weir.db')
  const sql = openSqlite(path)
  await migrate(sql, readMigrations(join(import.meta.dirname, '../../../migrations')))
  const time = { now: Date.UTC(2030, 5, 1, 12) }
  const clock = { now: () => time.now, monotonicMs: () => time.now, after: () => () => {} }
  const keys = createKeys({ keys: createSqlKeyStore(sql), revocations: createSqlRevocationStore(sql) }, clock, {
    freshMs: 1_000,
    unknownMs: 250,
  })
  const settings = parseSettings({ env: { TOKEN: gatewayToken }, platform: 'node' })
  const audits: KeyAudit[] = []
  const admin = createKeyAdmin(
    { keys, clock, secrets: nodeSecrets, settings },
    async (entry) => void audits.push(entry),
    { people: { find: async (id) => (id === toPerson('person_1').id ? toPerson(id) : undefined) } },
  )
  return {
    admin,
    keys,
    sql,
    audits,
    time,
    path,
    close() {
      sql.close()
      rmSync(folder, { recursive: true })
    },
  }
}

/** All limits, none set. */
export const unlimited = {
  requests_per_minute: null,
  requests_per_hour: null,
  requests_per_day: null,
  tokens_per_minute: null,
  tokens_per_hour: null,
  tokens_per_day: null,
  concurrent_calls: null,
  concurrent_streams: null,
  usd_per_call: null,
  budgets: [],
}

/** All settable fields. */
export const everything = {
  name: 'Web shop',
  disabled: false,
  expires_at: '2031-01-31T00:00:00.000Z',
  models: ['gpt-4o*', 'openai/*'],
  operations: ['chat.*', 'embeddings'],
  origins: ['https://shop.example'],
  ip_ranges: ['203.0.113.0/24', '2001:db8::/32'],
  limits: {
    requests_per_minute: 60,
    requests_per_hour: 600,
    requests_per_day: 6_000,
    tokens_per_minute: 1_000,
    tokens_per_hour: 10_000,
    tokens_per_day: 100_000,
    concurrent_calls: 8,
    concurrent_streams: 4,
    usd_per_call: 0.25,
    budgets: [
      { usd: 1.5, per: 'day', time_zone: 'Europe/Berlin' },
      { usd: 0.3, per: 'day', time_zone: 'UTC' },
      { usd: 20, per: 'total', time_zone: 'UTC' },
    ],
  },
  per_user: { ...unlimited, requests_per_minute: 5, usd_per_call: 0.000000001 },
  shadow: true,
  default_max_tokens: 1_000,
  labels: { team: 'Shop', 'cost-centre': '4711' },
  person_id: 'person_1',
}

/** The input of a key with its required name. */
export const named = (fields: object) => ({ name: 'x', ...fields })

/** Returns the error as callers see it; undefined if the work succeeds. */
export const refusal = (work: Promise<unknown>) =>
  work.then(
    () => undefined,
    ({ code, param, message }) => ({ code, param, message }),
  )
