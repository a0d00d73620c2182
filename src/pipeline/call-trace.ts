import type { Clock } from '../core/clock.ts'
import type { CallLog, CallRecord, Outcome } from '../telemetry/call-record.ts'

type TraceFields = Partial<Omit<CallRecord, 'requestId' | 'method' | 'durationMs' | 'outcome' | 'firstByteMs'>>

/** Collects what is known of one call on its way, and writes one record when it is over. */
export interface CallTrace {
  readonly requestId: string
  add(fields: TraceFields): void
  /** The first byte of content has come from the upstream. */
  sawFirstByte(): void
  /** Writes the record; a second call does nothing. */
  finish(outcome: Outcome, fields?: TraceFields): void
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
  let isOver = false
  return {
    requestId,
    add(fields) {
      Object.assign(known, fields)
    },
    sawFirstByte() {
      firstByteMs ??= clock.monotonicMs() - arrivedAt
    },
    finish(outcome, fields) {
      if (isOver) return
      isOver = true
      const durationMs = clock.monotonicMs() - arrivedAt
      log.record({ ...known, ...fields, outcome, firstByteMs, durationMs })
    },
  }
}
