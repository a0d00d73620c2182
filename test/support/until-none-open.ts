import { setTimeout as pause } from 'node:timers/promises'

/** Long enough for a settlement that follows its answer; calls that are meant to stay open wait it out. */
const patienceMs = 1_000

/** Asks how many calls are open until there is none, for a second at most. */
export async function untilNoneOpen(countOpen: () => Promise<number>): Promise<void> {
  const deadline = performance.now() + patienceMs
  while ((await countOpen()) > 0 && performance.now() < deadline) await pause(5)
}
