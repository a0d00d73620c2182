import { readString } from './read-column.ts'
import type { Sql, SqlStatement } from './sql.ts'

/** A numbered schema migration, in the format of wrangler's `readD1Migrations`. */
export interface Migration {
  /** `0001_sessions.sql` */
  readonly name: string
  readonly queries: readonly string[]
}

/**
 * The table of `wrangler d1 migrations apply`, with the name that wrangler.jsonc sets as `migrations_table`. Both tools
 * can therefore migrate the same database.
 */
const createTable = `CREATE TABLE IF NOT EXISTS weir_migrations (
  id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, applied_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP)`

/**
 * Applies the pending migrations in order and returns their names. Each migration is atomic. Safe to call from
 * processes that start at the same time. Ignores applied migrations that this code does not know: a newer release made
 * them, and it keeps the schema compatible with this one (rules in migrations/README.md).
 */
export async function migrate(sql: Sql, migrations: readonly Migration[]): Promise<readonly string[]> {
  await sql.run(createTable, [])
  const applied = await readApplied(sql)
  const done: string[] = []
  for (const migration of toOrdered(migrations)) {
    if (!applied.has(migration.name) && (await apply(sql, migration))) done.push(migration.name)
  }
  return done
}

async function readApplied(sql: Sql): Promise<ReadonlySet<string>> {
  const rows = await sql.all('SELECT name FROM weir_migrations', [])
  return new Set(rows.map((row) => readString(row, 'name')))
}

function toOrdered(migrations: readonly Migration[]): readonly Migration[] {
  const byNumber = new Map(migrations.map((migration) => [readNumber(migration.name), migration]))
  if (byNumber.size !== migrations.length) throw new Error('Two migrations have the same number.')
  return [...byNumber].sort(([left], [right]) => left - right).map(([, migration]) => migration)
}

function readNumber(name: string): number {
  const match = /^(\d{4})_[a-z0-9_]+\.sql$/.exec(name)
  if (match === null) throw new Error(`The migration ${name} has no valid name. Name it like 0001_sessions.sql.`)
  return Number(match[1])
}

/** Applies one migration. Returns false if another process has applied it. */
async function apply(sql: Sql, migration: Migration): Promise<boolean> {
  // Insert the record first: of two processes, one fails on its unique name before it changes the schema.
  const record: SqlStatement = {
    text: 'INSERT INTO weir_migrations (id, name) VALUES (?, ?)',
    params: [readNumber(migration.name), migration.name],
  }
  try {
    await sql.batch([record, ...migration.queries.map((text) => ({ text, params: [] }))])
    return true
  } catch (error) {
    if ((await readApplied(sql)).has(migration.name)) return false
    throw error
  }
}
