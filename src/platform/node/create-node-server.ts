import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { parseSettings } from '../../config/parse-settings.ts'
import type { Settings } from '../../config/settings.ts'
import { GatewayError } from '../../core/errors.ts'
import { createApp } from '../../http/app.ts'
import { createProvider } from '../../providers/create-provider.ts'
import { createRegistry } from '../../providers/registry.ts'
import { createLineLog } from '../../telemetry/create-line-log.ts'
import { createImageFetcher } from './create-image-fetcher.ts'
import { createListener } from './create-listener.ts'
import { nodeClock } from './node-clock.ts'
import { nodeSecrets } from './node-secrets.ts'
import { openStorage } from './open-storage.ts'
import { findPageIn, type PageFiles } from './page-files.ts'
import { answerParseError } from './parse-error-answer.ts'
import { serverOptions } from './server-options.ts'
import { sweepStorage } from './sweep-storage.ts'
import { createUndiciTransport } from './undici-transport.ts'

export interface NodeServerOptions {
  readonly env: Readonly<Record<string, string | undefined>>
  /** What `weir.config.*` holds. */
  readonly config?: unknown
  /** Takes each line of the log, without its line break. */
  readonly log?: (line: string) => void
  readonly page?: PageFiles
}

export interface NodeServer {
  readonly settings: Settings
  /** Port 0 takes a free one. Rejects with the system's error where the port is taken. */
  listen(port?: number, host?: string): Promise<{ readonly port: number; readonly url: string }>
  /**
   * Says 503 on `/readyz` and lets running calls finish; after `deadlineMs` the rest get an error event and are cut.
   * Resolves when every connection is closed.
   */
  close(deadlineMs?: number): Promise<void>
}

/** Weir on `node:http`. Rejects with ConfigError. */
export async function createNodeServer({ env, config, log = () => {}, page }: NodeServerOptions): Promise<NodeServer> {
  const settings = parseSettings({ env, config, platform: 'node' })
  const transport = createUndiciTransport()
  const imageFetcher = createImageFetcher()
  const storage = await openStorage(settings, { transport, clock: nodeClock })
  const stopSweeping = storage === undefined ? async () => {} : sweepStorage(storage, settings, log)
  const ports = {
    settings,
    registry: createRegistry(settings.providers.map(createProvider), settings),
    transport,
    fetchImage: imageFetcher.fetch,
    clock: nodeClock,
    secrets: nodeSecrets,
    log: createLineLog({ level: settings.log.level, now: nodeClock.now, write: log }),
    storage,
  }
  const app = createApp(ports, page === undefined ? {} : { findPage: findPageIn(page) })
  const listener = createListener(app, settings)
  const server = createServer(serverOptions, listener.handle)
  // The headers are counted by Weir; Node would drop those beyond its own limit without a word.
  server.maxHeadersCount = 0
  server.on('checkContinue', listener.handle)
  // RFC 9110 10.1.1 lets a server ignore what it is expected to do otherwise; Node's own 417 has no body (P01).
  server.on('checkExpectation', listener.handle)
  server.on('clientError', answerParseError)
  return {
    settings,
    listen: (port = settings.server.port, host = settings.server.host) => listen(server, port, host),
    async close(deadlineMs = settings.server.drainMs) {
      app.drain()
      await listener.drain(
        deadlineMs,
        new GatewayError('draining', 'This server is shutting down. Send the call again.'),
      )
      await closeServer(server)
      await stopSweeping()
      storage?.close()
      await Promise.all([transport.close(), imageFetcher.close()])
    },
  }
}

function listen(server: Server, port: number, host: string): Promise<{ readonly port: number; readonly url: string }> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      const address = server.address() as AddressInfo
      const name = host.includes(':') ? `[${host}]` : host
      resolve({ port: address.port, url: `http://${name}:${address.port}` })
    })
  })
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}
