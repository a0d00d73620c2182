import { createServer } from 'node:http'
import { Duplex } from 'node:stream'
import { describe, expect, onTestFinished, test } from 'vitest'
import { parseSettings } from '../../src/config/parse-settings.ts'
import { limitConnections } from '../../src/platform/node/server/limit-connections.ts'
import { chatRequest } from '../support/fixtures.ts'
import { createGate } from '../support/gate.ts'
import { bearer, toOpenAIEnv } from '../support/gateway.ts'
import { openRawClient } from '../support/raw-client.ts'
import { startScriptedUpstream } from '../support/scripted-upstream.ts'
import { startNodeGateway } from '../support/start-node-gateway.ts'
import { toRequestBytes } from '../support/to-request-bytes.ts'
import { sse } from '../support/upstream-scripts.ts'

describe('requests that the parser refuses', () => {
  test('case D14: have a line in the log, and CORS as it is configured (P04, S42)', async () => {
    for (const [origins, allowed] of [
      [['*'], '*'],
      [['https://page.test'], undefined],
    ] as const) {
      const gateway = await startNodeGateway({ config: { cors: { origins } } })
      onTestFinished(gateway.close)
      const client = await openRawClient(gateway.url)
      await client.send('NONSENSE\r\n\r\n')
      const answer = await client.readAnswer()
      expect(answer.status).toBe(400)
      expect(answer.header('access-control-allow-origin')).toBe(allowed)
      const line = await gateway.findLog(({ request_id }) => request_id === answer.header('x-request-id'))
      expect(line).toMatchObject({ status: 400, outcome: 'rejected', error_code: 'bad_request' })
    }
  })

  test('case D14: leave an answer that is on its way as it is, and end its connection (S65)', async () => {
    const upstream = await startScriptedUpstream()
    onTestFinished(upstream.close)
    const gate = createGate()
    upstream.respond(sse([{ choices: [{ index: 0, delta: { content: 'a' } }] }, gate, '[DONE]']))
    const gateway = await startNodeGateway({ env: toOpenAIEnv(upstream) })
    onTestFinished(gateway.close)
    const client = await openRawClient(gateway.url)
    const body = { ...chatRequest, stream: true }
    await client.send(toRequestBytes({ target: '/v1/chat/completions', body, headers: bearer }))
    const answer = await client.startAnswer()
    await answer.bodyUntil('"a"')
    await client.send('NONSENSE\r\n\r\n')
    gate.open()
    const { text } = await answer.whole()
    expect(text).not.toContain('HTTP/1.1')
    expect(text).toContain('[DONE]')
    await client.closed
  })
})

describe('connections', () => {
  test('case D16: are closed at once beyond those of one address, and let in again when others have gone (S64)', () => {
    const { server, told } = openServer({ max_connections_per_address: 2 })
    const [first, second, third] = ['203.0.113.5', '203.0.113.5', '203.0.113.5'].map((address) =>
      connect(server, address),
    )
    expect([first, second, third].map((socket) => socket?.destroyed)).toEqual([false, false, true])
    expect(connect(server, '203.0.113.6').destroyed).toBe(false)
    expect(told).toEqual(['over 2 connections of 203.0.113.5 (server.max_connections_per_address)'])
    first?.emit('close')
    third?.emit('close')
    expect(connect(server, '203.0.113.5').destroyed).toBe(false)
  })

  test('case D16: a trusted proxy and this machine may have as many as all', () => {
    const { server } = openServer({ max_connections_per_address: 1 })
    for (const address of ['127.0.0.1', '::1', '198.51.100.7'])
      expect([connect(server, address), connect(server, address)].map(({ destroyed }) => destroyed)).toEqual([
        false,
        false,
      ])
  })

  test('case D16: are closed beyond all that the server may have (S64)', async () => {
    const gateway = await startNodeGateway({ config: { server: { max_connections: 2 } } })
    onTestFinished(gateway.close)
    const clients = [await openRawClient(gateway.url), await openRawClient(gateway.url)]
    for (const client of clients) {
      await client.send('GET /livez HTTP/1.1\r\nhost: weir.test\r\n\r\n')
      expect((await client.readAnswer()).status).toBe(200)
    }
    const third = await openRawClient(gateway.url)
    await third.closed
    clients[0]?.destroy()
    await clients[0]?.closed
    const line = await gateway.findLog(({ event }) => event === 'connections')
    expect(line).toMatchObject({ cause: 'over 2 connections (server.max_connections)' })
  })
})

function openServer(limits: object) {
  const config = { server: limits, access: { trusted_proxies: ['198.51.100.0/24'] } }
  const server = createServer()
  const told: string[] = []
  limitConnections(server, parseSettings({ env: {}, config, platform: 'node' }), (what) => void told.push(what))
  return { server, told }
}

function connect(server: ReturnType<typeof createServer>, remoteAddress: string): Duplex {
  const socket = Object.assign(new Duplex({ read() {}, write() {} }), { remoteAddress })
  server.emit('connection', socket)
  return socket
}
