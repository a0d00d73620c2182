import { createBoundedMap } from './bounded-map.ts'
import type { Clock } from './clock.ts'
import { networkOf } from './ip-address.ts'

/**
 * Counts events of each network in windows that start with the first event. Synchronous, so a check and its count are
 * atomic. The counts are local to a process or to a Worker isolate.
 */
export interface NetworkCounter {
  /** Adds an event, or several, and returns the number in the window. */
  add(address: string | undefined, events?: number): number
}

export function createNetworkCounter(
  clock: Pick<Clock, 'monotonicMs'>,
  { windowMs, max }: { readonly windowMs: number; readonly max: number },
): NetworkCounter {
  // Bounded, because strangers fill it.
  const counts = createBoundedMap<string, { readonly startedAt: number; count: number }>(max)
  return {
    add(address, events = 1) {
      const network = networkOf(address)
      const now = clock.monotonicMs()
      const known = counts.get(network)
      if (known !== undefined && now - known.startedAt < windowMs) {
        known.count += events
        return known.count
      }
      counts.set(network, { startedAt: now, count: events })
      return events
    },
  }
}
