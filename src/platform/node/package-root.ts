import { fileURLToPath } from 'node:url'

/**
 * The package's folder, with a trailing `/`. This file and its bundle, `dist/platform/node/cli.mjs`, are equally deep
 * in the package. Files in deeper folders must import this value: their own path changes when they are bundled.
 */
export const packageRoot = fileURLToPath(new URL('../../../', import.meta.url))
