import { randomBytes } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { describeOnBoth } from '../support/describe-on-both.ts'
import { chatChunks, chatCompletion, chatRequest } from '../support/fixtures.ts'
import { createGate } from '../support/gate.ts'
import { bearer, toOpenAIEnv } from '../support/gateway.ts'
import { openRawClient, type RawClient } from '../support/raw-client.ts'
import { toRequestBytes } from '../support/to-request-bytes.ts'
import { untilStalled } from '../support/until-stalled.ts'
import { flood, json, raw, sse } from '../support/upstream-scripts.ts'
import { chatPath, sendChat, toChatBytes } from './send-chat.ts'

const mebibyte = 1_048_576

describeOnBoth('a slow reader', (start, { startUpstream }) => {
  test('R08 a slow reader holds the upstream up instead of filling the gateway', async () => {
    const upstream = await startUpstream()
    upstream.respond(flood({ totalBytes: 400 * mebibyte }))
    const gateway = await start({ env: toOpenAIEnv(upstream) })
    const memoryBefore = process.memoryUsage().rss
    const client = await sendChat(gateway)
    await client.readUntil('HTTP/1.1 200')
    client.pause()
    const exchange = await upstream.nextRequest()
    expect(await untilStalled(exchange)).toBeLessThan(16 * mebibyte)
    // Of the whole test: on Node the gateway is in this process too.
    expect(process.memoryUsage().rss - memoryBefore).toBeLessThan(100 * mebibyte)
    client.reset()
    await exchange.closed
  })

  test('R08 a slow reader gets everything once it reads on', async () => {
    const upstream = await startUpstream()
    upstream.respond(flood({ totalBytes: 16 * mebibyte }))
    const gateway = await start({ env: toOpenAIEnv(upstream) })
    const client = await sendChat(gateway)
    await client.readUntil('HTTP/1.1 200')
    client.pause()
    const exchange = await upstream.nextRequest()
    await untilStalled(exchange)
    client.resume()
    await client.readUntil((bytes) => bytes.subarray(-40).includes('[DONE]'), 15_000)
    expect(client.bytesReceived).toBeGreaterThan(16 * mebibyte)
    expect(await gateway.findLog()).toMatchObject({ outcome: 'ok' })
  })
})

describeOnBoth('a request body that is too large', (start, { startUpstream }) => {
  const config = { limits: { body_bytes: 100_000 } }

  test('R30 a body that is too large is refused by its announced length, before any of it is there', async () => {
    const upstream = await startUpstream()
    const gateway = await start({ env: toOpenAIEnv(upstream), config })
    const client = await openRawClient(gateway.url)
    const headers = { ...bearer, 'content-type': 'application/json', 'content-length': '1000000000' }
    await client.send(toRequestBytes({ method: 'POST', target: chatPath, headers }))
    const answer = await client.readAnswer()
    expect(answer.status).toBe(413)
    expect(JSON.parse(answer.text)).toMatchObject({ error: { code: 'body_too_large' } })
    expect(upstream.requests).toHaveLength(0)
  })

  test('R30 a body without a length is counted as it comes, and cut off', async () => {
    const upstream = await startUpstream()
    const gateway = await start({ env: toOpenAIEnv(upstream), config })
    const client = await openRawClient(gateway.url)
    const headers = { ...bearer, 'content-type': 'application/json', 'transfer-encoding': 'chunked' }
    await client.send(toRequestBytes({ method: 'POST', target: chatPath, headers }))
    const sent = sendChunksForEver(client)
    const answer = await client.readAnswer()
    expect(answer.status).toBe(413)
    await client.closed
    expect(await sent).toBeLessThan(64 * mebibyte)
    expect(upstream.requests).toHaveLength(0)
  })

  test('R30 a body is not sent on where it ends before its announced length', async () => {
    const upstream = await startUpstream()
    const gateway = await start({ env: toOpenAIEnv(upstream) })
    const client = await openRawClient(gateway.url)
    const bytes = toChatBytes({ headers: { 'content-length': '5000' } })
    await client.send(bytes)
    client.halfClose()
    await client.closed
    expect(upstream.requests).toHaveLength(0)
  })

  test('R30 a body is cut at its announced length; what follows is no part of it, and no request either', async () => {
    const upstream = await startUpstream()
    upstream.respond(json(200, chatCompletion))
    const gateway = await start({ env: toOpenAIEnv(upstream) })
    const client = await openRawClient(gateway.url)
    const body = JSON.stringify(chatRequest)
    const headers = { ...bearer, 'content-length': String(body.length) }
    await client.send(toRequestBytes({ target: chatPath, headers, body: `${body}{"more":"of it"}\r\n\r\n` }))
    await client.readUntil('HTTP/1.1 400')
    await client.closed
    expect(upstream.requests.map(({ bodyText }) => bodyText)).toEqual([body])
  })
})

