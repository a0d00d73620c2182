import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { type AddressInfo, connect as connectTo, type Socket } from 'node:net'
import { Duplex } from 'node:stream'
import { describe, expect, onTestFinished, test } from 'vitest'
import { parseSettings } from '../../src/config/parse-settings.ts'
import { Buffers } from '../../src/core/buffers.ts'
import type { IncomingRequest } from '../../src/http/incoming-request.ts'
import { createConnections } from '../../src/platform/node/server/connections.ts'
import { createListener, toServing } from '../../src/platform/node/server/create-listener.ts'
import { chatCompletion, chatRequest } from '../support/fixtures.ts'
import { createGate } from '../support/gate.ts'
import { bearer, gatewayToken, toOpenAIEnv } from '../support/gateway.ts'
import { openRawClient } from '../support/raw-client.ts'
import { startScriptedUpstream } from '../support/scripted-upstream.ts'
import { startNodeGateway } from '../support/start-node-gateway.ts'
import { toRequestBytes } from '../support/to-request-bytes.ts'
import { json, sse } from '../support/upstream-scripts.ts'

describe('requests that the parser refuses', () => {
  test('case D14: are logged, and get the configured CORS headers (P04, S42)', async () => {
    for (const [origins, allowed] of [
      [['*'], '*'],
      [['https://page.test'], undefined],
    ] as const) {
      const gateway = await startNodeGateway({ config: { cors: { origins } } })
      onTestFinished(gateway.close)
      const client = await openRawClient(gateway.url)
      await client.send('NONSENSE\r\n\r\n')
      const response = await client.readResponse()
      expect(response.status).toBe(400)
      expect(response.header('access-control-allow-origin')).toBe(allowed)
      const line = await gateway.findLog(({ request_id }) => request_id === response.header('x-request-id'))
      expect(line).toMatchObject({ status: 400, outcome: 'rejected', error_code: 'bad_request' })
    }
  })

  test('case D14: are logged if their headers exceed 16 KiB (S64)', async () => {
    const gateway = await startNodeGateway()
    onTestFinished(gateway.close)
    const client = await openRawClient(gateway.url)
    await client.send(toRequestBytes({ target: '/livez', headers: { 'x-long': 'x'.repeat(20_000) } }))
    const response = await client.readResponse()
    expect(response.status).toBe(431)
    const line = await gateway.findLog(({ request_id }) => request_id === response.header('x-request-id'))
    expect(line).toMatchObject({ status: 431, outcome: 'rejected', error_code: 'headers_too_large' })
  })

  test('case D14: are logged if they do not end in time (S64)', async () => {
    const gateway = await startNodeGateway({ config: { cors: { origins: ['*'] } } })
    onTestFinished(gateway.close)
    // Only this channel exposes the server of a request.
    const shortenTimeouts = (message: unknown) => {
      const { server } = message as { readonly server: Server }
      server.headersTimeout = 1
      server.requestTimeout = 1
    }
    subscribe('http.server.request.start', shortenTimeouts)
    onTestFinished(() => void unsubscribe('http.server.request.start', shortenTimeouts))
    const client = await openRawClient(gateway.url)
    const headers = { 'content-type': 'application/json', 'content-length': '100' }
    await client.send(`${toRequestBytes({ method: 'POST', target: '/v1/chat/completions', headers })}{"mod`)
    const slow = await openRawClient(gateway.url)
    await slow.send('GET /v1/models HTTP/1.1\r\nhost: weir.test\r\nx-slow: ')
    const response = await slow.readResponse()
    expect(response.status).toBe(408)
    expect(response.header('access-control-allow-origin')).toBe('*')
    const line = await gateway.findLog(({ request_id }) => request_id === response.header('x-request-id'))
    expect(line).toMatchObject({ status: 408, outcome: 'rejected', error_code: 'request_timeout' })
    client.destroy()
  })

  test('case D14: do not alter a running response, and end its connection (S65)', async () => {
    const upstream = await startScriptedUpstream()
    onTestFinished(upstream.close)
    const gate = createGate()
    upstream.respond(sse([{ choices: [{ index: 0, delta: { content: 'a' } }] }, gate, '[DONE]']))
    const gateway = await startNodeGateway({ env: toOpenAIEnv(upstream) })
    onTestFinished(gateway.close)
    const client = await openRawClient(gateway.url)
    const body = { ...chatRequest, stream: true }
    await client.send(toRequestBytes({ target: '/v1/chat/completions', body, headers: bearer }))
    const response = await client.startResponse()
    await response.bodyUntil('"a"')
    await client.send('NONSENSE\r\n\r\n')
    gate.open()
    const { text } = await response.whole()
    expect(text).not.toContain('HTTP/1.1')
    expect(text).toContain('[DONE]')
    await client.closed
  })
})

