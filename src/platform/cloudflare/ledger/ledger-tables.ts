import type { SyncSql } from '../../../storage/sql/sql.ts'

/**
 * The tables of a family's object: those of migrations/0004_ledger.sql that the ledger writes, with the same columns and a few
 * more, which a test compares. An object is born empty at any moment, in a Worker that has no files, so they stand here. A
 * later change is a new entry at the end, never an edit.
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
  // A call is one row from its admission until D1 has its record; `call_records` only holds what was waiting before.
  [
    'ALTER TABLE open_calls ADD COLUMN counted TEXT',
    'ALTER TABLE open_calls ADD COLUMN opened_seq BIGINT NOT NULL DEFAULT 0',
    'ALTER TABLE open_calls ADD COLUMN settled_seq BIGINT',
    'ALTER TABLE open_calls ADD COLUMN settlement TEXT',
    // Without a row id there is no index beside the table, which would be a second row for each new subject.
    `CREATE TABLE next_counters (subject TEXT NOT NULL PRIMARY KEY, state TEXT NOT NULL, updated_at BIGINT NOT NULL)
      WITHOUT ROWID`,
    'INSERT INTO next_counters (subject, state, updated_at) SELECT subject, state, updated_at FROM counters',
    'DROP TABLE counters',
    'ALTER TABLE next_counters RENAME TO counters',
    // The number of the last admission or settlement in `counters`.
    'CREATE TABLE ledger_snapshot (id BIGINT NOT NULL PRIMARY KEY, seq BIGINT NOT NULL) WITHOUT ROWID',
    'INSERT INTO ledger_snapshot (id, seq) VALUES (1, 0)',
  ],
  // The cost that the counters hold of each record that was corrected.
  ['CREATE TABLE corrections (id TEXT NOT NULL PRIMARY KEY, cost_nano BIGINT NOT NULL) WITHOUT ROWID'],
]

/** Where an object keeps how many of the steps it has taken. */
export interface SchemaVersion {
  read(): number
  write(version: number): void
}

/** Brings the tables of an object up to date. */
export function prepareLedgerTables(sql: SyncSql, version: SchemaVersion): void {
  const done = version.read()
  if (done >= steps.length) return
  sql.transaction(() => {
    for (const text of steps.slice(done).flat()) sql.run(text, [])
    version.write(steps.length)
  })
}
