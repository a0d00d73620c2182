import { dayMs, minuteMs } from '../core/time.ts'
import type { BudgetPeriod } from './limits.ts'

export type CalendarPeriod = Exclude<BudgetPeriod, 'total'>

/** A date without a time: the number of days since 1970-01-01. */
type DayNumber = number

/**
 * The first instant after `now`, in milliseconds since 1970, at which the day, week or month in which `now` lies is over in `timeZone`.
 * Weeks begin on Monday. Days of 23 and 25 hours are as long as they are (R49): dates are compared, and never hours added.
 */
export function endOfPeriod(per: CalendarPeriod, timeZone: string, now: number): number {
  const today = dateAt(now, timeZone)
  const next = startOfNext(per, today)
  if (timeZone === 'UTC') return next * dayMs
  // Somewhere between the two the date changes; no zone is more than 15 hours away from UTC. Zones differ by whole minutes.
  let before = Math.floor(now / minuteMs)
  let after = Math.ceil((next * dayMs) / minuteMs) + 15 * 60
  while (after - before > 1) {
    const middle = Math.floor((before + after) / 2)
    if (dateAt(middle * minuteMs, timeZone) < next) before = middle
    else after = middle
  }
  return after * minuteMs
}

function startOfNext(per: CalendarPeriod, today: DayNumber): DayNumber {
  if (per === 'day') return today + 1
  // 1970-01-01 was a Thursday.
  if (per === 'week') return today + 7 - ((today + 3) % 7)
  const date = new Date(today * dayMs)
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1) / dayMs
}

function dateAt(instant: number, timeZone: string): DayNumber {
  if (timeZone === 'UTC') return Math.floor(instant / dayMs)
  const parts = formatOf(timeZone).formatToParts(instant)
  const read = (type: string) => Number(parts.find((part) => part.type === type)?.value)
  return Date.UTC(read('year'), read('month') - 1, read('day')) / dayMs
}

/** A format takes 50 µs to make; there are some 600 zones. */
const formats = new Map<string, Intl.DateTimeFormat>()

function formatOf(timeZone: string): Intl.DateTimeFormat {
  const known = formats.get(timeZone)
  if (known !== undefined) return known
  const options = { timeZone, calendar: 'gregory', numberingSystem: 'latn' } as const
  const made = new Intl.DateTimeFormat('en', { ...options, year: 'numeric', month: 'numeric', day: 'numeric' })
  formats.set(timeZone, made)
  return made
}
