import { fileURLToPath } from 'node:url'

/**
 * The package's folder, with its `/`. This file and the bundle that holds it, `dist/platform/node/cli.mjs`, stand equally deep in it; a file of
 * a deeper folder must not ask for its own place.
 */
export const packageRoot = fileURLToPath(new URL('../../../', import.meta.url))
