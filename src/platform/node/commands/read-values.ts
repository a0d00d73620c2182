import { usageError } from './command-error.ts'

const secondsOf: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400, w: 604_800 }

/** A whole number, or null for `none`. Whether it is in range is for the server to say. */
export function readCount(text: string, option: string): number | null {
  if (text === 'none') return null
  if (/^\d{1,15}$/.test(text)) return Number(text)
  throw usageError(`--${option} must be a whole number, or none.`)
}

/** An amount of USD, or null for `none`. */
export function readUsd(text: string, option: string): number | null {
  if (text === 'none') return null
  if (/^\d{1,12}(\.\d{1,9})?$/.test(text)) return Number(text)
  throw usageError(`--${option} must be an amount of USD with at most nine decimals, such as 0.05, or none.`)
}

/** `10/month`, `2.50/day@Europe/Berlin`, as often as there are budgets; none at all for `none`. */
export function readBudgets(texts: readonly string[]): readonly object[] {
  if (texts.length === 1 && texts[0] === 'none') return []
  return texts.map((text) => {
    const [, usd, per, zone] = /^(\d{1,12}(?:\.\d{1,9})?)\/(day|week|month|total)(?:@(.+))?$/.exec(text) ?? []
    if (usd === undefined)
      throw usageError(
        '--budget must be USD and its period (day, week, month or total), such as 10/month or 2.50/day@Europe/Berlin, or none.',
      )
    return { usd: Number(usd), per, ...(zone !== undefined && { time_zone: zone }) }
  })
}

/** Seconds of `90s`, `15m`, `24h`, `30d` or `2w`; undefined for anything else. */
export function parseDuration(text: string): number | undefined {
  if (text === '0') return 0
  const [, count, unit = ''] = /^(\d{1,9})([smhdw])$/.exec(text) ?? []
  return count === undefined ? undefined : Number(count) * (secondsOf[unit] ?? 0)
}

/** When a key ends, as the wire has it: `30d` from now on, a day, an instant; null for `never`. */
export function readExpiry(text: string, now: number): string | null {
  if (text === 'never' || text === 'none') return null
  const seconds = parseDuration(text)
  if (seconds === undefined) {
    if (/^\d{4}-\d{2}-\d{2}/.test(text)) return text
  } else if (now + seconds * 1_000 <= latestMs) return new Date(now + seconds * 1_000).toISOString()
  throw usageError('--expires must be a time from now such as 30d, a day such as 2030-01-31, or never.')
}

/** The last moment of the year 9999. */
const latestMs = Date.UTC(10_000, 0) - 1

/** Parts between commas, over all times that the option was given: null for `any`, nothing for `none`. */
export function readList(texts: readonly string[]): readonly string[] | null {
  const parts = texts.flatMap((text) => text.split(',')).map((part) => part.trim())
  if (parts.length === 1 && parts[0] === 'any') return null
  return parts.length === 1 && parts[0] === 'none' ? [] : parts.filter((part) => part !== '')
}

/** `team=search`, as often as there are labels; null, which takes all away, for `none`. */
export function readLabels(texts: readonly string[]): Readonly<Record<string, string>> | null {
  if (texts.length === 1 && texts[0] === 'none') return null
  const pairs = texts.map((text) => {
    const mark = text.indexOf('=')
    if (mark > 0) return [text.slice(0, mark), text.slice(mark + 1)] as const
    throw usageError('--label must be a name and its text, such as team=search, or none.')
  })
  const labels = Object.fromEntries(pairs)
  if (Object.keys(labels).length < pairs.length) throw usageError('--label names the same label twice.')
  return labels
}
