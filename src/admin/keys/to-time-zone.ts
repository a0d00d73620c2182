/** The one spelling of a time zone's name; undefined where this runtime knows no such zone. An offset (`+02:00`) is no zone. */
export function toTimeZone(name: string): string | undefined {
  if (!/^[a-z]/i.test(name)) return undefined
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone
  } catch {
    return undefined
  }
}
