import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { ask } from '../support/ask.ts'
import { gatewayToken } from '../support/gateway.ts'
import { startWorkerd } from '../support/start-worker-gateway.ts'
import { buildWorkerBundle, removeWorkerBundle, type WorkerBundle } from '../support/worker-bundle.ts'

/** The Worker as wrangler.jsonc builds it. */
let bundle: WorkerBundle

beforeAll(async () => {
  bundle = await buildWorkerBundle([])
})

afterAll(() => removeWorkerBundle(bundle))

test('a Worker has the declaration of the demo without its code', () => {
  if (bundle.kind === 'failed') throw new Error(bundle.output)
  const { folder, modules } = bundle
  const sources = modules.flatMap((name) => {
    const map: { sources: readonly string[] } = JSON.parse(readFileSync(join(folder, `${name}.map`), 'utf8'))
    return map.sources
  })
  const ofDemo = sources.flatMap((path) => /src\/providers\/demo.*/.exec(path) ?? [])
  expect(ofDemo).toEqual(['src/providers/demo.ts'])
})

test('a Worker without the demo reports how to get it, or which variable to set', async () => {
  if (bundle.kind === 'failed') throw new Error(bundle.output)
  const gateway = await startWorkerd(bundle, { env: { DEMO: 'true', TOKEN: gatewayToken } })
  onTestFinished(() => gateway.close())
  const chat = { target: '/v1/chat/completions', body: { model: 'demo/chat', messages: [] } }
  const { status, text } = await ask(gateway, chat)
  expect({ status, ...JSON.parse(text) }).toMatchObject({
    status: 503,
    error: {
      code: 'no_provider_configured',
      message: expect.stringMatching(/Set OPENAI_API_KEY or .*`npm run deploy -- --demo`/),
    },
  })
})
