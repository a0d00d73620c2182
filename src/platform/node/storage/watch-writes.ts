import { GatewayError } from '../../../core/errors.ts'
import { toNotice } from '../../../telemetry/line-log.ts'
import { resultCodeOf } from './open-sqlite.ts'

/** Whether the database takes writes, as the regular ones of this process tell. */
export interface WriteWatch {
  /** For everybody, so without the path and the reason; undefined while it does. */
  problem(): string | undefined
  worked(): void
  failed(error: unknown): void
}

/** By the primary result code of SQLite: https://sqlite.org/rescode.html */
const advices: ReadonlyMap<number, string> = new Map([
  [5, 'Another process holds it locked: find and end that.'],
  [8, 'Its disk is mounted read-only, or the file is not writable for this user: change that.'],
  [
    10,
    'Its disk fails or has become read-only, or a quota or a limit on file sizes is reached: the system’s own log has more.',
  ],
  // SQLite says so of some reads that fail, too.
  [
    11,
    'Its disk fails, or it is damaged: the system’s own log tells; restore a backup if this stays (docs/backup.md).',
  ],
  [13, 'Free space on its disk.'],
])

/** Says in the log what the operator has to do, once for each time that writes begin to fail, and when they work again. */
export function watchWrites(
  path: string,
  clock: { readonly now: () => number; readonly monotonicMs: () => number },
  log: (line: string) => void,
): WriteWatch {
  let failedAt: number | undefined
  return {
    problem: () => (failedAt === undefined ? undefined : 'the storage cannot be written'),
    worked() {
      if (failedAt === undefined) return
      const seconds = Math.round((clock.monotonicMs() - failedAt) / 1_000)
      failedAt = undefined
      log(toNotice('storage', new Error(`${path} can be written again, after ${seconds} s.`), clock.now(), 'info'))
    },
    failed(error) {
      const cause = error instanceof GatewayError ? error.cause : error
      if (failedAt !== undefined) return
      failedAt = clock.monotonicMs()
      const reason = cause instanceof Error ? cause.message : String(cause)
      const advice = advices.get(resultCodeOf(cause) ?? -1) ?? 'See to its disk.'
      const text = `${path} cannot be written (${reason}). ${advice} Calls get 503 until then; Weir goes on by itself, and books what has ended meanwhile.`
      log(toNotice('storage', new Error(text), clock.now()))
    },
  }
}
