import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Load, LoadResult } from './load.ts'

export interface WrkOptions {
  readonly core: number | undefined
  /** For its script. */
  readonly folder: string
}

/** The same load by `wrk`, which takes less of the shared core. It does not look at the bodies, only at their status. */
export async function runWrk(load: Load, { core, folder }: WrkOptions): Promise<LoadResult> {
  const script = join(folder, 'load.lua')
  writeFileSync(script, toScript(load.body))
  const seconds = Math.max(1, Math.round(load.durationMs / 1_000))
  const args = ['-t', '1', '-c', String(load.concurrency), '-d', `${seconds}s`, '--timeout', '10s', '-s', script]
  const command = ['wrk', ...args, `${load.origin}/v1/chat/completions`]
  const line = core === undefined ? command : ['taskset', '-c', String(core), ...command]
  const { stdout } = await promisify(execFile)(line[0] ?? 'wrk', line.slice(1))
  const match = /^weir (.*)$/m.exec(stdout)
  const [requests = 0, micros = 0, p50 = 0, p99 = 0, faulty = 0] = (match?.[1] ?? '').split(' ').map(Number)
  const whole = { p50: p50 / 1_000, p99: p99 / 1_000 }
  return { clean: requests - faulty, faulty, elapsedMs: micros / 1_000, whole, firstByte: whole }
}

function toScript(body: string): string {
  return `
wrk.method = "POST"
wrk.body = [[${body}]]
wrk.headers["content-type"] = "application/json"
wrk.headers["accept"] = "application/json"
wrk.headers["user-agent"] = "OpenAI/JS 7.57.0"
wrk.headers["authorization"] = "Bearer bench-caller-token"
function done(summary, latency)
  local e = summary.errors
  local faulty = e.connect + e.read + e.write + e.status + e.timeout
  io.write(string.format("weir %d %d %d %d %d\\n", summary.requests, summary.duration,
    latency:percentile(50), latency:percentile(99), faulty))
end
`
}
