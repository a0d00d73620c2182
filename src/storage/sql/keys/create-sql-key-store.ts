import type { ApiKey, KeyChange, KeyPage, KeySecret, KeyStore, KeyWithSecrets } from '../../key-store.ts'
import { storeUnavailable } from '../../store-unavailable.ts'
import { readInteger, readString } from '../read-column.ts'
import type { Sql, SqlRow, SqlStatement } from '../sql.ts'
import {
  chainFrom,
  depthLimit,
  keyColumns,
  keyColumnsOf,
  secretColumns,
  selectKeyChain,
  toApiKey,
  toKeyParams,
  toKeyWithAncestors,
  toRulesJson,
  toSecret,
} from './key-rows.ts'

/** Oldest first. Within one millisecond, the secret without an expiry is the newest. */
const secretOrder = 'secret.created_at, CASE WHEN secret.expires_at IS NULL THEN 1 ELSE 0 END, secret.hash'

const listPage = (condition: string) => `SELECT ${keyColumnsOf('page')}, ${secretColumns}
    FROM (SELECT ${keyColumns} FROM api_keys WHERE ${condition} AND id > ? AND deleted_at IS NULL ORDER BY id LIMIT ?) page
    LEFT JOIN api_key_secrets secret ON secret.key_id = page.id ORDER BY page.id, ${secretOrder}`

/** A key that is not deleted, with all keys below it. Keys below a deleted key are deleted too. */
const family = `WITH RECURSIVE family (id) AS (
    SELECT id FROM api_keys WHERE id = ? AND deleted_at IS NULL
    UNION SELECT child.id FROM api_keys child JOIN family ON child.parent_id = family.id WHERE child.deleted_at IS NULL)`

const statements = {
  insertKey: `INSERT INTO api_keys (${keyColumns}) SELECT ?, ?, ?, ?, ?, ?, ?, ?, ?, ?
    WHERE NOT EXISTS (SELECT 1 FROM api_keys WHERE id = ?)
    AND NOT EXISTS (SELECT 1 FROM api_key_secrets WHERE hash = ?)
    AND (? = '' OR EXISTS (SELECT 1 FROM api_keys WHERE id = ? AND deleted_at IS NULL)) RETURNING id`,
  // A key without a secret is the one just inserted: an older key keeps its last secret until the key is deleted.
  insertFirstSecret: `INSERT INTO api_key_secrets (hash, key_id, hint, created_at, expires_at) SELECT ?, id, ?, ?, ?
    FROM api_keys WHERE id = ? AND deleted_at IS NULL
    AND NOT EXISTS (SELECT 1 FROM api_key_secrets WHERE key_id = api_keys.id)`,
  raiseVersion: 'UPDATE key_version SET version = version + 1 WHERE id = 1',
  version: 'SELECT version FROM key_version WHERE id = 1',
  findByHash: `WITH RECURSIVE ${chainFrom(
    `SELECT 0, ${keyColumnsOf('found')} FROM api_key_secrets owner JOIN api_keys found ON found.id = owner.key_id
    WHERE owner.hash = ?`,
  )}
  SELECT ${keyColumnsOf('chain')}, ${secretColumns} FROM chain JOIN api_key_secrets secret ON secret.hash = ?
  ORDER BY chain.depth`,
  list: listPage("? = ''"),
  listChildren: listPage('parent_id = ?'),
  listOfPerson: listPage('person_id = ?'),
  listChildrenOfPerson: listPage('parent_id = ? AND person_id = ?'),
  any: 'SELECT 1 FROM api_keys LIMIT 1',
  secrets: `SELECT ${secretColumns} FROM api_key_secrets secret WHERE key_id = ? ORDER BY ${secretOrder}`,
  findRevision: `SELECT ${keyColumns}, revision FROM api_keys WHERE id = ? AND deleted_at IS NULL`,
  update: `UPDATE api_keys SET name = ?, is_disabled = ?, expires_at = ?, rules = ?, person_id = ?,
    updated_at = ?, revision = revision + 1
    WHERE id = ? AND revision = ? RETURNING ${keyColumns}`,
  endOlderSecrets: `UPDATE api_key_secrets SET expires_at = ? WHERE key_id = ? AND COALESCE(expires_at, ?) >= ?
    AND NOT EXISTS (SELECT 1 FROM api_key_secrets WHERE hash = ?)`,
  deleteEndedSecrets: `DELETE FROM api_key_secrets WHERE key_id = ? AND expires_at <= ?
    AND NOT EXISTS (SELECT 1 FROM api_key_secrets WHERE hash = ?)`,
  insertSecret: `INSERT INTO api_key_secrets (hash, key_id, hint, created_at, expires_at) SELECT ?, id, ?, ?, ?
    FROM api_keys WHERE id = ? AND deleted_at IS NULL
    AND NOT EXISTS (SELECT 1 FROM api_key_secrets WHERE hash = ?) RETURNING hash`,
  deleteSecrets: `${family} DELETE FROM api_key_secrets WHERE key_id IN (SELECT id FROM family)`,
  // Raises the revision: a concurrent `update` then retries and finds no key.
  delete: `${family} UPDATE api_keys SET deleted_at = ?, is_disabled = 1, revision = revision + 1
    WHERE id IN (SELECT id FROM family) RETURNING id`,
  lineage: `WITH RECURSIVE lineage (depth, id) AS (
    SELECT 0, CAST(? AS TEXT)
    UNION ALL SELECT lineage.depth + 1, api_keys.parent_id FROM api_keys JOIN lineage ON api_keys.id = lineage.id
    WHERE api_keys.parent_id IS NOT NULL AND lineage.depth < ${depthLimit})
    SELECT id FROM lineage ORDER BY depth`,
} as const

