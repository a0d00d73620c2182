import { fileURLToPath } from 'node:url'
import { startProcess } from '../machine/start-process.ts'
import { waitForUrl } from '../machine/wait-for-url.ts'
import { type Gateway, type GatewayName, type GatewayOptions, toGateway } from './gateway.ts'
import { startBaseline } from './start-baseline.ts'
import { startNginx } from './start-nginx.ts'
import { startPortkey } from './start-portkey.ts'
import { startWeir } from './start-weir.ts'
import { startWorkerd } from './start-workerd.ts'

/** Starts a new gateway. Packages that it needs beside the repository's own must be installed before. */
export function startGateway(name: GatewayName, options: GatewayOptions): Promise<Gateway> {
  switch (name) {
    case 'direct':
      return Promise.resolve({ ...noGateway, origin: options.upstream })
    case 'nginx':
      return startNginx(options)
    case 'weir':
    case 'weir-bare':
    case 'bun':
    case 'bun-bare':
      return startWeir(name, options)
    case 'baseline':
    case 'baseline-bare':
      return startBaseline(name, options)
    case 'workerd':
      return startWorkerd(options)
    case 'dispatch':
    case 'fetch':
      return startRelay(name, options)
    case 'portkey':
    case 'portkey-1.14':
      return startPortkey(name, options)
  }
}

const noGateway = { name: 'direct', pid: undefined, headers: {}, startedAt: 0, stop: async () => {} } as const

async function startRelay(name: 'dispatch' | 'fetch', { upstream, core }: GatewayOptions): Promise<Gateway> {
  const file = fileURLToPath(new URL(`../peers/${name}-relay.ts`, import.meta.url))
  const started = startProcess({
    command: process.execPath,
    args: [file],
    core,
    env: { UPSTREAM: upstream },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  return toGateway(name, started, { origin: await waitForUrl(started, started.child.stdout) })
}
