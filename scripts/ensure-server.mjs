import { existsSync, readdirSync, rmSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import { newestChange } from './newest-change.mjs'
import { projectRoot } from './project-root.mjs'

const sourceFolder = join(projectRoot, 'src')
/** As deep as the source, so that what is found relative to it is found from both. */
const builtFolder = join(projectRoot, 'dist/platform/node')

/** What `npm start` runs: `src/platform/node/cli.ts` as JavaScript. */
export const builtServer = join(builtFolder, 'cli.mjs')

/**
 * Bundles the server where it is missing or older than its sources. Node can run the sources themselves, but what takes their types away
 * stays in memory: 35 MB, and half a second at each start.
 */
export async function ensureServer() {
  if (existsSync(builtServer) && statSync(builtServer).mtimeMs >= newestChange(sourceFolder)) return
  await buildServer()
}

export async function buildServer() {
  // Not at the top: in a fresh clone it is installed only by now.
  const { build } = await import('esbuild')
  const { metafile } = await build({
    ...{ absWorkingDir: projectRoot, entryPoints: ['src/platform/node/cli.ts'], outdir: builtFolder, metafile: true },
    ...{ bundle: true, packages: 'external', platform: 'node', format: 'esm', target: 'node22', logLevel: 'warning' },
    // What a command does not need it does not load either.
    ...{ splitting: true, chunkNames: '[name]-[hash]', outExtension: { '.js': '.mjs' } },
  })
  const made = new Set(Object.keys(metafile.outputs).map((path) => basename(path)))
  for (const name of readdirSync(builtFolder)) if (!made.has(name)) rmSync(join(builtFolder, name))
}
