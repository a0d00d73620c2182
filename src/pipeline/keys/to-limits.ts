import { toNano } from '../../core/usd.ts'
import type { Limits, RateUnit, RateWindow } from '../../metering/limits.ts'
import type { LimitsInput } from './key-schema.ts'
import { toTimeZone } from './to-time-zone.ts'

const units: readonly RateUnit[] = ['requests', 'tokens']
const windows: readonly RateWindow[] = ['minute', 'hour', 'day']

/** Limits from the wire, which were checked one by one. */
export function toLimits(input: LimitsInput | null | undefined): Limits {
  const { concurrent_calls: calls, concurrent_streams: streams, usd_per_call: usdPerCall, budgets } = input ?? {}
  const rates = units.flatMap((unit) =>
    windows.flatMap((window) => {
      const limit = input?.[`${unit}_per_${window}`]
      return limit === undefined || limit === null ? [] : [{ unit, window, limit }]
    }),
  )
  return {
    rates,
    budgets: (budgets ?? []).map(({ usd, per, time_zone: zone }) => ({
      per,
      limitNano: toNano(usd) ?? 0,
      // A total never ends, and so has no midnight.
      timeZone: per === 'total' ? 'UTC' : (toTimeZone(zone ?? 'UTC') ?? 'UTC'),
    })),
    concurrentCalls: calls ?? undefined,
    concurrentStreams: streams ?? undefined,
    callNano: usdPerCall === undefined || usdPerCall === null ? undefined : toNano(usdPerCall),
  }
}
