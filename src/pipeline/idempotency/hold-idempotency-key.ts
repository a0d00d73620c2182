import { defaults } from '../../config/defaults.ts'
import type { Clock } from '../../core/clock.ts'
import type { IdempotencyStore, IdempotentRun, KeptAnswer } from '../../storage/idempotency-store.ts'

/** A claimed key, from its claim to its end. Neither rejects: a key that cannot be given back counts as lost after a while. */
export interface HeldKey {
  keep(answer: KeptAnswer): Promise<void>
  release(): Promise<void>
}

/** Gives signs of life until it is told how the call ended. */
export function holdIdempotencyKey(run: IdempotentRun, store: IdempotencyStore, clock: Clock): HeldKey {
  const { leaseMs, renewMs, keptMs } = defaults.idempotency
  let stop = clock.after(renewMs, renew)

  function renew(): void {
    store.renew(run, clock.now() + leaseMs).catch(() => false)
    stop = clock.after(renewMs, renew)
  }

  async function end(last: Promise<unknown>): Promise<void> {
    stop()
    await last.catch(() => undefined)
  }

  return {
    keep: (answer) => end(store.keep(run, answer, clock.now() + keptMs)),
    release: () => end(store.release(run)),
  }
}
