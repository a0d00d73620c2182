import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { runCommand } from './run-command.mjs'
import { runWrangler } from './run-wrangler.mjs'

/** Cloudflare's free plan takes 3 MB; a third of it leaves room, and starts in milliseconds. */
const limitBytes = 1_000_000
/** Cloudflare refuses a Worker that takes longer. 50 are wanted; but how long it takes depends on the machine and on what else that does. */
const limitMs = 1_000

// Bundles the Worker as `wrangler deploy` would, and says how large it is and how long it takes to start.
await runCommand(async () => {
  const folder = mkdtempSync(join(tmpdir(), 'weir-bundle-'))
  try {
    const bytes = await measureSize(folder)
    const milliseconds = await measureStart(folder)
    console.log(
      `The Worker is ${Math.round(bytes / 1_000)} kB compressed; at most ${limitBytes / 1_000} kB are wanted. It starts in ${milliseconds} ms here.`,
    )
    return bytes <= limitBytes && milliseconds <= limitMs ? 0 : 1
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})

async function measureSize(folder) {
  const { code, output } = await runWrangler(['deploy', '--dry-run', '--outdir', folder], { quiet: true })
  if (code !== 0) throw new Error(`${output}\nThe Worker could not be bundled.`)
  const modules = readdirSync(folder).filter((name) => /\.(js|mjs|wasm)$/.test(name))
  return modules.reduce((sum, name) => sum + gzipSync(readFileSync(join(folder, name))).length, 0)
}

/** Milliseconds of CPU until the Worker's modules have run, in workerd. */
async function measureStart(folder) {
  const args = ['check', 'startup', '--outfile', join(folder, 'startup.cpuprofile')]
  const { code, output } = await runWrangler(args, { quiet: true })
  const active = /Active: ([\d.]+) ms/.exec(output)
  if (code !== 0 || active === null) throw new Error(`${output}\nThe Worker's start could not be measured.`)
  return Number(active[1])
}
