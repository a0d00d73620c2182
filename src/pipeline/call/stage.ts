import type { GatewayError } from '../../core/errors.ts'
import type { ChunkText, EventView } from '../../sse/split-events.ts'
import type { Outcome } from '../../telemetry/call-record.ts'

/**
 * A stage's decision about one event. It passes, is dropped, or is replaced by whole events; a replacement can also
 * insert events before or after it. A held event, and everything after it, waits for the decision that its promise
 * resolves to. If the promise rejects, the stream ends with that error.
 */
export type Verdict =
  | { readonly kind: 'pass' }
  | { readonly kind: 'drop' }
  | { readonly kind: 'replace'; readonly events: readonly (Uint8Array | string)[] }
  | { readonly kind: 'hold'; readonly until: Promise<Verdict> }

/** Shared by all events, so the common verdicts allocate nothing. */
export const pass: Verdict = { kind: 'pass' }
export const drop: Verdict = { kind: 'drop' }

/** The end of the upstream's stream, or of reading it. */
export interface StreamEnd {
  readonly outcome: Outcome
  /** The upstream reached its own end, reported no error, and was not cut short by a budget. */
  readonly isWhole: boolean
  /** Why Weir ended the stream; the client receives it. */
  readonly error: GatewayError | undefined
}

/**
 * One concern of a stream. All stages share one relay, which splits the bytes once. Each stage receives the output of
 * the stage before it, but never the relay's own heartbeats and errors.
 */
export interface Stage {
  /** Must not throw. `text` may save decoding the event. */
  onEvent?(event: EventView, text?: ChunkText): Verdict
  /** Receives the bytes sent to the client after all stages; in a stream without events, all bytes. */
  onBytes?(bytes: Uint8Array): void
  /** Returns events to add to the end of a complete stream. May be called twice. */
  onComplete?(): readonly (Uint8Array | string)[]
  /**
   * Called once; no event follows. Events that were held when a stage failed are never seen. The client receives the
   * end once the promise resolves; a rejection becomes an error.
   */
  onEnd?(end: StreamEnd): Promise<void> | undefined
  /** Bytes that the stage holds for later events; absent if they are few, or counted in a share of their own. */
  heldBytes?(): number
  /** True if the stream is read to its end even after the client has disconnected. */
  readonly outlivesClient?: boolean
}
