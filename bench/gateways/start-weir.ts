import { closeSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { nodeFlags } from '../../scripts/node-flags.mjs'
import { startProcess } from '../machine/start-process.ts'
import { waitForUrl } from '../machine/wait-for-url.ts'
import type { Gateway } from './gateway.ts'
import type { GatewayOptions } from './start-gateway.ts'

/** What callers of Weir send; the other gateways do not look at it. */
export const benchToken = 'bench-caller-token'

const cli = fileURLToPath(new URL('../../src/platform/node/cli.ts', import.meta.url))

/** Weir as `npm start` runs it: a token to check, a log line a call to a file. `WEIR_NODE_FLAGS` is for profiles. */
export async function startWeir({ upstream, core, folder }: GatewayOptions): Promise<Gateway> {
  const log = openSync(join(folder, 'weir.jsonl'), 'a')
  const flags = process.env.WEIR_NODE_FLAGS?.split(' ') ?? nodeFlags
  const started = startProcess({
    command: process.execPath,
    args: [...flags, cli, 'serve'],
    core,
    env: {
      HOST: '127.0.0.1',
      PORT: '0',
      TOKEN: benchToken,
      OPENAI_API_KEY: 'bench-provider-key',
      STORAGE_PATH: join(folder, 'store'),
      OPENAI_BASE_URL: `${upstream}/v1`,
    },
    stdio: ['ignore', log, 'pipe'],
  })
  closeSync(log)
  const url = await waitForUrl(started, started.child.stderr)
  // Looking the name up for each of 512 connections would be measured too.
  const origin = url.replace('localhost', '127.0.0.1')
  return { name: 'weir', origin, pid: started.pid, stop: started.stop }
}
