import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from 'esbuild'
import { expect, inject, onTestFinished, test } from 'vitest'
import { startScriptedUpstream } from '../../support/scripted-upstream.ts'
import { startWorkerd } from '../../support/start-worker-gateway.ts'
import { answer, redirect307, silent } from '../../support/upstream-scripts.ts'
import { projectRoot } from '../../support/worker-bundle.ts'
import { startListener } from './start-listener.ts'

/** A Worker that fetches the image in its query, and responds with the number of bytes or the error. */
const worker = `
import { Buffers } from './src/core/buffers.ts'
import { fetchImage } from './src/platform/cloudflare/upstream/fetch-image.ts'
export default {
  async fetch(request) {
    const url = new URL(new URL(request.url).searchParams.get('url'))
    const link = { url, isTrusted: true, maxBytes: 1000, timeoutMs: 500, signal: request.signal, share: new Buffers(1_000_000).open() }
    return new Response(await fetchImage(link).then((bytes) => bytes.length + ' bytes', (error) => error.message))
  },
}`

test('S06 a Worker also follows no redirect, sends no key, and enforces the maximum size', async () => {
  const gateway = await startFetchingWorker()
  const upstream = await startScriptedUpstream()
  const thief = await startListener()
  onTestFinished(upstream.close)
  onTestFinished(thief.close)
  const ask = async () => (await fetch(`${gateway.url}/?url=${encodeURIComponent(`${upstream.url}/a.png`)}`)).text()
  upstream.respondNext(
    redirect307(`${thief.origin}/a.png`),
    answer([Buffer.alloc(1_000)]),
    answer([Buffer.alloc(1_001)], { framing: 'chunked' }),
    silent(),
  )
  expect(await ask()).toBe('the provider’s URL answered 307')
  expect(await ask()).toBe('1000 bytes')
  expect(await ask()).toBe('it is over images.max_bytes (1000)')
  expect(await ask()).toMatch(/timeout/)
  expect(thief.connections()).toBe(0)
  expect(JSON.stringify(upstream.requests[0]?.rawHeaders)).not.toMatch(/authorization|cookie|api-key/i)
})

async function startFetchingWorker() {
  const bundle = inject('workerBundle')
  if (bundle.kind === 'failed') throw new Error(bundle.output)
  const folder = await mkdtemp(join(tmpdir(), 'weir-fetching-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  await build({
    stdin: { contents: worker, resolveDir: projectRoot },
    bundle: true,
    format: 'esm',
    outfile: join(folder, 'fetching.js'),
  })
  const gateway = await startWorkerd({ ...bundle, folder, modules: ['fetching.js'] })
  onTestFinished(gateway.close)
  return gateway
}
