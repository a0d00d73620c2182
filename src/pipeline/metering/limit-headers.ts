import { type LimitStatus, limitName, type RateStatus, remainingOf } from '../../metering/limit-status.ts'

/** A structured field's integer has 15 digits. Source: https://www.rfc-editor.org/rfc/rfc9651#section-3.3.1 */
const maxInteger = 999_999_999_999_999

/** The unit defaults to requests. */
const windows = {
  requests: { minute: ';w=60', hour: ';w=3600', day: ';w=86400' },
  tokens: { minute: ';w=60;qu="tokens"', hour: ';w=3600;qu="tokens"', day: ';w=86400;qu="tokens"' },
} as const

/** Constants, because concatenating a name for each call is slow. */
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
 * Adds the status of the rates to `headers`: OpenAI's `x-ratelimit-*` for the tightest limit of requests and of tokens,
 * and the IETF's `RateLimit` and `RateLimit-Policy` for all of them (P05, P06).
 * Sources: https://platform.openai.com/docs/guides/rate-limits,
 * https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/
 */
export function toLimitHeaders(
  limits: readonly LimitStatus[],
  headers: Record<string, string> = {},
): Record<string, string> {
  const tightest = findTightest(limits)
  if (tightest.length === 0) return headers
  addTightest(headers, tightest, 'requests')
  addTightest(headers, tightest, 'tokens')
  let policy = ''
  let rateLimit = ''
  for (const rate of tightest) {
    policy += policy === '' ? toPolicy(rate) : `, ${toPolicy(rate)}`
    rateLimit += rateLimit === '' ? toRateLimit(rate) : `, ${toRateLimit(rate)}`
  }
  headers['ratelimit-policy'] = policy
  headers.ratelimit = rateLimit
  return headers
}

/** Formats a duration as OpenAI does: `12ms`, `1s`, `6m0s`, `1h0m0s`. `milliseconds` are rounded up. */
export function toDuration(milliseconds: number): string {
  const whole = Math.ceil(milliseconds)
  if (whole < 1_000) return `${whole}ms`
  const totalSeconds = Math.ceil(whole / 1_000)
  const [hours, minutes, seconds] = [
    Math.floor(totalSeconds / 3_600),
    Math.floor(totalSeconds / 60) % 60,
    totalSeconds % 60,
  ]
  if (hours > 0) return `${hours}h${minutes}m${seconds}s`
  return minutes > 0 ? `${minutes}m${seconds}s` : `${seconds}s`
}

function addTightest(headers: Record<string, string>, rates: readonly RateStatus[], unit: RateStatus['unit']): void {
  let tightest: RateStatus | undefined
  for (const rate of rates) {
    if (rate.unit !== unit) continue
    if (tightest === undefined || remainingOf(rate) < remainingOf(tightest)) tightest = rate
  }
  if (tightest === undefined) return
  const { limit, remaining, reset } = names[unit]
  headers[limit] = String(tightest.allowed)
  headers[remaining] = String(remainingOf(tightest))
  if (tightest.resetsInMs !== undefined) headers[reset] = toDuration(tightest.resetsInMs)
}

/** Returns, per rate, the limit of the key or an ancestor with the least remaining. So few need no index. */
function findTightest(limits: readonly LimitStatus[]): readonly RateStatus[] {
  const tightest: RateStatus[] = []
  for (const limit of limits) {
    if (limit.kind !== 'rate') continue
    const at = tightest.findIndex(({ unit, window }) => unit === limit.unit && window === limit.window)
    const known = tightest[at]
    if (known === undefined) tightest.push(limit)
    else if (remainingOf(limit) < remainingOf(known)) tightest[at] = limit
  }
  return tightest
}

function toPolicy(rate: RateStatus): string {
  return `"${limitName(rate)}";q=${Math.min(rate.allowed, maxInteger)}${windows[rate.unit][rate.window]}`
}

function toRateLimit(rate: RateStatus): string {
  const time = rate.resetsInMs === undefined ? '' : `;t=${Math.ceil(rate.resetsInMs / 1_000)}`
  return `"${limitName(rate)}";r=${Math.min(remainingOf(rate), maxInteger)}${time}`
}
