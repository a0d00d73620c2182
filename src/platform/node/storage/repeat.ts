/**
 * Takes `step` until it resolves with false, now and every `everyMs`, never twice at a time. The returned function ends
 * that, and resolves when nothing is under way. What fails is tried again at the next time.
 */
export function repeat(
  step: () => Promise<boolean>,
  everyMs: number,
  onFailure: (error: unknown) => void,
): () => Promise<void> {
  let isStopped = false

  async function work(): Promise<void> {
    try {
      // SQLite answers at once, so that nothing else would have its turn between two steps.
      while (!isStopped && (await step())) await new Promise((resolve) => setImmediate(resolve))
    } catch (error) {
      onFailure(error)
    }
  }

  let underWay = work()
  const timer = setInterval(() => {
    underWay = underWay.then(work)
  }, everyMs)
  // A server that has closed its sockets must not be kept running by this.
  timer.unref()
  return () => {
    isStopped = true
    clearInterval(timer)
    return underWay
  }
}
