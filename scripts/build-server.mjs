import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { bundle } from './bundle.mjs'
import { projectRoot, runCommand } from './child.mjs'

const { dependencies } = JSON.parse(readFileSync(join(projectRoot, 'package.json'), 'utf8'))

// Bundles `src/platform/node/cli.ts` as JavaScript, for `npm start` and for the published package. The path of this
// file must not change, because `npm run bench -- --against` runs it in the other commit.
await runCommand(() =>
  bundle({
    // The second file is the entry of a worker thread.
    entryPoints: ['src/platform/node/cli.ts', 'src/platform/node/checkpoint-thread.ts'],
    // At the same depth as the sources: relative paths resolve to the same files from both.
    outdir: join(projectRoot, 'dist/platform/node'),
    // Only zod is bundled: Weir uses a third of it, and the rest of the package would take 5 MB of memory.
    external: Object.keys(dependencies).filter((name) => name !== 'zod'),
    platform: 'node',
    target: 'node22',
  }),
)
