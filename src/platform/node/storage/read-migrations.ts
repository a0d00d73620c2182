import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Migration } from '../../../storage/sql/migrate.ts'

/** Reads the migrations of a folder. A statement ends with `;` at the end of a line; a comment has its own line. */
export function readMigrations(folder: string): readonly Migration[] {
  const names = readdirSync(folder).filter((name) => name.endsWith('.sql'))
  return names.map((name) => ({ name, queries: toQueries(readFileSync(join(folder, name), 'utf8')) }))
}

function toQueries(sql: string): readonly string[] {
  const lines = sql.split(/\r?\n/).filter((line) => !line.trimStart().startsWith('--'))
  const queries = lines.join('\n').split(/;[ \t]*(?:\n|$)/)
  return queries.map((query) => query.trim()).filter((query) => query !== '')
}
