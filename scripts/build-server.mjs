import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { basename, join } from 'node:path'
import { build } from 'esbuild'
import { projectRoot, runCommand } from './child.mjs'

/** At the same depth as the sources: relative paths resolve to the same files from both. */
const builtFolder = join(projectRoot, 'dist/platform/node')

const { dependencies } = JSON.parse(readFileSync(join(projectRoot, 'package.json'), 'utf8'))

// Bundles `src/platform/node/cli.ts` as JavaScript, for `npm start` and for the published package. The path of this
// file must not change, because `npm run bench -- --against` runs it in the other commit.
await runCommand(async () => {
  const { metafile } = await build({
    absWorkingDir: projectRoot,
    // The second file is the entry of a worker thread.
    entryPoints: ['src/platform/node/cli.ts', 'src/platform/node/checkpoint-thread.ts'],
    outdir: builtFolder,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    // Only zod is bundled: Weir uses a third of it, and the rest of the package would take 5 MB of memory.
    external: Object.keys(dependencies).filter((name) => name !== 'zod'),
    platform: 'node',
    format: 'esm',
    target: 'node22',
    // Each command loads only the chunks that it needs.
    splitting: true,
    chunkNames: '[name]-[hash]',
    metafile: true,
    logLevel: 'warning',
  })
  const made = new Set(Object.keys(metafile.outputs).map((path) => basename(path)))
  for (const name of readdirSync(builtFolder)) if (!made.has(name)) rmSync(join(builtFolder, name))
})
