/** What travels to and from a database: text, integers and NULL. JSON travels as text, times as integers. */
export type SqlValue = string | number | null

export type SqlRow = Readonly<Record<string, unknown>>

/** Every database takes so many parameters in a statement; D1 takes no more. https://developers.cloudflare.com/d1/platform/limits/ */
export const maxParams = 100

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

/**
 * A SQLite database that lives in this process and answers at once: `node:sqlite`, or the storage of a Durable Object. What decides on
 * what it has read, and writes in the same transaction, needs no more than this; D1 and Postgres cannot offer it.
 *
 * Throws GatewayError `store_unavailable` where the database is locked for too long or full, and the driver's own error otherwise.
 */
export interface SyncSql {
  all(text: string, params: readonly SqlValue[]): readonly SqlRow[]
  /** How many rows were changed. */
  run(text: string, params: readonly SqlValue[]): number
  /** Runs `work` in one transaction that begins as a writer, so that nobody else writes between its reads and its writes. */
  transaction<Value>(work: () => Value): Value
  /** True where another connection may have written since this was last asked. */
  hasChanged(): boolean
}