/** Increments the version of the keys. Belongs in the transaction of each change of a key or a revocation. */
export const raiseVersion: SqlStatement = { text: statements.raiseVersion, params: [] }

/** Enough for concurrent changes of one key. More attempts indicate a different problem. */
const updateTries = 20

/** Creates a {@link KeyStore} on a SQL database with the schema of migrations/. */
export function createSqlKeyStore(sql: Sql): KeyStore {
  return {
    create: (key, secret) => create(sql, key, secret),
    find: async (id) => toKeyWithAncestors(await sql.all(selectKeyChain, [id])),
    async findByHash(hash) {
      const rows = await sql.all(statements.findByHash, [hash, hash])
      const [first] = rows
      const found = toKeyWithAncestors(rows)
      return first && found && { ...found, secret: toSecret(first) }
    },
    isUnused: async () => (await sql.all(statements.any, [])).length === 0,
    list: async (page) => toPage(await readPage(sql, page)),
    secrets: async (id) => (await sql.all(statements.secrets, [id])).map(toSecret),
    update: (id, change, now) => update(sql, id, { change, now }),
    rotate: (id, secret, overlapUntil) => rotate(sql, id, { secret, overlapUntil }),
    async delete(id, now) {
      const [, deleted = []] = await sql.batch([
        { text: statements.deleteSecrets, params: [id] },
        { text: statements.delete, params: [id, now] },
        raiseVersion,
      ])
      return deleted.length
    },
    lineage: async (id) => (await sql.all(statements.lineage, [id])).map((row) => readString(row, 'id')),
    version: async () => toNumber(await sql.all(statements.version, []), 'version'),
  }
}

async function create(sql: Sql, key: ApiKey, { hash, hint, createdAt, expiresAt }: KeySecret): Promise<boolean> {
  const parentId = key.parentId ?? ''
  const [created] = await sql.batch([
    { text: statements.insertKey, params: [...toKeyParams(key), key.id, hash, parentId, parentId] },
    { text: statements.insertFirstSecret, params: [hash, hint, createdAt, expiresAt ?? null, key.id] },
    raiseVersion,
  ])
  return created?.length === 1
}

function readPage(sql: Sql, { limit, after = '', parentId, personId }: KeyPage): Promise<readonly SqlRow[]> {
  if (personId !== undefined)
    return parentId === undefined
      ? sql.all(statements.listOfPerson, [personId, after, limit])
      : sql.all(statements.listChildrenOfPerson, [parentId, personId, after, limit])
  return parentId === undefined
    ? sql.all(statements.list, ['', after, limit])
    : sql.all(statements.listChildren, [parentId, after, limit])
}

/** Groups the rows by key: the query returns a row for each secret of a key. */
function toPage(rows: readonly SqlRow[]): readonly KeyWithSecrets[] {
  const byId = new Map<unknown, SqlRow[]>()
  for (const row of rows) {
    const known = byId.get(row.id)
    if (known === undefined) byId.set(row.id, [row])
    else known.push(row)
  }
  return [...byId.values()].flatMap((group) => {
    const [first] = group
    if (first === undefined) return []
    return { key: toApiKey(first), secrets: group.filter(({ secret_hash: hash }) => hash !== null).map(toSecret) }
  })
}

interface Update {
  readonly change: (key: ApiKey) => KeyChange
  readonly now: number
}

/** Optimistic locking: retries if another writer changed the key between the read and the write. */
async function update(sql: Sql, id: string, { change, now }: Update): Promise<ApiKey | undefined> {
  for (let tries = 0; tries < updateTries; tries += 1) {
    const [row] = await sql.all(statements.findRevision, [id])
    if (row === undefined) return undefined
    const known = toApiKey(row)
    const key = withChange(known, change(known))
    const { name, isDisabled, expiresAt, personId } = key
    const values = [name, isDisabled ? 1 : 0, expiresAt ?? null, toRulesJson(key), personId ?? null, now]
    const params = [...values, id, readInteger(row, 'revision')]
    const [changed] = await sql.batch([{ text: statements.update, params }, raiseVersion])
    if (changed?.[0] !== undefined) return toApiKey(changed[0])
  }
  throw storeUnavailable(new Error(`Concurrent writers changed the key ${id} ${updateTries} times in a row.`))
}

function withChange(
  key: ApiKey,
  { grants, expiresAt, perUser, defaultMaxTokens, personId, ...change }: KeyChange,
): ApiKey {
  return {
    ...key,
    ...change,
    grants: { ...key.grants, ...grants },
    expiresAt: choose(expiresAt, key.expiresAt),
    perUser: choose(perUser, key.perUser),
    defaultMaxTokens: choose(defaultMaxTokens, key.defaultMaxTokens),
    personId: choose(personId, key.personId),
  }
}

function choose<Value>(change: Value | 'never' | 'none' | undefined, known: Value | undefined): Value | undefined {
  if (change === undefined) return known
  return change === 'never' || change === 'none' ? undefined : change
}

interface Rotation {
  readonly secret: KeySecret
  readonly overlapUntil: number
}

async function rotate(sql: Sql, id: string, { secret, overlapUntil }: Rotation): Promise<boolean> {
  const { hash, hint, createdAt, expiresAt } = secret
  const results = await sql.batch([
    { text: statements.endOlderSecrets, params: [overlapUntil, id, overlapUntil, overlapUntil, hash] },
    { text: statements.deleteEndedSecrets, params: [id, createdAt, hash] },
    { text: statements.insertSecret, params: [hash, hint, createdAt, expiresAt ?? null, id, hash] },
    raiseVersion,
  ])
  return results[2]?.length === 1
}

function toNumber(rows: readonly SqlRow[] | undefined, column: string): number {
  const row = rows?.[0]
  return row === undefined ? 0 : readInteger(row, column)
}
