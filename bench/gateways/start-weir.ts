import { closeSync, mkdtempSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { type ProcessOptions, startProcess } from '../machine/start-process.ts'
import { waitForUrl } from '../machine/wait-for-url.ts'
import { nodeFlags, weirCli } from '../machine/weir-cli.ts'
import { peerPath } from '../peers/install-peer.ts'
import { benchRoutes } from './bench-routes.ts'
import { benchToken, providerKey } from './bench-secrets.ts'
import { createBenchKeys } from './create-bench-keys.ts'
import { type Gateway, type GatewayOptions, toGateway } from './gateway.ts'

export type WeirName = 'weir' | 'weir-bare' | 'bun' | 'bun-bare'

const price = { input: 2.5, output: 10, cached_input: 1.25 }
const prices = { 'openai/*': price, 'anthropic/*': price }

/**
 * Starts Weir as `npm start` does, with one log line per call in a file. `WEIR_NODE_FLAGS` is for profiles. The path of
 * this file and the signature of `startWeir` must not change: `--against` starts an older commit with its own copy.
 */
export async function startWeir(name: WeirName, { upstream, core, folder }: GatewayOptions): Promise<Gateway> {
  const own = mkdtempSync(join(folder, `${name}-`))
  const log = openSync(join(own, 'log.jsonl'), 'a')
  const started = startProcess({
    ...commandOf(name),
    core,
    env: {
      HOST: '127.0.0.1',
      PORT: '0',
      OPENAI_API_KEY: providerKey,
      OPENAI_BASE_URL: `${upstream}/v1`,
      ANTHROPIC_API_KEY: providerKey,
      ANTHROPIC_BASE_URL: upstream,
      // OpenAI's own host honours this limit too.
      OPENAI_OUTPUT_LIMIT: 'max_completion_tokens',
      ...(name === 'weir' || name === 'bun' ? await openWithKey(own) : { TOKEN: benchToken, STORAGE_PATH: 'none' }),
    },
    stdio: ['ignore', log, 'pipe'],
  })
  closeSync(log)
  const url = await waitForUrl(started, started.child.stderr)
  // An address, because 512 lookups of the name would distort the measurement.
  return toGateway(name, started, { origin: url.replace('localhost', '127.0.0.1') })
}

function commandOf(name: WeirName): Pick<ProcessOptions, 'command' | 'args'> {
  if (name === 'bun' || name === 'bun-bare') {
    return { command: peerPath('bun', 'node_modules/bun/bin/bun.exe'), args: [weirCli, 'serve'] }
  }
  const flags = process.env.WEIR_NODE_FLAGS?.split(' ') ?? nodeFlags
  return { command: process.execPath, args: [...flags, weirCli, 'serve'] }
}

/**
 * "All on": a virtual key with a parent, every kind of limit, a record of each call, and routes, which few scenarios use.
 * Images are forwarded and not stored.
 */
async function openWithKey(folder: string): Promise<Record<string, string>> {
  await createBenchKeys(folder)
  return { STORAGE_PATH: folder, IMAGES_KEEP: 'false', WEIR_CONFIG: JSON.stringify({ prices, routes: benchRoutes }) }
}
