/** Time as a port, so that the pipeline can be tested without waiting. */
export interface Clock {
  /** Milliseconds since 1970, UTC. */
  now(): number
  /** Milliseconds from an arbitrary start, never going back. In workerd it stands still between two I/O events. */
  monotonicMs(): number
  /** Calls `action` once after `delayMs`; the returned function takes it back. */
  after(delayMs: number, action: () => void): () => void
}
