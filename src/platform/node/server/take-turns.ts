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

const waiting: (() => void)[] = []
let isTaken = false

/**
 * The turn of the event loop in which a request may do what takes ten milliseconds: one has it in each, in order, since a hundred that come together
 * would hold up everybody else. Undefined where it is this one.
 */
export function untilTurn(): Promise<void> | undefined {
  if (isTaken) return new Promise((resolve) => void waiting.push(resolve))
  isTaken = true
  setImmediate(passOn)
  return undefined
}

function passOn(): void {
  const next = waiting.shift()
  isTaken = next !== undefined
  if (next === undefined) return
  setImmediate(passOn)
  next()
}
