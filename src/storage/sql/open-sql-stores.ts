import type { LongWork } from '../../core/long-work.ts'
import type { AdminSecretStore } from '../admin-secret-store.ts'
import type { AdminSessionStore } from '../admin-session-store.ts'
import type { AuditLog } from '../audit-log.ts'
import type { IdempotencyStore } from '../idempotency-store.ts'
import type { ImageStore } from '../image-store.ts'
import type { KeyStore } from '../key-store.ts'
import type { LinkStore } from '../link-store.ts'
import type { PeopleStore } from '../people-store.ts'
import type { ResponseStore } from '../response-store.ts'
import type { RevocationStore } from '../revocation-store.ts'
import type { SessionStore } from '../session-store.ts'
import type { UsageStore } from '../usage-store.ts'
import { createSqlAdminSecretStore } from './create-sql-admin-secret-store.ts'
import { createSqlAuditLog } from './create-sql-audit-log.ts'
import { createSqlIdempotencyStore } from './create-sql-idempotency-store.ts'
import { createSqlImageStore } from './create-sql-image-store.ts'
import { createSqlResponseStore } from './create-sql-response-store.ts'
import { createSqlSessionStore } from './create-sql-session-store.ts'
import { createSqlKeyStore } from './keys/create-sql-key-store.ts'
import { createSqlRevocationStore } from './keys/create-sql-revocation-store.ts'
import { createSqlAdminSessionStore } from './people/create-sql-admin-session-store.ts'
import { createSqlLinkStore } from './people/create-sql-link-store.ts'
import { createSqlPeopleStore } from './people/create-sql-people-store.ts'
import type { Sql } from './sql.ts'
import { createSqlUsageStore } from './usage/create-sql-usage-store.ts'

/** The stores of a SQL database. The ledger is not one of them, because it needs a database in its own process. */
export interface SqlStores {
  readonly sessions: SessionStore
  readonly images: ImageStore
  readonly idempotency: IdempotencyStore
  readonly responses: ResponseStore
  readonly keys: KeyStore
  readonly revocations: RevocationStore
  readonly usage: UsageStore
  readonly audit: AuditLog
  readonly adminSecret: AdminSecretStore
  readonly adminSessions: AdminSessionStore
  readonly people: PeopleStore
  readonly links: LinkStore
}

/** Opens the stores of a database whose schema is up to date. */
export function openSqlStores(sql: Sql, doLongWork?: LongWork): SqlStores {
  return {
    sessions: createSqlSessionStore(sql, doLongWork),
    images: createSqlImageStore(sql),
    idempotency: createSqlIdempotencyStore(sql),
    responses: createSqlResponseStore(sql),
    keys: createSqlKeyStore(sql),
    revocations: createSqlRevocationStore(sql),
    usage: createSqlUsageStore(sql),
    audit: createSqlAuditLog(sql),
    adminSecret: createSqlAdminSecretStore(sql),
    adminSessions: createSqlAdminSessionStore(sql),
    people: createSqlPeopleStore(sql),
    links: createSqlLinkStore(sql),
  }
}
