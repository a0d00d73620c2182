import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type CalendarPeriod, endOfPeriod, startOfPeriod } from '../../src/metering/period.ts'

const hourMs = 60 * 60 * 1_000
const dayMs = 24 * hourMs

function at(text: string): number {
  const instant = Date.parse(text)
  expect(instant, text).not.toBeNaN()
  return instant
}

/** Returns the end as UTC. */
function endOf(per: CalendarPeriod, timeZone: string, now: string): string {
  return new Date(endOfPeriod(per, timeZone, at(now))).toISOString()
}

describe('endOfPeriod', () => {
  test.each([
    { zone: 'UTC', now: '2026-11-22T13:00:00Z', end: '2026-11-23T00:00:00.000Z' },
    { zone: 'Asia/Tokyo', now: '2026-11-22T15:00:00Z', end: '2026-11-23T15:00:00.000Z' },
    { zone: 'Asia/Tokyo', now: '2026-11-22T14:59:59.999Z', end: '2026-11-22T15:00:00.000Z' },
    { zone: 'Asia/Kathmandu', now: '2026-11-22T18:14:00Z', end: '2026-11-22T18:15:00.000Z' },
    { zone: 'Pacific/Kiritimati', now: '2026-11-22T10:30:00Z', end: '2026-11-23T10:00:00.000Z' },
    { zone: 'Pacific/Pago_Pago', now: '2026-11-22T10:30:00Z', end: '2026-11-22T11:00:00.000Z' },
  ])('a day ends at midnight in $zone, from $now', ({ zone, now, end }) => {
    expect(endOf('day', zone, now)).toBe(end)
  })

  test.each([
    { length: '23 hours in Berlin', zone: 'Europe/Berlin', from: '2026-03-29T00:00:00+01:00', hours: 23 },
    { length: '25 hours in Berlin', zone: 'Europe/Berlin', from: '2026-10-25T00:00:00+02:00', hours: 25 },
    { length: '24 hours in Tokyo', zone: 'Asia/Tokyo', from: '2026-03-29T00:00:00+09:00', hours: 24 },
    { length: '23.5 hours on Lord Howe', zone: 'Australia/Lord_Howe', from: '2026-10-04T00:00:00+10:30', hours: 23.5 },
    { length: '24.5 hours on Lord Howe', zone: 'Australia/Lord_Howe', from: '2026-04-05T00:00:00+11:00', hours: 24.5 },
    { length: '23 hours in Cairo, from 1:00', zone: 'Africa/Cairo', from: '2026-04-24T01:00:00+03:00', hours: 23 },
    { length: '25 hours in Cairo, 23:00 twice', zone: 'Africa/Cairo', from: '2026-10-29T00:00:00+03:00', hours: 25 },
    { length: '23 hours in Beirut, from 1:00', zone: 'Asia/Beirut', from: '2026-03-29T01:00:00+03:00', hours: 23 },
    {
      length: '23 hours in Santiago, from 1:00',
      zone: 'America/Santiago',
      from: '2026-09-06T01:00:00-03:00',
      hours: 23,
    },
    { length: '25 hours in Santiago', zone: 'America/Santiago', from: '2026-04-04T00:00:00-03:00', hours: 25 },
  ])('R49 a day with a clock change keeps its length: $length', ({ zone, from, hours }) => {
    const start = at(from)
    expect(endOfPeriod('day', zone, start)).toBe(start + hours * hourMs)
    expect(endOfPeriod('day', zone, start + hours * hourMs - 1)).toBe(start + hours * hourMs)
    expect(endOfPeriod('day', zone, start - 1)).toBe(start)
  })

  test('R49 both passes of a repeated hour belong to one day', () => {
    const first = at('2026-10-25T02:30:00+02:00')
    expect(endOf('day', 'Europe/Berlin', new Date(first).toISOString())).toBe('2026-10-25T23:00:00.000Z')
    expect(endOf('day', 'Europe/Berlin', new Date(first + hourMs).toISOString())).toBe('2026-10-25T23:00:00.000Z')
  })

  test('R49 a skipped date ends no day: Samoa had no 30 December 2011', () => {
    expect(endOf('day', 'Pacific/Apia', '2011-12-29T23:00:00-10:00')).toBe('2011-12-30T10:00:00.000Z')
    expect(endOf('day', 'Pacific/Apia', '2011-12-31T01:00:00+14:00')).toBe('2011-12-31T10:00:00.000Z')
  })

  test.each([
    { now: '2026-11-22T23:59:59.999Z', end: '2026-11-23T00:00:00.000Z' },
    { now: '2026-11-23T00:00:00Z', end: '2026-11-30T00:00:00.000Z' },
    { now: '2026-12-31T12:00:00Z', end: '2027-01-04T00:00:00.000Z' },
  ])('a week ends on Monday, from $now', ({ now, end }) => {
    expect(endOf('week', 'UTC', now)).toBe(end)
  })

  test('a week with a clock change is an hour shorter or longer', () => {
    expect(endOf('week', 'Europe/Berlin', '2026-03-23T00:00:00+01:00')).toBe('2026-03-29T22:00:00.000Z')
    expect(endOf('week', 'Europe/Berlin', '2026-10-19T00:00:00+02:00')).toBe('2026-10-25T23:00:00.000Z')
  })

  test.each([
    { zone: 'UTC', now: '2026-02-28T12:00:00Z', end: '2026-03-01T00:00:00.000Z' },
    { zone: 'UTC', now: '2028-02-28T12:00:00Z', end: '2028-03-01T00:00:00.000Z' },
    { zone: 'UTC', now: '2026-12-31T23:59:59.999Z', end: '2027-01-01T00:00:00.000Z' },
    { zone: 'Europe/Berlin', now: '2026-03-01T00:00:00+01:00', end: '2026-03-31T22:00:00.000Z' },
    { zone: 'America/New_York', now: '2026-12-01T00:00:00Z', end: '2026-12-01T05:00:00.000Z' },
  ])('a month ends on the first, in $zone from $now', ({ zone, now, end }) => {
    expect(endOf('month', zone, now)).toBe(end)
  })

  test('R49 returns the first instant of the next day, week or month in every zone, from any instant', () => {
    const zones = ['UTC', ...Intl.supportedValuesOf('timeZone')]
    // Before 2012 some zones moved their clocks back over midnight, which repeated a date.
    const instants = fc.integer({ min: Date.UTC(2012, 0), max: Date.UTC(2040, 0) })
    const periods = fc.constantFrom<CalendarPeriod>('day', 'week', 'month')
    fc.assert(
      fc.property(fc.constantFrom(...zones), periods, instants, (zone, per, now) => {
        const end = endOfPeriod(per, zone, now)
        expect(end).toBeGreaterThan(now)
        expect(nameOf(per, zone, end - 1)).toBe(nameOf(per, zone, now))
        expect(nameOf(per, zone, end) > nameOf(per, zone, now)).toBe(true)
      }),
      { numRuns: 3_000 },
    )
  })
})

