import { toUnknownSettlement } from '../../ledger/decide-settlement.ts'
import type { Ledger } from '../../ledger/ledger.ts'
import { readInteger, readText } from '../read-column.ts'
import type { SyncSql } from '../sql.ts'
import { openColumns, readOpenCall } from './open-calls.ts'

const statements = {
  beat: 'INSERT INTO processes (id, beat) VALUES (?, 1) ON CONFLICT (id) DO UPDATE SET beat = processes.beat + 1',
  // A process that died before its first beat has calls and no row. One that hung and goes on makes calls before it
  // beats again.
  signs: `SELECT id, MAX(beat) AS beat, MAX(calls) AS calls, MAX(newest) AS newest FROM (
      SELECT id, beat, 0 AS calls, '' AS newest FROM processes
      UNION ALL SELECT process_id, 0, COUNT(*), MAX(id) FROM open_calls GROUP BY process_id)
    GROUP BY id`,
  leave: 'DELETE FROM processes WHERE id = ?',
  ofProcess: `SELECT ${openColumns} FROM open_calls WHERE process_id = ? ORDER BY id LIMIT ?`,
} as const

/** Calls that one step closes; it holds up calls that are being admitted. */
const sweepLimit = 500

export interface SweeperOptions {
  readonly sql: SyncSql
  readonly ledger: Pick<Ledger, 'settle'>
  readonly processId: string
  /** Milliseconds without a beat after which a process is taken for dead. */
  readonly deadAfterMs: number
}

/**
 * Closes the calls that dead processes have left open, as `unknown` and at the cost that was reserved for them (R39,
 * R42).
 */
export interface CallSweeper {
  /**
   * Beats for this process, and closes the calls of the dead. Times are milliseconds: `now` since 1970, `monotonicMs`
   * from any start. Returns how many calls were closed; call it again while that is not 0.
   */
  sweep(now: number, monotonicMs: number): Promise<number>
  /** This process makes no more calls. */
  leave(): void
}

interface Sign {
  readonly sign: string
  /** When it was seen first. */
  readonly seenAt: number
}

/**
 * A process is taken for dead by its beats, its new calls and this process's own monotonic clock, so that wall clocks
 * may differ by hours (R50).
 */
export function createCallSweeper({ sql, ledger, processId, deadAfterMs }: SweeperOptions): CallSweeper {
  let known = new Map<string, Sign>()

  function findDead(monotonicMs: number): readonly string[] {
    const seen = new Map<string, Sign>()
    for (const row of sql.all(statements.signs, [])) {
      const id = readText(row, 'id')
      const sign = `${readInteger(row, 'beat')} ${readInteger(row, 'calls')} ${readText(row, 'newest')}`
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
        // The others cannot write either, and their silence says nothing: once there is room, each has its whole time again (R67).
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
