import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Gateway, GatewayOptions } from './gateway.ts'
import { startNodeGateway } from './start-node-gateway.ts'
import { type StoredGateway, untilNoneOpen } from './stored-gateway.ts'

/** Starts Weir on Node in this process with a temporary folder, which it deletes on close. */
export async function startStoredNodeGateway(options: GatewayOptions = {}): Promise<StoredGateway> {
  const folder = await mkdtemp(join(tmpdir(), 'weir-store-'))
  const start = (): Promise<Gateway> => startNodeGateway({ ...options, env: { STORAGE_PATH: folder, ...options.env } })
  let gateway = await start()
  const sql: StoredGateway['sql'] = async (text, ...params) => {
    const database = new DatabaseSync(join(folder, 'weir.db'), { timeout: 5_000 })
    try {
      return database.prepare(text).all(...params)
    } finally {
      database.close()
    }
  }
  return {
    runtime: 'node',
    get url() {
      return gateway.url
    },
    logs: () => gateway.logs(),
    findLog: (test, timeoutMs) => gateway.findLog(test, timeoutMs),
    output: () => gateway.output(),
    faults: () => gateway.faults(),
    sql,
    flushLedger: () => untilNoneOpen(async () => (await sql('SELECT 1 FROM open_calls')).length),
    async sweep() {
      await gateway.close()
      // A server sweeps at startup; closing waits for that.
      gateway = await start()
      await gateway.close()
      gateway = await start()
    },
    async close() {
      await gateway.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
