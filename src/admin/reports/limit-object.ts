import { toUsd } from '../../core/usd.ts'
import { isMoney, type LimitStatus, limitName, remainingOf } from '../../metering/limit-status.ts'
import type { LimitObject } from './report-schemas.ts'

/** Converts the status of a limit to its response, in requests, tokens, calls or USD. */
export function toLimitObject(status: LimitStatus, now: number): LimitObject {
  const { keyId, allowed, used, resetsInMs } = status
  const show = isMoney(status) ? toUsd : (amount: number) => amount
  return {
    limit: limitName(status),
    key_id: keyId,
    unit: status.kind === 'rate' || status.kind === 'concurrency' ? status.unit : 'usd',
    allowed: show(allowed),
    used: show(used),
    remaining: show(remainingOf(status)),
    resets_at: resetsInMs === undefined || used === 0 ? null : new Date(now + resetsInMs).toISOString(),
  }
}
