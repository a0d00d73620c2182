import type { Clock } from '../../core/clock.ts'
import type { AttemptRecord, CallLog, CallRecord, Outcome } from '../../telemetry/call-record.ts'

type TraceFields = Partial<
  Omit<CallRecord, 'requestId' | 'method' | 'durationMs' | 'outcome' | 'firstByteMs' | 'attempts'>
>

/**
 * Collects the record of one call and writes it to the log when the call ends. It only observes: no action, cost or
 * response of a call depends on it.
 */
export interface CallTrace {
  readonly requestId: string
  add(fields: TraceFields): void
  /** Starts an attempt; the record waits until it ends. The object is read when the record is written. */
  beginAttempt(attempt: AttemptRecord): void
  endAttempt(): void
  /** Ends the call; a second call does nothing. The first outcome holds. */
  finish(outcome: Outcome, fields?: TraceFields): void
  /** Delays the record until the returned function is called. May be nested. */
  hold(): () => void
}

export interface CallTraceOptions {
  readonly requestId: string
  readonly method: string
  /** Monotonic milliseconds. */
  readonly arrivedAt: number
  readonly clock: Clock
  readonly log: CallLog
}

export function createCallTrace(options: CallTraceOptions): CallTrace {
  return new RunningTrace(options)
}

/** Creates the trace of work for the operator, which no call logs. */
export function createSilentTrace(requestId: string): CallTrace {
  return { requestId, add() {}, beginAttempt() {}, endAttempt() {}, finish() {}, hold: () => () => {} }
}

const noAttempts: readonly AttemptRecord[] = []

/** A class, because every call creates one. It is its own record, and initialises all fields to keep one hidden class. */
class RunningTrace implements CallTrace, CallRecord {
  readonly requestId: string
  readonly method: string
  route = 'unknown'
  readonly modelRoute: string | undefined = undefined
  status = 0
  outcome: Outcome = 'ok'
  readonly errorCode: string | undefined = undefined
  readonly stream: boolean | undefined = undefined
  attempts: readonly AttemptRecord[] = noAttempts
  firstByteMs: number | undefined = undefined
  durationMs = 0
  readonly bytesOut: number | undefined = undefined
  readonly keyId: string | undefined = undefined
  readonly isReplayed: boolean | undefined = undefined
  readonly wouldRefuse: readonly string[] | undefined = undefined
  readonly reason: string | undefined = undefined
  readonly cause: string | undefined = undefined
  readonly #arrivedAt: number
  readonly #clock: Clock
  readonly #log: CallLog
  #isFinished = false
  #isWritten = false
  /** Running attempts and other holds that delay the record. */
  #holds = 0

  constructor({ requestId, method, arrivedAt, clock, log }: CallTraceOptions) {
    this.requestId = requestId
    this.method = method
    this.#arrivedAt = arrivedAt
    this.#clock = clock
    this.#log = log
  }

  add(fields: TraceFields): void {
    if (!this.#isWritten) Object.assign(this, fields)
  }

  beginAttempt(attempt: AttemptRecord): void {
    if (this.#isWritten) return
    this.attempts = this.attempts === noAttempts ? [attempt] : [...this.attempts, attempt]
    this.#holds += 1
  }

  endAttempt(): void {
    this.#holds -= 1
    this.#write()
  }

  finish(outcome: Outcome, fields?: TraceFields): void {
    if (this.#isWritten) return
    if (!this.#isFinished) this.outcome = outcome
    this.#isFinished = true
    Object.assign(this, fields)
    this.#write()
  }

  hold(): () => void {
    this.#holds += 1
    return () => {
      this.#holds -= 1
      this.#write()
    }
  }

  #write(): void {
    if (!this.#isFinished || this.#isWritten || this.#holds > 0) return
    this.#isWritten = true
    this.durationMs = this.#clock.monotonicMs() - this.#arrivedAt
    this.firstByteMs = this.#toFirstByteMs()
    this.#log.record(this)
  }

  /** From the request's arrival to the first byte of the attempt that answered. */
  #toFirstByteMs(): number | undefined {
    const last = this.attempts.at(-1)
    if (last?.firstByteMs === undefined) return undefined
    let before = 0
    for (const attempt of this.attempts) if (attempt !== last) before += attempt.durationMs
    return before + last.firstByteMs
  }
}
