import type { Clock } from '../core/clock.ts'
import { type ErrorCode, GatewayError } from '../core/errors.ts'
import type { Timeouts } from '../providers/provider.ts'

/** One try at an upstream: its signal, and the two timers that run until content comes. */
export interface Attempt {
  /** Goes to the provider. Aborts when the caller leaves or time runs out. */
  readonly signal: AbortSignal
  /** True once nobody is there to read; what then fails is no fault of the upstream. */
  hasCallerLeft(): boolean
  /** Stops the first-byte timer; the total goes on. */
  sawFirstByte(): void
  /** What is left of the total, in milliseconds. */
  remainingMs(): number
  /** Stops the timers; the signal will not abort any more. */
  finish(): void
}

/** Thrown, through the signal, when the caller has left; nobody is there to read it. */
export class CallerGone extends Error {
  override readonly name = 'CallerGone'
}

export function startAttempt(caller: AbortSignal, timeouts: Timeouts, clock: Clock): Attempt {
  const controller = new AbortController()
  const startedAt = clock.monotonicMs()
  const expire = (code: ErrorCode, limitMs: number, what: string) => () =>
    controller.abort(new GatewayError(code, `The provider ${what} within ${limitMs / 1000} s.`))
  const leave = () => controller.abort(new CallerGone())
  if (caller.aborted) leave()
  else caller.addEventListener('abort', leave, { once: true })
  const stopFirstByte = clock.after(
    timeouts.firstByteMs,
    expire('upstream_first_byte_timeout', timeouts.firstByteMs, 'sent nothing'),
  )
  const stopTotal = clock.after(timeouts.totalMs, expire('upstream_total_timeout', timeouts.totalMs, 'did not finish'))
  return {
    signal: controller.signal,
    hasCallerLeft: () => caller.aborted,
    sawFirstByte: stopFirstByte,
    remainingMs: () => Math.max(0, timeouts.totalMs - (clock.monotonicMs() - startedAt)),
    finish() {
      stopFirstByte()
      stopTotal()
      caller.removeEventListener('abort', leave)
    },
  }
}
