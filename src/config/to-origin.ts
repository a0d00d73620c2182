/** An origin as browsers write it: lower case, no slash at the end, no default port. */
export function toOrigin(origin: string): string {
  const parsed = /^https?:/i.test(origin) ? URL.parse(origin)?.origin : undefined
  return parsed ?? origin.toLowerCase().replace(/\/$/, '')
}
