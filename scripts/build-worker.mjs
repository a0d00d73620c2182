import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { bundle } from './bundle.mjs'
import { projectRoot, runCommand } from './child.mjs'

const flag = { type: 'boolean', default: false }
const { values } = parseArgs({
  options: { demo: flag, local: flag, outdir: { type: 'string', default: 'dist/worker' } },
})

// Bundles `src/platform/cloudflare/worker.ts` for wrangler, which runs this file as the `build.command` of wrangler.jsonc and
// uploads the modules (docs/decisions/0034-a-worker-is-several-modules.md).
// - `--demo` includes the demo provider.
// - `--local` serves this machine without a token, as `npm start` does, and shows the GraphQL schema, unless the settings
//   differ.
await runCommand(() =>
  bundle({
    entryPoints: ['src/platform/cloudflare/worker.ts'],
    outdir: resolve(projectRoot, values.outdir),
    // Those that wrangler bundles with.
    conditions: ['workerd', 'worker', 'browser'],
    target: 'es2024',
    // workerd has them.
    external: ['cloudflare:*', 'node:*'],
    define: { WEIR_DEMO: String(values.demo), WEIR_LOCAL_WORKER: String(values.local) },
    // Cloudflare's logs show exceptions as they were written by the source maps, which wrangler uploads; a stack in a line of
    // Weir's own log has the short names.
    minify: true,
    sourcemap: true,
  }),
)
