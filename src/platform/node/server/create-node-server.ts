import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { AdminPorts } from '../../../admin/administration.ts'
import { parseSettings } from '../../../config/parse-settings.ts'
import { type ConfigSource, planReload, type ReloadPlan } from '../../../config/plan-reload.ts'
import type { Settings } from '../../../config/settings.ts'
import { GatewayError } from '../../../core/errors.ts'
import { toHex } from '../../../core/to-hex.ts'
import { createApp } from '../../../http/app.ts'
import { makeAdminSecret } from '../../../pipeline/access/admin-secret.ts'
import { deleteExpired } from '../../../storage/maintenance.ts'
import { toNotice } from '../../../telemetry/line-log.ts'
import { openPorts } from '../open-ports.ts'
import { repeat } from '../storage/repeat.ts'
import { createConnections } from './connections.ts'
import { createListener, toServing } from './create-listener.ts'
import { NodeIncomingMessage } from './incoming-message.ts'
import { listen } from './listen.ts'
import { answerParseError } from './malformed-requests.ts'
import { findPageIn, type PageFiles } from './page-files.ts'

export interface NodeServerOptions extends ConfigSource {
  /** Takes each line of the log, without its line break. */
  readonly log?: (line: string) => void
  readonly page?: PageFiles
  /** Told the secret that this server makes for its administrator, if it makes one now; without it none is made. */
  readonly onAdminSecret?: (secret: string) => void
}

export interface NodeServer {
  /** Those of the calls that come now. */
  readonly settings: Settings
  /** From now on calls are served by another configuration; those under way end by theirs. Rejects with ConfigError, and nothing has changed. */
  reload(next: ConfigSource): Promise<ReloadPlan>
  /** Port 0 takes a free one. Rejects with the system's error where the port is taken. */
  listen(port?: number, host?: string): Promise<{ readonly port: number; readonly url: string }>
  /**
   * Says 503 on `/readyz` and lets running calls finish; after `deadlineMs` the rest get an error event and are cut.
   * Resolves when every connection is closed.
   */
  close(deadlineMs?: number): Promise<void>
}

/** How `node:http` is set up. Times in milliseconds. */
export const serverOptions = {
  /** Longer than the 60 s of the usual load balancers, which would otherwise reuse a socket that is just being closed (R24). */
  keepAliveTimeout: 75_000,
  /** S64: headers must come within 10 s, 13 with the interval, and the whole request within 5 minutes; Node's own interval is 30 s. */
  headersTimeout: 10_000,
  requestTimeout: 300_000,
  connectionsCheckingInterval: 3_000,
  maxHeaderSize: 16_384,
  /** Weir refuses a missing host itself, since Node's own answer has no body (P01). */
  requireHostHeader: false,
  IncomingMessage: NodeIncomingMessage,
} as const

const sweepEveryMs = 60 * 60 * 1_000

/** Weir on `node:http`. Rejects with ConfigError. */
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
      (error) => log(toNotice('retention', error, clock.now())),
    )
  if (onAdminSecret !== undefined) await makeFirstAdminSecret(ports, onAdminSecret)
  const connections = createConnections(settings, (what) => log(toNotice('connections', new Error(what), clock.now())))
  const listener = createListener(() => serving, ports.buffers, connections)
  const server = createServer(serverOptions, listener.handle)
  // The headers are counted by Weir; Node would drop those beyond its own limit without a word.
  server.maxHeadersCount = 0
  server.on('checkContinue', listener.handle)
  // RFC 9110 10.1.1 lets a server ignore what it is expected to do otherwise; Node's own 417 has no body (P01).
  server.on('checkExpectation', listener.handle)
  server.on('clientError', (error, socket) => {
    if (listener.isClosing(socket)) {
      socket.destroy()
      return
    }
    // In the midst of it, a refusal would be read as a part of the answer (case D14).
    if (listener.endAfterResponse(socket)) return
    const refusal = answerParseError(error, socket, serving.settings.cors.origins.includes('*'))
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
    async reload(next) {
      const plan = planReload(source, next)
      const changed = await opened.change(plan.settings, async (next) => {
        if (onAdminSecret !== undefined) await makeFirstAdminSecret(next, onAdminSecret)
      })
      // All at once, behind everything that can fail.
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
      // What the last calls left to be done.
      await listener.drain(0, reason)
      await stopSweeping?.()
      await opened.close()
    },
  }
}

/** Makes the secret of the admin API where there is none yet, and tells it this once. Of several processes that start at once one does. */
async function makeFirstAdminSecret(
  { admin, clock, secrets }: Pick<AdminPorts, 'admin' | 'clock' | 'secrets'>,
  tell: (secret: string) => void,
): Promise<void> {
  if (admin.secret === undefined || (await admin.secret.find()) !== undefined) return
  const secret = makeAdminSecret(secrets)
  if (await admin.secret.keepFirst(toHex(secrets.digest(secret)), clock.now())) tell(secret)
}

/** A client that has just connected has so long to ask: it cannot know that this process is about to end. */
const lastCallMs = 1_000

function closeServer(server: Server, graceMs: number): Promise<void> {
  return new Promise((resolve) => {
    const cut = setTimeout(() => server.closeAllConnections(), graceMs)
    // Idle connections are closed at once; those that have sent nothing yet are not idle to Node.
    server.close(() => {
      clearTimeout(cut)
      resolve()
    })
  })
}
