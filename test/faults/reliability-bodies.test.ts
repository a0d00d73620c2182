import { randomBytes } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ask } from '../support/ask.ts'
import { describeOnBoth } from '../support/describe-on-both.ts'
import { chatChunks, chatCompletion, chatRequest, rateLimitError } from '../support/fixtures.ts'
import { createGate } from '../support/gate.ts'
import { bearer, toOpenAIEnv } from '../support/gateway.ts'
import { kernelBufferBytes } from '../support/kernel-buffers.ts'
import { openRawClient, type RawClient } from '../support/raw-client.ts'
import { toRequestBytes } from '../support/to-request-bytes.ts'
import { untilStalled } from '../support/until-stalled.ts'
import { type Encoding, flood, json, pack, raw, sse } from '../support/upstream-scripts.ts'
import { chatPath, sendChat, toChatBytes } from './send-chat.ts'

const mebibyte = 1_048_576
/** workerd's DecompressionStream lacks these; its `fetch` decodes `br` if it is the only encoding. */
const lackingInWorkerd: ReadonlySet<Encoding> = new Set(['zstd', 'br'])

describeOnBoth('a slow reader', (_start, { share }) => {
  test('R08 a slow reader pauses the upstream instead of filling the gateway’s memory', async () => {
    const { upstream, gateway } = await share((scripted) => ({ env: toOpenAIEnv(scripted) }))
    upstream.respond(flood({ totalBytes: 400 * mebibyte }))
    const memoryBefore = process.memoryUsage().rss
    const client = await sendChat(gateway)
    await client.readUntil('HTTP/1.1 200')
    client.pause()
    const exchange = await upstream.nextRequest()
    expect(await untilStalled(exchange)).toBeLessThan(16 * mebibyte + kernelBufferBytes)
    // The memory of the whole test: on Node, the gateway runs in this process too.
    expect(process.memoryUsage().rss - memoryBefore).toBeLessThan(100 * mebibyte)
    client.reset()
    await exchange.closed
  })

  test('R08 a slow reader receives everything once it resumes', async () => {
    const { upstream, gateway } = await share((scripted) => ({ env: toOpenAIEnv(scripted) }))
    upstream.respond(flood({ totalBytes: 16 * mebibyte }))
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

describeOnBoth('a request body that is too large', (start, { startUpstream, share }) => {
  const config = { limits: { body_bytes: 100_000 } }

  test('R30 Weir refuses a too large body by its announced length, before it reads any of it', async () => {
    const upstream = await startUpstream()
    const gateway = await start({ env: toOpenAIEnv(upstream), config })
    const client = await openRawClient(gateway.url)
    const headers = { ...bearer, 'content-type': 'application/json', 'content-length': '1000000000' }
    await client.send(toRequestBytes({ method: 'POST', target: chatPath, headers }))
    const response = await client.readResponse()
    expect(response.status).toBe(413)
    expect(JSON.parse(response.text)).toMatchObject({ error: { code: 'body_too_large' } })
    expect(upstream.requests).toHaveLength(0)
  })

  test('R30 Weir counts a body without a length while it arrives, and cuts it off', async () => {
    const upstream = await startUpstream()
    const gateway = await start({ env: toOpenAIEnv(upstream), config })
    const client = await openRawClient(gateway.url)
    const headers = { ...bearer, 'content-type': 'application/json', 'transfer-encoding': 'chunked' }
    await client.send(toRequestBytes({ method: 'POST', target: chatPath, headers }))
    const sent = sendChunksForEver(client)
    const response = await client.readResponse()
    expect(response.status).toBe(413)
    await client.closed
    expect(await sent).toBeLessThan(64 * mebibyte)
    expect(upstream.requests).toHaveLength(0)
  })

  test('R30 Weir does not forward a body that ends before its announced length', async () => {
    const { upstream, gateway } = await share((scripted) => ({ env: toOpenAIEnv(scripted) }))
    const client = await openRawClient(gateway.url)
    const bytes = toChatBytes({ headers: { 'content-length': '5000' } })
    await client.send(bytes)
    client.halfClose()
    await client.closed
    expect(upstream.requests).toHaveLength(0)
  })

  test('R30 Weir ends a body at its announced length, and treats the bytes after it as neither body nor request', async () => {
    const { upstream, gateway } = await share((scripted) => ({ env: toOpenAIEnv(scripted) }))
    upstream.respond(json(200, chatCompletion))
    const client = await openRawClient(gateway.url)
    const body = JSON.stringify(chatRequest)
    const headers = { ...bearer, 'content-length': String(body.length) }
    await client.send(toRequestBytes({ target: chatPath, headers, body: `${body}{"more":"of it"}\r\n\r\n` }))
    await client.readUntil('HTTP/1.1 400')
    await client.closed
    expect(upstream.requests.map(({ bodyText }) => bodyText)).toEqual([body])
  })
})

describeOnBoth('the bytes of a stream', (_start, { share }) => {
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
    'R32 Weir forwards the bytes of a stream unchanged: %s',
    async (name) => {
      const { upstream, gateway } = await share((scripted) => ({ env: toOpenAIEnv(scripted) }))
      const whole = Buffer.from(layouts[name])
      upstream.respond(sse([whole], { doneAtEnd: false, splitEvery: 3 }))
      const response = await (await sendChat(gateway)).readResponse()
      expect(response.body.equals(whole), response.text).toBe(true)
      expect(await gateway.findLog()).toMatchObject({ outcome: 'ok' })
    },
  )

  test('R32 Weir forwards the bytes of a stream unchanged, however the upstream splits them', async () => {
    const { upstream, gateway } = await share((scripted) => ({ env: toOpenAIEnv(scripted) }))
    const whole = Buffer.from(Object.values(layouts).slice(0, -1).join('').replaceAll('[DONE]', '{}') + layouts.LF)
    const cuts = fc.uniqueArray(fc.integer({ min: 1, max: whole.length - 1 }), { maxLength: 30 })
    await fc.assert(
      fc.asyncProperty(cuts, async (offsets) => {
        const edges = [0, ...offsets.sort((left, right) => left - right), whole.length]
        const pieces = edges.slice(1).map((edge, index) => whole.subarray(edges[index], edge))
        upstream.respond(sse(pieces, { doneAtEnd: false }))
        const client = await sendChat(gateway)
        const response = await client.readResponse()
        expect(response.body.equals(whole), response.text).toBe(true)
        client.destroy()
      }),
      { numRuns: 40 },
    )
  })
})

/** Encodings that a provider may use although Weir requests `identity`. */
const encodings = (
  [['gzip'], ['br'], ['zstd'], ['gzip', 'gzip'], ['deflate', 'br'], ['deflate'], ['deflate-raw'], ['x-gzip']] as const
).map((used: readonly Encoding[]) => ({ name: used.join(', '), used }))

describeOnBoth('a compressed upstream', (start, { runtime, startUpstream, share }) => {
  /** Returns true if workerd lacks a decoder that Node has. */
  const isRefused = (used: readonly Encoding[]) =>
    runtime === 'workerd' && used.some((name) => lackingInWorkerd.has(name)) && used.join() !== 'br'

  test.each(encodings)(
    'case A15: Weir decodes a response with the encoding $name, or its refusal names the encoding',
    async ({ name, used }) => {
      const { upstream, gateway } = await share((scripted) => ({ env: toOpenAIEnv(scripted) }))
      upstream.respond(json(200, chatCompletion, { encodings: used, framing: 'chunked' }))
      const response = await (await sendChat(gateway, { stream: false })).readResponse()
      if (isRefused(used)) {
        const message = expect.stringContaining(`\`${name}\``)
        expect(response.status).toBe(502)
        expect(JSON.parse(response.text)).toMatchObject({ error: { code: 'upstream_invalid_answer', message } })
        return
      }
      expect([response.status, JSON.parse(response.text)]).toEqual([200, chatCompletion])
      expect(response.header('content-encoding')).toBeUndefined()
      expect(await gateway.findLog()).toMatchObject({ output_tokens: chatCompletion.usage.completion_tokens })
    },
  )

  test.each(encodings.filter(({ used }) => !isRefused(used)))(
    'case A15: Weir decodes events with the encoding $name as they arrive',
    async ({ used }) => {
      const { upstream, gateway } = await share((scripted) => ({ env: toOpenAIEnv(scripted) }))
      const gate = createGate()
      upstream.respond(sse([...chatChunks.slice(0, 2), gate, ...chatChunks.slice(2)], { encodings: used }))
      const response = await (await sendChat(gateway)).startResponse()
      await response.bodyUntil('"content":"Hello"')
      gate.open()
      expect((await response.whole()).text.endsWith('data: [DONE]\n\n')).toBe(true)
      expect(await gateway.findLog()).toMatchObject({ outcome: 'ok', finish_reason: 'stop' })
    },
  )

  test.each(['compress', 'gzip, exi', 'gzip, gzip, gzip, gzip, gzip, gzip'])(
    'case A15: Weir refuses %s and names it, in a whole response, a stream or an error',
    async (encoding) => {
      const { upstream, gateway } = await share((scripted) => ({ env: toOpenAIEnv(scripted) }))
      for (const [status, type] of [
        [200, 'application/json'],
        [200, 'text/event-stream'],
        [429, 'application/json'],
      ] as const) {
        upstream.respond(
          raw(
            `HTTP/1.1 ${status} Packed\r\ncontent-type: ${type}\r\ncontent-encoding: ${encoding}\r\ncontent-length: 4\r\n\r\nxxxx`,
          ),
        )
        const response = await (await sendChat(gateway, { stream: type === 'text/event-stream' })).readResponse()
        const message = expect.stringContaining(`\`${encoding}\``)
        expect([response.status, JSON.parse(response.text)]).toMatchObject([
          502,
          { error: { code: 'upstream_invalid_answer', message } },
        ])
      }
    },
  )

  test('case A15: the name of an encoding may be in capitals', async () => {
    const { upstream, gateway } = await share((scripted) => ({ env: toOpenAIEnv(scripted) }))
    const packed = gzipSync(JSON.stringify(chatCompletion))
    const head = `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-encoding: GZIP\r\ncontent-length: ${packed.length}\r\n\r\n`
    upstream.respond(raw(head, packed))
    expect(JSON.parse((await (await sendChat(gateway, { stream: false })).readResponse()).text)).toEqual(chatCompletion)
  })

  test.each(encodings.filter(({ used }) => !isRefused(used)))(
    'case A15: an error with the encoding $name keeps its message and code, in a call and on a passthrough route',
    async ({ used }) => {
      const { upstream, gateway } = await share((scripted) => ({
        env: toOpenAIEnv(scripted),
        config: { passthrough: 'openai' },
      }))
      upstream.respond(json(429, rateLimitError, { encodings: used }))
      for (const question of [{ target: chatPath, body: chatRequest }, { target: '/v1/files' }]) {
        const response = await ask(gateway, question)
        expect([response.status, JSON.parse(response.text)]).toEqual([429, rateLimitError])
        expect(response.header('content-encoding')).toBeUndefined()
      }
    },
  )

  test.each(encodings.filter(({ used }) => !isRefused(used)))(
    'case A15: a body that breaks off within $name counts neither as a whole response nor as a whole stream',
    async ({ used }) => {
      const { upstream, gateway } = await share((scripted) => ({ env: toOpenAIEnv(scripted) }))
      upstream.respond(json(200, chatCompletion, { encodings: used, framing: 'chunked', cutAfterBytes: 60 }))
      expect((await (await sendChat(gateway, { stream: false })).readResponse()).status).toBe(502)
      // The body has its announced length, but the encoding lacks its end.
      const packed = (await pack(JSON.stringify(chatCompletion), used)).subarray(0, -8)
      const name = used.join(', ').replace('-raw', '')
      upstream.respond(
        raw(
          `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-encoding: ${name}\r\ncontent-length: ${packed.length}\r\n\r\n`,
          packed,
        ),
      )
      expect((await (await sendChat(gateway, { stream: false })).readResponse()).status).toBe(502)
      upstream.respond(sse(chatChunks.slice(0, 2), { encodings: used, ending: 'reset' }))
      const { text, isComplete } = await (await sendChat(gateway)).readResponse()
      expect([isComplete, text.includes('"code":"upstream_interrupted"')]).toEqual([true, true])
    },
  )

  test('R33 Weir requests `identity` from the upstream, and decodes a compressed stream event by event', async () => {
    const { upstream, gateway } = await share((scripted) => ({ env: toOpenAIEnv(scripted) }))
    const gate = createGate()
    upstream.respond(sse([...chatChunks.slice(0, 2), gate, ...chatChunks.slice(2)], { encodings: ['gzip'] }))
    const response = await (await sendChat(gateway)).startResponse()
    expect(response.header('content-encoding')).toBeUndefined()
    await response.bodyUntil('"content":"Hello"')
    gate.open()
    const { text } = await response.whole()
    expect(text.endsWith('data: [DONE]\n\n')).toBe(true)
    expect((await upstream.nextRequest()).headers['accept-encoding']).toBe('identity')
    expect(await gateway.findLog()).toMatchObject({ outcome: 'ok', finish_reason: 'stop' })
  })

  test('R33 Weir decodes a compressed whole response, and sends the correct length', async () => {
    const { upstream, gateway } = await share((scripted) => ({ env: toOpenAIEnv(scripted) }))
    upstream.respond(json(200, chatCompletion, { encodings: ['gzip'], framing: 'chunked' }))
    const response = await (await sendChat(gateway, { stream: false })).readResponse()
    expect(response.header('content-encoding')).toBeUndefined()
    expect(JSON.parse(response.text)).toEqual(chatCompletion)
    expect(await gateway.findLog()).toMatchObject({ output_tokens: chatCompletion.usage.completion_tokens })
  })

  test('R33 returns 502 if an upstream declares a wrong encoding', async () => {
    const { upstream, gateway } = await share((scripted) => ({ env: toOpenAIEnv(scripted) }))
    const body = randomBytes(200)
    const head = `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-encoding: gzip\r\ncontent-length: 200\r\n\r\n`
    upstream.respond(raw(head, body))
    const response = await (await sendChat(gateway, { stream: false })).readResponse()
    expect(response.status).toBe(502)
  })

  test('R33 R31 Weir cuts off a compressed response that expands beyond the maximum', async () => {
    const upstream = await startUpstream()
    const bomb = gzipSync(Buffer.alloc(64 * mebibyte, ' '))
    const head = `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-encoding: gzip\r\ncontent-length: ${bomb.length}\r\n\r\n`
    upstream.respond(raw(head, bomb))
    const gateway = await start({ env: toOpenAIEnv(upstream), config: { limits: { answer_bytes: mebibyte } } })
    const response = await (await sendChat(gateway, { stream: false })).readResponse()
    expect(response.status).toBe(502)
    expect(JSON.parse(response.text)).toMatchObject({ error: { code: 'upstream_answer_too_large' } })
  })
})

/** Sends until the connection is closed. Resolves with the number of bytes that the kernel accepted. */
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
