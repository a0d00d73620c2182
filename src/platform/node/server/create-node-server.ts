import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { AdminPorts } from '../../../admin/administration.ts'
import { parseSettings } from '../../../config/parse-settings.ts'
import { type ConfigSource, planReload, type ReloadPlan } from '../../../config/plan-reload.ts'
import type { Settings } from '../../../config/settings.ts'
import { GatewayError } from '../../../core/errors.ts'
import { toHex } from '../../../core/to-hex.ts'
import { createApp } from '../../../http/app.ts'
import { createAdminSecret } from '../../../pipeline/access/admin-secret.ts'
import type { HealthBook } from '../../../routing/health.ts'
import { deleteExpired } from '../../../storage/maintenance.ts'
import { renderNotice } from '../../../telemetry/line-log.ts'
import { openPorts } from '../open-ports.ts'
import { repeat } from '../storage/repeat.ts'
import { createConnections } from './connections.ts'
import { createListener, toServing } from './create-listener.ts'
import { NodeIncomingMessage } from './incoming-message.ts'
import { listen } from './listen.ts'
import { respondToParseError } from './malformed-requests.ts'
import { findPageIn, type PageFiles } from './page-files.ts'

export interface NodeServerOptions extends ConfigSource {
  /** Receives each log line, without its line break. */
  readonly log?: (line: string) => void
  readonly page?: PageFiles
  /** Receives the admin secret if this server generates one at this start. If left out, the server generates none. */
  readonly onAdminSecret?: (secret: string) => void
}

export interface NodeServer {
  /** The settings for new calls. */
  readonly settings: Settings
  /** The health of the targets of routes. */
  readonly health: HealthBook
  /**
   * Applies a configuration to new calls; running calls keep theirs. Rejects with ConfigError and changes nothing then.
   */
  reload(next: ConfigSource): Promise<ReloadPlan>
  /** Listens; port 0 chooses a free one. Rejects with the system's error if the port is in use. */
  listen(port?: number, host?: string): Promise<{ readonly port: number; readonly url: string }>
  /**
   * Drains the server: `/readyz` returns 503, and running calls may finish. After `deadlineMs`, the rest get an error
   * event and are cut off. Resolves when all connections are closed.
   */
  close(deadlineMs?: number): Promise<void>
}

/** Options of `node:http`. Times in milliseconds. */
export const serverOptions = {
  /** Longer than the 60 s of common load balancers, which would otherwise reuse a socket while it closes (R24). */
  keepAliveTimeout: 75_000,
  /** S64: at most 10 s for headers (13 with the check interval), 5 minutes for a request. Default interval: 30 s. */
  headersTimeout: 10_000,
  requestTimeout: 300_000,
  connectionsCheckingInterval: 3_000,
  maxHeaderSize: 16_384,
  /** Weir itself rejects a missing Host header, because Node's response has no body (P01). */
  requireHostHeader: false,
  IncomingMessage: NodeIncomingMessage,
} as const

const sweepEveryMs = 60 * 60 * 1_000

/** Creates a Weir server on `node:http`. Rejects with ConfigError. */
export async function createNodeServer({
  env,
  config,
  log = () => {},
  page,
  onAdminSecret,
}: NodeServerOptions): Promise<NodeServer> {
  const settings = parseSettings({ env, config, platform: 'node' })
  const { ports, ...opened } = await openPorts(settings, log)
  const { clock } = ports
  const serve = (ports: AdminPorts) => ({
    ports,
    ...toServing(createApp(ports, page === undefined ? {} : { findPage: findPageIn(page) }), ports.settings),
  })
  let source: ConfigSource = { env, config }
  let serving = serve(ports)
  let isDraining = false
  const stopSweeping =
    ports.storage &&
    repeat(
      async () => {
        const { storage, settings } = serving.ports
        return storage !== undefined && deleteExpired(storage, settings, clock.now())
      },
      sweepEveryMs,
      (error) => log(renderNotice('retention', error, clock.now())),
    )
  if (onAdminSecret !== undefined) await makeFirstAdminSecret(ports, onAdminSecret)
  const connections = createConnections(settings, (message) =>
    log(renderNotice('connections', new Error(message), clock.now())),
  )
  const listener = createListener(() => serving, ports.buffers, connections)
  const server = createServer(serverOptions, listener.handle)
  // Weir counts the headers itself; Node would silently drop those beyond its own limit.
  server.maxHeadersCount = 0
  server.on('checkContinue', listener.handle)
  // RFC 9110 10.1.1 lets a server ignore other expectations; Node's 417 has no body (P01).
  server.on('checkExpectation', listener.handle)
  server.on('clientError', (error, socket) => {
    if (listener.isClosing(socket)) {
      socket.destroy()
      return
    }
    // During a response, the client would read an error response as part of it (case D14).
    if (listener.endAfterResponse(socket)) return
    const refusal = respondToParseError(error, socket, serving.settings.cors.origins.includes('*'))
    if (refusal === undefined) return
    const { status, code: errorCode } = refusal.error
    const { requestId } = refusal
    const record = { method: '-', route: 'malformed', outcome: 'rejected', attempts: [], durationMs: 0 } as const
    serving.ports.log.record({ ...record, requestId, status, errorCode })
  })
  connections.watch(server)
  return {
    get settings() {
      return serving.settings
    },
    health: ports.routes.health,
    async reload(next) {
      const plan = planReload(source, next)
      const changed = await opened.change(plan.settings, async (next) => {
        if (onAdminSecret !== undefined) await makeFirstAdminSecret(next, onAdminSecret)
      })
      // Assigned together, after every step that can fail.
      source = plan.source
      serving = serve(changed)
      connections.change(plan.settings)
      if (isDraining) serving.app.drain()
      return plan
    },
    async listen(port = settings.server.port, host = settings.server.host) {
      await listen(server, { port, host })
      const address = server.address() as AddressInfo
      const name = host.includes(':') ? `[${host}]` : host
      return { port: address.port, url: `http://${name}:${address.port}` }
    },
    async close(deadlineMs = serving.settings.server.drainMs) {
      const reason = new GatewayError('draining', 'This server is shutting down. Send the call again.')
      isDraining = true
      serving.app.drain()
      await listener.drain(deadlineMs, reason)
      await closeServer(server, Math.min(deadlineMs, lastCallMs))
      // Waits for the deferred work of the last calls.
      await listener.drain(0, reason)
      await stopSweeping?.()
      await opened.close()
    },
  }
}

/** Generates and reports the admin secret if there is none. Of several processes that start together, only one does. */
async function makeFirstAdminSecret(
  { admin, clock, secrets }: Pick<AdminPorts, 'admin' | 'clock' | 'secrets'>,
  onSecret: (secret: string) => void,
): Promise<void> {
  if (admin.secret === undefined || (await admin.secret.find()) !== undefined) return
  const secret = createAdminSecret(secrets)
  if (await admin.secret.keepFirst(toHex(secrets.digest(secret)), clock.now())) onSecret(secret)
}

/**
 * Grace period for clients that have just connected to send a request: they cannot know that this process is stopping.
 */
const lastCallMs = 1_000

function closeServer(server: Server, graceMs: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => server.closeAllConnections(), graceMs)
    // `close` ends idle connections at once. Node does not count connections that have sent nothing yet as idle.
    server.close(() => {
      clearTimeout(timer)
      resolve()
    })
  })
}
