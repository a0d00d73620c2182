import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { setImmediate as nextMacrotask } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { createUndiciTransport } from '../../../src/platform/node/upstream/undici-transport.ts'

const connected = 'undici:client:connected'

test('case D5: a socket does not read ahead of a client that reads one chunk at a time', async () => {
  const event = Buffer.alloc(30_000, 'x')
  const upstream = createServer((_, response) => {
    const write = () => {
      while (response.write(event));
      response.once('drain', write)
    }
    write()
  }).listen(0, '127.0.0.1')
  await once(upstream, 'listening')
  const sockets: Socket[] = []
  const keep = (message: unknown) => void sockets.push((message as { socket: Socket }).socket)
  subscribe(connected, keep)
  const transport = createUndiciTransport()
  try {
    const { body } = await transport.send({
      origin: `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`,
      method: 'GET',
      path: '/',
      headers: {},
      body: undefined,
      signal: new AbortController().signal,
      connectTimeoutMs: 10_000,
    })
    let passed = 0
    let maxReadLength = 0
    const chunks = Promise.withResolvers<void>()
    const resume = () => {
      maxReadLength = Math.max(maxReadLength, ...sockets.map(({ readableLength }) => readableLength))
      body.resume()
    }
    body.start({
      write(chunk) {
        expect(chunk.every((byte) => byte === 0x78)).toBe(true)
        passed += 1
        if (passed === 200) chunks.resolve()
        else void nextMacrotask().then(resume)
        return false
      },
      end: () => chunks.reject(new Error('ended')),
      fail: chunks.reject,
    })
    await chunks.promise
    body.cancel()
    expect(sockets.length).toBe(1)
    expect(maxReadLength).toBeLessThanOrEqual(128 * 1_024)
  } finally {
    unsubscribe(connected, keep)
    await transport.close()
    upstream.closeAllConnections()
    upstream.close()
  }
})
