/** Runs work that spans several macrotasks; the work calls `yieldToEventLoop` to yield to the event loop. */
export type LongWork = <Value>(work: (yieldToEventLoop: () => Promise<void>) => Promise<Value>) => Promise<Value>

/** Runs one job at a time and yields between jobs: the process holds the decoded text of only one job (case D5). */
export function createLongWork(yieldToEventLoop: () => Promise<void>): LongWork {
  let last: Promise<unknown> = Promise.resolve()
  return (work) => {
    const result = last.then(() => work(yieldToEventLoop))
    last = result.then(yieldToEventLoop, yieldToEventLoop)
    return result
  }
}
