import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Load, LoadResult } from './load.ts'
import { headersOf } from './to-request.ts'

export interface WrkOptions {
  readonly core: number | undefined
  /** Folder of its script. */
  readonly folder: string
}

/** Runs the same load with `wrk`, which needs less of the shared core. It checks only the status, not the bodies. */
export async function runWrk(load: Load, { core, folder }: WrkOptions): Promise<LoadResult> {
  const script = join(folder, 'load.lua')
  writeFileSync(script, toScript(load))
  const seconds = Math.max(1, Math.round(load.durationMs / 1_000))
  const args = ['-t', '1', '-c', String(load.concurrency), '-d', `${seconds}s`, '--timeout', '10s', '-s', script]
  const command = ['wrk', ...args, load.origin + load.path]
  const line = core === undefined ? command : ['taskset', '-c', String(core), ...command]
  const { stdout } = await promisify(execFile)(line[0] ?? 'wrk', line.slice(1))
  const match = /^weir (.*)$/m.exec(stdout)
  const [requests = 0, micros = 0, p50 = 0, p99 = 0, faulty = 0] = (match?.[1] ?? '').split(' ').map(Number)
  const whole = { p50: p50 / 1_000, p99: p99 / 1_000 }
  return { clean: requests - faulty, faulty, elapsedMs: micros / 1_000, whole, firstByte: whole, gaps: [] }
}

function toScript(load: Load): string {
  const headers = Object.entries(headersOf(load)).map(([name, value]) => `wrk.headers["${name}"] = "${value}"`)
  return `
wrk.method = "POST"
wrk.body = [==[${load.body}]==]
${headers.join('\n')}
function done(summary, latency)
  local e = summary.errors
  local faulty = e.connect + e.read + e.write + e.status + e.timeout
  io.write(string.format("weir %d %d %d %d %d\\n", summary.requests, summary.duration,
    latency:percentile(50), latency:percentile(99), faulty))
end
`
}
