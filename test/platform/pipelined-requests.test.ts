import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test, vi } from 'vitest'
import { parseSettings } from '../../src/config/parse-settings.ts'
import { Buffers } from '../../src/core/buffers.ts'
import { GatewayError } from '../../src/core/errors.ts'
import type { GatewayResponse } from '../../src/core/gateway-response.ts'
import type { App } from '../../src/http/app.ts'
import type { IncomingRequest } from '../../src/http/incoming-request.ts'
import { createConnections } from '../../src/platform/node/server/connections.ts'
import { createListener, toServing } from '../../src/platform/node/server/create-listener.ts'
import { createGate } from '../support/gate.ts'
import { maxPerTick } from '../support/most-in-turn.ts'
import { openRawClient, type RawClient } from '../support/raw-client.ts'
import { toRequestBytes } from '../support/to-request-bytes.ts'

const mebibyte = 1_048_576
const reason = new GatewayError('draining', 'This server is shutting down.')

/** Starts a listener with an app that responds with the path of each request and the headers that `respond` returns. */
async function startListener(
  respond: (incoming: IncomingRequest) => Promise<GatewayResponse['headers'] | undefined>,
  maxBytes = 64 * mebibyte,
) {
  const begun: string[] = []
  const app: App = {
    async handle(incoming): Promise<GatewayResponse> {
      begun.push(incoming.target)
      const headers = await respond(incoming)
      return { status: 200, headers: { ...headers }, body: incoming.target }
    },
    drain() {},
  }
  const settings = parseSettings({ env: {}, platform: 'node' })
  const serving = toServing(app, settings)
  const buffers = new Buffers(maxBytes)
  const connections = createConnections(settings, () => {})
  const listener = createListener(() => serving, buffers, connections)
  const server = createServer(listener.handle)
  connections.watch(server)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const client = await openRawClient(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  onTestFinished(() => client.destroy())
  return { begun, buffers, client, listener, drain: (deadlineMs = 60_000) => listener.drain(deadlineMs, reason) }
}

const toPaths = (count: number) => Array.from({ length: count }, (_, at) => `/${at}`)
const toBytes = (paths: readonly string[]) => paths.map((target) => toRequestBytes({ target })).join('')

async function readBodies(client: RawClient, count: number): Promise<string[]> {
  const bodies: string[] = []
  while (bodies.length < count) bodies.push((await client.readResponse()).text)
  return bodies
}

test('R36 pipelined requests of one read start one per tick, and get their responses in order', async () => {
  const { begun, client } = await startListener(async () => undefined)
  const paths = toPaths(200)
  await client.send(toBytes(paths))
  const bodies = readBodies(client, paths.length)
  expect(await maxPerTick(begun, bodies)).toBeLessThanOrEqual(2)
  expect(await bodies).toEqual(paths)
})

test('R36 a pipelined request waits for the response before it, and counts as buffered bytes', async () => {
  const gate = createGate()
  const { begun, buffers, client } = await startListener(() => gate.opened.then(() => undefined))
  const post = toRequestBytes({ method: 'POST', target: '/1', body: 'x'.repeat(10_000) })
  await client.send(`${toBytes(['/0'])}${post}${toBytes(['/2'])}`)
  await vi.waitFor(() => expect(buffers.heldBytes).toBe(2 * 2_048 + 10_000))
  expect(begun).toEqual(['/0'])
  gate.open()
  expect(await readBodies(client, 3)).toEqual(['/0', '/1', '/2'])
  expect(buffers.heldBytes).toBe(0)
})

test('R36 a client that pipelines hundreds of requests is cut off, and their memory is released', async () => {
  const { begun, buffers, client, drain } = await startListener(() => new Promise(() => {}))
  const sent = client.send(toBytes(toPaths(1_000)))
  await client.closed
  await sent.catch(() => {})
  await drain()
  expect(begun).toEqual(['/0'])
  expect(buffers.heldBytes).toBe(0)
})

test('R36 a client is cut off if its queued requests exceed the buffer limit', async () => {
  const { begun, buffers, client, drain } = await startListener(() => new Promise(() => {}), 64 * 1_024)
  await client.send(toBytes(toPaths(20)))
  await client.closed
  await drain()
  expect(begun).toEqual(['/0'])
  expect(buffers.heldBytes).toBe(0)
})

test('R36 queued requests of a disconnected client do not start, and their memory is released', async () => {
  const { begun, buffers, client, drain } = await startListener(() => new Promise(() => {}))
  await client.send(toBytes(toPaths(5)))
  await vi.waitFor(() => expect(buffers.heldBytes).toBe(4 * 2_048))
  client.destroy()
  await drain()
  expect(begun).toEqual(['/0'])
  expect(buffers.heldBytes).toBe(0)
})

test('R36 no queued request starts after a response that closes the connection', async () => {
  const headers = { connection: 'close' }
  const { begun, buffers, client } = await startListener(async ({ target }) => (target === '/1' ? headers : {}))
  await client.send(toBytes(toPaths(4)))
  expect(await readBodies(client, 2)).toEqual(['/0', '/1'])
  await client.closed
  expect(begun).toEqual(['/0', '/1'])
  expect(buffers.heldBytes).toBe(0)
})

test('R36 a draining server responds to queued requests, and closes the connection after the last', async () => {
  const gate = createGate()
  const { buffers, client, drain } = await startListener(() => gate.opened.then(() => undefined))
  await client.send(toBytes(toPaths(3)))
  await vi.waitFor(() => expect(buffers.heldBytes).toBe(2 * 2_048))
  const drained = drain()
  gate.open()
  const responses = [await client.readResponse(), await client.readResponse(), await client.readResponse()]
  expect(responses.map(({ text }) => text)).toEqual(['/0', '/1', '/2'])
  expect(responses.map((response) => response.header('connection'))).toEqual(['keep-alive', 'keep-alive', 'close'])
  await drained
  await client.closed
})

test('R36 after the drain deadline no queued request starts', async () => {
  const { begun, buffers, client, drain } = await startListener(
    ({ gone }) => new Promise((resolve) => gone.addEventListener('abort', () => resolve({}))),
  )
  await client.send(toBytes(toPaths(3)))
  await vi.waitFor(() => expect(buffers.heldBytes).toBe(2 * 2_048))
  await drain(0)
  const response = await client.readResponse()
  expect([response.text, response.header('connection')]).toEqual(['/0', 'close'])
  await client.closed
  expect(begun).toEqual(['/0'])
  expect(buffers.heldBytes).toBe(0)
})
