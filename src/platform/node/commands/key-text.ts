import { allKeyFields } from '../../../admin/keys/key-fields.ts'
import { isJsonObject, type JsonObject } from '../../../core/json.ts'
import { keyFieldOptions } from './key-options.ts'
import { renderFields, renderTable } from './print.ts'

/** Renders one key, one field per line. Fields without a value are left out. */
export function renderKey(key: JsonObject, now: number): string {
  const lines: readonly (readonly [string, string])[] = [
    ['id', formatValue(key.id)],
    ['name', formatValue(key.name)],
    ['state', describeState(key, now)],
    ['parent', formatValue(key.parent_id)],
    ...allKeyFields
      .filter(([name]) => !inOtherLines.has(name))
      .map(([name, { option }]) => {
        const value = option?.kind === 'labels' ? describeLabels(key[name]) : describeValue(key[name])
        return [name.replace(/_at$/, '').replaceAll('_', ' '), value] as const
      }),
    ['secrets', toRows(key.secrets).map(describeSecret).join(', ')],
    ['created', formatValue(key.created_at)],
    ['updated', formatValue(key.updated_at)],
  ]
  return renderFields(lines.filter(([, value]) => value !== ''))
}

/** Fields that the lines `name` and `state` already show. */
const inOtherLines: ReadonlySet<string> = new Set(['name', 'disabled', 'shadow'])

/** Renders keys as a table. */
export function renderKeys(keys: readonly JsonObject[], now: number): string {
  const head = ['id', 'name', 'state', 'parent', 'limits', 'secret']
  const rows = keys.map((key) => [
    formatValue(key.id),
    formatValue(key.name),
    describeState(key, now),
    formatValue(key.parent_id) || '-',
    describeLimits(key.limits) || '-',
    formatValue(toRows(key.secrets).at(-1)?.hint),
  ])
  return renderTable(head, rows)
}

/** Renders the status of limits as a table after an empty line; empty for no limits. `names` maps key ids to names. */
export function renderLimits(limits: readonly JsonObject[], names: ReadonlyMap<string, string>): string {
  if (limits.length === 0) return ''
  const head = ['limit', 'key', 'used', 'allowed', 'remaining', 'resets']
  const rows = limits.map((limit) => {
    const amount = (value: unknown) => `${limit.unit === 'usd' ? '$' : ''}${formatValue(value)}`
    const id = formatValue(limit.key_id)
    return [
      formatValue(limit.limit),
      `${names.get(id) ?? ''} (${id})`.trim(),
      amount(limit.used),
      amount(limit.allowed),
      amount(limit.remaining),
      formatValue(limit.resets_at) || '-',
    ]
  })
  return `\n${renderTable(head, rows)}`
}

/** Formats a JSON value for people; empty for null. */
export function formatValue(value: unknown): string {
  if (value === null || value === undefined) return ''
  // Prevents exponents: the price of one second or character may be 1e-7.
  if (typeof value === 'number') return value.toLocaleString('en', { maximumFractionDigits: 12, useGrouping: false })
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

function describeState({ disabled, expires_at: expiresAt, shadow }: JsonObject, now: number): string {
  const isExpired = typeof expiresAt === 'string' && Date.parse(expiresAt) <= now
  const state = disabled === true ? 'disabled' : isExpired ? 'expired' : 'active'
  return shadow === true ? `${state}, shadow` : state
}

/** Formats a field. Null restricts nothing and returns an empty string, which leaves the line out. */
function describeValue(value: unknown): string {
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.join(', ')
  return isJsonObject(value) ? describeLimits(value) : formatValue(value)
}

/** Formats limits with the names of their options. */
function describeLimits(limits: unknown): string {
  if (!isJsonObject(limits)) return ''
  const perCall = formatValue(limits.usd_per_call)
  return [
    ...keyFieldOptions.flatMap(({ field, isLimit, option: { name, kind } }) => {
      const limit = isLimit && kind === 'count' ? formatValue(limits[field]) : ''
      return limit === '' ? [] : [`${name} ${limit}`]
    }),
    ...(perCall === '' ? [] : [`$${perCall}/call`]),
    ...toRows(limits.budgets).map(describeBudget),
  ].join(', ')
}

function describeBudget({ usd, per, time_zone: zone }: JsonObject): string {
  return `$${formatValue(usd)}/${formatValue(per)}${zone === 'UTC' ? '' : `@${formatValue(zone)}`}`
}

export function describeLabels(labels: unknown): string {
  if (!isJsonObject(labels)) return ''
  return Object.entries(labels)
    .map(([name, value]) => `${name}=${formatValue(value)}`)
    .join(', ')
}

function describeSecret({ hint, expires_at: expiresAt }: JsonObject): string {
  return expiresAt === null ? formatValue(hint) : `${formatValue(hint)} (until ${formatValue(expiresAt)})`
}

export function toRows(value: unknown): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter(isJsonObject) : []
}
