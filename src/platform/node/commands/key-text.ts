import { allKeyFields } from '../../../admin/keys/key-fields.ts'
import { isJsonObject, type JsonObject } from '../../../core/json.ts'
import { keyFieldOptions } from './key-options.ts'
import { renderFields, renderTable } from './print.ts'

/** One key, a line for each thing that there is to say of it. */
export function renderKey(key: JsonObject, now: number): string {
  const lines: readonly (readonly [string, string])[] = [
    ['id', toText(key.id)],
    ['name', toText(key.name)],
    ['state', describeState(key, now)],
    ['parent', toText(key.parent_id)],
    ...allKeyFields
      .filter(([name]) => !inOtherLines.has(name))
      .map(([name, { option }]) => {
        const value = option?.kind === 'labels' ? describeLabels(key[name]) : describeValue(key[name])
        return [name.replace(/_at$/, '').replaceAll('_', ' '), value] as const
      }),
    ['secrets', toRows(key.secrets).map(describeSecret).join(', ')],
    ['created', toText(key.created_at)],
    ['updated', toText(key.updated_at)],
  ]
  return renderFields(lines.filter(([, value]) => value !== ''))
}

/** Fields that the lines `name` and `state` show. */
const inOtherLines: ReadonlySet<string> = new Set(['name', 'disabled', 'shadow'])

/** Keys, a line each. */
export function renderKeys(keys: readonly JsonObject[], now: number): string {
  const head = ['id', 'name', 'state', 'parent', 'limits', 'secret']
  const rows = keys.map((key) => [
    toText(key.id),
    toText(key.name),
    describeState(key, now),
    toText(key.parent_id) || '-',
    describeLimits(key.limits) || '-',
    toText(toRows(key.secrets).at(-1)?.hint),
  ])
  return renderTable(head, rows)
}

/** Limits as they stand, a line each below an empty one; nothing for none. `names` has the names of keys by id. */
export function renderLimits(limits: readonly JsonObject[], names: ReadonlyMap<string, string>): string {
  if (limits.length === 0) return ''
  const head = ['limit', 'key', 'used', 'allowed', 'remaining', 'resets']
  const rows = limits.map((limit) => {
    const amount = (value: unknown) => `${limit.unit === 'usd' ? '$' : ''}${toText(value)}`
    const id = toText(limit.key_id)
    return [
      toText(limit.limit),
      `${names.get(id) ?? ''} (${id})`.trim(),
      amount(limit.used),
      amount(limit.allowed),
      amount(limit.remaining),
      toText(limit.resets_at) || '-',
    ]
  })
  return `\n${renderTable(head, rows)}`
}

/** A value of the wire as people read it; nothing for null. */
export function toText(value: unknown): string {
  if (value === null || value === undefined) return ''
  // Prices of one second or character would otherwise be told as 1e-7.
  if (typeof value === 'number') return value.toLocaleString('en', { maximumFractionDigits: 12, useGrouping: false })
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

function describeState({ disabled, expires_at: expiresAt, shadow }: JsonObject, now: number): string {
  const isExpired = typeof expiresAt === 'string' && Date.parse(expiresAt) <= now
  const state = disabled === true ? 'disabled' : isExpired ? 'expired' : 'active'
  return shadow === true ? `${state}, shadow` : state
}

/** Null restricts nothing, and is not worth a line. */
function describeValue(value: unknown): string {
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.join(', ')
  return isJsonObject(value) ? describeLimits(value) : toText(value)
}

/** In the words of the options. */
function describeLimits(limits: unknown): string {
  if (!isJsonObject(limits)) return ''
  const perCall = toText(limits.usd_per_call)
  return [
    ...keyFieldOptions.flatMap(({ field, isLimit, option: { name, kind } }) => {
      const limit = isLimit && kind === 'count' ? toText(limits[field]) : ''
      return limit === '' ? [] : [`${name} ${limit}`]
    }),
    ...(perCall === '' ? [] : [`$${perCall}/call`]),
    ...toRows(limits.budgets).map(describeBudget),
  ].join(', ')
}

function describeBudget({ usd, per, time_zone: zone }: JsonObject): string {
  return `$${toText(usd)}/${toText(per)}${zone === 'UTC' ? '' : `@${toText(zone)}`}`
}

export function describeLabels(labels: unknown): string {
  if (!isJsonObject(labels)) return ''
  return Object.entries(labels)
    .map(([name, text]) => `${name}=${toText(text)}`)
    .join(', ')
}

function describeSecret({ hint, expires_at: expiresAt }: JsonObject): string {
  return expiresAt === null ? toText(hint) : `${toText(hint)} (until ${toText(expiresAt)})`
}

export function toRows(value: unknown): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter(isJsonObject) : []
}
