/** Runs work that spans several macrotasks; the work calls `nextTurn` to yield to the event loop. */
export type LongWork = <Value>(work: (nextTurn: () => Promise<void>) => Promise<Value>) => Promise<Value>

/** Runs one job at a time and yields between jobs: the process holds the decoded text of only one job (case D5). */
export function createLongWork(nextTurn: () => Promise<void>): LongWork {
  let last: Promise<unknown> = Promise.resolve()
  return (work) => {
    const result = last.then(() => work(nextTurn))
    last = result.then(nextTurn, nextTurn)
    return result
  }
}
