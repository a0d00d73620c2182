import type { Settings } from '../../../config/settings.ts'
import type { Storage } from '../../../pipeline/call/ports.ts'
import { deleteExpired } from '../../../storage/delete-expired.ts'
import { toNotice } from '../../../telemetry/line-log.ts'
import { nodeClock } from '../node-clock.ts'

const sweepEveryMs = 60 * 60 * 1_000

/** Deletes what has outlived its retention, now and every hour, until the returned function is called; that resolves when a sweep under way is over. */
export function sweepStorage(storage: Storage, settings: Settings, log: (line: string) => void): () => Promise<void> {
  let isStopped = false
  let underWay = sweep()

  async function sweep(): Promise<void> {
    try {
      while (!isStopped && (await deleteExpired(storage, settings, nodeClock.now())));
    } catch (error) {
      // The next sweep finds what this one left.
      log(toNotice('retention', error, nodeClock.now()))
    }
  }

  const timer = setInterval(() => {
    underWay = underWay.then(sweep)
  }, sweepEveryMs)
  // A server that has closed its sockets must not be kept running by its broom.
  timer.unref()
  return () => {
    isStopped = true
    clearInterval(timer)
    return underWay
  }
}
