import { fileURLToPath } from 'node:url'

/** What `npm start` runs. `scripts/prepare.mjs`, which every measurement begins with, has built it by now. */
export const weirCli = fileURLToPath(new URL('../../dist/platform/node/cli.mjs', import.meta.url))
