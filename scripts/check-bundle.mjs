import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { runCommand } from './run-command.mjs'
import { runWrangler } from './run-wrangler.mjs'

/** Cloudflare's free plan takes 3 MB; a third of it leaves room, and starts in milliseconds. */
const limitBytes = 1_000_000

// Bundles the Worker as `wrangler deploy` would, and says how large it is.
await runCommand(async () => {
  const folder = mkdtempSync(join(tmpdir(), 'weir-bundle-'))
  try {
    const { code, output } = await runWrangler(['deploy', '--dry-run', '--outdir', folder], { quiet: true })
    if (code !== 0) throw new Error(`${output}\nThe Worker could not be bundled.`)
    const modules = readdirSync(folder).filter((name) => /\.(js|mjs|wasm)$/.test(name))
    const bytes = modules.reduce((sum, name) => sum + gzipSync(readFileSync(join(folder, name))).length, 0)
    const size = `${Math.round(bytes / 1_000)} kB compressed`
    console.log(`The Worker is ${size}; at most ${limitBytes / 1_000} kB are wanted.`)
    return bytes <= limitBytes ? 0 : 1
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
