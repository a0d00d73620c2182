import type { SyncSql } from '../../storage/sql/sync-sql.ts'

/**
 * What a family's object keeps: the tables of migrations/0004_ledger.sql that the ledger writes, under the same names and with the same
 * columns, since the same statements run on them; a test compares the two. They are stated here because an object is born empty at any
 * moment, in a Worker that has no files, and because what serves roll-ups and watched processes is not needed. A later change is a new
 * entry at the end, never an edit.
 */
const steps: readonly (readonly string[])[] = [
  [
    `CREATE TABLE open_calls (
      id TEXT NOT NULL PRIMARY KEY, process_id TEXT NOT NULL, opened_at BIGINT NOT NULL, deadline BIGINT, detail TEXT NOT NULL)
      WITHOUT ROWID`,
    'CREATE TABLE counters (subject TEXT NOT NULL PRIMARY KEY, state TEXT NOT NULL, updated_at BIGINT NOT NULL)',
    // Waits here until D1 has it.
    `CREATE TABLE call_records (
      seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, request_id TEXT NOT NULL, attempt BIGINT NOT NULL, key_id TEXT NOT NULL,
      end_user TEXT NOT NULL, operation TEXT NOT NULL, provider TEXT NOT NULL, model TEXT NOT NULL, is_stream BIGINT NOT NULL,
      tag_1 TEXT, tag_2 TEXT, tag_3 TEXT, tag_4 TEXT, tag_5 TEXT, outcome TEXT NOT NULL, status BIGINT NOT NULL, error_code TEXT,
      finish_reason TEXT, input_tokens BIGINT, output_tokens BIGINT, usage_detail TEXT, cost_nano BIGINT NOT NULL,
      cost_source TEXT NOT NULL, reserved_nano BIGINT NOT NULL, would_refuse TEXT, opened_at BIGINT NOT NULL,
      settled_at BIGINT NOT NULL, first_byte_ms BIGINT, duration_ms BIGINT NOT NULL)`,
  ],
]

/** Brings the tables of an object up to date. */
export function prepareLedgerTables(storage: DurableObjectStorage, sql: SyncSql): void {
  const done = storage.kv.get<number>('schema') ?? 0
  if (done >= steps.length) return
  sql.transaction(() => {
    for (const text of steps.slice(done).flat()) sql.run(text, [])
    storage.kv.put('schema', steps.length)
  })
}
