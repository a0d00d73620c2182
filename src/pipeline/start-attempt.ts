import type { Clock } from '../core/clock.ts'
import { type ErrorCode, GatewayError } from '../core/errors.ts'
import type { Timeouts } from '../providers/provider.ts'

/** One try at an upstream: its signal, and the timer that runs until content comes. */
export interface Attempt {
  /** Goes to the provider. Aborts when the caller leaves, unless the attempt outlives it, and when time runs out. */
  readonly signal: AbortSignal
  /** True once nobody is there to read; what then fails is no fault of the upstream. */
  hasCallerLeft(): boolean
  /** Tells that nobody reads any more. True where the upstream is to be read on all the same, until it ends or the signal aborts. */
  outlivesCaller(): boolean
  /** Stops the timer. From here on the stream watches over its own times, `remainingMs` among them. */
  sawFirstByte(): void
  /** What is left of the total, in milliseconds. */
  remainingMs(): number
  /** Stops the timers; the signal will not abort any more. To be called once the trace knows how the attempt ended. */
  finish(): void
}

/** How an answer is read on whose caller has left (R03). */
export interface Drain {
  readonly limitMs: number
  /** Called when it begins; what it returns is called when it is over. */
  begin(): () => void
}

/** Thrown, through the signal, when the caller has left; nobody is there to read it. */
export class CallerGone extends Error {
  override readonly name = 'CallerGone'
}

/** Without `drain` the attempt ends when its caller leaves. */
export function startAttempt(caller: AbortSignal, timeouts: Timeouts, clock: Clock, drain?: Drain): Attempt {
  const controller = new AbortController()
  const startedAt = clock.monotonicMs()
  const expire = (code: ErrorCode, limitMs: number, what: string) => () =>
    controller.abort(new GatewayError(code, `The provider ${what} within ${limitMs / 1000} s.`))
  const giveUp = () => controller.abort(new CallerGone())
  const departure = createDeparture(drain, clock, giveUp)
  const leave = () => void (departure.outlives() || giveUp())
  // Nothing has been sent yet, so that there is nothing to read on.
  if (caller.aborted) giveUp()
  else caller.addEventListener('abort', leave, { once: true })
  const { firstByteMs, totalMs } = timeouts
  const stopTimer =
    firstByteMs <= totalMs
      ? clock.after(firstByteMs, expire('upstream_first_byte_timeout', firstByteMs, 'sent nothing'))
      : clock.after(totalMs, expire('upstream_total_timeout', totalMs, 'did not finish'))
  return {
    signal: controller.signal,
    hasCallerLeft: () => caller.aborted || departure.hasBegun(),
    outlivesCaller: departure.outlives,
    sawFirstByte: stopTimer,
    remainingMs: () => Math.max(0, totalMs - (clock.monotonicMs() - startedAt)),
    finish() {
      stopTimer()
      caller.removeEventListener('abort', leave)
      departure.end()
    },
  }
}

/** What goes on after a caller has left, from its beginning to its end. */
interface Departure {
  /** Begins it, unless it has begun; false where there is nothing to go on with. */
  outlives(): boolean
  hasBegun(): boolean
  end(): void
}

function createDeparture(drain: Drain | undefined, clock: Clock, giveUp: () => void): Departure {
  let finish: (() => void) | undefined
  let isOver = false
  return {
    outlives() {
      if (drain === undefined || isOver) return false
      if (finish !== undefined) return true
      const stopTimer = clock.after(drain.limitMs, giveUp)
      const tellEnd = drain.begin()
      finish = () => {
        stopTimer()
        tellEnd()
      }
      return true
    },
    hasBegun: () => finish !== undefined,
    end() {
      if (isOver) return
      isOver = true
      finish?.()
    },
  }
}
