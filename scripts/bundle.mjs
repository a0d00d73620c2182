import { readdirSync, rmSync } from 'node:fs'
import { basename } from 'node:path'
import { build } from 'esbuild'
import { projectRoot } from './child.mjs'

/** Bundles entry points as ES modules into the folder `outdir`, and removes the modules of earlier builds from it. */
export async function bundle(options) {
  const { metafile } = await build({
    absWorkingDir: projectRoot,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    format: 'esm',
    // An `import()` loads only the chunks that it needs.
    splitting: true,
    chunkNames: '[name]-[hash]',
    metafile: true,
    logLevel: 'warning',
    ...options,
  })
  const made = new Set(Object.keys(metafile.outputs).map((path) => basename(path)))
  const outdated = readdirSync(options.outdir).filter((name) => /\.mjs(\.map)?$/.test(name) && !made.has(name))
  for (const name of outdated) rmSync(`${options.outdir}/${name}`)
}
