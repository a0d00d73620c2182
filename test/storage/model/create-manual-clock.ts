import type { Clock } from '../../../src/core/clock.ts'

/** A clock whose timers run only when a test runs them. */
export interface ManualClock extends Clock {
  /** Number of pending timers. */
  readonly pending: number
  /** Runs all pending timers regardless of their time. Timers that they set stay pending. */
  runTimers(): void
  /** Advances the time and runs the due timers in order. */
  advance(ms: number): void
}

export function createManualClock(): ManualClock {
  let now = 0
  let timers: { readonly at: number; readonly action: () => void }[] = []

  function takeNext(until: number) {
    const [next] = timers.filter(({ at }) => at <= until).sort((first, second) => first.at - second.at)
    timers = timers.filter((timer) => timer !== next)
    return next
  }

  return {
    now: () => now,
    monotonicMs: () => now,
    after(delayMs, action) {
      const timer = { at: now + delayMs, action }
      timers.push(timer)
      return () => {
        timers = timers.filter((each) => each !== timer)
      }
    },
    get pending() {
      return timers.length
    },
    runTimers() {
      for (const { action } of timers.splice(0)) action()
    },
    advance(ms) {
      const until = now + ms
      for (let next = takeNext(until); next !== undefined; next = takeNext(until)) {
        now = Math.max(now, next.at)
        next.action()
      }
      now = until
    },
  }
}
