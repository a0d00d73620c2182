import { execFile } from 'node:child_process'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { bundleStoreWorkers } from './bundle-store-workers.ts'

export type WorkerBundle = BuiltWorker | { readonly kind: 'failed'; readonly output: string }

/** The Worker as `npm run deploy -- --demo` uploads it. */
export interface BuiltWorker {
  readonly kind: 'built'
  readonly folder: string
  /** File names within the folder, the entry first. */
  readonly modules: readonly string[]
  readonly compatibilityDate: string
  readonly compatibilityFlags: readonly string[]
}

export const projectRoot = fileURLToPath(new URL('../..', import.meta.url))

/**
 * Bundles the Worker with the options of scripts/build-worker.mjs. Returns a failure as a value, because some tests need
 * no Worker.
 */
export async function buildWorkerBundle(options: readonly string[] = ['--demo']): Promise<WorkerBundle> {
  const folder = await mkdtemp(join(tmpdir(), 'weir-worker-'))
  try {
    const [config] = await Promise.all([
      readWranglerConfig(),
      promisify(execFile)(process.execPath, ['scripts/build-worker.mjs', ...options, '--outdir', folder], {
        cwd: projectRoot,
      }),
      bundleStoreWorkers(join(folder, 'stores', 'stores.js')),
    ])
    const main = basename(config.main ?? '')
    const others = (await readdir(folder)).filter((name) => name.endsWith('.mjs') && name !== main)
    return {
      kind: 'built',
      folder,
      modules: [main, ...others],
      compatibilityDate: config.compatibility_date ?? '2026-06-01',
      compatibilityFlags: config.compatibility_flags,
    }
  } catch (error) {
    await rm(folder, { recursive: true, force: true })
    return { kind: 'failed', output: toText(error) }
  }
}

/** Lists a Worker's modules in workerd's configuration. */
export function embedModules({ modules }: BuiltWorker): string {
  return modules.map((name) => `(name = "${name}", esModule = embed "${name}")`).join(', ')
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

function toText(error: unknown): string {
  const { stdout, stderr } = Object(error) as { stdout?: string; stderr?: string }
  return [String(error), stdout, stderr].filter(Boolean).join('\n')
}
