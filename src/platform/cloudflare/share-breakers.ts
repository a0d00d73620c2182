import { type NamedBreaker, readBreakers } from '../../routing/breaker-board.ts'
import type { BreakerState, HealthBook } from '../../routing/health.ts'
import type { LedgerFamily } from './ledger/ledger-family.ts'

/** Maximum age of what an isolate knows of the others while it serves calls by routes. */
export const refreshMs = 5_000
/** Requests that may follow each other at once; then one for each of these intervals. Bounds the price of a target that flaps. */
const burst = 10
const intervalMs = 1_000
/** Time after a failure without another request. */
export const pauseMs = 30_000
/** workerd drops the request of a call that it cancels, which then never ends. */
const lostMs = 10_000

/** The object that all isolates share, and the means of an isolate to reach it in the background. */
export interface BreakerExchange {
  /** Sends breakers that have changed here, and returns those of all isolates. */
  readonly exchange: (changed: readonly NamedBreaker[]) => Promise<unknown>
  readonly now: () => number
  /** Keeps the running call alive until the work is done; its response does not wait. */
  readonly defer: (work: Promise<void>) => void
  readonly onFailure: (error: unknown) => void
}

/** The name of the object. No family of keys has it. */
const objectName = 'breakers'

/** Exchanges breakers with an object of the ledger's class, which has no family. */
export function toBreakerObject(families: Pick<DurableObjectNamespace<LedgerFamily>, 'getByName'>) {
  return (changed: readonly NamedBreaker[]): Promise<unknown> =>
    families.getByName(objectName).exchangeBreakers(changed)
}

/**
 * Shares the breakers of an isolate with the others, through one object. An isolate asks while it has attempts by routes: when
 * its breakers change, and {@link refreshMs} after it has asked last. If the object fails, it goes on with its own.
 */
export function shareBreakers(health: HealthBook, { exchange, now, defer, onFailure }: BreakerExchange): void {
  /** States that the object has not confirmed. */
  const changed = new Map<string, BreakerState>()
  let askedAt = Number.NEGATIVE_INFINITY
  let pausedUntil = Number.NEGATIVE_INFINITY
  /** While a request runs, changes wait for the next one. */
  let runningUntil = Number.NEGATIVE_INFINITY
  let allowance = burst
  let allowedAt = now()

  health.share({
    publish(id, state) {
      changed.set(id, state)
      ask(now())
    },
    noteAttempt(at) {
      if (changed.size > 0 || at >= askedAt + refreshMs) ask(at)
    },
  })

  function ask(at: number): void {
    if (at < pausedUntil || at < runningUntil) return
    allowance = Math.min(burst, allowance + Math.max(0, at - allowedAt) / intervalMs)
    allowedAt = at
    if (allowance < 1) return
    allowance -= 1
    askedAt = at
    runningUntil = at + lostMs
    defer(run())
  }

  async function run(): Promise<void> {
    // One failure or success changes several breakers, in the same turn.
    await undefined
    const sent = [...changed]
    try {
      const breakers = readBreakers(await exchange(sent), now())
      for (const [id, state] of sent) if (changed.get(id) === state) changed.delete(id)
      // A breaker that has changed here meanwhile is newer than the object's.
      for (const [id, state] of breakers) if (!changed.has(id)) health.receive(id, state)
    } catch (error) {
      pausedUntil = now() + pauseMs
      onFailure(error)
    }
    runningUntil = Number.NEGATIVE_INFINITY
    if (changed.size > 0) ask(now())
  }
}
