import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { migrate } from '../../../src/storage/sql/migrate.ts'
import type { Sql } from '../../../src/storage/sql/sql.ts'

/** A database with no table in it, and what gives its resources back. */
export interface OpenSql {
  readonly sql: Sql
  close(): void | Promise<void>
}

/** What every SQL adapter must do, and migrations over it. */
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

    it('gives back text, integers and NULL as they were bound', async () => {
      const text = `it's "?" 🌊`
      await sql.run('INSERT INTO items (id, amount, note) VALUES (?, ?, ?)', [text, Number.MAX_SAFE_INTEGER, null])
      const [row] = await sql.all('SELECT id, amount, note FROM items WHERE id = ?', [text])
      expect({ ...row }).toEqual({ id: text, amount: Number.MAX_SAFE_INTEGER, note: null })
    })

    it('answers the rows that a write returns', async () => {
      const upsert = `INSERT INTO items (id, amount) VALUES (?, ?)
        ON CONFLICT (id) DO UPDATE SET amount = items.amount + excluded.amount RETURNING amount`
      const rows = [await sql.all(upsert, ['a', 2]), await sql.all(upsert, ['a', 3])]
      expect(rows.map(([row]) => row?.amount)).toEqual([2, 5])
    })

    it('says how many rows a write changed', async () => {
      expect(await add('a', 1)).toBe(1)
      await add('b', 1)
      expect(await sql.run('UPDATE items SET amount = 2', [])).toBe(2)
      expect(await sql.run('DELETE FROM items WHERE id = ?', ['c'])).toBe(0)
    })

    it('spends a budget guarded by its WHERE exactly as often as it lasts', async () => {
      await add('a', 5)
      const spend = () => sql.run('UPDATE items SET amount = amount - 1 WHERE id = ? AND amount >= 1', ['a'])
      const spent = await Promise.all(Array.from({ length: 12 }, spend))
      expect(spent.reduce((sum, changed) => sum + changed, 0)).toBe(5)
    })

    it('runs a batch in order, each statement seeing those before it', async () => {
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

    it('undoes a whole batch when one statement fails, and goes on afterwards', async () => {
      const failing = sql.batch([
        { text: 'INSERT INTO items (id) VALUES (?)', params: ['a'] },
        { text: 'INSERT INTO items (id) VALUES (?)', params: ['a'] },
      ])
      await expect(failing).rejects.toThrow(/UNIQUE/)
      expect(await readIds()).toEqual([])
      await sql.batch([{ text: 'INSERT INTO items (id) VALUES (?)', params: ['b'] }])
      expect(await readIds()).toEqual(['b'])
    })

    it('tells of a wrong statement as a defect, not as a store that is unavailable', async () => {
      await expect(sql.all('SELECT lost FROM items', [])).rejects.toThrow(/no such column/)
      await expect(sql.all('SELECT lost FROM items', [])).rejects.not.toHaveProperty('code', 'store_unavailable')
    })

    it('enforces foreign keys, also in a cascade', async () => {
      await sql.run('CREATE TABLE parts (item TEXT NOT NULL REFERENCES items (id) ON DELETE CASCADE)', [])
      await expect(sql.run('INSERT INTO parts (item) VALUES (?)', ['a'])).rejects.toThrow(/FOREIGN KEY/)
      await add('a', 1)
      await sql.run('INSERT INTO parts (item) VALUES (?)', ['a'])
      await sql.run('DELETE FROM items WHERE id = ?', ['a'])
      expect(await sql.all('SELECT item FROM parts', [])).toEqual([])
    })

    const first = { name: '0001_first.sql', queries: ['CREATE TABLE one (id TEXT)', `INSERT INTO one VALUES ('a')`] }
    const second = { name: '0002_second.sql', queries: ['ALTER TABLE one ADD COLUMN note TEXT'] }

    it('applies migrations in the order of their numbers, each once', async () => {
      expect(await migrate(sql, [second, first])).toEqual(['0001_first.sql', '0002_second.sql'])
      expect(await migrate(sql, [first, second])).toEqual([])
      expect(await sql.all('SELECT id, note FROM one', [])).toHaveLength(1)
    })

    it('applies each migration once when several start at the same time', async () => {
      const starts = await Promise.all(Array.from({ length: 5 }, () => migrate(sql, [first, second])))
      expect(starts.flat().toSorted()).toEqual(['0001_first.sql', '0002_second.sql'])
      expect(await sql.all('SELECT id FROM one', [])).toHaveLength(1)
    })

    it('keeps nothing of a migration that fails, and applies it once it is mended', async () => {
      const broken = {
        name: '0001_first.sql',
        queries: ['CREATE TABLE one (id TEXT)', 'INSERT INTO nowhere VALUES (1)'],
      }
      await expect(migrate(sql, [broken])).rejects.toThrow(/nowhere/)
      expect(await migrate(sql, [first])).toEqual(['0001_first.sql'])
    })

    it('R72 leaves a database alone that a newer release has migrated', async () => {
      await migrate(sql, [first, second])
      expect(await migrate(sql, [first])).toEqual([])
    })

    it('refuses migrations whose numbers are missing or twice the same', async () => {
      await expect(migrate(sql, [{ name: 'first.sql', queries: [] }])).rejects.toThrow('0001_sessions.sql')
      await expect(migrate(sql, [first, { name: '0001_other.sql', queries: [] }])).rejects.toThrow('same number')
    })
  })
}
