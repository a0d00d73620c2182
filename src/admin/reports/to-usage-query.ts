import { didYouMean } from '../../core/did-you-mean.ts'
import { GatewayError } from '../../core/errors.ts'
import { dayMs, parseDay, toDayText } from '../../core/time.ts'
import type { UsageDimension, UsageQuery } from '../../storage/usage-store.ts'

/** Which sums are wanted. */
export interface UsageRequest {
  /** UTC days such as `2026-11-22`, both included. Without them the last thirty. */
  readonly from?: string | undefined
  readonly to?: string | undefined
  /** In the order of the answer; by day where nothing is said. */
  readonly group_by?: readonly string[] | undefined
  readonly key_id?: string | undefined
  /** With the keys below `key_id`. */
  readonly descendants?: boolean | undefined
  readonly end_user?: string | undefined
  readonly provider?: string | undefined
  readonly model?: string | undefined
  readonly tag?: string | undefined
}

const defaultDays = 30

const dimensions: readonly UsageDimension[] = ['day', 'key', 'end_user', 'provider', 'model', 'tag']

/** A query of the usage store. Throws GatewayError `invalid_value`; `now` in milliseconds since 1970. */
export function toUsageQuery(request: UsageRequest, now: number): UsageQuery {
  const { key_id: keyId, descendants, end_user: endUser, provider, model, tag, group_by: groupBy = ['day'] } = request
  const to = request.to ?? toDayText(now)
  const from = request.from ?? toDayText(toTime(to, 'to') - (defaultDays - 1) * dayMs)
  if (toTime(from, 'from') > toTime(to, 'to'))
    throw new GatewayError('invalid_value', `from must not be later than to, which is ${to}.`, { param: 'from' })
  if (descendants === true && keyId === undefined)
    throw new GatewayError('missing_required_parameter', 'key_id is required: descendants are those of a key.', {
      param: 'key_id',
    })
  return {
    from,
    to,
    groupBy: [...new Set(groupBy.map(toDimension))],
    keyId,
    includesDescendants: descendants,
    endUser,
    provider,
    model,
    tag,
  }
}

function toTime(day: string, param: 'from' | 'to'): number {
  const time = parseDay(day)
  if (time !== undefined) return time
  throw new GatewayError('invalid_value', `${param} must be a day (UTC) such as 2026-11-22.`, { param })
}

function toDimension(name: string): UsageDimension {
  const found = dimensions.find((dimension) => dimension === name)
  if (found !== undefined) return found
  const hint = didYouMean(name, dimensions) ?? `There are ${dimensions.join(', ')}.`
  throw new GatewayError('invalid_value', `group_by cannot be ${JSON.stringify(name.slice(0, 50))}. ${hint}`, {
    param: 'group_by',
  })
}
