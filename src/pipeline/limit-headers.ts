import type { Standing } from '../storage/ledger.ts'

/** A structured field's integer has 15 digits. Source: https://www.rfc-editor.org/rfc/rfc9651#section-3.3.1 */
const largestInteger = 999_999_999_999_999

/** Seconds. Only these limits are rates. */
const windows: ReadonlyMap<string, number> = new Map([
  ['requests/minute', 60],
  ['requests/hour', 3_600],
  ['requests/day', 86_400],
  ['tokens/minute', 60],
  ['tokens/hour', 3_600],
  ['tokens/day', 86_400],
])

/**
 * How the rates stand: OpenAI's `x-ratelimit-*` for the tightest limit of requests and of tokens, and the IETF's `RateLimit` and
 * `RateLimit-Policy` for all of them (P05, P06).
 * Sources: https://platform.openai.com/docs/guides/rate-limits, https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/
 */
export function toLimitHeaders(standings: readonly Standing[]): Record<string, string> {
  const headers: Record<string, string> = {}
  const tightest = tightestByName(standings)
  if (tightest.length === 0) return headers
  addTightest(headers, tightest, 'requests')
  addTightest(headers, tightest, 'tokens')
  headers['ratelimit-policy'] = tightest.map(toPolicy).join(', ')
  headers.ratelimit = tightest.map(toRateLimit).join(', ')
  return headers
}

/** As OpenAI writes it: `12ms`, `1s`, `6m0s`, `1h0m0s`. `milliseconds` are rounded up. */
export function toDuration(milliseconds: number): string {
  const whole = Math.ceil(milliseconds)
  if (whole < 1_000) return `${whole}ms`
  const all = Math.ceil(whole / 1_000)
  const [hours, minutes, seconds] = [Math.floor(all / 3_600), Math.floor(all / 60) % 60, all % 60]
  if (hours > 0) return `${hours}h${minutes}m${seconds}s`
  return minutes > 0 ? `${minutes}m${seconds}s` : `${seconds}s`
}

function addTightest(headers: Record<string, string>, rates: readonly Standing[], unit: 'requests' | 'tokens'): void {
  let first: Standing | undefined
  for (const rate of rates) {
    if (rate.limit.startsWith(unit) && (first === undefined || remaining(rate) < remaining(first))) first = rate
  }
  if (first === undefined) return
  headers[`x-ratelimit-limit-${unit}`] = String(first.allowed)
  headers[`x-ratelimit-remaining-${unit}`] = String(remaining(first))
  if (first.resetsInMs !== undefined) headers[`x-ratelimit-reset-${unit}`] = toDuration(first.resetsInMs)
}

/** Of a key and its ancestors, the one that leaves least, for each rate. There are a handful, so that a search beats an index. */
function tightestByName(standings: readonly Standing[]): readonly Standing[] {
  const tightest: Standing[] = []
  for (const standing of standings) {
    if (!windows.has(standing.limit)) continue
    const at = tightest.findIndex(({ limit }) => limit === standing.limit)
    const known = tightest[at]
    if (known === undefined) tightest.push(standing)
    else if (remaining(standing) < remaining(known)) tightest[at] = standing
  }
  return tightest
}

function remaining({ allowed, used }: Standing): number {
  return Math.max(0, allowed - used)
}

/** The unit is that of requests unless it says otherwise. */
function toPolicy({ limit, allowed }: Standing): string {
  const unit = limit.startsWith('tokens/') ? ';qu="tokens"' : ''
  return `"${limit}";q=${Math.min(allowed, largestInteger)};w=${windows.get(limit)}${unit}`
}

function toRateLimit(standing: Standing): string {
  const { limit, resetsInMs } = standing
  const time = resetsInMs === undefined ? '' : `;t=${Math.ceil(resetsInMs / 1_000)}`
  return `"${limit}";r=${Math.min(remaining(standing), largestInteger)}${time}`
}
