import { GatewayError } from '../../../core/errors.ts'
import { dayMs } from '../../../core/time.ts'
import { storeUnavailable } from '../../../storage/store-unavailable.ts'

/**
 * The texts of Cloudflare for a daily quota of the free plan that is used up; there are no codes.
 * D1: https://developers.cloudflare.com/changelog/post/2026-09-01-d1-free-tier-limit-enforcement/
 * Durable Objects: `Exceeded allowed rows written in Durable Objects free tier.`, likewise `rows read`, `duration` and `volume of requests`, as
 * Workers have logged them; the quotas are in https://developers.cloudflare.com/durable-objects/platform/pricing/
 */
const spentQuotas = [
  { pattern: /exceeded D1's free tier daily row read/i, name: 'rows to read in D1' },
  { pattern: /exceeded D1's free tier daily row writ/i, name: 'rows to write in D1' },
  { pattern: /Exceeded allowed rows read in Durable Objects free tier/i, name: 'rows to read in Durable Objects' },
  { pattern: /Exceeded allowed rows written in Durable Objects free tier/i, name: 'rows to write in Durable Objects' },
  { pattern: /Exceeded allowed duration in Durable Objects free tier/i, name: 'run time for Durable Objects' },
  { pattern: /Exceeded allowed [a-z ]+ in Durable Objects free tier/i, name: 'requests to Durable Objects' },
] as const

/** True for an error of a store whose daily quota is used up. */
export function isQuotaSpent(error: unknown): boolean {
  return findSpent(error) !== undefined
}

/** The error of a store of Cloudflare's that cannot do its work: `plan_quota_exceeded` where a quota of the plan is used up, or `store_unavailable`. */
export function toStoreFailure(error: unknown): GatewayError {
  const spent = findSpent(error)
  return spent === undefined ? storeUnavailable(error) : quotaSpent(spent.name, error)
}

function findSpent(error: unknown): (typeof spentQuotas)[number] | undefined {
  const text = String(error)
  return spentQuotas.find(({ pattern }) => pattern.test(text))
}

function quotaSpent(name: string, cause: unknown): GatewayError {
  const untilMidnightMs = dayMs - (Date.now() % dayMs)
  return new GatewayError(
    'plan_quota_exceeded',
    `This gateway’s Cloudflare plan has no more ${name} for today. The quota starts anew at 00:00 UTC. Its operator can raise it with the Workers Paid plan: docs/cloudflare.md.`,
    { cause, headers: { 'retry-after': String(Math.ceil(untilMidnightMs / 1_000)) } },
  )
}
