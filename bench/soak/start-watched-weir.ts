import { closeSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { createKeyBook } from '../gateways/create-key-book.ts'
import type { GatewayOptions } from '../gateways/gateway.ts'
import { type StartedProcess, startProcess } from '../machine/start-process.ts'
import { waitForUrl } from '../machine/wait-for-url.ts'
import { nodeFlags, weirCli } from '../machine/weir-cli.ts'
import type { Vitals } from './vitals.ts'

export interface WatchedWeir extends StartedProcess {
  readonly origin: string
  /** Where its books are. */
  readonly database: string
  /** The last it said of itself. */
  vitals(): Vitals | undefined
}

const preload = new URL('report-vitals.ts', import.meta.url).href

/** Weir as `npm start` runs it, with keys, limits and the ledger on; it also reports on itself. */
export async function startWatchedWeir({ upstream, core, folder }: GatewayOptions): Promise<WatchedWeir> {
  await createKeyBook(folder)
  const log = openSync(join(folder, 'log.jsonl'), 'a')
  const started = startProcess({
    command: process.execPath,
    args: [...nodeFlags, '--import', preload, weirCli, 'serve'],
    core,
    env: {
      ...{ HOST: '127.0.0.1', PORT: '0', STORAGE_PATH: folder, IMAGES_KEEP: 'false' },
      ...{ OPENAI_API_KEY: 'bench-provider-key', OPENAI_BASE_URL: `${upstream}/v1` },
      // Without one, whoever calls from this machine may do so without a key, or with a wrong one.
      TOKEN: 'bench-operator-token',
      WEIR_CONFIG: JSON.stringify({ prices: { 'openai/*': { input: 2.5, output: 10 } } }),
    },
    stdio: ['ignore', log, 'pipe', 'ipc'],
  })
  closeSync(log)
  let last: Vitals | undefined
  started.child.on('message', (vitals: Vitals) => {
    last = vitals
  })
  const url = await waitForUrl(started, started.child.stderr)
  return {
    ...started,
    origin: url.replace('localhost', '127.0.0.1'),
    database: join(folder, 'weir.db'),
    vitals: () => last,
  }
}
