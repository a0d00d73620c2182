import { parseDay } from '../../core/time.ts'

const format = /^(\d{4}-\d{2}-\d{2})(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:\d{2}))?$/

/** Milliseconds since 1970 of an ISO 8601 date with time and zone, or of a date alone, which is its midnight in UTC. */
export function toInstant(text: string): number | undefined {
  const date = format.exec(text)?.[1]
  if (date === undefined || parseDay(date) === undefined) return undefined
  const instant = Date.parse(text)
  return Number.isNaN(instant) ? undefined : instant
}
