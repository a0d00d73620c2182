import { gunzipSync } from 'node:zlib'
import { afterEach, expect, test } from 'vitest'
import { chatChunks } from './fixtures.ts'
import { createGate } from './gate.ts'
import { openRawClient, type RawClient, type RawResponse } from './raw-client.ts'
import { type ScriptedUpstream, startScriptedUpstream } from './scripted-upstream.ts'
import { toRequestBytes } from './to-request-bytes.ts'
import { untilStalled } from './until-stalled.ts'
import type { Script } from './upstream-exchange.ts'
import * as scripts from './upstream-scripts.ts'

const { answer, flood, json, sse } = scripts
const opened: { close(): unknown }[] = []

afterEach(async () => {
  for (const thing of opened.splice(0)) await thing.close()
})

async function startUpstream(): Promise<ScriptedUpstream> {
  const upstream = await startScriptedUpstream()
  opened.push(upstream)
  return upstream
}

async function openClient({ url }: ScriptedUpstream): Promise<RawClient> {
  const client = await openRawClient(url)
  opened.push({ close: client.destroy })
  return client
}

async function ask(script: Script): Promise<RawResponse> {
  const upstream = await startUpstream()
  upstream.respond(script)
  const client = await openClient(upstream)
  await client.send(toRequestBytes({ target: '/v1/chat/completions', body: { model: 'm' } }))
  return client.readResponse()
}

test('records the method, the target, the unchanged headers and the body', async () => {
  const upstream = await startUpstream()
  upstream.respond(json(200, {}))
  const client = await openClient(upstream)
  await client.send(
    toRequestBytes({ target: '/v1/x?a=%2F', headers: { 'X-Twice': '1', 'x-twice': '2' }, body: { é: 1 } }),
  )
  const request = await upstream.nextRequest()
  expect(request).toMatchObject({ method: 'POST', target: '/v1/x?a=%2F', bodyJson: { é: 1 }, socketId: 1 })
  expect(request.headers['x-twice']).toBe('1, 2')
  expect(request.rawHeaders).toContainEqual(['X-Twice', '1'])
})

test('reads chunked bodies, pipelined requests and several requests per connection', async () => {
  const upstream = await startUpstream()
  upstream.respond(json(200, {}))
  const client = await openClient(upstream)
  const chunked = toRequestBytes({
    target: '/1',
    headers: { 'transfer-encoding': 'chunked' },
    body: '3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nt: 1\r\n\r\n',
  })
  await client.send(chunked + toRequestBytes({ target: '/2' }))
  expect((await client.readResponse()).status).toBe(200)
  expect((await client.readResponse()).status).toBe(200)
  await client.send(toRequestBytes({ target: '/3' }))
  await client.readResponse()
  expect(upstream.requests.map(({ target, bodyText, socketId }) => [target, bodyText, socketId])).toEqual([
    ['/1', 'abcde', 1],
    ['/2', '', 1],
    ['/3', '', 1],
  ])
})

test('plays queued scripts first, then the newest match, then the default script', async () => {
  const upstream = await startUpstream()
  upstream.respondNext(json(201, {}), json(202, {}))
  upstream.on('/a', json(203, {}))
  upstream.respond(json(204 + 2, {}))
  const client = await openClient(upstream)
  const statuses: number[] = []
  for (const target of ['/a', '/a', '/a?q=1', '/b']) {
    await client.send(toRequestBytes({ target }))
    statuses.push((await client.readResponse()).status)
  }
  expect(statuses).toEqual([201, 202, 203, 206])
})

test('streams events and waits at gates', async () => {
  const upstream = await startUpstream()
  const gate = createGate()
  upstream.respond(sse([{ n: 1 }, gate, ': ping\n\n', { n: 2 }]))
  const client = await openClient(upstream)
  await client.send(toRequestBytes({ target: '/' }))
  const streamed = await client.startResponse()
  expect(await streamed.bodyUntil('\n\n')).toBe('data: {"n":1}\n\n')
  gate.open()
  expect((await streamed.whole()).text).toBe('data: {"n":1}\n\n: ping\n\ndata: {"n":2}\n\ndata: [DONE]\n\n')
})

test.each([
  ['a short content-length', json(200, { text: 'abcdef' }, { cutAfterBytes: 5 }), '{"tex', false],
  ['FIN before the declared length', answer(['abc'], { ending: 'fin' }), 'abc', false],
  ['chunks without the last one', sse([{ n: 1 }, { n: 2 }], { cutAfterEvents: 1 }), 'data: {"n":1}\n\n', false],
  ['the end of the connection', sse([{ n: 1 }, { n: 2 }], { cutAfterBytes: 4, framing: 'close' }), 'data', true],
  ['a reset after chunks', sse([{ n: 1 }], { ending: 'reset' }), 'data: {"n":1}\n\n', false],
  ['a reset of a body without a length', answer(['abc'], { framing: 'close', ending: 'reset' }), 'abc', false],
] as const)('truncates a response by %s', async (_, script, text, isComplete) => {
  expect(await ask(script)).toMatchObject({ text, isComplete })
})