describe('connections', () => {
  test('case D16: above the limit of one address are closed at once, and accepted again after others have closed (S64)', () => {
    const { server, warnings } = openServer({ max_connections_per_address: 2 })
    const [first, second, third] = ['203.0.113.5', '203.0.113.5', '203.0.113.5'].map((address) =>
      connect(server, address),
    )
    expect([first, second, third].map((socket) => socket?.destroyed)).toEqual([false, false, true])
    expect(connect(server, '203.0.113.6').destroyed).toBe(false)
    expect(warnings).toEqual(['over 2 connections from 203.0.113.5 (server.max_connections_per_address)'])
    first?.emit('close')
    third?.emit('close')
    expect(connect(server, '203.0.113.5').destroyed).toBe(false)
  })

  test('case D16: of a trusted proxy and of this machine have no limit per address', () => {
    const { server } = openServer({ max_connections_per_address: 1 })
    for (const address of ['127.0.0.1', '::1', '198.51.100.7'])
      expect([connect(server, address), connect(server, address)].map(({ destroyed }) => destroyed)).toEqual([
        false,
        false,
      ])
  })

  test('case D16: behind a trusted proxy, the limit counts each client’s running requests, and other clients are served (S64)', async () => {
    const upstream = await startScriptedUpstream()
    onTestFinished(upstream.close)
    const gate = createGate()
    upstream.respond(sse([{ choices: [{ index: 0, delta: { content: 'a' } }] }, gate, '[DONE]']))
    const gateway = await startNodeGateway({
      env: toOpenAIEnv(upstream),
      config: { server: { max_connections_per_address: 2 }, access: { trusted_proxies: ['127.0.0.1'] } },
    })
    onTestFinished(gateway.close)
    const call = async (target: string, client: string | undefined, body?: object) => {
      const connection = await openRawClient(gateway.url)
      onTestFinished(connection.destroy)
      const forwarded = client === undefined ? {} : { 'x-forwarded-for': client }
      await connection.send(toRequestBytes({ target, headers: { ...bearer, ...forwarded }, body }))
      return connection
    }
    const running = []
    for (let count = 0; count < 2; count++) {
      const connection = await call('/v1/chat/completions', '203.0.113.9', { ...chatRequest, stream: true })
      const response = await connection.startResponse()
      await response.bodyUntil('"a"')
      running.push(response)
    }
    const refused = await (await call('/v1/models', '203.0.113.9')).readResponse()
    expect(refused.status).toBe(429)
    expect(refused.header('retry-after')).toBe('1')
    expect(refused.text).toContain('requests from your address')
    for (const client of ['203.0.113.10', undefined])
      expect((await (await call('/v1/models', client)).readResponse()).status).toBe(200)
    gate.open()
    for (const response of running) expect((await response.whole()).text).toContain('[DONE]')
    expect((await (await call('/v1/models', '203.0.113.9')).readResponse()).status).toBe(200)
    const line = await gateway.findLog(({ event }) => event === 'connections')
    expect(line).toMatchObject({ cause: 'over 2 connections from 203.0.113.9 (server.max_connections_per_address)' })
  })

  test('case D16: above the server’s limit are closed if all others belong to accepted callers (S64)', async () => {
    const gateway = await startNodeGateway({ env: { TOKEN: gatewayToken }, config: { server: { max_connections: 2 } } })
    onTestFinished(gateway.close)
    for (let count = 0; count < 2; count++) {
      const client = await openRawClient(gateway.url)
      onTestFinished(client.destroy)
      await client.send(toRequestBytes({ target: '/v1/models', headers: bearer }))
      expect((await client.readResponse()).status).toBe(200)
    }
    const third = await openRawClient(gateway.url)
    await third.closed
    const line = await gateway.findLog(({ event }) => event === 'connections')
    expect(line).toMatchObject({ cause: 'over 2 connections (server.max_connections)' })
  })

  test('case D16: of other callers are served beside 2,000 half-open ones (S64)', async () => {
    const upstream = await startScriptedUpstream()
    onTestFinished(upstream.close)
    upstream.respond(json(200, chatCompletion))
    const gateway = await startNodeGateway({ env: toOpenAIEnv(upstream) })
    onTestFinished(gateway.close)
    const { port } = new URL(gateway.url)
    const halfOpen: Socket[] = []
    onTestFinished(() => {
      for (const socket of halfOpen) socket.destroy()
    })
    const caller = await openRawClient(gateway.url)
    const chat = toRequestBytes({ target: '/v1/chat/completions', body: chatRequest, headers: bearer })
    // More than the default limit.
    for (let batch = 0; batch < 12; batch++) {
      const opened = Array.from({ length: 200 }, () => openHalf(Number(port)))
      halfOpen.push(...(await Promise.all(opened)))
      await caller.send(chat)
      expect((await caller.readResponse()).status).toBe(200)
      const newcomer = await openRawClient(gateway.url)
      await newcomer.send(chat)
      expect((await newcomer.readResponse()).status).toBe(200)
      newcomer.destroy()
    }
    const line = await gateway.findLog(({ event }) => event === 'connections')
    expect(line).toMatchObject({
      cause: expect.stringContaining('idle connections without an accepted key are closed'),
    })
  })
})

