/** A value in a database: a string, an integer or NULL. JSON is stored as a string, a time as an integer. */
export type SqlValue = string | number | null

export type SqlRow = Readonly<Record<string, unknown>>

/** Maximum number of parameters in a statement, set by D1: https://developers.cloudflare.com/d1/platform/limits/ */
export const maxParams = 100

export interface SqlStatement {
  readonly text: string
  readonly params: readonly SqlValue[]
}

/**
 * A SQL database, in the dialect that SQLite, D1 and Postgres share: `?` placeholders, TEXT ids, BIGINT milliseconds,
 * `ON CONFLICT … RETURNING`. The SQL of a statement is constant, so an adapter may cache prepared statements.
 *
 * Foreign keys are enforced. Rejects with GatewayError `store_unavailable` if the database is unreachable, locked for
 * too long or full, and with the driver's own error if a statement is invalid or violates a constraint.
 */
export interface Sql {
  /**
   * Returns the rows of one statement, which may be a write with RETURNING. Atomic; a write is durable once it
   * resolves.
   */
  all(text: string, params: readonly SqlValue[]): Promise<readonly SqlRow[]>
  /** Returns the number of rows that a write changed. Whether cascaded deletions count depends on the database. */
  run(text: string, params: readonly SqlValue[]): Promise<number>
  /**
   * Runs the statements in order in one transaction, and returns the rows of each. A statement sees the effects of
   * earlier ones.
   */
  batch(statements: readonly SqlStatement[]): Promise<readonly (readonly SqlRow[])[]>
}

/**
 * A synchronous SQLite database in this process: `node:sqlite` or the storage of a Durable Object. It allows code to
 * read, decide and write in one transaction, which D1 and Postgres do not offer synchronously.
 *
 * Throws GatewayError `store_unavailable` if the database is locked for too long or full, otherwise the driver's own
 * error.
 */
export interface SyncSql {
  all(text: string, params: readonly SqlValue[]): readonly SqlRow[]
  /** Returns the number of changed rows. */
  run(text: string, params: readonly SqlValue[]): number
  /**
   * Runs `work` in a transaction that takes the write lock first. No other writer can write between its reads and
   * writes.
   */
  transaction<Value>(work: () => Value): Value
  /** Returns true if another connection may have written since the last call. */
  hasChanged(): boolean
}
