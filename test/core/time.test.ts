import { expect, it } from 'vitest'
import { formatDay, parseDay } from '../../src/core/time.ts'
import { toTimeOrderedId } from '../../src/core/time-ordered-id.ts'

it.each(['1970-01-01', '2024-02-29', '2026-11-22'])('parses the day %s and formats it again', (day) => {
  expect(formatDay(parseDay(day) ?? Number.NaN)).toBe(day)
})

it.each(['2026-02-30', '2025-02-29', '2026-13-01', '2026-1-1', '2026-11-22T00:00:00Z', '+010000-01-01', 'today', ''])(
  'rejects the day %j',
  (text) => {
    expect(parseDay(text)).toBeUndefined()
  },
)

it('creates ids that sort by time', () => {
  const times = [0, 255, 1_764_374_400_000, 2 ** 41]
  const ids = times.map((now) => toTimeOrderedId('key', now, 'ffff'))
  expect(ids.toSorted()).toEqual(ids)
  expect(ids[2]).toBe('key_019acce8cc00ffff')
})
