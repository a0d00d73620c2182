import { DatabaseSync } from 'node:sqlite'

/** A D1 database with SQL, exports and time travel. Source: https://developers.cloudflare.com/api/resources/d1/ */
export interface FakeDatabase {
  readonly name: string
  readonly sql: DatabaseSync
  /** Runs all statements or none. Throws SQLite's error. */
  query(text: string): readonly unknown[]
  /** Returns the SQL that recreates the content. */
  dump(): string
  /** The bookmark of a time, by default the current one. */
  findBookmark(at?: string | null): string
  /** Restores the content of that bookmark. Returns false for an unknown one. */
  restore(bookmark: string): boolean
}

interface Moment {
  readonly bookmark: string
  readonly at: number
  readonly content: string
}

export function createFakeDatabase(name: string): FakeDatabase {
  const sql = new DatabaseSync(':memory:')
  const moments: Moment[] = []
  remember()

  function remember(): void {
    const number = moments.length.toString(16).padStart(8, '0')
    const bookmark = `${number}-00000000-00004c6d-8e61117bf38d7adb71b934ebbf891683`
    moments.push({ bookmark, at: Date.now(), content: dumpSql(sql) })
  }

  return {
    name,
    sql,
    query(text) {
      if (/^\s*(select|pragma)\b/i.test(text)) return sql.prepare(text).all()
      try {
        sql.exec(`BEGIN; ${text}; COMMIT`)
      } catch (error) {
        if (sql.isTransaction) sql.exec('ROLLBACK')
        throw error
      }
      remember()
      return []
    },
    dump: () => dumpSql(sql),
    findBookmark(at) {
      const time = at === null || at === undefined ? Number.POSITIVE_INFINITY : Date.parse(at)
      return String((moments.findLast((moment) => moment.at <= time) ?? moments[0])?.bookmark)
    },
    restore(bookmark) {
      const moment = moments.find((item) => item.bookmark === bookmark)
      if (moment === undefined) return false
      for (const { type, name: item } of listObjects(sql)) sql.exec(`DROP ${type} IF EXISTS "${item}"`)
      sql.exec(moment.content)
      remember()
      return true
    },
  }
}

interface SqlObject {
  readonly type: string
  readonly name: string
  readonly sql: string
}

/** Lists tables first. */
function listObjects(sql: DatabaseSync): readonly SqlObject[] {
  const query = `SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY type <> 'table', rowid`
  return sql.prepare(query).all() as unknown as readonly SqlObject[]
}

function dumpSql(sql: DatabaseSync): string {
  const objects = listObjects(sql)
  const tables = objects.filter(({ type }) => type === 'table')
  const rows = tables.flatMap(({ name }) =>
    sql
      .prepare(`SELECT * FROM "${name}"`)
      .all()
      .map((row) => `INSERT INTO "${name}" VALUES(${Object.values(row).map(toLiteral).join(',')});`),
  )
  const texts = (isTable: boolean) =>
    objects.filter(({ type }) => (type === 'table') === isTable).map((item) => `${item.sql};`)
  return ['PRAGMA defer_foreign_keys=TRUE;', ...texts(true), ...rows, ...texts(false), ''].join('\n')
}

function toLiteral(value: unknown): string {
  if (value === null) return 'NULL'
  if (typeof value === 'string') return `'${value.replaceAll("'", "''")}'`
  return value instanceof Uint8Array ? `X'${Buffer.from(value).toString('hex')}'` : String(value)
}
