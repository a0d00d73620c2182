import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { basename, join } from 'node:path'
import { build } from 'esbuild'
import { projectRoot, runCommand } from './child.mjs'

/** As deep as the source, so that what is found relative to it is found from both. */
const builtFolder = join(projectRoot, 'dist/platform/node')

const { dependencies } = JSON.parse(readFileSync(join(projectRoot, 'package.json'), 'utf8'))

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
    // zod alone is bundled: a third of it is used, and the rest, loaded from its package, is 5 MB of memory.
    external: Object.keys(dependencies).filter((name) => name !== 'zod'),
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
