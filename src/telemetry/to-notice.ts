/** A line of the log about what this process does by itself, and could not. `now` in milliseconds since 1970. */
export function toNotice(event: string, error: unknown, now: number): string {
  const cause = error instanceof Error ? String(error.cause ?? error.message) : 'not an Error'
  return JSON.stringify({ time: new Date(now).toISOString(), level: 'error', event, cause })
}
