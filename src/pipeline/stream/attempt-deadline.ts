import { AbortSwitch, type Signal } from '../../core/abort-switch.ts'
import type { Clock } from '../../core/clock.ts'
import { type ErrorCode, GatewayError } from '../../core/errors.ts'
import type { Timeouts } from '../../providers/provider.ts'
import { CallerGone } from '../call/failure.ts'

/** How a response is read to its end after its caller has disconnected (R03). */
export interface Drain {
  readonly limitMs: number
  /** `Call.defer`. */
  defer(work: Promise<unknown>): void
}

export interface AttemptDeadlineOptions {
  /** Aborts when the caller disconnects. */
  readonly caller: Signal
  readonly timeouts: Timeouts
  readonly clock: Clock
  /** Undefined: the attempt ends when its caller disconnects. */
  readonly drain?: Drain | undefined
}

/** Aborts one attempt's signal at its timeout or when its caller leaves. Its timer runs until the stream starts. */
export class AttemptDeadline {
  /** Aborts when the caller disconnects, unless the attempt is drained, and at the timeout. */
  readonly signal = new AbortSwitch()
  readonly #options: AttemptDeadlineOptions
  readonly #startedAt: number
  readonly #leave = () => void (this.outlivesCaller() || this.#giveUp())
  #stopTimer: () => void
  #isDraining = false
  #endDraining: (() => void) | undefined = undefined
  #isOver = false

  constructor(options: AttemptDeadlineOptions) {
    const { caller, timeouts, clock } = options
    this.#options = options
    this.#startedAt = clock.monotonicMs()
    // Nothing has been sent yet, so there is nothing to drain.
    if (caller.aborted) this.#giveUp()
    else caller.addEventListener('abort', this.#leave)
    const { firstByteMs, totalMs } = timeouts
    this.#stopTimer = clock.after(Math.min(firstByteMs, totalMs), () => this.#expire())
  }

  /** True once the caller has stopped reading. A failure may then be caused by Weir's own abort. */
  hasCallerLeft(): boolean {
    return this.#options.caller.aborted || this.#isDraining
  }

  /** Notes that the caller has left. True if the response is to be drained, until it ends or the signal aborts. */
  outlivesCaller(): boolean {
    const { drain, clock } = this.#options
    if (drain === undefined || this.#isOver) return false
    if (this.#isDraining) return true
    this.#isDraining = true
    const stopTimer = clock.after(drain.limitMs, () => this.#giveUp())
    drain.defer(
      new Promise<void>((resolve) => {
        this.#endDraining = () => {
          stopTimer()
          resolve()
        }
      }),
    )
    return true
  }

  /** Stops the timer. From here on the stream keeps its own deadlines, including `remainingMs`. */
  stopTimer(): void {
    this.#stopTimer()
  }

  /** Returns the rest of the total timeout, in milliseconds. */
  remainingMs(): number {
    const { timeouts, clock } = this.#options
    return Math.max(0, timeouts.totalMs - (clock.monotonicMs() - this.#startedAt))
  }

  /** Stops the timers; the signal does not abort afterwards. */
  finish(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#stopTimer()
    this.#endDraining?.()
    this.#options.caller.removeEventListener('abort', this.#leave)
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

/** Returns the error for a provider's timeout. */
export function timedOut(code: ErrorCode, limitMs: number, phrase: string): GatewayError {
  return new GatewayError(code, `The provider ${phrase} within ${limitMs / 1000} s.`)
}
