import type { Limits, RateLimit } from '../../../metering/limits.ts'
import type { ApiKey, KeySecret, KeyWithAncestors } from '../../key-store.ts'
import { readInteger, readOptionalInteger, readOptionalString, readString } from '../read-column.ts'
import type { SqlRow, SqlValue } from '../sql.ts'

const names = [
  'id',
  'parent_id',
  'root_id',
  'name',
  'is_disabled',
  'expires_at',
  'rules',
  'person_id',
  'created_at',
  'updated_at',
]

/** The columns of `api_keys` that {@link toApiKey} reads. */
export const keyColumns = names.join(', ')

/** Returns {@link keyColumns} qualified with the alias of a table. */
export const keyColumnsOf = (table: string) => names.map((name) => `${table}.${name}`).join(', ')

/** Maximum depth. Stops the recursion if a manual edit made a key its own ancestor. */
export const depthLimit = 16

/** Builds the recursive CTE `chain`: the rows of `start`, whose columns are {@link keyColumns}, and their ancestors. */
export const chainFrom = (start: string) => `chain (depth, ${keyColumns}) AS (
    ${start}
    UNION ALL
    SELECT chain.depth + 1, ${keyColumnsOf('parent')} FROM chain JOIN api_keys parent ON parent.id = chain.parent_id
    WHERE chain.depth < ${depthLimit})`

/** Selects a key by id, unless it is deleted, with its ancestors: rows for {@link toKeyWithAncestors}. */
export const selectKeyChain = `WITH RECURSIVE ${chainFrom(`SELECT 0, ${keyColumns} FROM api_keys WHERE id = ? AND deleted_at IS NULL`)}
  SELECT ${keyColumns} FROM chain ORDER BY depth`

/** Limits in the column `rules`, which stores a rate as `{of, per, limit}`. */
interface LimitsJson extends Omit<Limits, 'rates'> {
  readonly rates: readonly {
    readonly of: RateLimit['unit']
    readonly per: RateLimit['window']
    readonly limit: number
  }[]
}

/** The JSON of the column `rules`. Undefined fields are omitted. */
interface KeyRulesJson extends Pick<ApiKey, 'grants' | 'isShadow' | 'labels'> {
  readonly limits: LimitsJson
  readonly perUser?: LimitsJson | undefined
  readonly defaultMaxTokens?: number | undefined
}

/** Returns a key with its ancestors from rows that begin with the key itself. */
export function toKeyWithAncestors(rows: readonly SqlRow[]): KeyWithAncestors | undefined {
  const [key, ...ancestors] = rows.map(toApiKey)
  return key && { key, ancestors }
}

/** The cast is safe because only {@link toRulesJson} writes the `rules` column. */
export function toApiKey(row: SqlRow): ApiKey {
  const { grants, limits, perUser, isShadow, defaultMaxTokens, labels } = JSON.parse(
    readString(row, 'rules'),
  ) as KeyRulesJson
  const { models, operations, origins, ipRanges } = grants
  const personId = readOptionalString(row, 'person_id')
  return {
    id: readString(row, 'id'),
    parentId: readOptionalString(row, 'parent_id'),
    rootId: readString(row, 'root_id'),
    name: readString(row, 'name'),
    isDisabled: readInteger(row, 'is_disabled') !== 0,
    expiresAt: readOptionalInteger(row, 'expires_at'),
    grants: { models, operations, origins, ipRanges },
    limits: toLimits(limits),
    perUser: perUser && toLimits(perUser),
    isShadow,
    defaultMaxTokens,
    labels,
    ...(personId !== undefined && { personId }),
    createdAt: readInteger(row, 'created_at'),
    updatedAt: readInteger(row, 'updated_at'),
  }
}

/** Lists the fields, because JSON omits undefined ones. */
function toLimits({ rates, budgets, concurrentCalls, concurrentStreams, callNano }: LimitsJson): Limits {
  const named = rates.map(({ of, per, limit }) => ({ unit: of, window: per, limit }))
  return { rates: named, budgets, concurrentCalls, concurrentStreams, callNano }
}

function toLimitsJson({ rates, budgets, concurrentCalls, concurrentStreams, callNano }: Limits): LimitsJson {
  const named = rates.map(({ unit, window, limit }) => ({ of: unit, per: window, limit }))
  return { rates: named, budgets, concurrentCalls, concurrentStreams, callNano }
}

/** Returns the values of a key in the order of {@link keyColumns}. */
export function toKeyParams(key: ApiKey): readonly SqlValue[] {
  const { id, parentId, rootId, name, isDisabled, expiresAt, personId, createdAt, updatedAt } = key
  const [disabled, expires] = [isDisabled ? 1 : 0, expiresAt ?? null]
  return [
    id,
    parentId ?? null,
    rootId,
    name,
    disabled,
    expires,
    toRulesJson(key),
    personId ?? null,
    createdAt,
    updatedAt,
  ]
}

export function toRulesJson(key: ApiKey): string {
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

/** The columns of a secret, with aliases that do not collide with the columns of its key. */
export const secretColumns =
  'secret.hash AS secret_hash, secret.hint AS secret_hint, secret.created_at AS secret_created_at, secret.expires_at AS secret_expires_at'

export function toSecret(row: SqlRow): KeySecret {
  return {
    hash: readString(row, 'secret_hash'),
    hint: readString(row, 'secret_hint'),
    createdAt: readInteger(row, 'secret_created_at'),
    expiresAt: readOptionalInteger(row, 'secret_expires_at'),
  }
}
