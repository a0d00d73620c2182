import { toUsd } from '../../core/usd.ts'
import type { Budget, Limits, RateUnit, RateWindow } from '../../metering/limits.ts'
import type { ApiKey, KeySecret } from '../../storage/key-store.ts'

/** A budget on the wire. */
export interface BudgetObject {
  readonly usd: number
  readonly per: Budget['per']
  readonly time_zone: string
}

/** The name of a rate limit on the wire, such as `requests_per_minute`. */
export type RateField = `${RateUnit}_per_${RateWindow}`

/** Limits on the wire: null is unlimited. */
export interface LimitsObject extends Readonly<Record<RateField, number | null>> {
  readonly concurrent_calls: number | null
  readonly concurrent_streams: number | null
  readonly usd_per_call: number | null
  readonly budgets: readonly BudgetObject[]
}

/** One secret of a key on the wire: enough to recognise it by. */
export interface SecretObject {
  readonly hint: string
  readonly created_at: string
  readonly expires_at: string | null
}

/** A virtual key on the wire; REST, GraphQL and the command line share it. Times are ISO 8601 in UTC, money is USD. */
export interface KeyObject {
  readonly id: string
  readonly object: 'key'
  readonly name: string
  readonly parent_id: string | null
  readonly disabled: boolean
  readonly expires_at: string | null
  /** Null allows everything, as far as the keys above do; an empty list nothing. The same holds of the three below. */
  readonly models: readonly string[] | null
  readonly operations: readonly string[] | null
  readonly origins: readonly string[] | null
  readonly ip_ranges: readonly string[] | null
  readonly limits: LimitsObject
  readonly per_user: LimitsObject | null
  readonly shadow: boolean
  readonly default_max_tokens: number | null
  readonly labels: Readonly<Record<string, string>>
  /** Oldest first; two while a rotation lasts. */
  readonly secrets: readonly SecretObject[]
  readonly created_at: string
  readonly updated_at: string
}

/** A key with the secret that was just made for it, which is told this once; null where its maker brought one. */
export interface KeyObjectWithSecret extends KeyObject {
  readonly secret: string | null
}

/** A key as it goes over the wire. */
export function toKeyObject(key: ApiKey, secrets: readonly KeySecret[]): KeyObject {
  const { models, operations, origins, ipRanges } = key.grants
  return {
    id: key.id,
    object: 'key',
    name: key.name,
    parent_id: key.parentId ?? null,
    disabled: key.isDisabled,
    expires_at: toTime(key.expiresAt),
    models: models ?? null,
    operations: operations ?? null,
    origins: origins ?? null,
    ip_ranges: ipRanges ?? null,
    limits: toLimitsObject(key.limits),
    per_user: key.perUser === undefined ? null : toLimitsObject(key.perUser),
    shadow: key.isShadow,
    default_max_tokens: key.defaultMaxTokens ?? null,
    labels: key.labels,
    secrets: secrets.map(toSecretObject),
    created_at: new Date(key.createdAt).toISOString(),
    updated_at: new Date(key.updatedAt).toISOString(),
  }
}

function toLimitsObject({ rates, budgets, concurrentCalls, concurrentStreams, callNano }: Limits): LimitsObject {
  const rate = (unit: RateUnit, window: RateWindow) =>
    rates.find((candidate) => candidate.unit === unit && candidate.window === window)?.limit ?? null
  return {
    requests_per_minute: rate('requests', 'minute'),
    requests_per_hour: rate('requests', 'hour'),
    requests_per_day: rate('requests', 'day'),
    tokens_per_minute: rate('tokens', 'minute'),
    tokens_per_hour: rate('tokens', 'hour'),
    tokens_per_day: rate('tokens', 'day'),
    concurrent_calls: concurrentCalls ?? null,
    concurrent_streams: concurrentStreams ?? null,
    usd_per_call: callNano === undefined ? null : toUsd(callNano),
    budgets: budgets.map(({ per, limitNano, timeZone }) => ({ usd: toUsd(limitNano), per, time_zone: timeZone })),
  }
}

function toSecretObject({ hint, createdAt, expiresAt }: KeySecret): SecretObject {
  return { hint, created_at: new Date(createdAt).toISOString(), expires_at: toTime(expiresAt) }
}

function toTime(time: number | undefined): string | null {
  return time === undefined ? null : new Date(time).toISOString()
}
