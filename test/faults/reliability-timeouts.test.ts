import { setTimeout as pause } from 'node:timers/promises'
import { afterEach, expect, test } from 'vitest'
import { expectError } from '../support/ask.ts'
import { describeOnBoth } from '../support/describe-on-both.ts'
import { chatChunks, chatCompletion, rateLimitError } from '../support/fixtures.ts'
import { createGate, type Gate } from '../support/gate.ts'
import { toOpenAIEnv } from '../support/gateway.ts'
import { encodeChunk, lastChunk } from '../support/http1.ts'
import type { Script } from '../support/upstream-exchange.ts'
import { after, flood, json, silent, sse } from '../support/upstream-scripts.ts'
import { sendChat } from './send-chat.ts'
import { type FullListener, startFullListener } from './start-full-listener.ts'

/** Timeouts that must not expire while a case tests another one. */
const plenty = { connect_ms: 60_000, first_byte_ms: 60_000, idle_ms: 60_000, total_ms: 60_000 }
const shortMs = 250
/** Longer than `shortMs`, with enough margin to keep their order on a busy machine. */
const longMs = 600

const listeners: FullListener[] = []
afterEach(async () => {
  await Promise.all(listeners.splice(0).map((listener) => listener.close()))
})

describeOnBoth('the four timeouts', (start, { runtime, startUpstream }) => {
  test('R13 Weir returns 504 if it cannot connect', async () => {
    const listener = await openFullListener()
    // workerd has no separate connect timeout: connecting counts toward the first byte.
    const timeouts = { ...plenty, [runtime === 'node' ? 'connect_ms' : 'first_byte_ms']: shortMs }
    const env = toOpenAIEnv(await startUpstream())
    const gateway = await start({ env: { ...env, OPENAI_BASE_URL: `${listener.url}/v1` }, config: { timeouts } })
    const response = await (await sendChat(gateway)).readResponse()
    expect(response.status).toBe(504)
    const code = runtime === 'node' ? 'upstream_connect_timeout' : 'upstream_first_byte_timeout'
    expect(JSON.parse(response.text)).toMatchObject({ error: { code, type: 'upstream_error' } })
    expect(await gateway.findLog()).toMatchObject({ outcome: 'upstream_error', error_code: code })
  })

  test('R16 connect: once connected, the model may take longer than the connect timeout', async () => {
    const upstream = await startUpstream()
    upstream.respond(delayed(longMs, sse(chatChunks)))
    const gateway = await start({
      env: toOpenAIEnv(upstream),
      config: { timeouts: { ...plenty, connect_ms: shortMs } },
    })
    const response = await (await sendChat(gateway)).readResponse()
    expect(response.text.endsWith('data: [DONE]\n\n')).toBe(true)
  })

  test.each([true, false])(
    'R14 R16 first byte: Weir returns 504 if the upstream stays silent (stream: %s)',
    async (stream) => {
      const upstream = await startUpstream()
      upstream.respond(silent())
      const config = { timeouts: { ...plenty, first_byte_ms: shortMs } }
      const gateway = await start({ env: toOpenAIEnv(upstream), config })
      const client = await sendChat(gateway, { stream })
      const response = await client.readResponse()
      expect(response.status).toBe(504)
      expect(JSON.parse(response.text)).toMatchObject({ error: { code: 'upstream_first_byte_timeout' } })
      await (await upstream.nextRequest()).closed
      expect(upstream.requests).toHaveLength(1)
    },
  )

  test('R14 first byte: headers without content count as silence', async () => {
    const upstream = await startUpstream()
    upstream.respond(sse([createGate()]))
    const config = { timeouts: { ...plenty, first_byte_ms: shortMs } }
    const gateway = await start({ env: toOpenAIEnv(upstream), config })
    const response = await (await sendChat(gateway)).readResponse()
    expectError(response, { code: 'upstream_first_byte_timeout' })
    await (await upstream.nextRequest()).closed
  })

  test('R16 first byte: later pauses may be longer than this timeout', async () => {
    const upstream = await startUpstream()
    upstream.respond(slowly(chatChunks.slice(2), longMs))
    const config = { timeouts: { ...plenty, first_byte_ms: shortMs } }
    const gateway = await start({ env: toOpenAIEnv(upstream), config })
    const response = await (await sendChat(gateway)).readResponse()
    expect(response.text.endsWith('data: [DONE]\n\n')).toBe(true)
  })

  test('R15 R16 idle: Weir ends a stream that stalls between two events', async () => {
    const upstream = await startUpstream()
    upstream.respond(sse([...chatChunks.slice(0, 2), createGate()]))
    const config = { timeouts: { ...plenty, idle_ms: shortMs } }
    const gateway = await start({ env: toOpenAIEnv(upstream), config })
    const response = await (await sendChat(gateway)).readResponse()
    expect(response.text).toContain('"content":"Hello"')
    expect(errorIn(response.text)).toMatchObject({ code: 'upstream_idle_timeout' })
    await (await upstream.nextRequest()).closed
    expect(await gateway.findLog()).toMatchObject({ outcome: 'interrupted', error_code: 'upstream_idle_timeout' })
  })

  test('R15 first byte: endless comments do not count as content', async () => {
    const upstream = await startUpstream()
    upstream.respond(slowly(forever([], ': ping\n\n'), 20))
    const gateway = await start({
      env: toOpenAIEnv(upstream),
      config: { timeouts: { ...plenty, first_byte_ms: shortMs } },
    })
    expectError(await (await sendChat(gateway)).readResponse(), { code: 'upstream_first_byte_timeout' })
    await (await upstream.nextRequest()).closed
  })

  test('R15 idle: endless comments do not count as content', async () => {
    const upstream = await startUpstream()
    upstream.respond(slowly(forever(chatChunks.slice(0, 2), ': ping\n\n'), 20))
    const gateway = await start({ env: toOpenAIEnv(upstream), config: { timeouts: { ...plenty, idle_ms: shortMs } } })
    const response = await (await sendChat(gateway)).readResponse()
    expect(response.text).toContain(': ping\n\n')
    expect(errorIn(response.text)).toMatchObject({ code: 'upstream_idle_timeout' })
    await (await upstream.nextRequest()).closed
  })

  test('R16 idle: the first byte may take longer, and each event restarts the timeout', async () => {
    const upstream = await startUpstream()
    const idleMs = 900
    upstream.respond(delayed(idleMs + 300, slowly(chatChunks, idleMs / 3)))
    const config = { timeouts: { ...plenty, idle_ms: idleMs } }
    const gateway = await start({ env: toOpenAIEnv(upstream), config })
    const response = await (await sendChat(gateway)).readResponse({ timeoutMs: 15_000 })
    expect(response.text.endsWith('data: [DONE]\n\n')).toBe(true)
  })

  test('R16 total: Weir ends an endless stream', async () => {
    const upstream = await startUpstream()
    upstream.respond(slowly(forever(chatChunks.slice(0, 2), { choices: [] }), 20))
    const config = { timeouts: { ...plenty, total_ms: longMs } }
    const gateway = await start({ env: toOpenAIEnv(upstream), config })
    const response = await (await sendChat(gateway)).readResponse()
    expect(response.text).toContain('"content":"Hello"')
    expect(errorIn(response.text)).toMatchObject({ code: 'upstream_total_timeout' })
    await (await upstream.nextRequest()).closed
  })

  test('R16 total: the timeout starts with the call, not with the response headers', async () => {
    const upstream = await startUpstream()
    upstream.respond(silent())
    const config = { timeouts: { ...plenty, total_ms: shortMs } }
    const gateway = await start({ env: toOpenAIEnv(upstream), config })
    const response = await (await sendChat(gateway, { stream: false })).readResponse()
    expect(response.status).toBe(504)
    expect(JSON.parse(response.text)).toMatchObject({ error: { code: 'upstream_total_timeout' } })
  })

  test('R16 total: the timeout ends with its call, and does not affect later calls on the same connection', async () => {
    const upstream = await startUpstream()
    const config = { timeouts: { ...plenty, total_ms: 1_200 } }
    const gateway = await start({ env: toOpenAIEnv(upstream), config })
    for (let call = 0; call < 3; call++) {
      upstream.respond(delayed(longMs, json(200, chatCompletion)))
      expect((await (await sendChat(gateway, { stream: false })).readResponse()).status).toBe(200)
    }
  })
})

