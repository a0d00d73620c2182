import { toNano } from '../../core/usd.ts'
import type { Limits, RatePeriod, RateUnit } from '../../metering/limits.ts'
import type { LimitsInput } from './key-schema.ts'
import { toTimeZone } from './to-time-zone.ts'

const units: readonly RateUnit[] = ['requests', 'tokens']
const periods: readonly RatePeriod[] = ['minute', 'hour', 'day']

/** Limits from the wire, which were checked one by one. */
export function toLimits(input: LimitsInput | null | undefined): Limits {
  const { concurrent_calls: calls, concurrent_streams: streams, usd_per_call: usdPerCall, budgets } = input ?? {}
  const rates = units.flatMap((of) =>
    periods.flatMap((per) => {
      const limit = input?.[`${of}_per_${per}`]
      return limit === undefined || limit === null ? [] : [{ of, per, limit }]
    }),
  )
  return {
    rates,
    budgets: (budgets ?? []).map(({ usd, per, time_zone: zone }) => ({
      per,
      limitNano: toNano(usd) ?? 0,
      // What never ends has no midnight.
      timeZone: per === 'total' ? 'UTC' : (toTimeZone(zone ?? 'UTC') ?? 'UTC'),
    })),
    concurrentCalls: calls ?? undefined,
    concurrentStreams: streams ?? undefined,
    callNano: usdPerCall === undefined || usdPerCall === null ? undefined : toNano(usdPerCall),
  }
}
