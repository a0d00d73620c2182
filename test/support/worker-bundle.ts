import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join, parse } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { bundleStoreWorkers } from './bundle-store-workers.ts'

/** The Worker as `npm run deploy -- --demo` uploads it. */
export type WorkerBundle =
  | {
      readonly kind: 'built'
      readonly folder: string
      /** The module's file name within the folder. */
      readonly main: string
      readonly compatibilityDate: string
      readonly compatibilityFlags: readonly string[]
    }
  | { readonly kind: 'failed'; readonly output: string }

export const projectRoot = fileURLToPath(new URL('../..', import.meta.url))
const quiet = {
  WRANGLER_SEND_METRICS: 'false',
  WRANGLER_SEND_ERROR_REPORTS: 'false',
  CLOUDFLARE_CF_FETCH_ENABLED: 'false',
}

/** Adds the demo provider to the bundle, as the script does. */
const withDemo = ['--define', 'WEIR_DEMO:true']

/** Builds the Worker of `npm run dev:worker`, as the script does. */
export const forThisMachine = ['--define', 'WEIR_LOCAL_WORKER:true']

/**
 * Bundles the Worker with the project's `wrangler.jsonc`. Returns a failure as a value, because some tests need no
 * Worker.
 */
export async function buildWorkerBundle(extra: readonly string[] = []): Promise<WorkerBundle> {
  const folder = await mkdtemp(join(tmpdir(), 'weir-worker-'))
  try {
    const [config] = await Promise.all([
      readWranglerConfig(),
      runWrangler(['deploy', ...withDemo, ...extra, '--dry-run', '--outdir', folder]),
      bundleStoreWorkers(join(folder, 'stores')),
    ])
    if (config.main === undefined) throw new Error('wrangler.jsonc names no main')
    return {
      kind: 'built',
      folder,
      main: `${parse(config.main).name}.js`,
      compatibilityDate: config.compatibility_date ?? '2026-06-01',
      compatibilityFlags: config.compatibility_flags,
    }
  } catch (error) {
    await rm(folder, { recursive: true, force: true })
    return { kind: 'failed', output: toText(error) }
  }
}

export async function removeWorkerBundle(bundle: WorkerBundle): Promise<void> {
  if (bundle.kind === 'built') await rm(bundle.folder, { recursive: true, force: true })
}

async function readWranglerConfig(): Promise<{
  main?: string | undefined
  compatibility_date?: string | undefined
  compatibility_flags: string[]
}> {
  // Imported here because wrangler takes half a second to load.
  const { unstable_readConfig } = await import('wrangler')
  return unstable_readConfig({ config: join(projectRoot, 'wrangler.jsonc') }, { hideWarnings: true })
}

async function runWrangler(commandLine: readonly string[]): Promise<void> {
  const script = join(createRequire(import.meta.url).resolve('wrangler'), '../../bin/wrangler.js')
  const env = { ...process.env, ...quiet, CI: 'true', NODE_OPTIONS: '' }
  await promisify(execFile)(process.execPath, [script, ...commandLine], { cwd: projectRoot, env })
}

function toText(error: unknown): string {
  const { stdout, stderr } = Object(error) as { stdout?: string; stderr?: string }
  return [String(error), stdout, stderr].filter(Boolean).join('\n')
}