describe('a connection without an accepted key', () => {
  const long = 'x'.repeat(16 * 1_048_576)

  test('case D16: is closed if its client does not read (S64)', async () => {
    const { client, closed } = await askStranger({ unknown_caller_ms: 50 }, () => long)
    client.pause()
    await closed
  })

  test.each([1_000, 10_000_000])(
    'case D16: is closed soon if the rest of its refused body of %s bytes does not arrive (S64)',
    async (length) => {
      const gateway = await startNodeGateway({ env: { TOKEN: gatewayToken } })
      onTestFinished(gateway.close)
      const client = await openRawClient(gateway.url)
      const headers = { 'content-type': 'application/json', 'content-length': String(length) }
      await client.send(`${toRequestBytes({ method: 'POST', target: '/v1/chat/completions', headers })}{"model": `)
      expect((await client.readResponse()).status).toBe(401)
      await client.closed
    },
  )

  test('case D16: is closed soon if it sends no further request, as its `Keep-Alive` header announces (S64)', async () => {
    const { client, closed } = await askStranger({ unknown_caller_ms: 1_000 }, () => 'short')
    const [head] = (await once(client, 'data')) as [Buffer]
    expect(head.toString()).toMatch(/\r\nkeep-alive: timeout=1\r\n/i)
    await closed
  })

  test('case D16: belongs to a caller once a key was accepted, and may then be slow (R09)', async () => {
    const { client: caller } = await askStranger({ unknown_caller_ms: 30 }, ({ connection }) => {
      connection?.accept()
      return long
    })
    caller.pause()
    // When Weir closes this connection, the deadline of the first has passed too.
    const { client, closed } = await askStranger({ unknown_caller_ms: 60 }, () => long)
    client.pause()
    await closed
    let received = 0
    caller.on('data', (chunk: Buffer) => {
      received += chunk.length
    })
    caller.resume()
    while (received < long.length) await once(caller, 'data')
    caller.destroy()
  })
})

/** Sends one request on a connection that appears to come from another machine. */
async function askStranger(limits: object, toBody: (request: IncomingRequest) => string) {
  const settings = parseSettings({ env: {}, config: { server: limits }, platform: 'node' })
  const connections = createConnections(settings, () => {})
  const handle = async (request: IncomingRequest) => ({ status: 200, headers: {}, body: toBody(request) })
  const buffers = new Buffers(settings.server.maxBufferedBytes)
  const serving = toServing({ handle, drain() {} }, settings)
  const listener = createListener(() => serving, buffers, connections)
  const server = createServer(listener.handle)
  server.on('connection', (socket) => Object.defineProperty(socket, 'remoteAddress', { value: '203.0.113.5' }))
  connections.watch(server)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  const closed = new Promise<void>((resolve) => {
    server.once('connection', (socket: Socket) => socket.once('close', () => resolve()))
  })
  const client = connectTo((server.address() as AddressInfo).port, '127.0.0.1')
  client.on('error', () => {})
  client.write(toRequestBytes({ target: '/' }))
  return { client, closed }
}

/** Opens a connection that has sent half of a request's head. */
async function openHalf(port: number): Promise<Socket> {
  const socket = connectTo(port, '127.0.0.1')
  socket.on('error', () => {})
  await once(socket, 'connect')
  socket.write('POST /v1/chat/completions HTTP/1.1\r\nhost: weir.test\r\n')
  return socket
}

function openServer(limits: object) {
  const config = { server: limits, access: { trusted_proxies: ['198.51.100.0/24'] } }
  const server = createServer()
  const warnings: string[] = []
  const settings = parseSettings({ env: {}, config, platform: 'node' })
  createConnections(settings, (warning) => void warnings.push(warning)).watch(server)
  return { server, warnings }
}

function connect(server: ReturnType<typeof createServer>, remoteAddress: string): Duplex {
  const socket = Object.assign(new Duplex({ read() {}, write() {} }), { remoteAddress })
  server.emit('connection', socket)
  return socket
}
