import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { weirCli } from '../machine/weir-cli.ts'
import type { Disturbances, ServerName } from './disturbances.ts'
import type { FakeClock } from './fake-clock.ts'
import { canFillDisk, fillDisk, freeDisk } from './full-disk.ts'
import type { SoakServers } from './start-soak-servers.ts'
import type { SoakUpstream } from './start-soak-upstream.ts'

/** A fault injected into running servers, beside the upstream faults in single calls. */
export interface Trouble {
  readonly name: string
  /** The servers whose calls may fail meanwhile. */
  readonly touches: readonly ServerName[]
  readonly run: () => Promise<void>
}

export interface TroubleSources {
  readonly servers: SoakServers
  readonly upstream: SoakUpstream
  readonly clock: FakeClock | undefined
  readonly folder: string
}

const outageMs = 3_000
const fullMs = 4_000
/** Seconds. The step back is the worst case of a correction by NTP. */
const forwards = 3_600
const back = -300
const minPauseMs = 1_000
const maxPauseMs = 15_000

/** Lists the faults that this machine can inject, in order, and messages about those that it cannot. */
export function listTroubles({ servers, upstream, clock, folder }: TroubleSources) {
  const all: readonly ServerName[] = ['elder', 'pack']
  const pack: readonly ServerName[] = ['pack']
  const troubles: Trouble[] = [
    { name: 'a worker killed', touches: pack, run: servers.killWorker },
    { name: 'the upstream down for 3 s', touches: all, run: () => endUpstream(upstream) },
    { name: 'a backup', touches: [], run: () => backUp(folder) },
    { name: 'a changed configuration (SIGHUP)', touches: [], run: servers.reload },
    { name: 'workers replaced (SIGUSR2)', touches: pack, run: servers.renewWorkers },
    { name: 'the pack restarted (SIGTERM)', touches: pack, run: servers.restartPack },
    { name: 'the whole pack killed', touches: pack, run: servers.killPack },
  ]
  const missing: string[] = []
  if (clock === undefined)
    missing.push('The clock cannot be moved, because libfaketime is not installed (Debian: apt-get install faketime).')
  else {
    troubles.splice(1, 0, { name: 'the clock an hour forward', touches: [], run: async () => clock.move(forwards) })
    troubles.splice(4, 0, { name: 'the clock 5 minutes back', touches: [], run: async () => clock.move(back) })
  }
  if (!canFillDisk())
    missing.push('A full disk cannot be simulated, because prlimit is not installed (util-linux) or this is not Linux.')
  else troubles.splice(3, 0, { name: 'a full disk for 4 s', touches: all, run: () => fillDiskOf(servers) })
  return { troubles, missing }
}

/** Injects one fault after another until it is stopped, and each at least once. */
export function playTroubles(
  troubles: readonly Trouble[],
  minutes: number,
  disturbances: Disturbances,
  say: (line: string) => void,
) {
  const times: Record<string, number> = Object.fromEntries(troubles.map(({ name }) => [name, 0]))
  const failures: string[] = []
  const pauseMs = Math.min(maxPauseMs, Math.max(minPauseMs, (minutes * 60_000) / troubles.length / 3))
  const stopped = new AbortController()
  const { signal } = stopped

  async function play(): Promise<void> {
    for (let count = 0; count < troubles.length || !signal.aborted; count++) {
      await pause(pauseMs, undefined, { signal }).catch(() => {})
      const trouble = troubles[count % troubles.length]
      if (trouble === undefined || (signal.aborted && count >= troubles.length)) return
      const { name, touches, run } = trouble
      await disturbances.during(touches, run).catch((error: unknown) => {
        const failure = `${name}: ${String(error)}`
        failures.push(failure)
        say(`*** ${failure}`)
      })
      times[name] = (times[name] ?? 0) + 1
    }
  }

  const playing = play()
  return {
    times,
    failures,
    async stop() {
      stopped.abort()
      await playing
    },
  }
}

async function endUpstream(upstream: SoakUpstream): Promise<void> {
  upstream.setDown(true)
  await pause(outageMs)
  upstream.setDown(false)
}

async function fillDiskOf({ elderPid, packPids }: SoakServers): Promise<void> {
  const pids = [elderPid, ...packPids()]
  fillDisk(pids)
  await pause(fullMs)
  // Also the processes that were started meanwhile.
  freeDisk([...new Set([...pids, ...packPids()])])
}

/** Runs `weir backup` while the servers write. The command checks the copy. */
async function backUp(folder: string): Promise<void> {
  const file = join(folder, 'backup.db')
  const child = spawn(process.execPath, [weirCli, 'backup', file], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { STORAGE_PATH: folder },
  })
  let output = ''
  child.stderr.setEncoding('utf8').on('data', (part: string) => {
    output += part
  })
  const [code] = (await once(child, 'close')) as [number | null]
  rmSync(file, { force: true })
  if (code !== 0) throw new Error(`weir backup exited with ${code}: ${output}`)
}
