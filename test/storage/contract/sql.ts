import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { migrate } from '../../../src/storage/sql/migrate.ts'
import type { Sql } from '../../../src/storage/sql/sql.ts'

/** An empty database, and a function that releases its resources. */
export interface OpenSql {
  readonly sql: Sql
  close(): void | Promise<void>
}

/** Defines the tests that every SQL adapter, with migrations on it, must pass. */
export function describeSql(name: string, open: () => Promise<OpenSql>): void {
  describe(`SQL: ${name}`, () => {
    let opened: OpenSql
    let sql: Sql
    beforeEach(async () => {
      opened = await open()
      sql = opened.sql
      await sql.run('CREATE TABLE items (id TEXT PRIMARY KEY, amount BIGINT, note TEXT)', [])
    })
    afterEach(() => opened.close())

    const add = (id: string, amount: number) => sql.run('INSERT INTO items (id, amount) VALUES (?, ?)', [id, amount])
    const readIds = async () => (await sql.all('SELECT id FROM items ORDER BY id', [])).map((row) => row.id)

    it('returns strings, integers and NULL as they were bound', async () => {
      const text = `it's "?" 🌊`
      await sql.run('INSERT INTO items (id, amount, note) VALUES (?, ?, ?)', [text, Number.MAX_SAFE_INTEGER, null])
      const [row] = await sql.all('SELECT id, amount, note FROM items WHERE id = ?', [text])
      expect({ ...row }).toEqual({ id: text, amount: Number.MAX_SAFE_INTEGER, note: null })
    })

    it('returns the rows of a write with RETURNING', async () => {
      const upsert = `INSERT INTO items (id, amount) VALUES (?, ?)
        ON CONFLICT (id) DO UPDATE SET amount = items.amount + excluded.amount RETURNING amount`
      const rows = [await sql.all(upsert, ['a', 2]), await sql.all(upsert, ['a', 3])]
      expect(rows.map(([row]) => row?.amount)).toEqual([2, 5])
    })

    it('returns the number of rows that a write changed', async () => {
      expect(await add('a', 1)).toBe(1)
      await add('b', 1)
      expect(await sql.run('UPDATE items SET amount = 2', [])).toBe(2)
      expect(await sql.run('DELETE FROM items WHERE id = ?', ['c'])).toBe(0)
    })

    it('never overspends a balance that a WHERE clause guards', async () => {
      await add('a', 5)
      const spend = () => sql.run('UPDATE items SET amount = amount - 1 WHERE id = ? AND amount >= 1', ['a'])
      const spent = await Promise.all(Array.from({ length: 12 }, spend))
      expect(spent.reduce((sum, changed) => sum + changed, 0)).toBe(5)
    })

    it('runs a batch in order; each statement sees earlier ones', async () => {
      const results = await sql.batch([
        { text: 'INSERT INTO items (id, amount) VALUES (?, ?)', params: ['a', 1] },
        { text: 'UPDATE items SET amount = amount + ? WHERE id = ? RETURNING amount', params: [1, 'a'] },
        { text: 'SELECT id, amount FROM items', params: [] },
      ])
      expect(results.map((rows) => rows.map((row) => ({ ...row })))).toEqual([
        [],
        [{ amount: 2 }],
        [{ id: 'a', amount: 2 }],
      ])
    })

    it('rolls back a whole batch when one statement fails, and continues afterwards', async () => {
      const failing = sql.batch([
        { text: 'INSERT INTO items (id) VALUES (?)', params: ['a'] },
        { text: 'INSERT INTO items (id) VALUES (?)', params: ['a'] },
      ])
      await expect(failing).rejects.toThrow(/UNIQUE/)
      expect(await readIds()).toEqual([])
      await sql.batch([{ text: 'INSERT INTO items (id) VALUES (?)', params: ['b'] }])
      expect(await readIds()).toEqual(['b'])
    })

    it('reports an invalid statement as a bug, not as an unavailable store', async () => {
      await expect(sql.all('SELECT lost FROM items', [])).rejects.toThrow(/no such column/)
      await expect(sql.all('SELECT lost FROM items', [])).rejects.not.toHaveProperty('code', 'store_unavailable')
    })

    it('enforces foreign keys, including cascades', async () => {
      await sql.run('CREATE TABLE parts (item TEXT NOT NULL REFERENCES items (id) ON DELETE CASCADE)', [])
      await expect(sql.run('INSERT INTO parts (item) VALUES (?)', ['a'])).rejects.toThrow(/FOREIGN KEY/)
      await add('a', 1)
      await sql.run('INSERT INTO parts (item) VALUES (?)', ['a'])
      await sql.run('DELETE FROM items WHERE id = ?', ['a'])
      expect(await sql.all('SELECT item FROM parts', [])).toEqual([])
    })

    const first = { name: '0001_first.sql', queries: ['CREATE TABLE one (id TEXT)', `INSERT INTO one VALUES ('a')`] }
    const second = { name: '0002_second.sql', queries: ['ALTER TABLE one ADD COLUMN note TEXT'] }

    it('applies migrations in numeric order, each once', async () => {
      expect(await migrate(sql, [second, first])).toEqual(['0001_first.sql', '0002_second.sql'])
      expect(await migrate(sql, [first, second])).toEqual([])
      expect(await sql.all('SELECT id, note FROM one', [])).toHaveLength(1)
    })

    it('applies each migration once when several processes start at the same time', async () => {
      const starts = await Promise.all(Array.from({ length: 5 }, () => migrate(sql, [first, second])))
      expect(starts.flat().toSorted()).toEqual(['0001_first.sql', '0002_second.sql'])
      expect(await sql.all('SELECT id FROM one', [])).toHaveLength(1)
    })

    it('rolls back a failed migration, and applies it once it is fixed', async () => {
      const broken = {
        name: '0001_first.sql',
        queries: ['CREATE TABLE one (id TEXT)', 'INSERT INTO nowhere VALUES (1)'],
      }
      await expect(migrate(sql, [broken])).rejects.toThrow(/nowhere/)
      expect(await migrate(sql, [first])).toEqual(['0001_first.sql'])
    })

    it('R72 ignores migrations of a newer release', async () => {
      await migrate(sql, [first, second])
      expect(await migrate(sql, [first])).toEqual([])
    })

    it('rejects migrations with missing or duplicate numbers', async () => {
      await expect(migrate(sql, [{ name: 'first.sql', queries: [] }])).rejects.toThrow('0001_sessions.sql')
      await expect(migrate(sql, [first, { name: '0001_other.sql', queries: [] }])).rejects.toThrow('same number')
    })
  })
}
