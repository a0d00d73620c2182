const format = /^(\d{4}-\d{2}-\d{2})(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:\d{2}))?$/

/** Milliseconds since 1970 of an ISO 8601 date with time and zone, or of a date alone, which is its midnight in UTC. */
export function toInstant(text: string): number | undefined {
  const date = format.exec(text)?.[1]
  if (date === undefined) return undefined
  // 30 February would else be the 2nd of March.
  const midnight = Date.parse(`${date}T00:00:00Z`)
  if (Number.isNaN(midnight) || new Date(midnight).toISOString().slice(0, date.length) !== date) return undefined
  const instant = Date.parse(text)
  return Number.isNaN(instant) ? undefined : instant
}
