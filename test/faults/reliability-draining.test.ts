import { afterEach, describe, expect, test } from 'vitest'
import { createNodeServer } from '../../src/platform/node/server/create-node-server.ts'
import { chatChunks, chatCompletion } from '../support/fixtures.ts'
import { createGate, type Gate } from '../support/gate.ts'
import { type Gateway, toOpenAIEnv } from '../support/gateway.ts'
import { createLogBook } from '../support/log-book.ts'
import { openRawClient } from '../support/raw-client.ts'
import { type ScriptedUpstream, startScriptedUpstream } from '../support/scripted-upstream.ts'
import { toRequestBytes } from '../support/to-request-bytes.ts'
import { after as atGate, json, silent, sse } from '../support/upstream-scripts.ts'
import { sendChat } from './send-chat.ts'
import { startWeirProcess } from './start-weir-process.ts'

const soonMs = 300
const neverMs = 600_000

interface Draining extends Gateway {
  drain(deadlineMs: number): Promise<void>
}

describe('a server that shuts down, on Node', () => {
  const upstreams: ScriptedUpstream[] = []
  const gateways: Gateway[] = []

  afterEach(async () => {
    await Promise.all(gateways.splice(0).map((gateway) => gateway.close()))
    await Promise.all(upstreams.splice(0).map((upstream) => upstream.close()))
  })

  async function startUpstream(): Promise<ScriptedUpstream> {
    const upstream = await startScriptedUpstream()
    upstreams.push(upstream)
    return upstream
  }

  async function start(upstream: ScriptedUpstream, config?: unknown): Promise<Draining> {
    const book = createLogBook()
    const server = await createNodeServer({
      env: { STORAGE_PATH: 'none', ...toOpenAIEnv(upstream) },
      config,
      log: book.add,
    })
    const { url } = await server.listen(0, '127.0.0.1')
    let drained: Promise<void> | undefined
    const drain = (deadlineMs: number): Promise<void> => {
      drained ??= server.close(deadlineMs)
      return drained
    }
    const gateway: Draining = {
      ...{ runtime: 'node', url, drain, findLog: book.find, faults: () => [] },
      logs: () => book.lines,
      output: () => book.text,
      close: () => drain(0),
    }
    gateways.push(gateway)
    return gateway
  }

  test('R56 streams and unstreamed calls finish if they end before the deadline', async () => {
    const upstream = await startUpstream()
    const gate = createGate()
    upstream.respondNext(
      sse([...chatChunks.slice(0, 2), gate, ...chatChunks.slice(2)]),
      atGate(gate, json(200, chatCompletion)),
    )
    const gateway = await start(upstream)
    const streaming = await (await sendChat(gateway)).startResponse()
    await streaming.bodyUntil('Hello')
    const waiting = await sendChat(gateway, { stream: false })
    await upstream.nextRequest()
    await upstream.nextRequest()
    const closing = gateway.drain(neverMs)
    gate.open()
    expect((await streaming.whole()).text.endsWith('data: [DONE]\n\n')).toBe(true)
    const response = await waiting.readResponse()
    expect(response.status).toBe(200)
    expect(response.header('connection')).toBe('close')
    await closing
    expect(gateway.logs().map(({ outcome }) => outcome)).toEqual(['ok', 'ok'])
  })

  test('R56 calls that still run at the deadline end with the error `draining`, and with one log line each', async () => {
    const upstream = await startUpstream()
    const gateway = await start(upstream, { streams: { hold_headers_ms: 50 } })
    upstream.respond(sse([...chatChunks.slice(0, 2), createGate()]))
    const talking = await (await sendChat(gateway)).startResponse()
    await talking.bodyUntil('Hello')
    upstream.respond(silent())
    const thinking = await (await sendChat(gateway)).startResponse()
    await thinking.bodyUntil(': keep-alive')
    const waiting = await sendChat(gateway, { stream: false })
    for (let call = 0; call < 3; call++) await upstream.nextRequest()
    const closing = gateway.drain(soonMs)
    for (const response of [talking, thinking]) {
      const { text, isComplete } = await response.whole()
      expect(isComplete).toBe(true)
      expect(text).toContain('"code":"draining"')
      expect(text).not.toContain('[DONE]')
    }
    const refusal = await waiting.readResponse()
    expect(refusal.status).toBe(503)
    expect(JSON.parse(refusal.text)).toMatchObject({ error: { code: 'draining' } })
    await closing
    expect(gateway.logs().map(({ error_code }) => error_code)).toEqual(['draining', 'draining', 'draining'])
    expect(gateway.logs().map(({ outcome }) => outcome)).not.toContain('client_gone')
    await upstream.socketsDownTo(0)
  })

  test('R56 at the deadline, Weir cuts a body that cannot contain an error, and logs it as interrupted', async () => {
    const upstream = await startUpstream()
    const head = 'HTTP/1.1 200 OK\r\ncontent-type: audio/mpeg\r\ncontent-length: 100\r\n\r\n'
    upstream.respond({
      play: async (wire) => {
        await wire.write(`${head}sound`)
        await wire.waitForClose()
      },
    })
    const gateway = await start(upstream)
    const response = await (await sendChat(gateway, { stream: false })).startResponse()
    await response.bodyUntil('sound')
    const closing = gateway.drain(soonMs)
    expect((await response.whole()).isComplete).toBe(false)
    await closing
    expect(gateway.logs()).toMatchObject([{ outcome: 'interrupted', error_code: 'draining' }])
  })

  test('R56 a server stops at once if no call is running', async () => {
    const gateway = await start(await startUpstream())
    const client = await openRawClient(gateway.url)
    await client.send(toRequestBytes({ target: '/livez' }))
    await client.readResponse()
    await gateway.drain(neverMs)
    await client.closed
  })

  test('R56 a server stops before the deadline when the last caller disconnects', async () => {
    const upstream = await startUpstream()
    upstream.respond(silent())
    const gateway = await start(upstream)
    const client = await sendChat(gateway)
    await upstream.nextRequest()
    const closing = gateway.drain(neverMs)
    client.destroy()
    await closing
  })

  test('R57 a draining server stays live until it exits, and is not ready from the start of the drain', async () => {
    const upstream = await startUpstream()
    const gate = createGate()
    upstream.respond(atGate(gate, json(200, chatCompletion)))
    const gateway = await start(upstream)
    expect(await probe(gateway.url, '/readyz')).toBe(200)
    const client = await sendChat(gateway)
    await upstream.nextRequest()
    const closing = gateway.drain(neverMs)
    expect(await probe(gateway.url, '/readyz')).toBe(503)
    expect(await probe(gateway.url, '/livez')).toBe(200)
    gate.open()
    expect((await client.readResponse()).status).toBe(200)
    await closing
  })

  test('R56 after SIGTERM the process exits with code 0, and has written every log line', async () => {
    const upstream = await startUpstream()
    const child = await startWeirProcess({ ...toOpenAIEnv(upstream), DRAIN_MS: String(soonMs) })
    gateways.push(child)
    const gate: Gate = createGate()
    upstream.respondNext(sse([...chatChunks.slice(0, 2), gate, ...chatChunks.slice(2)]))
    upstream.respond(sse([...chatChunks.slice(0, 2), createGate()]))
    const short = await (await sendChat(child)).startResponse()
    await short.bodyUntil('Hello')
    const long = await (await sendChat(child)).startResponse()
    await long.bodyUntil('Hello')
    child.signal('SIGTERM')
    gate.open()
    expect((await short.whole()).text.endsWith('data: [DONE]\n\n')).toBe(true)
    expect((await long.whole()).text).toContain('"code":"draining"')
    expect(await child.exited).toBe(0)
    expect(child.logs().map(({ outcome }) => outcome)).toEqual(['ok', 'interrupted'])
  })
})

async function probe(url: string, target: string): Promise<number> {
  const client = await openRawClient(url)
  await client.send(toRequestBytes({ target }))
  const { status } = await client.readResponse()
  client.destroy()
  return status
}
