import type { Clock } from '../../../src/core/clock.ts'

/** A clock whose timers run when a test says so. */
export interface ManualClock extends Clock {
  /** Timers that wait. */
  readonly pending: number
  /** Runs the timers that wait now; those that they set wait for the next time. */
  runTimers(): void
}

export function createManualClock(): ManualClock {
  let timers: (() => void)[] = []
  return {
    now: () => 0,
    monotonicMs: () => 0,
    after(_delayMs, action) {
      timers.push(action)
      return () => {
        timers = timers.filter((timer) => timer !== action)
      }
    },
    get pending() {
      return timers.length
    },
    runTimers() {
      for (const timer of timers.splice(0)) timer()
    },
  }
}
