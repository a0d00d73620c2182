import { fileURLToPath } from 'node:url'
import { startProcess } from '../machine/start-process.ts'
import { waitForUrl } from '../machine/wait-for-url.ts'
import type { Gateway, GatewayName } from './gateway.ts'
import { startNginx } from './start-nginx.ts'
import { startWeir } from './start-weir.ts'

export interface GatewayOptions {
  readonly upstream: string
  readonly core: number | undefined
  /** For logs and the like; removed afterwards. */
  readonly folder: string
}

export function startGateway(name: GatewayName, options: GatewayOptions): Promise<Gateway> {
  switch (name) {
    case 'direct':
      return Promise.resolve({ name, origin: options.upstream, pid: undefined, stop: async () => {} })
    case 'nginx':
      return startNginx(options)
    case 'weir':
      return startWeir(options)
    case 'dispatch':
    case 'fetch':
      return startPeer(name, options)
  }
}

async function startPeer(name: 'dispatch' | 'fetch', { upstream, core }: GatewayOptions): Promise<Gateway> {
  const file = fileURLToPath(new URL(`../peers/${name}-relay.ts`, import.meta.url))
  const started = startProcess({
    command: process.execPath,
    args: [file],
    core,
    env: { UPSTREAM: upstream },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  return { name, origin: await waitForUrl(started, started.child.stdout), pid: started.pid, stop: started.stop }
}
