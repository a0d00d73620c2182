import type { Standing } from '../storage/ledger.ts'

/** A structured field's integer has 15 digits. Source: https://www.rfc-editor.org/rfc/rfc9651#section-3.3.1 */
const largestInteger = 999_999_999_999_999

/** Only these limits are rates. The unit is that of requests unless it says otherwise. */
const rates: ReadonlyMap<string, { readonly unit: Unit; readonly window: string }> = new Map([
  ['requests/minute', { unit: 'requests', window: ';w=60' }],
  ['requests/hour', { unit: 'requests', window: ';w=3600' }],
  ['requests/day', { unit: 'requests', window: ';w=86400' }],
  ['tokens/minute', { unit: 'tokens', window: ';w=60;qu="tokens"' }],
  ['tokens/hour', { unit: 'tokens', window: ';w=3600;qu="tokens"' }],
  ['tokens/day', { unit: 'tokens', window: ';w=86400;qu="tokens"' }],
])

type Unit = 'requests' | 'tokens'

/** Written out, since a name that is put together anew for each call is dear. */
const names = {
  requests: {
    limit: 'x-ratelimit-limit-requests',
    remaining: 'x-ratelimit-remaining-requests',
    reset: 'x-ratelimit-reset-requests',
  },
  tokens: {
    limit: 'x-ratelimit-limit-tokens',
    remaining: 'x-ratelimit-remaining-tokens',
    reset: 'x-ratelimit-reset-tokens',
  },
} as const

/**
 * Adds to `headers` how the rates stand: OpenAI's `x-ratelimit-*` for the tightest limit of requests and of tokens, and the IETF's
 * `RateLimit` and `RateLimit-Policy` for all of them (P05, P06).
 * Sources: https://platform.openai.com/docs/guides/rate-limits, https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/
 */
export function toLimitHeaders(
  standings: readonly Standing[],
  headers: Record<string, string> = {},
): Record<string, string> {
  const tightest = tightestByName(standings)
  if (tightest.length === 0) return headers
  addTightest(headers, tightest, 'requests')
  addTightest(headers, tightest, 'tokens')
  let policy = ''
  let rateLimit = ''
  for (const standing of tightest) {
    policy += policy === '' ? toPolicy(standing) : `, ${toPolicy(standing)}`
    rateLimit += rateLimit === '' ? toRateLimit(standing) : `, ${toRateLimit(standing)}`
  }
  headers['ratelimit-policy'] = policy
  headers.ratelimit = rateLimit
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

function addTightest(headers: Record<string, string>, tightest: readonly Standing[], unit: Unit): void {
  let first: Standing | undefined
  for (const rate of tightest) {
    if (rates.get(rate.limit)?.unit !== unit) continue
    if (first === undefined || remaining(rate) < remaining(first)) first = rate
  }
  if (first === undefined) return
  const { limit, remaining: left, reset } = names[unit]
  headers[limit] = String(first.allowed)
  headers[left] = String(remaining(first))
  if (first.resetsInMs !== undefined) headers[reset] = toDuration(first.resetsInMs)
}

/** Of a key and its ancestors, the one that leaves least, for each rate. There are a handful, so that a search beats an index. */
function tightestByName(standings: readonly Standing[]): readonly Standing[] {
  const tightest: Standing[] = []
  for (const standing of standings) {
    if (!rates.has(standing.limit)) continue
    const at = indexOfName(tightest, standing.limit)
    const known = tightest[at]
    if (known === undefined) tightest.push(standing)
    else if (remaining(standing) < remaining(known)) tightest[at] = standing
  }
  return tightest
}

function indexOfName(standings: readonly Standing[], limit: string): number {
  for (let at = 0; at < standings.length; at++) if (standings[at]?.limit === limit) return at
  return -1
}

function remaining({ allowed, used }: Standing): number {
  return Math.max(0, allowed - used)
}

function toPolicy({ limit, allowed }: Standing): string {
  return `"${limit}";q=${Math.min(allowed, largestInteger)}${rates.get(limit)?.window}`
}

function toRateLimit(standing: Standing): string {
  const { limit, resetsInMs } = standing
  const time = resetsInMs === undefined ? '' : `;t=${Math.ceil(resetsInMs / 1_000)}`
  return `"${limit}";r=${Math.min(remaining(standing), largestInteger)}${time}`
}
