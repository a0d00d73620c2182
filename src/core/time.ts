// Lengths of time in milliseconds.
export const minuteMs = 60_000
export const hourMs = 60 * minuteMs
export const dayMs = 24 * hourMs

/** The day (UTC) of an instant in milliseconds since 1970, such as `2026-11-22`. */
export function formatDay(instant: number): string {
  return new Date(instant).toISOString().slice(0, 10)
}

/** The midnight (UTC) at which a day such as `2026-11-22` begins, in milliseconds since 1970. Undefined for anything else. */
export function parseDay(text: string): number | undefined {
  const midnight = Date.parse(`${text}T00:00:00Z`)
  // 30 February would else be the 2nd of March.
  return Number.isNaN(midnight) || formatDay(midnight) !== text ? undefined : midnight
}