/** Returns the local day, the Monday of its week or its month, as a string that sorts by time. */
function nameOf(per: CalendarPeriod, timeZone: string, instant: number): string {
  const day = localDay(timeZone, instant)
  if (per === 'month') return day.slice(0, '2026-11'.length)
  if (per === 'day') return day
  const noon = at(`${day}T12:00:00Z`)
  const sinceMonday = (new Date(noon).getUTCDay() + 6) % 7
  return new Date(noon - sinceMonday * dayMs).toISOString().slice(0, '2026-11-22'.length)
}

/** Swedish dates have the ISO format. */
function localDay(timeZone: string, instant: number): string {
  return new Date(instant).toLocaleDateString('sv-SE', { timeZone })
}

test('startOfPeriod is the end of the previous period in any zone, despite clock changes', () => {
  fc.assert(
    fc.property(
      fc.constantFrom<CalendarPeriod>('day', 'week', 'month'),
      fc.constantFrom(
        'UTC',
        'Europe/Berlin',
        'America/Santiago',
        'Australia/Lord_Howe',
        'Pacific/Kiritimati',
        'Africa/Cairo',
      ),
      fc.integer({ min: Date.UTC(2020, 0), max: Date.UTC(2035, 0) }),
      (per, zone, now) => {
        const start = startOfPeriod(per, zone, now)
        expect(start).toBeLessThanOrEqual(now)
        expect(endOfPeriod(per, zone, start - 1)).toBe(start)
        expect(endOfPeriod(per, zone, start)).toBe(endOfPeriod(per, zone, now))
      },
    ),
  )
})
