import { GatewayError } from '../../../core/errors.ts'
import { renderNotice } from '../../../telemetry/line-log.ts'
import { resultCodeOf } from './open-sqlite.ts'

/** Tracks whether the database is writable, from the regular writes of this process. */
export interface WriteWatch {
  /** A public message, so without the path and the reason; undefined while writes succeed. */
  problem(): string | undefined
  recordSuccess(): void
  recordFailure(error: unknown): void
}

/** Advice by SQLite's primary result code: https://sqlite.org/rescode.html */
const adviceByCode: ReadonlyMap<number, string> = new Map([
  [5, 'Another process holds a lock on it: find and end that process.'],
  [8, 'Its disk is mounted read-only, or the file is not writable for this user: make it writable.'],
  [
    10,
    'Its disk fails or has become read-only, or a quota or file-size limit is reached: see the system log for details.',
  ],
  // SQLite also returns this code for some failed reads.
  [
    11,
    'Its disk fails, or the file is damaged: see the system log, and restore a backup if the error persists (docs/backup.md).',
  ],
  [13, 'Free space on its disk.'],
])

/** Logs what the operator has to do when writes begin to fail, and logs when they succeed again, once each. */
export function watchWrites(
  path: string,
  clock: { readonly now: () => number; readonly monotonicMs: () => number },
  log: (line: string) => void,
): WriteWatch {
  let failedAt: number | undefined
  return {
    problem: () => (failedAt === undefined ? undefined : 'the storage cannot be written'),
    recordSuccess() {
      if (failedAt === undefined) return
      const seconds = Math.round((clock.monotonicMs() - failedAt) / 1_000)
      failedAt = undefined
      log(renderNotice('storage', new Error(`${path} can be written again, after ${seconds} s.`), clock.now(), 'info'))
    },
    recordFailure(error) {
      const cause = error instanceof GatewayError ? error.cause : error
      if (failedAt !== undefined) return
      failedAt = clock.monotonicMs()
      const reason = cause instanceof Error ? cause.message : String(cause)
      const advice = adviceByCode.get(resultCodeOf(cause) ?? -1) ?? 'Check its disk.'
      const message = `${path} cannot be written (${reason}). ${advice} Until then calls get 503. Weir recovers by itself, and then settles the calls that finished meanwhile.`
      log(renderNotice('storage', new Error(message), clock.now()))
    },
  }
}
