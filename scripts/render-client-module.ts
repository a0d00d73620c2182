import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { transform } from 'esbuild'

const root = join(import.meta.dirname, '..')
const source = join(root, 'client/client.ts')

const introduction =
  '// Written by scripts/generate-docs.ts from client/client.ts. Change it there, then run: node scripts/generate-docs.ts\n'

/** Renders the module that holds `/client.js` and its types, because a Worker has no files. */
export async function renderClientModule(): Promise<string> {
  const script = await minifyClient(await readFile(source, 'utf8'))
  const etag = `"${createHash('sha256').update(script).digest('base64url')}"`
  const exported = Object.entries({ script, types: await declareClient(), etag })
  const lines = exported.map(([name, value]) => `export const ${name} = ${JSON.stringify(value)}\n`)
  return `${introduction}\n${lines.join('')}`
}

/** Minifies the client. `let` is shorter than `const`, and the second pass merges the declarations. */
export async function minifyClient(typescript: string): Promise<string> {
  const options = { minify: true, format: 'esm', target: 'es2022' } as const
  const { code } = await transform(typescript, { ...options, loader: 'ts' })
  return (await transform(code.replace(/\bconst\b/g, 'let'), options)).code
}

/** Compiles the declarations of the client. */
async function declareClient(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'weir-client-'))
  try {
    const compiler = join(root, 'node_modules/typescript/bin/tsc')
    const options = [
      '--ignoreConfig',
      '--declaration',
      '--emitDeclarationOnly',
      '--target',
      'es2024',
      '--outDir',
      folder,
    ]
    await promisify(execFile)(process.execPath, [compiler, source, ...options])
    return await readFile(join(folder, 'client.d.ts'), 'utf8')
  } finally {
    await rm(folder, { recursive: true })
  }
}
