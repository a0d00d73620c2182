import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build } from 'esbuild'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { unstable_readConfig } from 'wrangler'
import { operations } from '../../src/dialects/operations.ts'
import type { Provider } from '../../src/providers/provider.ts'
import { projectRoot } from '../support/worker-bundle.ts'
import { createDemo } from './demo-harness.ts'

/** The demo of a Worker's bundle, built with the constants of wrangler.jsonc. */
let bundled: { readonly demo: { create(settings: unknown): Provider } }
let sources: readonly string[]
let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'weir-demo-'))
  const outfile = join(folder, 'demo.mjs')
  const { define } = unstable_readConfig({ config: join(projectRoot, 'wrangler.jsonc') }, { hideWarnings: true })
  const { metafile } = await build({
    absWorkingDir: projectRoot,
    entryPoints: ['src/providers/demo.ts'],
    outfile,
    bundle: true,
    format: 'esm',
    define,
    metafile: true,
  })
  sources = Object.values(metafile.outputs).flatMap(({ inputs }) => Object.keys(inputs))
  bundled = await import(pathToFileURL(outfile).href)
})

afterAll(() => rm(folder, { recursive: true }))

test('a Worker’s bundle has the declaration of the demo without its code', () => {
  expect(sources.filter((path) => path.startsWith('src/providers/demo'))).toEqual(['src/providers/demo.ts'])
})

test('a Worker without the demo reports how to get it, or which variable to set', async () => {
  const provider = bundled.demo.create({ id: 'demo', models: [], wordDelayMs: 0 })
  expect(provider.unavailableReason).toMatch(/Set OPENAI_API_KEY or .*`npm run deploy -- --demo`/)
  const call = {
    operation: operations['chat.completions'],
    isStream: false,
    model: 'chat',
    body: { kind: 'none' },
    query: '',
    headers: {},
    ownKey: undefined,
  } as const
  await expect(provider.send(call, createDemo().context)).rejects.toMatchObject({ code: 'no_provider_configured' })
})
