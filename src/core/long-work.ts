/** Does work that takes several turns; the work ends each by the function that it is given. */
export type LongWork = <Value>(work: (nextTurn: () => Promise<void>) => Promise<Value>) => Promise<Value>

/** Does one work after the other, with a turn between two of them: a process holds the texts of one of them, however many there are (case D5). */
export function createLongWork(nextTurn: () => Promise<void>): LongWork {
  let last: Promise<unknown> = Promise.resolve()
  return (work) => {
    const result = last.then(() => work(nextTurn))
    last = result.then(nextTurn, nextTurn)
    return result
  }
}
