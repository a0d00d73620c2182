import { fileURLToPath } from 'node:url'

/** The bundle that `npm start` runs. `scripts/run.mjs`, which starts every measurement, builds it before. */
export const weirCli = fileURLToPath(new URL('../../dist/platform/node/cli.mjs', import.meta.url))

/**
 * The flags of `npm start` and the Dockerfile. They work only on Node's command line.
 * - By default V8's young generation grows to 128 MB under load. Semi-spaces of 16 MB keep a loaded process near 150 MB;
 *   8 MB would cost JSON calls 4 % more CPU.
 * - Each V8 thread keeps the memory of its compilations: two threads instead of four save 7 to 15 MB.
 * - Maglev, V8's middle compiler, keeps 8 to 12 MB. Switched off after the start it leaves its thresholds behind, and a burst
 *   takes 40 % more CPU than with it.
 */
export const nodeFlags = ['--max-semi-space-size=16', '--v8-pool-size=2', '--no-maglev']
