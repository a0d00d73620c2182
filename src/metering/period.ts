import { createBoundedMap } from '../core/bounded-map.ts'
import { dayMs, minuteMs } from '../core/time.ts'
import type { BudgetPeriod } from './limits.ts'

export type CalendarPeriod = Exclude<BudgetPeriod, 'total'>

/** A date without a time: the number of days since 1970-01-01. */
type DayNumber = number

/**
 * Returns the end of the day, week or month that contains `now` in `timeZone`, in milliseconds since 1970. Weeks start
 * on Monday. Days of 23 and 25 hours keep their length (R49): the code compares dates and never adds hours.
 */
export function endOfPeriod(per: CalendarPeriod, timeZone: string, now: number): number {
  const next = startOfNext(per, dateAt(now, timeZone))
  return timeZone === 'UTC' ? next * dayMs : firstInstantOf(next, timeZone, Math.floor(now / minuteMs))
}

/** Cache of starts by zone and day: each takes about ten date formats to find. */
const starts = createBoundedMap<string, number>(2_000)

/** Returns the start of the day, week or month that contains `now` in `timeZone`, in milliseconds since 1970. */
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
/** No zone is more than 15 hours from UTC. */
const zoneMinutes = 15 * 60

/**
 * Returns the first instant of a date, or of a later one, in a zone. The minute `before` must belong to an earlier
 * date.
 */
function firstInstantOf(day: DayNumber, timeZone: string, before: number): number {
  // The date changes between the two. Zones differ by whole minutes.
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

/** Creating a format takes 50 µs; about 600 zones exist. */
const formats = new Map<string, Intl.DateTimeFormat>()

function formatOf(timeZone: string): Intl.DateTimeFormat {
  const known = formats.get(timeZone)
  if (known !== undefined) return known
  const options = { timeZone, calendar: 'gregory', numberingSystem: 'latn' } as const
  const format = new Intl.DateTimeFormat('en', { ...options, year: 'numeric', month: 'numeric', day: 'numeric' })
  formats.set(timeZone, format)
  return format
}
