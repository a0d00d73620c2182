import { expect, onTestFinished, test } from 'vitest'
import { createImageFetcher, type ResolveAll } from '../../../src/platform/node/upstream/create-image-fetcher.ts'
import { png } from '../../pipeline/images/pictures.ts'
import { openShare } from '../../support/open-share.ts'
import { startScriptedUpstream } from '../../support/scripted-upstream.ts'
import { answer, redirect307, silent } from '../../support/upstream-scripts.ts'
import { startListener } from './start-listener.ts'

const limits = { share: openShare(), maxBytes: 1_000, timeoutMs: 5_000, signal: new AbortController().signal }

test('S05 rejects a name if one of its addresses is not public, before it connects to any', async () => {
  const inside = await startListener()
  onTestFinished(inside.close)
  const lists = [['127.0.0.1'], ['1.1.1.1', '127.0.0.1'], ['::ffff:127.0.0.1'], ['1.1.1.1', 'fd00:ec2::254']]
  for (const addresses of lists) {
    const fetchImage = open(resolveTo(addresses))
    const url = new URL(`https://images.example.com:${inside.port}/a.png`)
    await expect(fetchImage({ ...limits, url, isTrusted: false })).rejects.toThrow('not public')
  }
  expect(inside.connections()).toBe(0)
})

test('S05 checks the addresses that the socket itself resolves, without a second lookup', async () => {
  const names: string[] = []
  const lookups = [['127.0.0.1'], ['1.1.1.1']]
  const fetchImage = open((name, settle) => {
    names.push(name)
    resolveTo(lookups[names.length - 1] ?? [])(name, settle)
  })
  const url = new URL('https://rebinding.example.com/a.png')
  await expect(fetchImage({ ...limits, url, isTrusted: false })).rejects.toThrow('not public')
  expect(names).toEqual(['rebinding.example.com'])
})

test('S05 rejects a name that does not resolve', async () => {
  const url = new URL('https://images.example.com/a.png')
  await expect(open(resolveTo([]))({ ...limits, url, isTrusted: false })).rejects.toThrow('no address')
})

test('S06 follows no redirect, and sends no key', async () => {
  const { upstream, url } = await startUpstream()
  const thief = await startListener()
  onTestFinished(thief.close)
  upstream.respond(redirect307(`${thief.origin}/a.png`))
  await expect(open()({ ...limits, url, isTrusted: true })).rejects.toThrow('answered 307')
  expect(thief.connections()).toBe(0)
  const { headers } = await upstream.nextRequest()
  expect(Object.keys(headers).sort()).toEqual(['accept', 'accept-encoding', 'connection', 'host', 'user-agent'])
})

test('reads an image of the maximum size, and rejects a larger one', async () => {
  const { upstream, url } = await startUpstream()
  upstream.respondNext(answer([Buffer.alloc(1_000)]), answer([Buffer.alloc(1_001)], { framing: 'chunked' }))
  expect(await open()({ ...limits, url, isTrusted: true })).toHaveLength(1_000)
  await expect(open()({ ...limits, url, isTrusted: true })).rejects.toThrow('images.max_bytes')
  const exchange = upstream.requests[1]
  await exchange?.closed
})

test('rejects at the timeout, or when the caller disconnects', async () => {
  const { upstream, url } = await startUpstream()
  upstream.respond(silent())
  await expect(open()({ ...limits, timeoutMs: 20, url, isTrusted: true })).rejects.toThrow('timeout')
  const gone = new AbortController()
  const fetched = open()({ ...limits, signal: gone.signal, url, isTrusted: true })
  await upstream.nextHead()
  gone.abort()
  await expect(fetched).rejects.toThrow('abort')
})

test('rejects if the image breaks off', async () => {
  const { upstream, url } = await startUpstream()
  upstream.respond(answer([png], { cutAfterBytes: 10 }))
  await expect(open()({ ...limits, url, isTrusted: true })).rejects.toThrow()
})

function open(resolveAll?: ResolveAll) {
  const fetcher = createImageFetcher(resolveAll)
  onTestFinished(fetcher.close)
  return fetcher.fetch
}

function resolveTo(addresses: readonly string[]): ResolveAll {
  const list = addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }))
  return (_name, settle) => queueMicrotask(() => settle(null, list))
}

async function startUpstream() {
  const upstream = await startScriptedUpstream()
  onTestFinished(upstream.close)
  return { upstream, url: new URL(`${upstream.url}/a.png`) }
}