describeOnBoth('a model that reasons for a long time', (start, { startUpstream }) => {
  const config = { streams: { hold_headers_ms: 80, heartbeat_ms: 80 } }

  test('R17 Weir sends headers, then comments at intervals, then the full stream', async () => {
    const upstream = await startUpstream()
    const gate = createGate()
    upstream.respond(after(gate, sse(chatChunks)))
    const gateway = await start({ env: toOpenAIEnv(upstream), config })
    const response = await (await sendChat(gateway)).startResponse()
    expect(response.status).toBe(200)
    expect(response.header('content-type')).toContain('text/event-stream')
    await response.bodyUntil(': keep-alive\n\n'.repeat(3))
    gate.open()
    const { text } = await response.whole()
    expect(text.replaceAll(': keep-alive\n\n', '')).toBe(toEvents(chatChunks))
  })

  test('R17 Weir also sends comments between events, and never inside one', async () => {
    const upstream = await startUpstream()
    const [rest, end] = [createGate(), createGate()]
    const whole = toEvents(chatChunks)
    const cut = whole.indexOf('Hello') + 2
    upstream.respond(sse([whole.slice(0, cut), rest, whole.slice(cut), end], { doneAtEnd: false }))
    const gateway = await start({ env: toOpenAIEnv(upstream), config })
    const response = await (await sendChat(gateway)).startResponse()
    await response.bodyUntil(': keep-alive\n\n'.repeat(2))
    rest.open()
    end.open()
    const { text } = await response.whole()
    const events = text.split('\n\n').filter((event) => event !== '' && event !== ': keep-alive')
    expect(`${events.join('\n\n')}\n\n`).toBe(whole)
  })

  test('R17 an early error keeps its status', async () => {
    const upstream = await startUpstream()
    upstream.respond(json(429, rateLimitError, { headers: { 'retry-after': '20' } }))
    const gateway = await start({ env: toOpenAIEnv(upstream), config: { streams: { hold_headers_ms: 60_000 } } })
    const response = await (await sendChat(gateway)).readResponse()
    expect(response.status).toBe(429)
    expect(response.header('retry-after')).toBe('20')
    expect(JSON.parse(response.text)).toEqual(rateLimitError)
  })

  test('R17 a late error becomes an event of the stream, without `[DONE]`', async () => {
    const upstream = await startUpstream()
    const gate = createGate()
    upstream.respond(after(gate, json(429, rateLimitError)))
    const gateway = await start({ env: toOpenAIEnv(upstream), config })
    const response = await (await sendChat(gateway)).startResponse()
    await response.bodyUntil(': keep-alive')
    gate.open()
    const { text } = await response.whole()
    expect(errorIn(text)).toEqual(rateLimitError.error)
    expect(await gateway.findLog()).toMatchObject({ outcome: 'upstream_error' })
  })

  test('R14 R17 after the headers, the first-byte timeout becomes an event of the stream', async () => {
    const upstream = await startUpstream()
    upstream.respond(silent())
    const gateway = await start({
      env: toOpenAIEnv(upstream),
      config: { ...config, timeouts: { first_byte_ms: longMs } },
    })
    const response = await (await sendChat(gateway)).readResponse()
    expect(response.status).toBe(200)
    expect(errorIn(response.text)).toMatchObject({ code: 'upstream_first_byte_timeout' })
    await (await upstream.nextRequest()).closed
  })
})

