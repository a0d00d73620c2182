/** Takes work that is to be done for a caller who has left: each may take a millisecond. */
export const leaveInTurn = createTurns(16)

const workInTurn = createTurns(1)

/** As of `IncomingRequest`: one request has its turn in each turn of the event loop, since a hundred that come together would hold up all others. */
export function untilTurn(): Promise<void> | undefined {
  let isNow = false
  const turn = new Promise<void>((resolve) => {
    workInTurn(() => {
      isNow = true
      resolve()
    })
  })
  return isNow ? undefined : turn
}

/**
 * Does work at once, and in a later turn where there was much of it in this one: four hundred readers who leave together would hold up everybody else
 * for half a second (case D5). In order, `worksPerTurn` in one turn of the event loop.
 */
export function createTurns(worksPerTurn: number): (work: () => void) => void {
  const waiting: (() => void)[] = []
  let done = 0

  function begin(): void {
    done = 0
    for (const work of waiting.splice(0, worksPerTurn)) run(work)
  }

  function run(work: () => void): void {
    if (done++ === 0) setImmediate(begin)
    work()
  }

  return (work) => {
    if (waiting.length === 0 && done < worksPerTurn) run(work)
    else waiting.push(work)
  }
}
