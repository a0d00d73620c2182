import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { build, type Plugin } from 'esbuild'

/** Resolves packages as wrangler does, to get the workerd and the Miniflare of its version. */
export const requireAsWrangler = createRequire(createRequire(import.meta.url).resolve('wrangler'))

/** The folder of Miniflare's Workers. */
export const miniflareWorkers = join(dirname(requireAsWrangler.resolve('miniflare')), 'workers')

/**
 * Bundles Miniflare's D1 and R2 into one Worker with those parts of zod that they use. Each start of workerd pays for every Worker
 * and for what it compiles, and Miniflare's four each have all of zod with every locale.
 */
export async function bundleStoreWorkers(file: string): Promise<void> {
  await build({
    stdin: { contents: stores, resolveDir: miniflareWorkers },
    outfile: file,
    bundle: true,
    minify: true,
    format: 'esm',
    external: ['miniflare:shared', 'cloudflare:*', 'node:*'],
    plugins: [withNeededZod],
    logLevel: 'error',
  })
}

/** Each entry expects its objects under the same name. */
const stores = `import D1Entry from './d1/entry.worker.js'
import r2Entry from './shared/object-entry.worker.js'
export { D1DatabaseObject } from './d1/database.worker.js'
export { R2BucketObject } from './r2/bucket.worker.js'
export class D1 extends D1Entry {
  constructor(ctx, { D1_OBJECTS }) {
    super(ctx, { MINIFLARE_NAMESPACE: 'weir', MINIFLARE_OBJECT: D1_OBJECTS })
  }
}
export const r2 = {
  fetch: (request, { R2_OBJECTS }, ctx) =>
    r2Entry.fetch(request, { MINIFLARE_NAMESPACE: 'weir-images', MINIFLARE_OBJECT: R2_OBJECTS }, ctx),
}`

/** Imports zod as a namespace, which a bundler can reduce to what is used. */
const withNeededZod: Plugin = {
  name: 'needed zod',
  setup({ onLoad, onResolve }) {
    onLoad({ filter: /\.worker\.js$/ }, async ({ path }) => {
      const text = await readFile(path, 'utf8')
      const contents = text.replace(/^import \{(.*)\} from "miniflare:zod";$/gm, (_, names: string) => {
        const others = names.replace(/(?:^|,) *z(?: as (\w+))? *(?=$|,)/, '').trim()
        const alias = /\bz as (\w+)/.exec(names)?.[1] ?? (/\bz\b/.test(names) ? 'z' : undefined)
        const zod = alias === undefined ? '' : `import * as ${alias} from "zod";`
        return others === '' ? zod : `${zod} import { ${others} } from "miniflare:zod";`
      })
      return { contents }
    })
    onResolve({ filter: /^miniflare:zod$/ }, () => ({ path: 'miniflare:zod', namespace: 'needed' }))
    onLoad({ filter: /.*/, namespace: 'needed' }, () => ({ contents: schemas, resolveDir: miniflareWorkers }))
  },
}

/** The exports of Miniflare's module besides zod. */
const schemas = `import { Buffer } from 'node:buffer'
import * as z from 'zod'
export const HEX_REGEXP = /^[0-9a-f]*$/i
export const BASE64_REGEXP = /^[0-9a-z+/=]*$/i
export const HexDataSchema = z.string().regex(HEX_REGEXP).transform((hex) => Buffer.from(hex, 'hex'))
export const Base64DataSchema = z.string().regex(BASE64_REGEXP).transform((base64) => Buffer.from(base64, 'base64'))`
