const waiting: (() => void)[] = []
let isTaken = false

/** As of `Inbound`: one request has its turn in each turn of the event loop, in order, since a hundred that come together would hold up all others. */
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
