import { setTimeout as pause } from 'node:timers/promises'
import { createCallSweeper } from '../../src/storage/sql/ledger/create-call-sweeper.ts'
import { createKeyChainCache } from '../../src/storage/sql/ledger/create-key-chain-cache.ts'
import { createSqlLedger } from '../../src/storage/sql/ledger/create-sql-ledger.ts'
import { openLedgerFile } from './open-ledger-file.ts'

/** Closes the calls of all processes, as a server does after their heartbeats have been missing long enough. */
export async function closeDeadCalls(folder: string): Promise<void> {
  const { sync: sql, close } = openLedgerFile(folder)
  const processId = 'crash-test'
  const ledger = createSqlLedger({
    ...{ sql, processId, keys: createKeyChainCache(sql) },
    schedule: (flush) => void setImmediate(flush),
  })
  const sweeper = createCallSweeper({ sql, ledger, processId, deadAfterMs: 0 })
  while ((await sweeper.sweep(Date.now(), performance.now())) > 0);
  sweeper.leave()
  close()
}

/** Waits until the running server has detected the dead processes and closed their calls. */
export async function untilSwept(folder: string, timeoutMs: number): Promise<void> {
  const { sync: sql, close } = openLedgerFile(folder)
  const deadline = performance.now() + timeoutMs
  while (sql.all('SELECT 1 FROM open_calls LIMIT 1', []).length > 0 && performance.now() < deadline) await pause(100)
  close()
}
