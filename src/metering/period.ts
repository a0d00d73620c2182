import { createBoundedMap } from '../core/bounded-map.ts'
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
  const next = startOfNext(per, dateAt(now, timeZone))
  return timeZone === 'UTC' ? next * dayMs : firstInstantOf(next, timeZone, Math.floor(now / minuteMs))
}

/** Starts that were asked for lately, by zone and day: each takes some ten formats to find. */
const starts = createBoundedMap<string, number>(2_000)

/** The first instant, in milliseconds since 1970, of the day, week or month in which `now` lies in `timeZone`. */
export function startOfPeriod(per: CalendarPeriod, timeZone: string, now: number): number {
  const first = startOf(per, dateAt(now, timeZone))
  if (timeZone === 'UTC') return first * dayMs
  const name = `${timeZone}/${first}`
  const known = starts.get(name)
  if (known !== undefined) return known
  const start = firstInstantOf(first, timeZone, first * minutesOfDay - zoneMinutes)
  starts.set(name, start)
  return start
}

const minutesOfDay = dayMs / minuteMs
/** No zone is more than 15 hours away from UTC. */
const zoneMinutes = 15 * 60

/** The first instant of a date or a later one in a zone, after the minute `before`, which is of an earlier date. */
function firstInstantOf(day: DayNumber, timeZone: string, before: number): number {
  // Somewhere between the two the date changes. Zones differ by whole minutes.
  let earlier = before
  let later = day * minutesOfDay + zoneMinutes
  while (later - earlier > 1) {
    const middle = Math.floor((earlier + later) / 2)
    if (dateAt(middle * minuteMs, timeZone) < day) earlier = middle
    else later = middle
  }
  return later * minuteMs
}

function startOf(per: CalendarPeriod, today: DayNumber): DayNumber {
  if (per === 'day') return today
  // 1970-01-01 was a Thursday.
  if (per === 'week') return today - ((today + 3) % 7)
  const date = new Date(today * dayMs)
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1) / dayMs
}

function startOfNext(per: CalendarPeriod, today: DayNumber): DayNumber {
  if (per === 'day') return today + 1
  if (per === 'week') return startOf(per, today) + 7
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
