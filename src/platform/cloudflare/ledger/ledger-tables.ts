import type { SyncSql } from '../../../storage/sql/sql.ts'

/**
 * The schema of a family's object: the tables of migrations/0004_ledger.sql that the ledger writes, with the same
 * columns and a few more. A test compares them. The schema is in code because a Worker has no files and may create an
 * empty object at any time. Append new steps at the end; never edit an existing one.
 */
const steps: readonly (readonly string[])[] = [
  [
    `CREATE TABLE open_calls (
      id TEXT NOT NULL PRIMARY KEY, process_id TEXT NOT NULL, opened_at BIGINT NOT NULL, deadline BIGINT, detail TEXT NOT NULL)
      WITHOUT ROWID`,
    'CREATE TABLE counters (subject TEXT NOT NULL PRIMARY KEY, state TEXT NOT NULL, updated_at BIGINT NOT NULL)',
    // Holds records until they are in D1.
    `CREATE TABLE call_records (
      seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, request_id TEXT NOT NULL, attempt BIGINT NOT NULL, key_id TEXT NOT NULL,
      end_user TEXT NOT NULL, operation TEXT NOT NULL, provider TEXT NOT NULL, model TEXT NOT NULL, is_stream BIGINT NOT NULL,
      tag_1 TEXT, tag_2 TEXT, tag_3 TEXT, tag_4 TEXT, tag_5 TEXT, outcome TEXT NOT NULL, status BIGINT NOT NULL, error_code TEXT,
      finish_reason TEXT, input_tokens BIGINT, output_tokens BIGINT, usage_detail TEXT, cost_nano BIGINT NOT NULL,
      cost_source TEXT NOT NULL, reserved_nano BIGINT NOT NULL, would_refuse TEXT, opened_at BIGINT NOT NULL,
      settled_at BIGINT NOT NULL, first_byte_ms BIGINT, duration_ms BIGINT NOT NULL)`,
  ],
  // A call is one row from its admission until D1 has its record. `call_records` only holds records from the first
  // release.
  [
    'ALTER TABLE open_calls ADD COLUMN counted TEXT',
    'ALTER TABLE open_calls ADD COLUMN opened_seq BIGINT NOT NULL DEFAULT 0',
    'ALTER TABLE open_calls ADD COLUMN settled_seq BIGINT',
    'ALTER TABLE open_calls ADD COLUMN settlement TEXT',
    // WITHOUT ROWID avoids a separate index, which would write a second row for each new subject.
    `CREATE TABLE next_counters (subject TEXT NOT NULL PRIMARY KEY, state TEXT NOT NULL, updated_at BIGINT NOT NULL)
      WITHOUT ROWID`,
    'INSERT INTO next_counters (subject, state, updated_at) SELECT subject, state, updated_at FROM counters',
    'DROP TABLE counters',
    'ALTER TABLE next_counters RENAME TO counters',
    // Sequence number of the last admission or settlement that `counters` includes.
    'CREATE TABLE ledger_snapshot (id BIGINT NOT NULL PRIMARY KEY, seq BIGINT NOT NULL) WITHOUT ROWID',
    'INSERT INTO ledger_snapshot (id, seq) VALUES (1, 0)',
  ],
  // The cost that the counters include for each corrected record.
  ['CREATE TABLE corrections (id TEXT NOT NULL PRIMARY KEY, cost_nano BIGINT NOT NULL) WITHOUT ROWID'],
  ['ALTER TABLE call_records ADD COLUMN route TEXT', 'ALTER TABLE call_records ADD COLUMN failure TEXT'],
]

/** The stored number of schema steps that an object has applied. */
export interface SchemaVersion {
  read(): number
  write(version: number): void
}

/** Applies the pending schema steps in one transaction. */
export function prepareLedgerTables(sql: SyncSql, version: SchemaVersion): void {
  const done = version.read()
  if (done >= steps.length) return
  sql.transaction(() => {
    for (const text of steps.slice(done).flat()) sql.run(text, [])
    version.write(steps.length)
  })
}
