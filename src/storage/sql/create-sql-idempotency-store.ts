import { decodeBase64, encodeBase64 } from '../../core/base64.ts'
import type {
  ClaimResult,
  IdempotencyClaim,
  IdempotencyStore,
  IdempotentRun,
  StoredResponse,
} from '../idempotency-store.ts'
import { readInteger, readOptionalInteger, readOptionalString, readString } from './read-column.ts'
import type { Sql, SqlRow } from './sql.ts'

const ofRun = 'owner = ? AND idempotency_key = ? AND run_id = ? AND status IS NULL'

const isRunning = 'status IS NULL AND lease_until > ?'

const statements = {
  claim: `INSERT INTO idempotent_calls (owner, idempotency_key, run_id, fingerprint, lease_until, expires_at)
    VALUES (?, ?, ?, ?, ?, ?)
    ON CONFLICT (owner, idempotency_key) DO UPDATE SET run_id = excluded.run_id, fingerprint = excluded.fingerprint,
    lease_until = excluded.lease_until, expires_at = excluded.expires_at, status = NULL, headers = NULL, body = NULL
    WHERE idempotent_calls.expires_at <= ?`,
  find: `SELECT run_id, fingerprint, lease_until, status, headers, body FROM idempotent_calls
    WHERE owner = ? AND idempotency_key = ?`,
  renew: `UPDATE idempotent_calls SET lease_until = ? WHERE ${ofRun}`,
  keep: `UPDATE idempotent_calls SET status = ?, headers = ?, body = ?, expires_at = ? WHERE ${ofRun}`,
  release: `DELETE FROM idempotent_calls WHERE ${ofRun}`,
  deleteExpired: `DELETE FROM idempotent_calls WHERE expires_at <= ? AND (owner, idempotency_key) IN
    (SELECT owner, idempotency_key FROM idempotent_calls WHERE expires_at <= ? ORDER BY expires_at LIMIT ?)
    RETURNING 1 AS deleted`,
  countOf: `SELECT COUNT(*) AS keys, COALESCE(SUM(CASE WHEN ${isRunning} THEN 1 ELSE 0 END), 0) AS running
    FROM idempotent_calls WHERE owner = ?`,
  deleteOf: `DELETE FROM idempotent_calls WHERE owner = ? AND idempotency_key IN
    (SELECT idempotency_key FROM idempotent_calls WHERE owner = ? AND NOT (${isRunning}) ORDER BY idempotency_key LIMIT ?)
    RETURNING 1 AS deleted`,
} as const

/** Creates an {@link IdempotencyStore} on a SQL database with the schema of migrations/. */
export function createSqlIdempotencyStore(sql: Sql): IdempotencyStore {
  return {
    async claim(claim) {
      const { owner, key, runId, fingerprint, leaseUntil, expiresAt, now } = claim
      // One transaction: the second statement reads which run holds the key now.
      const [, found] = await sql.batch([
        { text: statements.claim, params: [owner, key, runId, fingerprint, leaseUntil, expiresAt, now] },
        { text: statements.find, params: [owner, key] },
      ])
      const [row] = found ?? []
      if (row === undefined) throw new TypeError('The claim did not create a row.')
      return toResult(row, claim)
    },
    renew: async (run, leaseUntil) => (await sql.run(statements.renew, [leaseUntil, ...toParams(run)])) > 0,
    async keep(run, { status, headers, body }, expiresAt) {
      const encoded = body === undefined ? null : encodeBase64(body)
      return (
        (await sql.run(statements.keep, [status, JSON.stringify(headers), encoded, expiresAt, ...toParams(run)])) > 0
      )
    },
    async release(run) {
      await sql.run(statements.release, toParams(run))
    },
    async deleteExpired(now, limit) {
      return (await sql.all(statements.deleteExpired, [now, now, limit])).length
    },
    async countOf(owner, now) {
      const [row = {}] = await sql.all(statements.countOf, [now, owner])
      const running = readInteger(row, 'running')
      return { ended: readInteger(row, 'keys') - running, running }
    },
    async deleteOf(owner, now, limit) {
      return (await sql.all(statements.deleteOf, [owner, owner, now, limit])).length
    },
  }
}

function toParams({ owner, key, runId }: IdempotentRun) {
  return [owner, key, runId] as const
}

function toResult(row: SqlRow, { runId, fingerprint, now }: IdempotencyClaim): ClaimResult {
  if (readString(row, 'run_id') === runId) return { kind: 'claimed' }
  if (readString(row, 'fingerprint') !== fingerprint) return { kind: 'mismatch' }
  if (readOptionalInteger(row, 'status') !== undefined) return { kind: 'done', answer: toStoredResponse(row) }
  return { kind: now < readInteger(row, 'lease_until') ? 'running' : 'lost' }
}

/** The cast is safe because only `keep` writes the `headers` column. */
function toStoredResponse(row: SqlRow): StoredResponse {
  const body = readOptionalString(row, 'body')
  return {
    status: readInteger(row, 'status'),
    headers: JSON.parse(readString(row, 'headers')) as StoredResponse['headers'],
    body: body === undefined ? undefined : decodeBase64(body),
  }
}
