import type { Clock } from '../core/clock.ts'
import type { Usage } from '../core/usage.ts'
import type { CallLog, CallRecord, Outcome } from '../telemetry/call-record.ts'

type TraceFields = Partial<Omit<CallRecord, 'requestId' | 'method' | 'durationMs' | 'outcome' | 'firstByteMs'>>

/** Collects what is known of one call on its way, and writes one record when it is over. */
export interface CallTrace {
  readonly requestId: string
  add(fields: TraceFields): void
  /** The first byte of content has come from the upstream. */
  sawFirstByte(): void
  /**
   * Calls `listener` once, when the call is over, and adds what it answers to the record; at once, and too late for the record, where the
   * call is over already. There is one listener at most.
   */
  onFinish(listener: (record: CallRecord) => TraceFields): void
  /** Writes the record; a second call does nothing. */
  finish(outcome: Outcome, fields?: TraceFields): void
  /**
   * The call goes on after its caller has left: until the returned function is called, `finish` only notes what it is told. The first
   * outcome holds, and the record has all fields. May be called while it is held already.
   */
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

/** A class, since every call has one: its methods are shared by all, and whatever comes to be known, its shape stays. */
class RunningTrace implements CallTrace {
  readonly #arrivedAt: number
  readonly #clock: Clock
  readonly #log: CallLog
  /** Given away when it is written, and not touched any more from then on. */
  readonly #record: KnownCall
  #outcome: Outcome | undefined = undefined
  #isWritten = false
  #holds = 0
  #listener: ((record: CallRecord) => TraceFields) | undefined = undefined

  constructor({ requestId, method, arrivedAt, clock, log }: CallTraceOptions) {
    this.#arrivedAt = arrivedAt
    this.#clock = clock
    this.#log = log
    this.#record = new KnownCall(requestId, method)
  }

  get requestId(): string {
    return this.#record.requestId
  }

  add(fields: TraceFields): void {
    if (!this.#isWritten) Object.assign(this.#record, fields)
  }

  sawFirstByte(): void {
    if (!this.#isWritten) this.#record.firstByteMs ??= this.#clock.monotonicMs() - this.#arrivedAt
  }

  onFinish(listener: (record: CallRecord) => TraceFields): void {
    this.#listener = listener
    if (this.#isWritten) listener(this.#record)
  }

  finish(outcome: Outcome, fields?: TraceFields): void {
    if (this.#isWritten) return
    this.#outcome ??= outcome
    Object.assign(this.#record, fields)
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
    if (this.#outcome === undefined || this.#isWritten || this.#holds > 0) return
    const record = this.#record
    record.outcome = this.#outcome
    record.durationMs = this.#clock.monotonicMs() - this.#arrivedAt
    this.#isWritten = true
    if (this.#listener !== undefined) Object.assign(record, this.#listener(record))
    this.#log.record(record)
  }
}

/** All that a record may hold, so that adding to it never changes its shape. */
class KnownCall implements CallRecord {
  readonly requestId: string
  readonly method: string
  route = 'unknown'
  status = 0
  outcome: Outcome = 'ok'
  firstByteMs: number | undefined = undefined
  durationMs = 0
  readonly errorCode: string | undefined = undefined
  readonly provider: string | undefined = undefined
  readonly model: string | undefined = undefined
  readonly stream: boolean | undefined = undefined
  readonly upstreamRequestId: string | undefined = undefined
  readonly usage: Usage | undefined = undefined
  readonly finishReason: string | undefined = undefined
  readonly bytesOut: number | undefined = undefined
  readonly wasSent: boolean | undefined = undefined
  readonly producedTokens: number | undefined = undefined
  readonly generationId: string | undefined = undefined
  readonly keyId: string | undefined = undefined
  readonly costNano: number | undefined = undefined
  readonly costSource: string | undefined = undefined
  readonly isReplayed: boolean | undefined = undefined
  readonly wouldRefuse: readonly string[] | undefined = undefined
  readonly cause: string | undefined = undefined

  constructor(requestId: string, method: string) {
    this.requestId = requestId
    this.method = method
  }
}
