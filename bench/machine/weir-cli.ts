import { fileURLToPath } from 'node:url'

/** What `npm start` runs. `scripts/run.mjs`, which starts every measurement, has built it by now. */
export const weirCli = fileURLToPath(new URL('../../dist/platform/node/cli.mjs', import.meta.url))

/**
 * How `npm start` and the Dockerfile run it. V8 lets its young generation grow to 128 MB under load; 16 MB a half keeps a loaded process near 150 MB,
 * and 8 MB would cost JSON 4 % more CPU. Each of its threads keeps the memory in which it has compiled: two in place of four save 7 to 15 MB. Node takes
 * both on its command line only.
 */
export const nodeFlags = ['--max-semi-space-size=16', '--v8-pool-size=2']
