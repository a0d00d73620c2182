import { closeSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { findFreePort } from '../machine/find-free-port.ts'
import { startProcess } from '../machine/start-process.ts'
import { waitForPort } from '../machine/wait-for-port.ts'
import { peerPath } from '../peers/install-peer.ts'
import { type Gateway, type GatewayOptions, toGateway } from './gateway.ts'

const script = 'node_modules/@portkey-ai/gateway/build/start-server.js'

/** Starts Portkey's gateway on the same Node as Weir, without its console. Each call names the upstream in a header. */
export async function startPortkey(
  name: 'portkey' | 'portkey-1.14',
  { upstream, core, folder }: GatewayOptions,
): Promise<Gateway> {
  const port = await findFreePort()
  const log = openSync(join(folder, `${name}.log`), 'a')
  const started = startProcess({
    command: process.execPath,
    args: [peerPath(name, script), '--headless', `--port=${port}`],
    core,
    env: { NODE_ENV: 'production' },
    stdio: ['ignore', log, log],
  })
  closeSync(log)
  await waitForPort(port, name)
  const headers = { 'x-portkey-provider': 'openai', 'x-portkey-custom-host': `${upstream}/v1` }
  return toGateway(name, started, { origin: `http://127.0.0.1:${port}`, headers })
}
