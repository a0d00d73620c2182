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
import { mostInTurn } from '../support/most-in-turn.ts'
import { openRawClient, type RawClient } from '../support/raw-client.ts'
import { toRequestBytes } from '../support/to-request-bytes.ts'

const mebibyte = 1_048_576
const reason = new GatewayError('draining', 'This server is shutting down.')

/** A listener before an app that answers each request with its path, and with the headers of `answer`. */
async function startListener(
  answer: (inbound: IncomingRequest) => Promise<GatewayResponse['headers'] | undefined>,
  maxBytes = 64 * mebibyte,
) {
  const begun: string[] = []
  const app: App = {
    async handle(inbound): Promise<GatewayResponse> {
      begun.push(inbound.target)
      const headers = await answer(inbound)
      return { status: 200, headers: { ...headers }, body: inbound.target }
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

async function renderRows(client: RawClient, count: number): Promise<string[]> {
  const texts: string[] = []
  while (texts.length < count) texts.push((await client.readAnswer()).text)
  return texts
}

test('R36 requests that come in one piece are begun one in a turn, and answered in order', async () => {
  const { begun, client } = await startListener(async () => undefined)
  const paths = toPaths(200)
  await client.send(toBytes(paths))
  const answers = renderRows(client, paths.length)
  expect(await mostInTurn(begun, answers)).toBeLessThanOrEqual(2)
  expect(await answers).toEqual(paths)
})

test('R36 a request waits for the answer to the one before it, and counts in the account of bytes', async () => {
  const gate = createGate()
  const { begun, buffers, client } = await startListener(() => gate.opened.then(() => undefined))
  const post = toRequestBytes({ method: 'POST', target: '/1', body: 'x'.repeat(10_000) })
  await client.send(`${toBytes(['/0'])}${post}${toBytes(['/2'])}`)
  await vi.waitFor(() => expect(buffers.heldBytes).toBe(2 * 2_048 + 10_000))
  expect(begun).toEqual(['/0'])
  gate.open()
  expect(await renderRows(client, 3)).toEqual(['/0', '/1', '/2'])
  expect(buffers.heldBytes).toBe(0)
})

test('R36 a caller who sends hundreds ahead of an answer is cut off, and nothing is kept of them', async () => {
  const { begun, buffers, client, drain } = await startListener(() => new Promise(() => {}))
  const sent = client.send(toBytes(toPaths(1_000)))
  await client.closed
  await sent.catch(() => {})
  await drain()
  expect(begun).toEqual(['/0'])
  expect(buffers.heldBytes).toBe(0)
})

test('R36 a caller for whose waiting requests there is no room is cut off', async () => {
  const { begun, buffers, client, drain } = await startListener(() => new Promise(() => {}), 64 * 1_024)
  await client.send(toBytes(toPaths(20)))
  await client.closed
  await drain()
  expect(begun).toEqual(['/0'])
  expect(buffers.heldBytes).toBe(0)
})

test('R36 requests of a caller who has left are not begun, and nothing is kept of them', async () => {
  const { begun, buffers, client, drain } = await startListener(() => new Promise(() => {}))
  await client.send(toBytes(toPaths(5)))
  await vi.waitFor(() => expect(buffers.heldBytes).toBe(4 * 2_048))
  client.destroy()
  await drain()
  expect(begun).toEqual(['/0'])
  expect(buffers.heldBytes).toBe(0)
})

test('R36 nothing that follows a refused request is begun where its answer ends the connection', async () => {
  const headers = { connection: 'close' }
  const { begun, buffers, client } = await startListener(async ({ target }) => (target === '/1' ? headers : {}))
  await client.send(toBytes(toPaths(4)))
  expect(await renderRows(client, 2)).toEqual(['/0', '/1'])
  await client.closed
  expect(begun).toEqual(['/0', '/1'])
  expect(buffers.heldBytes).toBe(0)
})

test('R36 a server that drains answers the requests that wait, and ends the connection with the last', async () => {
  const gate = createGate()
  const { buffers, client, drain } = await startListener(() => gate.opened.then(() => undefined))
  await client.send(toBytes(toPaths(3)))
  await vi.waitFor(() => expect(buffers.heldBytes).toBe(2 * 2_048))
  const drained = drain()
  gate.open()
  const answers = [await client.readAnswer(), await client.readAnswer(), await client.readAnswer()]
  expect(answers.map(({ text }) => text)).toEqual(['/0', '/1', '/2'])
  expect(answers.map((answer) => answer.header('connection'))).toEqual(['keep-alive', 'keep-alive', 'close'])
  await drained
  await client.closed
})

test('R36 a server whose time to drain is over begins none of the requests that wait', async () => {
  const { begun, buffers, client, drain } = await startListener(
    ({ gone }) => new Promise((resolve) => gone.addEventListener('abort', () => resolve({}))),
  )
  await client.send(toBytes(toPaths(3)))
  await vi.waitFor(() => expect(buffers.heldBytes).toBe(2 * 2_048))
  await drain(0)
  const answer = await client.readAnswer()
  expect([answer.text, answer.header('connection')]).toEqual(['/0', 'close'])
  await client.closed
  expect(begun).toEqual(['/0'])
  expect(buffers.heldBytes).toBe(0)
})
