import { Agent } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import type { CallerEntry } from '../crash/run-callers.ts'
import type { Disturbances, ServerName } from './disturbances.ts'
import { type CallEnd, makeCall } from './make-call.ts'
import { type CallPlan, type PlanSources, planCall, repeatCall } from './plan-call.ts'

/** Where callers find a server at the moment. */
export interface Place {
  readonly server: ServerName
  readonly origin: string
}

/** How the calls ended. */
export interface Tally {
  calls: number
  whole: number
  left: number
  /** Answered from what was kept under their `Idempotency-Key`. */
  replayed: number
  /** Answers of 400 and more by status and code, and calls without an answer. */
  readonly others: Record<string, number>
  /** By kind. */
  readonly kinds: Record<string, number>
  /** Failures that neither the plan nor a fault explains. */
  readonly unexplained: Record<string, number>
}

export interface Callers {
  readonly tally: Tally
  /** Every call that has a record, as its caller saw it end. */
  readonly book: ReadonlyMap<string, CallerEntry>
  /** Lets the calls under way end, and closes every connection. */
  stop(): Promise<void>
}

export interface CallersOptions {
  readonly count: number
  readonly sources: PlanSources
  readonly places: () => readonly Place[]
  readonly disturbances: Disturbances
}

/** Between two calls of one caller: two cores shared with two servers are busy, and not full. */
const mostThinkMs = 160

/** So many callers at once, each with one call after another, until they are stopped. */
export function runCallers({ count, sources, places, disturbances }: CallersOptions): Callers {
  const { random } = sources
  const tally: Tally = { calls: 0, whole: 0, left: 0, replayed: 0, others: {}, kinds: {}, unexplained: {} }
  const book = new Map<string, CallerEntry>()
  const agent = new Agent({ keepAlive: true, maxSockets: count })
  let calls = 0
  let isStopped = false

  async function call(plan: CallPlan): Promise<CallEnd> {
    const { server, origin } = random.pick(places())
    const startedAt = performance.now()
    const end = await makeCall(origin, plan, agent)
    if (plan.booked !== undefined && !end.isReplayed) book.set(plan.id, end.entry)
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
      await delay(random.integer(0, mostThinkMs))
    }
  }

  const running = Promise.all(Array.from({ length: count }, callOn))
  return {
    tally,
    book,
    async stop() {
      isStopped = true
      await running
      agent.destroy()
    },
  }
}

/** Whatever the upstream does, an answer that is no answer is a fault of Weir's, but where it relays bytes. */
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
