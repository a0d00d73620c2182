// Durations in milliseconds.
export const minuteMs = 60_000
export const hourMs = 60 * minuteMs
export const dayMs = 24 * hourMs

/** Formats an instant (milliseconds since 1970) as a UTC day, such as `2026-11-22`. */
export function formatDay(instant: number): string {
  return new Date(instant).toISOString().slice(0, 10)
}

/** Parses a day such as `2026-11-22` to its UTC midnight in milliseconds since 1970; undefined if invalid. */
export function parseDay(day: string): number | undefined {
  const midnight = Date.parse(`${day}T00:00:00Z`)
  // `Date.parse` accepts 30 February and returns 2 March.
  return Number.isNaN(midnight) || formatDay(midnight) !== day ? undefined : midnight
}
