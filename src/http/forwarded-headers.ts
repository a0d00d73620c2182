import type { Inbound } from './inbound.ts'

/** The headers of a caller that travel upstream. Everything else stays: credentials, cookies, addresses, hop-by-hop headers (R34). */
const forwarded = ['accept', 'openai-beta', 'idempotency-key', 'http-referer', 'x-title']

export function readForwardedHeaders(inbound: Inbound): Record<string, string> {
  const headers: Record<string, string> = { 'user-agent': 'weir', 'accept-encoding': 'identity' }
  for (const name of forwarded) {
    const value = inbound.header(name)
    if (value !== undefined) headers[name] = value
  }
  return headers
}
