import { GatewayError } from '../../../core/errors.ts'
import { dayMs } from '../../../core/time.ts'
import { storeUnavailable } from '../../../storage/store-unavailable.ts'

/**
 * Cloudflare's error messages for an exhausted daily quota of the free plan. The errors have no codes.
 *
 * - D1: https://developers.cloudflare.com/changelog/post/2026-09-01-d1-free-tier-limit-enforcement/
 * - Durable Objects: `Exceeded allowed rows written in Durable Objects free tier.`, also with `rows read`, `duration`
 *   and `volume of requests`, as Workers have logged them.
 *   Quotas: https://developers.cloudflare.com/durable-objects/platform/pricing/
 */
const spentQuotas = [
  { pattern: /exceeded D1's free tier daily row read/i, name: 'rows to read in D1' },
  { pattern: /exceeded D1's free tier daily row writ/i, name: 'rows to write in D1' },
  { pattern: /Exceeded allowed rows read in Durable Objects free tier/i, name: 'rows to read in Durable Objects' },
  { pattern: /Exceeded allowed rows written in Durable Objects free tier/i, name: 'rows to write in Durable Objects' },
  { pattern: /Exceeded allowed duration in Durable Objects free tier/i, name: 'run time for Durable Objects' },
  { pattern: /Exceeded allowed [a-z ]+ in Durable Objects free tier/i, name: 'requests to Durable Objects' },
] as const

/** Returns true for an error that reports an exhausted daily quota. */
export function isQuotaSpent(error: unknown): boolean {
  return findSpent(error) !== undefined
}

/**
 * Converts a failure of a Cloudflare store to `plan_quota_exceeded`, if a quota of the plan is exhausted, or
 * `store_unavailable`.
 */
export function toStoreFailure(error: unknown): GatewayError {
  const spent = findSpent(error)
  return spent === undefined ? storeUnavailable(error) : quotaSpent(spent.name, error)
}

function findSpent(error: unknown): (typeof spentQuotas)[number] | undefined {
  const message = String(error)
  return spentQuotas.find(({ pattern }) => pattern.test(message))
}

function quotaSpent(name: string, cause: unknown): GatewayError {
  const untilMidnightMs = dayMs - (Date.now() % dayMs)
  return new GatewayError(
    'plan_quota_exceeded',
    `This gateway’s Cloudflare plan has no more ${name} for today. The quota resets at 00:00 UTC. The operator can raise it with the Workers Paid plan: docs/cloudflare.md.`,
    { cause, headers: { 'retry-after': String(Math.ceil(untilMidnightMs / 1_000)) } },
  )
}
