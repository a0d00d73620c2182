import cluster from 'node:cluster'
import { once } from 'node:events'
import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import type { ConfigSource } from '../../config/plan-reload.ts'
import { toNotice } from '../../telemetry/line-log.ts'
import { describeSettings } from './config/describe-settings.ts'
import { createReloader } from './create-reloader.ts'
import { createLineWriter, type LineWriter, sharedPipeCharacters, toStdout } from './line-writer.ts'
import { nodeClock } from './node-clock.ts'
import { onHangup } from './on-hangup.ts'
import { packageRoot } from './package-root.ts'
import { createNodeServer, type NodeServer } from './server/create-node-server.ts'
import { toListenError } from './server/listen.ts'
import { readPageFiles } from './server/page-files.ts'
import { startCheckpoints } from './start-checkpoints.ts'
import { databaseIn } from './storage/open-storage.ts'
import { askForConfig } from './workers/worker-config.ts'

/**
 * `weir serve`: listens until SIGTERM or SIGINT, then drains; at SIGHUP it loads the configuration again. Log lines go to stdout; words for people
 * to stderr.
 */
export async function serve(load: () => Promise<ConfigSource>): Promise<void> {
  tuneEngine()
  const started = Promise.withResolvers<NodeServer>()
  const lines = createLineWriter(toStdout(), cluster.isWorker ? sharedPipeCharacters : undefined)
  const apply = async (next: ConfigSource) => (await started.promise).reload(next)
  // The process that started several is the one that decides; the signal of a terminal reaches all of them.
  if (cluster.isWorker) process.on('SIGHUP', () => {})
  else onHangup(createReloader({ load, apply, log: lines.write }))
  const { env, config } = await (cluster.isWorker ? askForConfig(toWorkerReload(apply, lines)) : load())
  const page = await readPageFiles(join(packageRoot, 'dist/dashboard'))
  const server = await createNodeServer({ env, config, log: lines.write, page, onAdminSecret: tellAdminSecret })
  const { url } = await server.listen().catch((error: unknown) => {
    throw toListenError(error, server.settings.server)
  })
  started.resolve(server)
  // One of several processes says it.
  if (cluster.worker === undefined || cluster.worker.id === 1) {
    process.stderr.write(
      `Weir is ready: ${url.replace('//127.0.0.1:', '//localhost:')}/v1\n${describeSettings(server.settings).join('\n')}\n`,
    )
  }
  const { path } = server.settings.storage
  const checkpoints =
    path === undefined
      ? undefined
      : startCheckpoints(databaseIn(path), (error) => lines.write(toNotice('checkpoint', error, nodeClock.now())))
  stopOnSignal(lines, async () => {
    await server.close()
    await checkpoints?.close()
  })
}

/** Switches off two optimisations of V8 that cost a server more than they give. */
function tuneEngine(): void {
  // V8 allocates in the old generation, from then on, the objects of a piece of code most of whose objects have survived. The lists of listeners of
  // `node:events` are such a piece: those of sockets live for long, and those of requests, which are made by the same code, then keep each request
  // until the next full collection. Measured: 35 to 50 % more CPU for a stream, and three times its p99.
  setFlagsFromString('--no-allocation-site-pretenuring')
  // The middle one of V8's compilers keeps 8 to 12 MiB in which it has compiled. Measured without it: 4 to 12 % less CPU for a burst, the same for JSON.
  setFlagsFromString('--no-maglev')
}

/** The process that read the configuration has found it right and tells what has changed; only what fails on the way is told here. */
function toWorkerReload(
  apply: (next: ConfigSource) => Promise<unknown>,
  lines: LineWriter,
): (next: ConfigSource) => Promise<void> {
  return async (next) => {
    await apply(next).catch((error: unknown) => lines.write(toNotice('reload', error, nodeClock.now())))
  }
}

/** At once, since nobody could tell it later. */
function tellAdminSecret(secret: string): void {
  process.stderr.write(
    `Weir has made a secret for whoever administers it. It is shown this once; only its hash is kept.\n\n  ${secret}\n\n`,
  )
}

function stopOnSignal(lines: LineWriter, close: () => Promise<void>): void {
  let isStopping = false
  async function stop(): Promise<void> {
    // Whoever asks twice does not want to wait.
    if (isStopping) process.exit(1)
    isStopping = true
    await close()
    lines.flush()
    await leaveCluster()
    process.exit(0)
  }
  process.on('SIGTERM', () => void stop())
  // Ctrl-C reaches every process of a terminal; workers are told to stop by the one that started them.
  process.on('SIGINT', () => void (cluster.isWorker || stop()))
  if (cluster.isWorker) process.on('disconnect', () => void (isStopping || stop()))
}

/**
 * The process that holds the port may just be handing a connection to this one, which has closed its server. If this one ended now, that
 * connection would never be answered. Once the other has answered too, none is on its way, and those that came meanwhile have gone back.
 */
async function leaveCluster(): Promise<void> {
  const { worker } = cluster
  if (worker === undefined || !worker.isConnected()) return
  const left = once(process, 'disconnect')
  worker.disconnect()
  await left
}
