import type { Clock } from '../../core/clock.ts'

/** In workerd both clocks stand still between two I/O events, as a guard against timing attacks. */
export const workerClock: Clock = {
  now: () => Date.now(),
  monotonicMs: () => performance.now(),
  after(delayMs, action) {
    const timer = setTimeout(action, Math.min(delayMs, 2 ** 31 - 1))
    return () => clearTimeout(timer)
  },
}
