import type { Limits } from '../../metering/limits.ts'
import type { ApiKey, KeySecret, KeyWithAncestors } from '../key-store.ts'
import { readInteger, readOptionalInteger, readOptionalText, readText } from './read-column.ts'
import type { SqlRow, SqlValue } from './sql.ts'

const names = ['id', 'parent_id', 'root_id', 'name', 'is_disabled', 'expires_at', 'rules', 'created_at', 'updated_at']

/** The columns of `api_keys` that {@link toApiKey} reads. */
export const keyColumns = names.join(', ')

/** The same of a table that goes by another name in its query. */
export const keyColumnsOf = (table: string) => names.map((name) => `${table}.${name}`).join(', ')

/** A key that somebody made its own ancestor by hand must not be followed for ever. */
const depthLimit = 16

/** Follows the parents of what `start` selects, whose columns are {@link keyColumns}, as `chain`. */
export const chainFrom = (start: string) => `chain (depth, ${keyColumns}) AS (
    ${start}
    UNION ALL
    SELECT chain.depth + 1, ${keyColumnsOf('parent')} FROM chain JOIN api_keys parent ON parent.id = chain.parent_id
    WHERE chain.depth < ${depthLimit})`

/** A key by its id, and its ancestors: the rows of {@link toKeyWithAncestors}. */
export const selectKeyChain = `WITH RECURSIVE ${chainFrom(`SELECT 0, ${keyColumns} FROM api_keys WHERE id = ?`)}
  SELECT ${keyColumns} FROM chain ORDER BY depth`

/** What the column `rules` holds. What is undefined is not in it. */
type KeyRulesJson = Pick<ApiKey, 'grants' | 'limits' | 'isShadow' | 'labels'> &
  Partial<Pick<ApiKey, 'perUser' | 'defaultMaxTokens'>>

/** A key with everything above it, from rows that begin with the key itself. */
export function toKeyWithAncestors(rows: readonly SqlRow[]): KeyWithAncestors | undefined {
  const [key, ...ancestors] = rows.map(toApiKey)
  return key && { key, ancestors }
}

/** The cast holds as only {@link toRulesText} writes this column. */
export function toApiKey(row: SqlRow): ApiKey {
  const { grants, limits, perUser, isShadow, defaultMaxTokens, labels } = JSON.parse(
    readText(row, 'rules'),
  ) as KeyRulesJson
  const { models, operations, origins, ipRanges } = grants
  return {
    id: readText(row, 'id'),
    parentId: readOptionalText(row, 'parent_id'),
    rootId: readText(row, 'root_id'),
    name: readText(row, 'name'),
    isDisabled: readInteger(row, 'is_disabled') !== 0,
    expiresAt: readOptionalInteger(row, 'expires_at'),
    grants: { models, operations, origins, ipRanges },
    limits: toLimits(limits),
    perUser: perUser && toLimits(perUser),
    isShadow,
    defaultMaxTokens,
    labels,
    createdAt: readInteger(row, 'created_at'),
    updatedAt: readInteger(row, 'updated_at'),
  }
}

/** JSON has no undefined. */
function toLimits({ rates, budgets, concurrentCalls, concurrentStreams, callNano }: Limits): Limits {
  return { rates, budgets, concurrentCalls, concurrentStreams, callNano }
}

/** A key as the columns {@link keyColumns}. */
export function toKeyParams(key: ApiKey): readonly SqlValue[] {
  const { id, parentId, rootId, name, isDisabled, expiresAt, createdAt, updatedAt } = key
  const [disabled, expires] = [isDisabled ? 1 : 0, expiresAt ?? null]
  return [id, parentId ?? null, rootId, name, disabled, expires, toRulesText(key), createdAt, updatedAt]
}

export function toRulesText(key: ApiKey): string {
  const { grants, limits, perUser, isShadow, defaultMaxTokens, labels } = key
  return JSON.stringify({ grants, limits, perUser, isShadow, defaultMaxTokens, labels } satisfies KeyRulesJson)
}

/** The columns of a secret go by other names, so that they can stand beside those of its key. */
export const secretColumns =
  'secret.hash AS secret_hash, secret.hint AS secret_hint, secret.created_at AS secret_created_at, secret.expires_at AS secret_expires_at'

export function toSecret(row: SqlRow): KeySecret {
  return {
    hash: readText(row, 'secret_hash'),
    hint: readText(row, 'secret_hint'),
    createdAt: readInteger(row, 'secret_created_at'),
    expiresAt: readOptionalInteger(row, 'secret_expires_at'),
  }
}
