import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createLogBook } from '../support/log-book.ts'
import { readRows } from '../support/read-rows.ts'
import { untilNoneOpen } from '../support/stored-gateway.ts'
import { withDeadline } from '../support/with-deadline.ts'

/** A usage record, as the admin API returns it. */
export interface UsageRecord {
  readonly request_id: string
  readonly operation: string
  readonly provider: string
  readonly model: string
  readonly outcome: string
  readonly status: number
  readonly input_tokens?: number
  readonly cached_input_tokens?: number
  readonly output_tokens?: number
  readonly cost_usd: string
  readonly cost_source: string
  readonly tags: readonly string[]
}

export interface Weir {
  readonly port: number
  readonly output: () => string
  /** The lines of its log that report a defect of Weir. */
  readonly faults: () => readonly unknown[]
  /** Waits until no call is open, and returns the records of all calls in their order. */
  records(): Promise<readonly UsageRecord[]>
  stop(): Promise<void>
}

/** The key in all examples of docs/agents.md. */
export const callerKey = 'a-secret-of-mine'
const adminToken = 'an-admin-token-for-the-coding-agents'

const built = fileURLToPath(new URL('../../dist/platform/node/cli.mjs', import.meta.url))

/** Starts the server that `npm start` runs, with a configuration file and an empty folder of its own. */
export async function startWeir(config: object): Promise<Weir> {
  const folder = await mkdtemp(join(tmpdir(), 'weir-agents-'))
  const file = join(folder, 'weir.config.json')
  await writeFile(file, JSON.stringify(config))
  const env = { PATH: process.env.PATH, TOKEN: callerKey, ADMIN_TOKEN: adminToken, STORAGE_PATH: join(folder, 'store') }
  const args = [built, 'serve', '--port', '0', '--config', file]
  const server = spawn(process.execPath, args, { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] })
  const log = createLogBook()
  for (const output of [server.stdout, server.stderr]) output.on('data', (bytes: Buffer) => log.add(String(bytes)))
  const ready = /is ready: http:\/\/localhost:(\d+)/
  await log.said(ready)
  const port = Number(ready.exec(log.text)?.[1])
  const ask = async <Answer>(path: string): Promise<Answer> => {
    const headers = { authorization: `Bearer ${adminToken}` }
    const response = await fetch(`http://127.0.0.1:${port}/admin/v1/${path}`, { headers })
    return (await response.json()) as Answer
  }
  return {
    port,
    output: () => log.text,
    faults: () => log.lines.filter(({ error_code: code }) => code === 'internal'),
    async records() {
      await untilNoneOpen(async () => readRows(join(folder, 'store/weir.db'), 'SELECT 1 FROM open_calls').length)
      return await ask<readonly UsageRecord[]>('records')
    },
    async stop() {
      await end(server)
      await rm(folder, { recursive: true, force: true })
    },
  }
}

async function end(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return
  const exited = once(server, 'exit')
  server.kill('SIGTERM')
  await withDeadline(exited, 15_000, () => 'Weir did not stop')
}
