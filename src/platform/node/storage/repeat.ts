/**
 * Repeats `step` until it resolves with false, now and every `everyMs`, never concurrently. A failed step is retried at
 * the next interval. The returned function stops it, and resolves when no step is running.
 */
export function repeat(
  step: () => Promise<boolean>,
  everyMs: number,
  onFailure: (error: unknown) => void,
): () => Promise<void> {
  let isStopped = false

  async function work(): Promise<void> {
    try {
      // SQLite is synchronous: without this pause the steps would block the event loop.
      while (!isStopped && (await step())) await new Promise((resolve) => setImmediate(resolve))
    } catch (error) {
      onFailure(error)
    }
  }

  let running = work()
  const timer = setInterval(() => {
    running = running.then(work)
  }, everyMs)
  // The timer must not keep a closed server running.
  timer.unref()
  return () => {
    isStopped = true
    clearInterval(timer)
    return running
  }
}
