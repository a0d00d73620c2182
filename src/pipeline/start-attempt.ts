import { AbortSwitch, type Signal } from '../core/abort-switch.ts'
import type { Clock } from '../core/clock.ts'
import { type ErrorCode, GatewayError } from '../core/errors.ts'
import type { Timeouts } from '../providers/provider.ts'

/** One try at an upstream: its signal, and the timer that runs until content comes. */
export interface Attempt {
  /** Goes to the provider. Aborts when the caller leaves, unless the attempt outlives it, and when time runs out. */
  readonly signal: Signal
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

export interface AttemptOptions {
  /** Aborts when the caller has left. */
  readonly caller: Signal
  readonly timeouts: Timeouts
  readonly clock: Clock
  /** Without it the attempt ends when its caller leaves. */
  readonly drain?: Drain | undefined
}

export function startAttempt(options: AttemptOptions): Attempt {
  return new RunningAttempt(options)
}

/** A class, since every call has one: what it can do is shared by all, and it is one object with its fields. */
class RunningAttempt implements Attempt {
  readonly signal = new AbortSwitch()
  readonly #options: AttemptOptions
  readonly #startedAt: number
  readonly #leave = () => void (this.outlivesCaller() || this.#giveUp())
  #stopTimer: () => void
  /** Ends the draining that has begun. */
  #endDrain: (() => void) | undefined = undefined
  #isOver = false

  constructor(options: AttemptOptions) {
    const { caller, timeouts, clock } = options
    this.#options = options
    this.#startedAt = clock.monotonicMs()
    // Nothing has been sent yet, so that there is nothing to read on.
    if (caller.aborted) this.#giveUp()
    else caller.addEventListener('abort', this.#leave)
    const { firstByteMs, totalMs } = timeouts
    this.#stopTimer = clock.after(Math.min(firstByteMs, totalMs), () => this.#expire())
  }

  hasCallerLeft(): boolean {
    return this.#options.caller.aborted || this.#endDrain !== undefined
  }

  outlivesCaller(): boolean {
    const { drain, clock } = this.#options
    if (drain === undefined || this.#isOver) return false
    if (this.#endDrain !== undefined) return true
    const stopTimer = clock.after(drain.limitMs, () => this.#giveUp())
    const tellEnd = drain.begin()
    this.#endDrain = () => {
      stopTimer()
      tellEnd()
    }
    return true
  }

  sawFirstByte(): void {
    this.#stopTimer()
  }

  remainingMs(): number {
    const { timeouts, clock } = this.#options
    return Math.max(0, timeouts.totalMs - (clock.monotonicMs() - this.#startedAt))
  }

  finish(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#stopTimer()
    this.#options.caller.removeEventListener('abort', this.#leave)
    this.#endDrain?.()
  }

  #giveUp(): void {
    this.signal.abort(new CallerGone())
  }

  #expire(): void {
    const { firstByteMs, totalMs } = this.#options.timeouts
    if (firstByteMs <= totalMs) this.signal.abort(timedOut('upstream_first_byte_timeout', firstByteMs, 'sent nothing'))
    else this.signal.abort(timedOut('upstream_total_timeout', totalMs, 'did not finish'))
  }
}

function timedOut(code: ErrorCode, limitMs: number, what: string): GatewayError {
  return new GatewayError(code, `The provider ${what} within ${limitMs / 1000} s.`)
}
