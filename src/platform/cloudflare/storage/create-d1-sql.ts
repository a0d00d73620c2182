import { GatewayError } from '../../../core/errors.ts'
import type { Sql, SqlStatement } from '../../../storage/sql/sql.ts'
import { toStoreFailure } from './to-store-failure.ts'

/**
 * Creates a {@link Sql} on D1. Every statement runs on the primary, so no read is stale. D1 runs one statement or batch
 * at a time, so batches never overlap. D1 enforces foreign keys.
 */
export function createD1Sql(database: D1Database): Sql {
  const prepare = ({ text, params }: SqlStatement) => database.prepare(text).bind(...params)
  return {
    all: (text, params) =>
      orUnavailable(async () => (await prepare({ text, params }).all<Record<string, unknown>>()).results),
    run: (text, params) => orUnavailable(async () => (await prepare({ text, params }).run()).meta.changes),
    batch: (statements) =>
      orUnavailable(async () => {
        const results = await database.batch<Record<string, unknown>>(statements.map(prepare))
        return results.map((result) => result.results)
      }),
  }
}

async function orUnavailable<Value>(work: () => Promise<Value>): Promise<Value> {
  try {
    return await work()
  } catch (error) {
    throw toStoreError(error)
  }
}

/**
 * Classifies errors by message, because D1 has no error codes:
 * https://developers.cloudflare.com/d1/observability/debug-d1/
 */
function toStoreError(error: unknown): unknown {
  const message = String(error)
  if (message.includes('SQLITE_TOOBIG')) {
    return new GatewayError(
      'body_too_large',
      'A message is too large to store. D1 stores at most 2 MB in a row; send a smaller message.',
      {
        cause: error,
      },
    )
  }
  // A plain `wrangler deploy` creates the database and leaves it empty.
  if (/no such table: (sessions|messages|images|api_keys|api_key_secrets|key_version)\b/.test(message)) {
    return new GatewayError(
      'storage_not_configured',
      'The database has no tables yet. Run `npx wrangler d1 migrations apply DB --remote`; `npm run deploy` does this too.',
      { cause: error },
    )
  }
  // Errors of the statement are bugs. All other errors, such as a reset or an overloaded database, are temporary.
  if (/SQLITE_(ERROR|CONSTRAINT|MISMATCH|RANGE)|D1_TYPE_ERROR/.test(message)) return error
  return toStoreFailure(error)
}
