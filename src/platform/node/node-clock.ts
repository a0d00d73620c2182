import type { Clock } from '../../core/clock.ts'

export const nodeClock: Clock = {
  now: () => Date.now(),
  monotonicMs: () => performance.now(),
  after(delayMs, action) {
    const timer = setTimeout(action, Math.min(delayMs, maxTimerMs))
    return () => clearTimeout(timer)
  },
}

/** Maximum delay of `setTimeout`; a longer one fires at once. */
export const maxTimerMs = 2 ** 31 - 1
