/** Queues cleanup for callers that have disconnected. One cleanup may take a millisecond. */
export const queueCleanup = createTickQueue(16)

const queueWork = createTickQueue(1)

/** Implements `IncomingRequest.untilTurn`: one request per tick, because a hundred at once would block all others. */
export function waitForTick(): Promise<void> | undefined {
  let isNow = false
  const turn = new Promise<void>((resolve) => {
    queueWork(() => {
      isNow = true
      resolve()
    })
  })
  return isNow ? undefined : turn
}

/**
 * Creates a queue that runs `maxPerTick` tasks per event-loop tick, in order; a task runs at once if the tick has room.
 * Otherwise four hundred clients that disconnect together would block the event loop for half a second (case D5).
 */
export function createTickQueue(maxPerTick: number): (task: () => void) => void {
  const queued: (() => void)[] = []
  let count = 0

  function beginTick(): void {
    count = 0
    for (const task of queued.splice(0, maxPerTick)) run(task)
  }

  function run(task: () => void): void {
    if (count++ === 0) setImmediate(beginTick)
    task()
  }

  return (task) => {
    if (queued.length === 0 && count < maxPerTick) run(task)
    else queued.push(task)
  }
}
