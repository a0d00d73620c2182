import type { Limits, RateLimit } from '../../../metering/limits.ts'
import type { ApiKey, KeySecret, KeyWithAncestors } from '../../key-store.ts'
import { readInteger, readOptionalInteger, readOptionalString, readText } from '../read-column.ts'
import type { SqlRow, SqlValue } from '../sql.ts'

const names = ['id', 'parent_id', 'root_id', 'name', 'is_disabled', 'expires_at', 'rules', 'created_at', 'updated_at']

/** The columns of `api_keys` that {@link toApiKey} reads. */
export const keyColumns = names.join(', ')

/** The same of a table that goes by another name in its query. */
export const keyColumnsOf = (table: string) => names.map((name) => `${table}.${name}`).join(', ')

/** A key that somebody made its own ancestor by hand must not be followed for ever. */
export const depthLimit = 16

/** Follows the parents of what `start` selects, whose columns are {@link keyColumns}, as `chain`. */
export const chainFrom = (start: string) => `chain (depth, ${keyColumns}) AS (
    ${start}
    UNION ALL
    SELECT chain.depth + 1, ${keyColumnsOf('parent')} FROM chain JOIN api_keys parent ON parent.id = chain.parent_id
    WHERE chain.depth < ${depthLimit})`

/** A key by its id, unless it is deleted, and its ancestors: the rows of {@link toKeyWithAncestors}. */
export const selectKeyChain = `WITH RECURSIVE ${chainFrom(`SELECT 0, ${keyColumns} FROM api_keys WHERE id = ? AND deleted_at IS NULL`)}
  SELECT ${keyColumns} FROM chain ORDER BY depth`

/** Limits as the column `rules` holds them, where a rate is `{of, per, limit}`. */
interface LimitsJson extends Omit<Limits, 'rates'> {
  readonly rates: readonly {
    readonly of: RateLimit['unit']
    readonly per: RateLimit['window']
    readonly limit: number
  }[]
}

/** The column `rules`, without what is undefined. */
interface KeyRulesJson extends Pick<ApiKey, 'grants' | 'isShadow' | 'labels'> {
  readonly limits: LimitsJson
  readonly perUser?: LimitsJson | undefined
  readonly defaultMaxTokens?: number | undefined
}

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
    parentId: readOptionalString(row, 'parent_id'),
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

/** Field by field, since JSON has no undefined. */
function toLimits({ rates, budgets, concurrentCalls, concurrentStreams, callNano }: LimitsJson): Limits {
  const named = rates.map(({ of, per, limit }) => ({ unit: of, window: per, limit }))
  return { rates: named, budgets, concurrentCalls, concurrentStreams, callNano }
}

function toLimitsJson({ rates, budgets, concurrentCalls, concurrentStreams, callNano }: Limits): LimitsJson {
  const named = rates.map(({ unit, window, limit }) => ({ of: unit, per: window, limit }))
  return { rates: named, budgets, concurrentCalls, concurrentStreams, callNano }
}

/** A key as the columns {@link keyColumns}. */
export function toKeyParams(key: ApiKey): readonly SqlValue[] {
  const { id, parentId, rootId, name, isDisabled, expiresAt, createdAt, updatedAt } = key
  const [disabled, expires] = [isDisabled ? 1 : 0, expiresAt ?? null]
  return [id, parentId ?? null, rootId, name, disabled, expires, toRulesText(key), createdAt, updatedAt]
}

export function toRulesText(key: ApiKey): string {
  const { grants, limits, perUser, isShadow, defaultMaxTokens, labels } = key
  const rules: KeyRulesJson = {
    grants,
    limits: toLimitsJson(limits),
    perUser: perUser && toLimitsJson(perUser),
    isShadow,
    defaultMaxTokens,
    labels,
  }
  return JSON.stringify(rules)
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
