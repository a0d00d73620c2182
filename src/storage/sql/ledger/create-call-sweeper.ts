import { toUnknownSettlement } from '../../ledger/decide-settlement.ts'
import type { Ledger } from '../../ledger/ledger.ts'
import { readInteger, readString } from '../read-column.ts'
import type { SyncSql } from '../sql.ts'
import { openColumns, readOpenCall } from './open-calls.ts'

const statements = {
  beat: 'INSERT INTO processes (id, beat) VALUES (?, 1) ON CONFLICT (id) DO UPDATE SET beat = processes.beat + 1',
  // Counts calls too: a process that died before its first beat has calls but no row, and a process that resumes after
  // a hang opens calls before it beats again.
  signs: `SELECT id, MAX(beat) AS beat, MAX(calls) AS calls, MAX(newest) AS newest FROM (
      SELECT id, beat, 0 AS calls, '' AS newest FROM processes
      UNION ALL SELECT process_id, 0, COUNT(*), MAX(id) FROM open_calls GROUP BY process_id)
    GROUP BY id`,
  leave: 'DELETE FROM processes WHERE id = ?',
  ofProcess: `SELECT ${openColumns} FROM open_calls WHERE process_id = ? ORDER BY id LIMIT ?`,
} as const

/** Maximum number of calls that one step closes, because it blocks admissions. */
const sweepLimit = 500

export interface SweeperOptions {
  readonly sql: SyncSql
  readonly ledger: Pick<Ledger, 'settle'>
  readonly processId: string
  /** Milliseconds without a sign of life after which a process counts as dead. */
  readonly deadAfterMs: number
}

/** Closes the open calls of dead processes as `unknown`, at their reserved cost (R39, R42). */
export interface CallSweeper {
  /**
   * Writes the heartbeat of this process and closes the calls of dead processes. Returns the number of closed calls;
   * call it again while that is not 0. `now` is in milliseconds since 1970, `monotonicMs` in milliseconds from any
   * start.
   */
  sweep(now: number, monotonicMs: number): Promise<number>
  /** Removes this process, which opens no further calls. */
  leave(): void
}

interface Sign {
  readonly sign: string
  /** Monotonic time of the first observation, in milliseconds. */
  readonly seenAt: number
}

/**
 * Detects a dead process by the absence of new beats and new calls, measured with this process's own monotonic clock.
 * Wall clocks may therefore differ by hours (R50).
 */
export function createCallSweeper({ sql, ledger, processId, deadAfterMs }: SweeperOptions): CallSweeper {
  let known = new Map<string, Sign>()

  function findDead(monotonicMs: number): readonly string[] {
    const seen = new Map<string, Sign>()
    for (const row of sql.all(statements.signs, [])) {
      const id = readString(row, 'id')
      const sign = `${readInteger(row, 'beat')} ${readInteger(row, 'calls')} ${readString(row, 'newest')}`
      const before = known.get(id)
      seen.set(id, before?.sign === sign ? before : { sign, seenAt: monotonicMs })
    }
    known = seen
    return [...seen]
      .filter(([id, { seenAt }]) => id !== processId && monotonicMs - seenAt >= deadAfterMs)
      .map(([id]) => id)
  }

  async function closeOf(process: string, now: number): Promise<number> {
    const rows = sql.all(statements.ofProcess, [process, sweepLimit])
    if (rows.length < sweepLimit) sql.run(statements.leave, [process])
    await Promise.all(rows.map((row) => ledger.settle(toUnknownSettlement(readOpenCall(row), now))))
    return rows.length
  }

  return {
    async sweep(now, monotonicMs) {
      try {
        sql.run(statements.beat, [processId])
      } catch (error) {
        // The disk may be full, which silences other live processes too: restart the timeout of each process (R67).
        known = new Map()
        throw error
      }
      let closed = 0
      for (const process of findDead(monotonicMs)) closed += await closeOf(process, now)
      return closed
    },
    leave: () => void sql.run(statements.leave, [processId]),
  }
}