describeOnBoth('the bytes of a stream', (start, { startUpstream }) => {
  const text = 'Grüße 👩🏽‍🚀 你好\\u2028 \uFEFF done'
  const layouts = {
    LF: `data: {"choices":[{"index":0,"delta":{"content":"${text}"}}]}\n\ndata: [DONE]\n\n`,
    'CR LF': `data: {"choices":[{"index":0,"delta":{"content":"${text}"}}]}\r\n\r\ndata: [DONE]\r\n\r\n`,
    CR: `data: {"choices":[{"index":0,"delta":{"content":"${text}"}}]}\r\rdata: [DONE]\r\r`,
    'a BOM': `\uFEFFdata: {"choices":[{"index":0,"delta":{"content":"${text}"}}]}\n\ndata: [DONE]\n\n`,
    'no space': `data:{"choices":[{"index":0,"delta":{"content":"${text}"}}]}\n\ndata:[DONE]\n\n`,
    'several data lines': `data: {"choices":[\ndata: {"index":0,"delta":{"content":"${text}"}}]}\n\ndata: [DONE]\n\n`,
    'ids, names and comments': `: hi\n\nid: 7\nevent: chunk\nretry: 10\ndata: {"choices":[]}\n\ndata: [DONE]\n\n`,
  }

  test.each(Object.keys(layouts) as (keyof typeof layouts)[])(
    'R32 the bytes of a stream come out as they went in: %s',
    async (name) => {
      const upstream = await startUpstream()
      const whole = Buffer.from(layouts[name])
      upstream.respond(sse([whole], { doneAtEnd: false, splitEvery: 3 }))
      const gateway = await start({ env: toOpenAIEnv(upstream) })
      const answer = await (await sendChat(gateway)).readAnswer()
      expect(answer.body.equals(whole), answer.text).toBe(true)
      expect(await gateway.findLog()).toMatchObject({ outcome: 'ok' })
    },
  )

  test('R32 the bytes of a stream come out as they went in, however the upstream cuts them', async () => {
    const upstream = await startUpstream()
    const gateway = await start({ env: toOpenAIEnv(upstream) })
    const whole = Buffer.from(Object.values(layouts).slice(0, -1).join('').replaceAll('[DONE]', '{}') + layouts.LF)
    const cuts = fc.uniqueArray(fc.integer({ min: 1, max: whole.length - 1 }), { maxLength: 30 })
    await fc.assert(
      fc.asyncProperty(cuts, async (places) => {
        const edges = [0, ...places.sort((left, right) => left - right), whole.length]
        const pieces = edges.slice(1).map((edge, index) => whole.subarray(edges[index], edge))
        upstream.respond(sse(pieces, { doneAtEnd: false }))
        const client = await sendChat(gateway)
        const answer = await client.readAnswer()
        expect(answer.body.equals(whole), answer.text).toBe(true)
        client.destroy()
      }),
      { numRuns: 40 },
    )
  })
})

describeOnBoth('a compressed upstream', (start, { startUpstream }) => {
  test('R33 an upstream is asked not to compress, and decoded event by event where it does', async () => {
    const upstream = await startUpstream()
    const gate = createGate()
    upstream.respond(sse([...chatChunks.slice(0, 2), gate, ...chatChunks.slice(2)], { gzip: true }))
    const gateway = await start({ env: toOpenAIEnv(upstream) })
    const answer = await (await sendChat(gateway)).startAnswer()
    expect(answer.header('content-encoding')).toBeUndefined()
    await answer.bodyUntil('"content":"Hello"')
    gate.open()
    const { text } = await answer.whole()
    expect(text.endsWith('data: [DONE]\n\n')).toBe(true)
    expect((await upstream.nextRequest()).headers['accept-encoding']).toBe('identity')
    expect(await gateway.findLog()).toMatchObject({ outcome: 'ok', finish_reason: 'stop' })
  })

  test('R33 a compressed answer that is whole is decoded, and its length is the right one', async () => {
    const upstream = await startUpstream()
    upstream.respond(json(200, chatCompletion, { gzip: true, framing: 'chunked' }))
    const gateway = await start({ env: toOpenAIEnv(upstream) })
    const answer = await (await sendChat(gateway, { stream: false })).readAnswer()
    expect(answer.header('content-encoding')).toBeUndefined()
    expect(JSON.parse(answer.text)).toEqual(chatCompletion)
    expect(await gateway.findLog()).toMatchObject({ output_tokens: chatCompletion.usage.completion_tokens })
  })

  test('R33 answers 502 where an upstream lies about its encoding', async () => {
    const upstream = await startUpstream()
    const body = randomBytes(200)
    const head = `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-encoding: gzip\r\ncontent-length: 200\r\n\r\n`
    upstream.respond(raw(head, body))
    const gateway = await start({ env: toOpenAIEnv(upstream) })
    const answer = await (await sendChat(gateway, { stream: false })).readAnswer()
    expect(answer.status).toBe(502)
  })

  test('R33 R31 a compressed answer is cut off where it unpacks to more than an answer may be', async () => {
    const upstream = await startUpstream()
    const bomb = gzipSync(Buffer.alloc(64 * mebibyte, ' '))
    const head = `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-encoding: gzip\r\ncontent-length: ${bomb.length}\r\n\r\n`
    upstream.respond(raw(head, bomb))
    const gateway = await start({ env: toOpenAIEnv(upstream), config: { limits: { answer_bytes: mebibyte } } })
    const answer = await (await sendChat(gateway, { stream: false })).readAnswer()
    expect(answer.status).toBe(502)
    expect(JSON.parse(answer.text)).toMatchObject({ error: { code: 'upstream_answer_too_large' } })
  })
})

/** Sends until the connection is gone; resolves with the bytes that the kernel took. */
async function sendChunksForEver(client: RawClient): Promise<number> {
  const size = 65_536
  const chunk = Buffer.concat([Buffer.from(`${size.toString(16)}\r\n`), Buffer.alloc(size, ' '), Buffer.from('\r\n')])
  let sent = 0
  const isClosed = client.closed.then(() => true)
  for (let isOver = false; !isOver; sent += size) {
    isOver = await Promise.race([
      client.send(chunk).then(
        () => false,
        () => true,
      ),
      isClosed,
    ])
  }
  return sent
}
