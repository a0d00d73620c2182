import type { Clock } from '../core/clock.ts'
import { type ErrorCode, GatewayError } from '../core/errors.ts'
import type { Timeouts } from '../providers/provider.ts'

/** One try at an upstream: its signal, and the timer that runs until content comes. */
export interface Attempt {
  /** Goes to the provider. Aborts when the caller leaves or time runs out. */
  readonly signal: AbortSignal
  /** True once nobody is there to read; what then fails is no fault of the upstream. */
  hasCallerLeft(): boolean
  /** Stops the timer. From here on the stream watches over its own times, `remainingMs` among them. */
  sawFirstByte(): void
  /** What is left of the total, in milliseconds. */
  remainingMs(): number
  /** Stops the timer; the signal will not abort any more. */
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
  const { firstByteMs, totalMs } = timeouts
  const stopTimer =
    firstByteMs <= totalMs
      ? clock.after(firstByteMs, expire('upstream_first_byte_timeout', firstByteMs, 'sent nothing'))
      : clock.after(totalMs, expire('upstream_total_timeout', totalMs, 'did not finish'))
  return {
    signal: controller.signal,
    hasCallerLeft: () => caller.aborted,
    sawFirstByte: stopTimer,
    remainingMs: () => Math.max(0, totalMs - (clock.monotonicMs() - startedAt)),
    finish() {
      stopTimer()
      caller.removeEventListener('abort', leave)
    },
  }
}
