import { createRandom } from '../crash/create-random.ts'
import { type Callers, runCallers } from './run-callers.ts'

export interface CallersOrder {
  readonly origin: string
  readonly count: number
  readonly seed: number
}

let callers: Callers | undefined

/** The process of the callers: begins with the first order it gets; the second ends it, and is answered with the tally. */
process.on('message', async ({ origin, count, seed }: CallersOrder) => {
  if (callers === undefined) callers = runCallers({ origin, count, random: createRandom(seed) })
  else process.send?.(await callers.stop())
})
process.once('disconnect', () => process.exit(0))
