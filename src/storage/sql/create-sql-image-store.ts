import type { Image, ImageStore } from '../image-store.ts'
import { readInteger, readOptionalString, readString } from './read-column.ts'
import type { Sql, SqlRow } from './sql.ts'

const columns = 'id, owner, content_type, size, sha256, prompt, model, created_at'

const statements = {
  put: `INSERT INTO images (${columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING`,
  find: `SELECT ${columns} FROM images WHERE id = ?`,
  findOlderThan: 'SELECT id FROM images WHERE created_at < ? ORDER BY created_at, id LIMIT ?',
  listOf: `SELECT ${columns} FROM images WHERE owner = ? AND id > ? ORDER BY id LIMIT ?`,
  delete: 'DELETE FROM images WHERE id = ?',
} as const

/** Creates an {@link ImageStore} on a SQL database with the schema of migrations/. */
export function createSqlImageStore(sql: Sql): ImageStore {
  return {
    async put({ id, owner, contentType, size, sha256, prompt, model, createdAt }) {
      const params = [id, owner, contentType, size, sha256, prompt ?? null, model ?? null, createdAt]
      return (await sql.run(statements.put, params)) > 0
    },
    async find(id) {
      const [row] = await sql.all(statements.find, [id])
      return row && toImage(row)
    },
    async findOlderThan(cutoff, limit) {
      return (await sql.all(statements.findOlderThan, [cutoff, limit])).map((row) => readString(row, 'id'))
    },
    async listOf(owner, { limit, after = '' }) {
      return (await sql.all(statements.listOf, [owner, after, limit])).map(toImage)
    },
    async delete(id) {
      return (await sql.run(statements.delete, [id])) > 0
    },
  }
}

function toImage(row: SqlRow): Image {
  return {
    id: readString(row, 'id'),
    owner: readString(row, 'owner'),
    contentType: readString(row, 'content_type'),
    size: readInteger(row, 'size'),
    sha256: readString(row, 'sha256'),
    prompt: readOptionalString(row, 'prompt'),
    model: readOptionalString(row, 'model'),
    createdAt: readInteger(row, 'created_at'),
  }
}
