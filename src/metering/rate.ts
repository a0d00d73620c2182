import { minuteMs } from '../core/time.ts'
import type { RateUnit, RateWindow } from './limits.ts'

export type RateName = `${RateUnit}/${RateWindow}`

/** A kind of rate. Each exists as one object, so rates are compared by identity. */
export interface Rate {
  /** Name in headers, errors and JSON. */
  readonly name: RateName
  readonly unit: RateUnit
  readonly window: RateWindow
  /** 1/60 of the window, milliseconds. */
  readonly sliceMs: number
}

const rates: Readonly<Record<RateUnit, Readonly<Record<RateWindow, Rate>>>> = {
  requests: {
    minute: { name: 'requests/minute', unit: 'requests', window: 'minute', sliceMs: 1_000 },
    hour: { name: 'requests/hour', unit: 'requests', window: 'hour', sliceMs: minuteMs },
    day: { name: 'requests/day', unit: 'requests', window: 'day', sliceMs: 24 * minuteMs },
  },
  tokens: {
    minute: { name: 'tokens/minute', unit: 'tokens', window: 'minute', sliceMs: 1_000 },
    hour: { name: 'tokens/hour', unit: 'tokens', window: 'hour', sliceMs: minuteMs },
    day: { name: 'tokens/day', unit: 'tokens', window: 'day', sliceMs: 24 * minuteMs },
  },
}

/** Returns the rate by a lookup, because concatenating its name for each call costs several times as much. */
export function rateOf({ unit, window }: { readonly unit: RateUnit; readonly window: RateWindow }): Rate {
  return rates[unit][window]
}

const byName: ReadonlyMap<string, Rate> = new Map(
  Object.values(rates).flatMap((windows) => Object.values(windows).map((rate) => [rate.name, rate] as const)),
)

/** Returns undefined for a name that this version does not know. */
export function findRate(name: string): Rate | undefined {
  return byName.get(name)
}
