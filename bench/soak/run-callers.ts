import { Agent } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import type { Random } from '../crash/create-random.ts'
import { type CallEnd, makeCall } from './make-call.ts'
import { planCall } from './plan-call.ts'
import type { Tally } from './tally.ts'

export interface Callers {
  /** Lets the calls under way end, and closes every connection. */
  stop(): Promise<Tally>
}

export interface CallersOptions {
  readonly origin: string
  readonly count: number
  readonly random: Random
}

/** Between two calls of one caller. */
const mostThinkMs = 10

/** So many callers at once, each with one call after another, until they are stopped. */
export function runCallers({ origin, count, random }: CallersOptions): Callers {
  const tally: Tally = { calls: 0, right: 0, left: 0, faults: {} }
  const agent = new Agent({ keepAlive: true, maxSockets: count })
  let isStopped = false

  async function call(): Promise<void> {
    while (!isStopped) {
      note(tally, await makeCall(origin, planCall(random), agent))
      await delay(random.integer(0, mostThinkMs))
    }
  }

  const running = Promise.all(Array.from({ length: count }, call))
  return {
    async stop() {
      isStopped = true
      await running
      agent.destroy()
      return tally
    },
  }
}

function note(tally: Tally, end: CallEnd): void {
  tally.calls++
  if (end === 'right') tally.right++
  else if (end === 'left') tally.left++
  else tally.faults[end.fault] = (tally.faults[end.fault] ?? 0) + 1
}
