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
  {
    pattern: /exceeded D1's free tier daily row (read|writ)/i,
    nameOf: (kind: string) => `rows ${kind === 'read' ? 'read' : 'written'} in D1`,
  },
  {
    pattern: /Exceeded allowed ([a-z ]+) in Durable Objects free tier/i,
    nameOf: (kind: string) => `${kind} of Durable Objects`,
  },
] as const

/** True for an error of a store whose daily quota is used up. */
export function isQuotaSpent(error: unknown): boolean {
  const text = String(error)
  return spentQuotas.some(({ pattern }) => pattern.test(text))
}

/** The error of a store of Cloudflare's that cannot do its work: `plan_quota_exceeded` where a quota of the plan is used up, or `store_unavailable`. */
export function toStoreFailure(error: unknown): GatewayError {
  const text = String(error)
  for (const { pattern, nameOf } of spentQuotas) {
    const [, kind] = pattern.exec(text) ?? []
    if (kind !== undefined) return quotaSpent(nameOf(kind.toLowerCase()), error)
  }
  return storeUnavailable(error)
}

function quotaSpent(name: string, cause: unknown): GatewayError {
  const untilMidnightMs = dayMs - (Date.now() % dayMs)
  return new GatewayError(
    'plan_quota_exceeded',
    `This gateway’s Cloudflare plan has no more ${name} for today. The quota starts anew at 00:00 UTC. Its operator can raise it with the Workers Paid plan: docs/cloudflare.md.`,
    { cause, headers: { 'retry-after': String(Math.ceil(untilMidnightMs / 1_000)) } },
  )
}