describeOnBoth('a caller who stops reading', (start, { startUpstream }) => {
  // workerd prints the error that cuts a connection as uncaught, although Weir catches it.
  test('R09 Weir disconnects a caller who stops reading after a timeout, and closes its upstream', async () => {
    const upstream = await startUpstream()
    upstream.respond(flood({ totalBytes: 400_000_000 }))
    const gateway = await start({
      env: toOpenAIEnv(upstream),
      config: { streams: { stalled_reader_ms: longMs } },
      allowInternalErrors: true,
    })
    const client = await sendChat(gateway)
    await client.readUntil('HTTP/1.1 200')
    client.pause()
    const exchange = await upstream.nextRequest()
    await exchange.closed
    expect(await gateway.findLog()).toMatchObject({ outcome: 'client_gone', error_code: 'request_timeout' })
    await upstream.socketsDownTo(0)
    client.resume()
    await client.closed
  })
})

async function openFullListener(): Promise<FullListener> {
  const listener = await startFullListener()
  listeners.push(listener)
  return listener
}

/** Returns a gate that opens after a delay, which starts now. */
function openLater(delayMs: number): Gate {
  const gate = createGate()
  void pause(delayMs).then(gate.open)
  return gate
}

function delayed(delayMs: number, script: Script): Script {
  return {
    async play(wire, exchange) {
      await wire.wait(openLater(delayMs))
      await script.play(wire, exchange)
    },
  }
}

/** Sends events with a pause after each, then `[DONE]`. */
function slowly(events: Iterable<object | string>, stepMs: number): Script {
  return {
    async play(wire) {
      await wire.write('HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n')
      for (const event of events) {
        const block = typeof event === 'string' ? event : `data: ${JSON.stringify(event)}\n\n`
        await wire.write(encodeChunk(Buffer.from(block)))
        await wire.wait(openLater(stepMs))
      }
      await wire.write(encodeChunk(Buffer.from('data: [DONE]\n\n')))
      await wire.write(lastChunk)
    },
  }
}

function* forever(first: readonly object[], event: object | string): Generator<object | string> {
  yield* first
  while (true) yield event
}

function toEvents(events: readonly object[]): string {
  return [...events.map((event) => JSON.stringify(event)), '[DONE]'].map((data) => `data: ${data}\n\n`).join('')
}

/** Returns the error of a stream's last event. Throws if the stream ends without one. */
function errorIn(text: string): unknown {
  expect(text).not.toContain('[DONE]')
  const last = text.trimEnd().split('\n\n').at(-1) ?? ''
  return (JSON.parse(last.slice('data: '.length)) as { error: unknown }).error
}
