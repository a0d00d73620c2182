import { GatewayError } from '../../../core/errors.ts'
import type { Sql, SqlStatement } from '../../../storage/sql/sql.ts'
import { toStoreFailure } from './to-store-failure.ts'

/**
 * D1 as {@link Sql}. Every statement goes to the primary, so nothing is stale, and D1 runs one at a time, so batches never overlap.
 * Foreign keys are on in D1.
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

/** D1 has no codes, only texts: https://developers.cloudflare.com/d1/observability/debug-d1/ */
function toStoreError(error: unknown): unknown {
  const text = String(error)
  if (text.includes('SQLITE_TOOBIG')) {
    return new GatewayError('body_too_large', 'A message is too large to be stored; D1 keeps at most 2 MB in a row.', {
      cause: error,
    })
  }
  // A bare `wrangler deploy` makes the database and leaves it empty.
  if (/no such table: (sessions|messages|images|api_keys|api_key_secrets|key_version)\b/.test(text)) {
    return new GatewayError(
      'storage_not_configured',
      'The database has no tables yet. Run `npx wrangler d1 migrations apply DB --remote`, which `npm run deploy` does as well.',
      { cause: error },
    )
  }
  // These tell of the statement and are a defect; all else, such as a reset or an overloaded database, passes.
  if (/SQLITE_(ERROR|CONSTRAINT|MISMATCH|RANGE)|D1_TYPE_ERROR/.test(text)) return error
  return toStoreFailure(error)
}
