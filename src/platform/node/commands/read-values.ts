import { usageError } from './command-error.ts'

const secondsOf: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400, w: 604_800 }

/** Parses a whole number; null for `none`. The server checks the range. */
export function readCount(value: string, option: string): number | null {
  if (value === 'none') return null
  if (/^\d{1,15}$/.test(value)) return Number(value)
  throw usageError(`--${option} must be a whole number, or none.`)
}

/** Parses an amount in USD; null for `none`. */
export function readUsd(value: string, option: string): number | null {
  if (value === 'none') return null
  if (/^\d{1,12}(\.\d{1,9})?$/.test(value)) return Number(value)
  throw usageError(`--${option} must be an amount in USD with at most nine decimals, such as 0.05, or none.`)
}

/** Parses budgets such as `10/month` and `2.50/day@Europe/Berlin`, one per value; an empty list for `none`. */
export function readBudgets(values: readonly string[]): readonly object[] {
  if (values.length === 1 && values[0] === 'none') return []
  return values.map((value) => {
    const [, usd, per, zone] = /^(\d{1,12}(?:\.\d{1,9})?)\/(day|week|month|total)(?:@(.+))?$/.exec(value) ?? []
    if (usd === undefined)
      throw usageError(
        '--budget must be an amount in USD per period (day, week, month or total), such as 10/month or 2.50/day@Europe/Berlin, or none.',
      )
    return { usd: Number(usd), per, ...(zone !== undefined && { time_zone: zone }) }
  })
}

/** Parses `90s`, `15m`, `24h`, `30d` or `2w` to seconds; undefined for anything else. */
export function parseDuration(value: string): number | undefined {
  if (value === '0') return 0
  const [, count, unit = ''] = /^(\d{1,9})([smhdw])$/.exec(value) ?? []
  return count === undefined ? undefined : Number(count) * (secondsOf[unit] ?? 0)
}

/** Parses an expiry to the API's format: a duration from now, a date, or a date and time; null for `never`. */
export function readExpiry(value: string, now: number): string | null {
  if (value === 'never' || value === 'none') return null
  const seconds = parseDuration(value)
  if (seconds === undefined) {
    if (/^\d{4}-\d{2}-\d{2}/.test(value)) return value
  } else if (now + seconds * 1_000 <= latestMs) return new Date(now + seconds * 1_000).toISOString()
  throw usageError('--expires must be a duration such as 30d, a date such as 2030-01-31, or never.')
}

/** The end of the year 9999. */
const latestMs = Date.UTC(10_000, 0) - 1

/** Splits all values of a repeated option at commas; null for `any`, an empty list for `none`. */
export function readList(values: readonly string[]): readonly string[] | null {
  const parts = values.flatMap((value) => value.split(',')).map((part) => part.trim())
  if (parts.length === 1 && parts[0] === 'any') return null
  return parts.length === 1 && parts[0] === 'none' ? [] : parts.filter((part) => part !== '')
}

/** Parses labels such as `team=search`, one per value; null, which removes all labels, for `none`. */
export function readLabels(values: readonly string[]): Readonly<Record<string, string>> | null {
  if (values.length === 1 && values[0] === 'none') return null
  const pairs = values.map((value) => {
    const separator = value.indexOf('=')
    if (separator > 0) return [value.slice(0, separator), value.slice(separator + 1)] as const
    throw usageError('--label must be a name and a value, such as team=search, or none.')
  })
  const labels = Object.fromEntries(pairs)
  if (Object.keys(labels).length < pairs.length) throw usageError('--label sets the same label twice.')
  return labels
}