test('splits a body into pieces of a given size, even within characters', async () => {
  const whole = await ask(sse([{ text: '水😀' }], { splitEvery: 1 }))
  expect(whole.text).toBe('data: {"text":"水😀"}\n\ndata: [DONE]\n\n')
})

test('compresses with a flush after every event', async () => {
  const upstream = await startUpstream()
  const gate = createGate()
  upstream.respond(sse([{ n: 1 }, gate], { encodings: ['gzip'] }))
  const client = await openClient(upstream)
  await client.send(toRequestBytes({ target: '/' }))
  const streamed = await client.startResponse()
  await streamed.bodyUntil((body) => body.length > 20)
  gate.open()
  const whole = await streamed.whole()
  expect(whole.header('content-encoding')).toBe('gzip')
  expect(gunzipSync(whole.body).toString()).toBe('data: {"n":1}\n\ndata: [DONE]\n\n')
})

test('reports when a connection closes during a silent script', async () => {
  const upstream = await startUpstream()
  upstream.respond(scripts.silent())
  const client = await openClient(upstream)
  await client.send(toRequestBytes({ target: '/' }))
  const request = await upstream.nextRequest()
  expect(upstream.openSockets).toBe(1)
  client.destroy()
  await request.played
  expect(await request.closed).toBeGreaterThan(request.receivedAt)
  await upstream.socketsDownTo(0)
})

test('stalls, resets, hangs up, redirects and responds with HTML', async () => {
  const upstream = await startUpstream()
  upstream.respondNext(
    scripts.html500(),
    scripts.redirect307('http://127.0.0.1:1/'),
    sse([{ n: 1 }], { ending: 'never' }),
  )
  const client = await openClient(upstream)
  await client.send(toRequestBytes({ target: '/' }).repeat(3))
  expect((await client.readResponse()).header('content-type')).toBe('text/html')
  expect((await client.readResponse()).header('location')).toBe('http://127.0.0.1:1/')
  const endless = await client.startResponse()
  await endless.bodyUntil('data: {"n":1}\n\n')
  await expect(endless.whole(50)).rejects.toThrow('no end of the body')
  for (const script of [scripts.reset(), scripts.hangUp()]) {
    upstream.respondNext(script)
    const other = await openClient(upstream)
    await other.send(toRequestBytes({ target: '/' }))
    await expect(other.readResponse()).rejects.toThrow('the connection ended')
  }
})

test('responds before the body is complete, and sends bytes after the response', async () => {
  const upstream = await startUpstream()
  upstream.respond(scripts.beforeBody(scripts.extraBytesAfterResponse(json(413, {}), 'HTTP/1.1 200 OK\r\n\r\n')))
  const client = await openClient(upstream)
  await client.send(toRequestBytes({ target: '/', headers: { 'content-length': '10' }, body: 'half' }))
  expect((await client.readResponse()).status).toBe(413)
  expect((await client.readUntil('\r\n\r\n')).toString()).toBe('HTTP/1.1 200 OK\r\n\r\n')
  expect((await upstream.nextHead()).bodyText).toBe('half')
})

test('stops sending while a client does not read', async () => {
  const upstream = await startUpstream()
  upstream.respond(flood({ totalBytes: 400_000_000 }))
  const client = await openClient(upstream)
  client.pause()
  await client.send(toRequestBytes({ target: '/' }))
  const request = await upstream.nextRequest()
  await untilStalled(request)
  expect(request.bytesSent).toBeLessThan(50_000_000)
  expect(request.bytesSent).toBe(upstream.bytesSent)
})

test('records a client’s bytes that are not HTTP', async () => {
  const upstream = await startUpstream()
  const client = await openClient(upstream)
  await client.send('nonsense\r\n\r\n')
  await client.closed
  expect(upstream.faults).toHaveLength(1)
})

test('names the missing request after a timeout', async () => {
  const upstream = await startUpstream()
  await expect(upstream.nextRequest(10)).rejects.toThrow('no request number 1 came upstream (waited 10 ms)')
})

test('canned chat chunks end with a finish reason', () => {
  expect(chatChunks.at(-1)?.choices[0]?.finish_reason).toBe('stop')
})
