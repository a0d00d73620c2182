/** What travels to and from a database: text, integers and NULL. JSON travels as text, times as integers. */
export type SqlValue = string | number | null

export type SqlRow = Readonly<Record<string, unknown>>

export interface SqlStatement {
  readonly text: string
  readonly params: readonly SqlValue[]
}

/**
 * A SQL database, in the dialect that SQLite, D1 and Postgres share: `?` placeholders, TEXT ids, BIGINT milliseconds,
 * `ON CONFLICT … RETURNING`. Statement texts are constants, so that an adapter may keep them prepared.
 *
 * Foreign keys are enforced. Rejects with GatewayError `store_unavailable` where the database cannot be reached, is locked for too long
 * or is full, and with the driver's own error where a statement is wrong or breaks a constraint.
 */
export interface Sql {
  /** The rows of one statement, which may be a write with RETURNING. Atomic and, if a write, durable when it resolves. */
  all(text: string, params: readonly SqlValue[]): Promise<readonly SqlRow[]>
  /** How many rows one write changed; whether rows that a cascade deleted count is up to the database. */
  run(text: string, params: readonly SqlValue[]): Promise<number>
  /** Runs the statements in order in one transaction, all or none, and answers the rows of each. A statement sees what those before it did. */
  batch(statements: readonly SqlStatement[]): Promise<readonly (readonly SqlRow[])[]>
}
