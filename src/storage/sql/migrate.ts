import { readText } from './read-column.ts'
import type { Sql, SqlStatement } from './sql.ts'

/** A numbered step of the schema, as wrangler's `readD1Migrations` has it too. */
export interface Migration {
  /** `0001_sessions.sql` */
  readonly name: string
  readonly queries: readonly string[]
}

/**
 * The table that `wrangler d1 migrations apply` keeps, under the name that wrangler.jsonc gives it (`migrations_table`), so that a database
 * may be migrated by either.
 */
const createTable = `CREATE TABLE IF NOT EXISTS weir_migrations (
  id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, applied_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP)`

/**
 * Applies the migrations that the database has not seen, in order; answers their names. Each is atomic. Processes that start at the same
 * time may all call it. Migrations that the database has and this code does not know are left alone: they are of a newer release, which
 * keeps the schema usable for this one (rules in migrations/README.md).
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
  return new Set(rows.map((row) => readText(row, 'name')))
}

function toOrdered(migrations: readonly Migration[]): readonly Migration[] {
  const byNumber = new Map(migrations.map((migration) => [readNumber(migration.name), migration]))
  if (byNumber.size !== migrations.length) throw new Error('Two migrations have the same number.')
  return [...byNumber].sort(([left], [right]) => left - right).map(([, migration]) => migration)
}

function readNumber(name: string): number {
  const match = /^(\d{4})_[a-z0-9_]+\.sql$/.exec(name)
  if (match === null) throw new Error(`The migration ${name} is not named like 0001_sessions.sql.`)
  return Number(match[1])
}

/** False where another process was faster. */
async function apply(sql: Sql, migration: Migration): Promise<boolean> {
  // The record goes first: of two processes one fails on its unique name, before it has touched the schema.
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
