/** So many works are done in one turn of the event loop: each may take a millisecond. */
const worksPerTurn = 16

/** Takes work that is to be done for a caller who has left. */
export const leaveInTurn = createTurns()

/**
 * Does work at once, and in a later turn where there was much of it in this one: four hundred readers who leave together would hold up everybody else
 * for half a second (case D5). In order.
 */
export function createTurns(): (work: () => void) => void {
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
