import { once } from 'node:events'
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { Random } from '../crash/create-random.ts'
import { type ServerProcess, startServer } from '../crash/start-server.ts'
import { findFreePort } from '../machine/find-free-port.ts'
import { nodeFlags } from '../machine/weir-cli.ts'
import type { Place } from './run-callers.ts'

/**
 * Servers on one database, with all features on. The elder is one process that runs throughout the soak; its figures
 * must stay flat. The pack is a process with two workers, which are killed, replaced and restarted.
 */
export interface SoakServers {
  readonly elderPid: number
  /** The folder in which the servers report their figures, for {@link readVitals}. */
  readonly vitals: string
  places(): readonly Place[]
  /** The processes of the pack; the first holds its port. */
  packPids(): readonly number[]
  /** Kills one worker with SIGKILL. */
  killWorker(): Promise<void>
  /** Kills the whole pack with SIGKILL, and starts it again. */
  killPack(): Promise<void>
  /** Sends SIGHUP to all servers, with a changed configuration. */
  reload(): Promise<void>
  /** Sends SIGUSR2 to the pack: new workers replace the old ones. */
  renewWorkers(): Promise<void>
  /** Stops the pack with SIGTERM, and starts it again. */
  restartPack(): Promise<void>
  /** Stops all servers with SIGTERM. Resolves with their exit codes or signals. */
  stop(): Promise<{ readonly elder: number | string; readonly pack: number | string }>
  /** Kills all remaining processes. */
  kill(): void
  /** Log lines that report a defect of Weir. */
  readonly defects: readonly string[]
}

export interface SoakServerOptions {
  readonly folder: string
  /** The origin of the upstream. */
  readonly upstream: string
  readonly adminToken: string
  readonly random: Random
  /** Additional environment of every server. */
  readonly env: Readonly<Record<string, string>>
}

const workers = 2
const preload = new URL('report-vitals.ts', import.meta.url).href
/** Short timeouts, or most callers would wait for silent upstreams. `edition` changes the configuration. */
function toConfig(edition: number): string {
  const timeouts = { first_byte_ms: 3_000, idle_ms: 3_000 + (edition % 2) }
  const models = { aliases: { [`edition-${edition}`]: 'gpt-4o-mini' } }
  return JSON.stringify({ timeouts, models, server: { drain_ms: 10_000 } })
}

/** A server that takes longer has failed: this exceeds its drain time. */
const timeoutMs = 30_000

export async function startSoakServers(options: SoakServerOptions): Promise<SoakServers> {
  const { folder, upstream, adminToken, random } = options
  const vitals = join(folder, 'vitals')
  mkdirSync(vitals)
  const env = {
    ...{ OPENAI_API_KEY: 'soak-provider-key', OPENAI_BASE_URL: `${upstream}/v1`, PASSTHROUGH: 'openai' },
    // The upstream honours the limit, as OpenAI does.
    OPENAI_OUTPUT_LIMIT: 'max_completion_tokens',
    ...{ TOKEN: 'soak-operator-token', ADMIN_TOKEN: adminToken, LOG_LEVEL: 'info' },
    ...{ WEIR_SOAK_VITALS: vitals, ...options.env },
  }
  const config = join(folder, 'weir.config.json')
  let edition = 0
  writeFileSync(config, toConfig(edition))
  const flags = [...nodeFlags, '--import', preload]
  const defects: string[] = []
  const reloads = { elder: 0, pack: 0 }
  const logOf = (server: keyof typeof reloads) => (line: string) => {
    const isReload = line.includes('"event":"reload"')
    if (isReload) reloads[server] += 1
    if (line.includes('"internal"') || (isReload && line.includes('"error"'))) defects.push(line)
  }
  const packPort = String(await findFreePort())
  const startPack = () =>
    startServer(
      folder,
      { ...env, PORT: packPort },
      {
        ...{ flags, onLog: logOf('pack') },
        args: ['--workers', String(workers)],
      },
    )
  const elder = await startServer(folder, env, { flags, onLog: logOf('elder') })
  let pack = await startPack()

  function packPids(): number[] {
    const pid = pidOf(pack)
    return [pid, ...childrenOf(pid)]
  }

  return {
    elderPid: pidOf(elder),
    vitals,
    defects,
    packPids,
    places: () => [
      { server: 'elder', origin: elder.origin },
      { server: 'pack', origin: pack.origin },
    ],
    async killWorker() {
      const living = childrenOf(pidOf(pack))
      killPid(random.pick(living))
      await until(() => childrenOf(pidOf(pack)).length === workers, 'another worker')
    },
    async killPack() {
      const exit = once(pack.child, 'exit')
      // If its last start failed, no process exists.
      const isRunning = pack.child.exitCode === null && pack.child.signalCode === null
      for (const pid of packPids().toReversed()) killPid(pid)
      if (isRunning) await exit
      pack = await startPack()
    },
    async reload() {
      const before = { ...reloads }
      edition += 1
      writeFileSync(`${config}.new`, toConfig(edition))
      renameSync(`${config}.new`, config)
      elder.child.kill('SIGHUP')
      pack.child.kill('SIGHUP')
      await until(() => reloads.elder > before.elder && reloads.pack > before.pack, 'changed configuration')
    },
    async renewWorkers() {
      const old = childrenOf(pidOf(pack))
      pack.child.kill('SIGUSR2')
      const isNew = (pids: readonly number[]) => pids.length === workers && !pids.some((pid) => old.includes(pid))
      await until(() => isNew(childrenOf(pidOf(pack))), 'new workers')
    },
    async restartPack() {
      await end(pack)
      pack = await startPack()
    },
    async stop() {
      const [elderEnd, packEnd] = await Promise.all([end(elder), end(pack)])
      return { elder: elderEnd, pack: packEnd }
    },
    kill() {
      for (const pid of [...packPids().toReversed(), pidOf(elder)]) killPid(pid)
    },
  }
}

/** Stops a server as a supervisor does: SIGTERM, then SIGKILL after a timeout. */
async function end({ child }: ServerProcess): Promise<number | string> {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode ?? child.signalCode ?? 'unknown'
  const exit = once(child, 'exit')
  child.kill('SIGTERM')
  const cut = setTimeout(() => child.kill('SIGKILL'), timeoutMs)
  await exit
  clearTimeout(cut)
  return child.exitCode ?? child.signalCode ?? 'unknown'
}

function pidOf({ child }: ServerProcess): number {
  if (child.pid === undefined) throw new Error('a server has no process')
  return child.pid
}

/** Reads `/proc`. */
function childrenOf(pid: number): number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number)
  } catch {
    return []
  }
}

function killPid(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // The process has exited already.
  }
}

async function until(condition: () => boolean, name: string): Promise<void> {
  const deadline = performance.now() + timeoutMs
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`The servers have no ${name} after ${timeoutMs / 1_000} s.`)
    await pause(50)
  }
}
