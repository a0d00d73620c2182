import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openRawClient, type RawClient } from './raw-client.ts'

let server: Server
let peer: Socket
let client: RawClient

beforeEach(async () => {
  server = createServer({ allowHalfOpen: true }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const connected = once(server, 'connection') as Promise<[Socket]>
  client = await openRawClient(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  peer = (await connected)[0]
  peer.on('error', () => undefined)
})

afterEach(() => {
  client.destroy()
  peer.destroy()
  server.close()
})

test('reads consecutive responses from pieces of any size', async () => {
  const bytes =
    'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\nHTTP/1.1 204 No\r\n\r\n'
  for (const byte of bytes) peer.write(byte)
  expect((await client.readResponse()).status).toBe(100)
  expect(await client.readResponse()).toMatchObject({ status: 200, text: 'abc', isComplete: true })
  expect((await client.readResponse()).status).toBe(204)
})

test('reads no body for a status or a method without one', async () => {
  peer.write('HTTP/1.1 304 Not Modified\r\ncontent-length: 5\r\n\r\n')
  peer.write('HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n')
  peer.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok')
  expect((await client.readResponse()).text).toBe('')
  expect((await client.readResponse({ method: 'HEAD' })).text).toBe('')
  expect((await client.readResponse()).text).toBe('ok')
})

test('disconnects with FIN or with RST', async () => {
  const ended = once(peer, 'end')
  peer.resume()
  client.destroy()
  await ended
  const other = once(server, 'connection') as Promise<[Socket]>
  const resetting = await openRawClient(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  const [otherPeer] = await other
  const failed = once(otherPeer, 'error')
  resetting.reset()
  expect(await failed).toMatchObject([{ code: 'ECONNRESET' }])
})

test('keeps reading after it has ended its sending side', async () => {
  peer.resume()
  client.halfClose()
  await once(peer, 'end')
  peer.end('HTTP/1.1 200 OK\r\n\r\nuntil close')
  expect(await client.readResponse()).toMatchObject({ text: 'until close', isComplete: true })
})

test('rejects with the received bytes after a timeout', async () => {
  peer.write('some bytes')
  // On a busy machine they arrive after the timeout.
  while (client.bytesReceived < 'some bytes'.length) await nextTurn()
  await expect(client.readUntil('more', 50)).rejects.toThrow('not found in 10 bytes "some bytes" (waited 50 ms)')
})
