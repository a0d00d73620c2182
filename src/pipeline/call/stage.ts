import type { GatewayError } from '../../core/errors.ts'
import type { EventView } from '../../sse/split-events.ts'
import type { Outcome } from '../../telemetry/call-record.ts'

/**
 * The decision of a stage about one event: it passes, it is dropped, or whole events take its place, which also inserts events before or after
 * it. A held event waits for the decision that its promise resolves to, and everything after it waits too. If the promise rejects, the
 * stream ends in that error.
 */
export type Verdict =
  | { readonly kind: 'pass' }
  | { readonly kind: 'drop' }
  | { readonly kind: 'replace'; readonly events: readonly Uint8Array[] }
  | { readonly kind: 'hold'; readonly until: Promise<Verdict> }

/** Shared by all events: the common verdicts allocate nothing. */
export const pass: Verdict = { kind: 'pass' }
export const drop: Verdict = { kind: 'drop' }

/** The end of the upstream's stream, or of the reading of it. */
export interface StreamEnd {
  readonly outcome: Outcome
  /** The upstream reached its own end, reported no error, and was not cut short by a budget. */
  readonly isWhole: boolean
  /** Why Weir broke the stream off; its reader is told. */
  readonly error: GatewayError | undefined
}

/**
 * One concern of a stream. All stages of a stream share one relay, which splits the bytes once. Each stage gets the output of the stage before
 * it; it never sees the relay's own heartbeats and errors.
 */
export interface Stage {
  /** Must not throw. */
  onEvent?(event: EventView): Verdict
  /** Bytes that go to the reader after all stages; of a stream without events, all of them. */
  onBytes?(bytes: Uint8Array): void
  /** Called once; no event follows. Events that were held when a stage failed are never seen. The reader learns of the end once the promise resolves; a rejection becomes an error. */
  onEnd?(end: StreamEnd): Promise<void> | undefined
  /** True where the stream is read to its end though its reader has left. */
  readonly outlivesReader?: boolean
}
