/** Time as a port, so that the pipeline can be tested without waiting. */
export interface Clock {
  /** Milliseconds since 1970, UTC. */
  now(): number
  /** Milliseconds from an arbitrary start, never going back. In workerd it stands still between two I/O events. */
  monotonicMs(): number
  /** Calls `action` once after `delayMs`; the returned function takes it back. */
  after(delayMs: number, action: () => void): () => void
}

/** Lets everything else that waits have its turn, between two steps of a long work (R69). */
export function nextTurn(clock: Pick<Clock, 'after'>): Promise<void> {
  return new Promise((resolve) => void clock.after(0, resolve))
}
