import { GatewayError } from '../core/errors.ts'
import type { Standing } from '../storage/ledger.ts'
import { toDuration, toLimitHeaders } from './limit-headers.ts'

export interface Refusal {
  readonly standing: Standing
  readonly asked: number
}

/** OpenAI's SDKs wait no longer; told of more, they come back after a second or two. Source: openai-node `retryRequest` */
const patienceMs = 60_000
/** Where nothing resets by itself: often enough for a program that was told not to try again. Seconds. */
const longWaitSeconds = 86_400
/** Calls are over sooner or later; nobody knows when. */
const concurrencyWaitMs = 1_000

/**
 * What a caller over a limit is told: which limit, how much of it is used, what the call asked for, and when to come again (P02, P03, P07).
 * Money, a wait that is long, and a call that would never fit do not mend themselves while an SDK tries: those say that it is no use.
 */
export function toLimitError({ standing, asked }: Refusal): GatewayError {
  const code = isMoney(standing) ? 'insufficient_quota' : 'rate_limit_exceeded'
  const headers = { ...toLimitHeaders([standing]), ...toRetryHeaders(standing, asked) }
  return new GatewayError(code, toMessage(standing, asked), { headers })
}

function toRetryHeaders(standing: Standing, asked: number): Record<string, string> {
  const waitMs = standing.limit.startsWith('concurrent_') ? concurrencyWaitMs : standing.resetsInMs
  const isHopeless = waitMs === undefined || asked > standing.allowed
  const seconds = isHopeless && standing.resetsInMs === undefined ? longWaitSeconds : Math.ceil((waitMs ?? 0) / 1_000)
  const after = { 'retry-after': String(Math.max(1, seconds)) }
  if (isHopeless || isMoney(standing) || waitMs > patienceMs) return { ...after, 'x-should-retry': 'false' }
  return { ...after, 'retry-after-ms': String(Math.max(1, Math.ceil(waitMs))) }
}

function isMoney({ limit }: Standing): boolean {
  return limit.startsWith('budget/') || limit === 'usd_per_call'
}

function toMessage({ limit, keyId, isPerUser, allowed, used, resetsInMs }: Standing, asked: number): string {
  const [unit = limit, per = ''] = limit.split('/')
  const show = unit === 'budget' || unit === 'usd_per_call' ? toUsd : (amount: number) => String(amount)
  const whose = isPerUser ? `each user of the key ${keyId}` : `the key ${keyId}`
  const what =
    unit === 'budget'
      ? `USD ${per === 'total' ? 'in total' : `a ${per}`}`
      : `${unit.replaceAll('_', ' ')}${per && ` a ${per}`}`
  const state = unit === 'usd_per_call' ? '' : `, of which ${show(used)} are used or set aside`
  const when = resetsInMs === undefined ? '' : ` It resets in ${toDuration(resetsInMs)}.`
  const hint =
    unit === 'usd_per_call' || unit === 'tokens' || unit === 'budget' ? ' A lower max_tokens asks for less.' : ''
  return `Limit reached: ${whose} has ${show(allowed)} ${what}${state}; this call may need ${show(asked)}.${when}${hint}`
}

/** Nano-USD as dollars, without float dust. */
function toUsd(nano: number): string {
  const text = (nano / 1e9).toFixed(9).replace(/0+$/, '')
  return text.endsWith('.') ? text.slice(0, -1) : text
}
