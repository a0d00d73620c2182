/** Time as a port: tests of the pipeline replace it and do not wait. */
export interface Clock {
  /** Milliseconds since 1970, UTC. */
  now(): number
  /** Milliseconds since an arbitrary start; never decreases. In workerd it does not advance between two I/O events. */
  monotonicMs(): number
  /** Calls `action` once after `delayMs`; the returned function cancels it. */
  after(delayMs: number, action: () => void): () => void
}

/** Yields to the event loop between two steps of long work (R69). */
export function yieldToEventLoop(clock: Pick<Clock, 'after'>): Promise<void> {
  return new Promise((resolve) => void clock.after(0, resolve))
}
