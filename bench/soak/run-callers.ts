import { Agent } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import type { CallerEntry } from '../crash/run-callers.ts'
import type { Disturbances, ServerName } from './disturbances.ts'
import { type CallEnd, makeCall } from './make-call.ts'
import { type CallPlan, type PlanSources, planCall, repeatCall } from './plan-call.ts'

/** The current address of a server. */
export interface Place {
  readonly server: ServerName
  readonly origin: string
}

/** The results of the calls. */
export interface Tally {
  calls: number
  whole: number
  left: number
  /** Calls with a replayed response for their `Idempotency-Key`. */
  replayed: number
  /** Responses with an error, by status and code, and calls without a response. */
  readonly others: Record<string, number>
  /** Calls by kind. */
  readonly kinds: Record<string, number>
  /** Failures that neither the plan nor a fault explains. */
  readonly unexplained: Record<string, number>
}

export interface Callers {
  readonly tally: Tally
  /** The result of every call with a record, from its caller's view. */
  readonly entries: ReadonlyMap<string, CallerEntry>
  /** Waits for the running calls, and closes every connection. */
  stop(): Promise<void>
}

export interface CallersOptions {
  readonly count: number
  readonly sources: PlanSources
  readonly places: () => readonly Place[]
  readonly disturbances: Disturbances
}

/** Maximum pause between two calls of a caller: two cores shared with two servers are then busy, but not saturated. */
const maxPauseMs = 160

/** Starts `count` concurrent callers, each with consecutive calls, until they are stopped. */
export function runCallers({ count, sources, places, disturbances }: CallersOptions): Callers {
  const { random } = sources
  const tally: Tally = { calls: 0, whole: 0, left: 0, replayed: 0, others: {}, kinds: {}, unexplained: {} }
  const entries = new Map<string, CallerEntry>()
  const agent = new Agent({ keepAlive: true, maxSockets: count })
  let calls = 0
  let isStopped = false

  async function call(plan: CallPlan): Promise<CallEnd> {
    const { server, origin } = random.pick(places())
    const startedAt = performance.now()
    const end = await makeCall(origin, plan, agent)
    if (plan.booked !== undefined && !end.isReplayed) entries.set(plan.id, end.entry)
    countUp(tally.kinds, plan.kind)
    note(tally, end)
    if (!isExpected(plan, end) && !disturbances.touched(server, startedAt))
      countUp(tally.unexplained, `${plan.kind} at the ${server}, upstream ${plan.upstream.fault}: ${describe(end)}`)
    return end
  }

  async function callOn(): Promise<void> {
    while (!isStopped) {
      calls += 1
      const plan = planCall(`soak-${calls}`, sources)
      const { entry } = await call(plan)
      if (plan.isRepeated && entry.kind === 'whole') await call(repeatCall(plan))
      await delay(random.integer(0, maxPauseMs))
    }
  }

  const running = Promise.all(Array.from({ length: count }, callOn))
  return {
    tally,
    entries,
    async stop() {
      isStopped = true
      await running
      agent.destroy()
    },
  }
}

/**
 * Returns false for a failure that neither the plan nor the upstream's fault explains. Only passthrough forwards
 * garbage.
 */
function isExpected({ kind, statuses, upstream }: CallPlan, { entry, status, code }: CallEnd): boolean {
  if (entry.kind === 'left' || entry.kind === 'whole') return true
  if (code === 'internal') return false
  if (entry.kind === 'refused' && statuses.includes(status)) return true
  if (upstream.fault === 'none' || entry.kind === 'unsent') return false
  return entry.kind === 'refused' ? code !== undefined : upstream.fault === 'cut' || kind === 'passed through'
}

function note(tally: Tally, end: CallEnd): void {
  tally.calls += 1
  if (end.isReplayed) tally.replayed += 1
  if (end.entry.kind === 'whole') tally.whole += 1
  else if (end.entry.kind === 'left') tally.left += 1
  else countUp(tally.others, describe(end))
}

function describe({ entry, status, code }: CallEnd): string {
  return entry.kind === 'refused' ? `${status} ${code ?? 'without a code'}` : entry.kind
}

function countUp(counts: Record<string, number>, name: string): void {
  counts[name] = (counts[name] ?? 0) + 1
}
