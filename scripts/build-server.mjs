import { readdirSync, rmSync } from 'node:fs'
import { basename, join } from 'node:path'
import { build } from 'esbuild'
import { projectRoot, runCommand } from './child.mjs'

/** As deep as the source, so that what is found relative to it is found from both. */
const builtFolder = join(projectRoot, 'dist/platform/node')

// Bundles `src/platform/node/cli.ts` as JavaScript, for `npm start` and for the published package. `npm run bench -- --against` runs this file
// of the other commit, so its path must not change.
await runCommand(async () => {
  const { metafile } = await build({
    absWorkingDir: projectRoot,
    // The second is the file of a thread.
    entryPoints: ['src/platform/node/cli.ts', 'src/platform/node/checkpoint-thread.ts'],
    outdir: builtFolder,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    target: 'node22',
    // What a command does not need it does not load either.
    splitting: true,
    chunkNames: '[name]-[hash]',
    metafile: true,
    logLevel: 'warning',
  })
  const made = new Set(Object.keys(metafile.outputs).map((path) => basename(path)))
  for (const name of readdirSync(builtFolder)) if (!made.has(name)) rmSync(join(builtFolder, name))
})
