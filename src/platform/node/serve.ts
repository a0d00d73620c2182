import cluster from 'node:cluster'
import { once } from 'node:events'
import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import type { ConfigSource } from '../../config/plan-reload.ts'
import type { Settings } from '../../config/settings.ts'
import { renderNotice } from '../../telemetry/line-log.ts'
import { describeSettings } from './config/describe-settings.ts'
import { createReloader } from './create-reloader.ts'
import { createLineWriter, type LineWriter, sharedPipeCharacters, toStdout } from './line-writer.ts'
import { nodeClock } from './node-clock.ts'
import { offerLocalServers } from './offer-local-servers.ts'
import { onHangup } from './on-hangup.ts'
import { packageRoot } from './package-root.ts'
import { createNodeServer, type NodeServer } from './server/create-node-server.ts'
import { toListenError } from './server/listen.ts'
import { readPageFiles } from './server/page-files.ts'
import { startCheckpoints } from './start-checkpoints.ts'
import { databaseIn } from './storage/open-storage.ts'
import { createUndiciTransport } from './upstream/undici-transport.ts'
import { shareBreakers } from './workers/shared-breakers.ts'
import { requestConfig } from './workers/worker-config.ts'

/**
 * Runs `weir serve`: listens until SIGTERM or SIGINT, then drains. SIGHUP reloads the configuration. Log lines are
 * written to stdout, messages for the operator to stderr.
 */
export async function serve(load: () => Promise<ConfigSource>): Promise<void> {
  tuneEngine()
  const started = Promise.withResolvers<NodeServer>()
  const lines = createLineWriter(toStdout(), cluster.isWorker ? sharedPipeCharacters : undefined)
  const apply = async (next: ConfigSource) => (await started.promise).reload(next)
  // A closed terminal sends SIGHUP to every process. Of several, only the primary handles it.
  if (cluster.isWorker) process.on('SIGHUP', () => {})
  else onHangup(createReloader({ load, apply, log: lines.write }))
  const { env, config } = await (cluster.isWorker ? requestConfig(toWorkerReload(apply, lines)) : load())
  const page = await readPageFiles(join(packageRoot, 'dist/dashboard'))
  const server = await createNodeServer({ env, config, log: lines.write, page, onAdminSecret: printAdminSecret })
  if (cluster.isWorker) await shareBreakers(server.health)
  const { url, port } = await server.listen().catch((error: unknown) => {
    throw toListenError(error, server.settings.server)
  })
  started.resolve(server)
  // Of several workers, only the first prints it.
  if (cluster.worker === undefined || cluster.worker.id === 1) {
    process.stderr.write(
      `Weir is ready: ${url.replace('//127.0.0.1:', '//localhost:')}/v1\n${describeSettings(server.settings).join('\n')}\n`,
    )
    // Not awaited: the server is ready, and the offers follow its lines.
    void printOffers(server.settings, port)
  }
  const { path } = server.settings.storage
  const checkpoints =
    path === undefined
      ? undefined
      : startCheckpoints(databaseIn(path), (error) => lines.write(renderNotice('checkpoint', error, nodeClock.now())))
  stopOnSignal(lines, async () => {
    await server.close()
    await checkpoints?.close()
  })
}

/** Switches off an optimisation of V8 that costs a server more than it saves. */
function tuneEngine(): void {
  // When most objects of an allocation site survive, V8 allocates all further ones there in the old generation. The
  // listener lists of `node:events` are such a site: those of sockets live long, and those of requests come from the
  // same code. Pretenured, they keep each request alive until the next full collection. Measured: 35 to 50 % more CPU
  // for a stream, and three times its p99.
  setFlagsFromString('--no-allocation-site-pretenuring')
}

/** Returns a worker's reload. It logs only failures: the primary has validated the configuration and logs changes. */
function toWorkerReload(
  apply: (next: ConfigSource) => Promise<unknown>,
  lines: LineWriter,
): (next: ConfigSource) => Promise<void> {
  return async (next) => {
    await apply(next).catch((error: unknown) => lines.write(renderNotice('reload', error, nodeClock.now())))
  }
}

/** Prints the secret as soon as it exists, because it cannot be recovered later. */
function printAdminSecret(secret: string): void {
  process.stderr.write(
    `Weir created an admin secret. It is shown only once, because Weir stores only its hash.\n\n  ${secret}\n\n`,
  )
}

async function printOffers(settings: Settings, ownPort: number): Promise<void> {
  const transport = createUndiciTransport()
  const offers = await offerLocalServers(settings, { transport, clock: nodeClock }, { ownPort })
  for (const offer of offers) process.stderr.write(`${offer}\n`)
  await transport.close()
}

function stopOnSignal(lines: LineWriter, close: () => Promise<void>): void {
  let isStopping = false
  async function stop(): Promise<void> {
    // A second signal ends the process without draining.
    if (isStopping) process.exit(1)
    isStopping = true
    await close()
    lines.flush()
    await leaveCluster()
    process.exit(0)
  }
  process.on('SIGTERM', () => void stop())
  // Ctrl-C reaches every process of a terminal. Workers ignore it and wait for SIGTERM from the primary.
  process.on('SIGINT', () => void (cluster.isWorker || stop()))
  if (cluster.isWorker) process.on('disconnect', () => void (isStopping || stop()))
}

/**
 * Disconnects from the primary and waits for its confirmation. The primary may be passing a connection to this worker,
 * which has closed its server; if the worker exited now, that connection would hang. After the confirmation none is in
 * transit, and late ones were returned.
 */
async function leaveCluster(): Promise<void> {
  const { worker } = cluster
  if (worker === undefined || !worker.isConnected()) return
  const left = once(process, 'disconnect')
  worker.disconnect()
  await left
}
