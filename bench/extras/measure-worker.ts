import { execFile } from 'node:child_process'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

export interface WorkerSize {
  readonly rawKiB: number
  readonly gzipKiB: number
}

/** Measures the upload of `wrangler deploy`. Resolves with undefined if the Worker cannot be built. */
export async function measureWorker(folder: string): Promise<WorkerSize | undefined> {
  const script = join(createRequire(import.meta.url).resolve('wrangler'), '../../bin/wrangler.js')
  const args = [script, 'deploy', '--dry-run', '--outdir', join(folder, 'worker')]
  const env = { ...process.env, WRANGLER_SEND_METRICS: 'false', CI: 'true' }
  const cwd = fileURLToPath(new URL('../..', import.meta.url))
  try {
    const { stdout } = await promisify(execFile)(process.execPath, args, { cwd, env })
    const match = /Total Upload: ([\d.]+) KiB \/ gzip: ([\d.]+) KiB/.exec(stdout)
    return match === null ? undefined : { rawKiB: Number(match[1]), gzipKiB: Number(match[2]) }
  } catch {
    return undefined
  }
}
