import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Gateway } from './gateway.ts'
import { kernelBufferBytes } from './kernel-buffers.ts'
import { openRawClient } from './raw-client.ts'
import { type ScriptedUpstream, startScriptedUpstream } from './scripted-upstream.ts'
import { startWorkerd } from './start-worker-gateway.ts'
import { toRequestBytes } from './to-request-bytes.ts'
import { untilStalled } from './until-stalled.ts'
import { flood, json, redirect307, reset, silent, sse } from './upstream-scripts.ts'

/** A minimal relay. It proves that nothing between the test and the Worker alters requests or responses. */
const relay = `export default {
  async fetch(request, env) {
    if (request.url.endsWith('/throws')) throw new Error('a defect')
    console.log(JSON.stringify({ event: 'call', odd: env.ODD, config: env.WEIR_CONFIG }))
    try {
      return await fetch(env.UPSTREAM, { method: 'POST', body: request.body, redirect: 'manual', signal: request.signal })
    } catch (error) {
      return new Response(String(error), { status: 502 })
    }
  }
}`
const odd = 'é "quoted" \\ \n }'

let folder: string
let upstream: ScriptedUpstream
let gateway: Gateway

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'weir-relay-'))
  await writeFile(join(folder, 'relay.js'), relay)
  upstream = await startScriptedUpstream()
  const worker = {
    kind: 'built',
    folder,
    modules: ['relay.js'],
    compatibilityDate: '2026-06-01',
    compatibilityFlags: ['enable_request_signal'],
  } as const
  gateway = await startWorkerd(worker, {
    env: { UPSTREAM: upstream.url, ODD: odd },
    config: { models: { strict: true } },
  })
})

afterEach(async () => {
  await gateway.close()
  await upstream.close()
  await rm(folder, { recursive: true })
})

const request = toRequestBytes({ target: '/', body: {} })

test('passes variables and configuration to the Worker, and collects its log', async () => {
  upstream.respond(json(200, {}))
  await fetch(gateway.url, { method: 'POST', body: '{}' })
  expect(await gateway.findLog()).toEqual({ event: 'call', odd, config: '{"models":{"strict":true}}' })
  expect(gateway.faults()).toEqual([])
})

test('passes the upstream’s faults to the Worker unchanged', async () => {
  upstream.respondNext(reset(), redirect307('http://127.0.0.1:1/'), sse([{ n: 1 }, { n: 2 }], { cutAfterEvents: 1 }))
  const client = await openRawClient(gateway.url)
  await client.send(request.repeat(3))
  expect((await client.readResponse()).status).toBe(502)
  expect((await client.readResponse()).status).toBe(307)
  expect(await client.readResponse()).toMatchObject({ status: 200, isComplete: false })
})

test('cancels the upstream request when the client resets before the first byte', async () => {
  upstream.respond(silent())
  const client = await openRawClient(gateway.url)
  await client.send(request)
  const exchange = await upstream.nextRequest()
  client.reset()
  await exchange.closed
})

test('applies backpressure to the upstream while the client does not read', async () => {
  upstream.respond(flood({ totalBytes: 400_000_000 }))
  const client = await openRawClient(gateway.url)
  client.pause()
  await client.send(request)
  expect(await untilStalled(await upstream.nextRequest())).toBeLessThan(50_000_000 + kernelBufferBytes)
  client.destroy()
})

test('reports an uncaught exception of the Worker', async () => {
  await fetch(`${gateway.url}/throws`)
  await expect.poll(gateway.faults).toEqual([expect.stringContaining('a defect')])
})
