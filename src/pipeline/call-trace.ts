import type { Clock } from '../core/clock.ts'
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

export function createCallTrace({ requestId, method, arrivedAt, clock, log }: CallTraceOptions): CallTrace {
  const known = { requestId, method, route: 'unknown', status: 0 }
  let firstByteMs: number | undefined
  let outcome: Outcome | undefined
  let written: CallRecord | undefined
  let holds = 0
  let listen: ((record: CallRecord) => TraceFields) | undefined

  function write(): void {
    if (outcome === undefined || written !== undefined || holds > 0) return
    const durationMs = clock.monotonicMs() - arrivedAt
    written = { ...known, outcome, firstByteMs, durationMs }
    log.record(listen === undefined ? written : { ...written, ...listen(written) })
  }

  return {
    requestId,
    add(fields) {
      Object.assign(known, fields)
    },
    sawFirstByte() {
      firstByteMs ??= clock.monotonicMs() - arrivedAt
    },
    onFinish(listener) {
      listen = listener
      if (written !== undefined) listener(written)
    },
    finish(how, fields) {
      if (written !== undefined) return
      outcome ??= how
      Object.assign(known, fields)
      write()
    },
    hold() {
      holds += 1
      return () => {
        holds -= 1
        write()
      }
    },
  }
}
