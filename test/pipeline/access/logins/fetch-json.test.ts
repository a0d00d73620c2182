import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, expect, test } from 'vitest'
import { createJsonFetcher } from '../../../../src/pipeline/access/logins/fetch-json.ts'
import { nodeClock } from '../../../../src/platform/node/node-clock.ts'
import { createUndiciTransport } from '../../../../src/platform/node/upstream/undici-transport.ts'

const transport = createUndiciTransport()
const fetchJson = createJsonFetcher(transport, nodeClock)
const closers: (() => void)[] = []

afterAll(async () => {
  await transport.close()
  for (const close of closers) close()
})

async function serve(listener: RequestListener): Promise<URL> {
  const server = createServer(listener)
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  closers.push(() => {
    server.closeAllConnections()
    server.close()
  })
  return new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/keys?v=1`)
}

const bounds = { maxBytes: 1_000, timeoutMs: 2_000 }

test('a document is fetched by its path and query, without a credential', async () => {
  let seen: unknown
  const url = await serve(({ url: path, headers }, response) => {
    seen = { path, authorization: headers.authorization, cookie: headers.cookie }
    response.end('{"keys":[]}')
  })
  expect(await fetchJson(url, bounds)).toEqual({ keys: [] })
  expect(seen).toEqual({ path: '/keys?v=1', authorization: undefined, cookie: undefined })
})

test('S06 a redirect is not followed', async () => {
  let followed = 0
  const thief = await serve((_request, response) => {
    followed += 1
    response.end('{}')
  })
  const url = await serve((_request, response) => void response.writeHead(302, { location: thief.href }).end())
  await expect(fetchJson(url, bounds)).rejects.toThrow(/answered 302$/)
  expect(followed).toBe(0)
})

test.each<[string, RequestListener, RegExp]>([
  ['an error', (_request, response) => void response.writeHead(500).end('{}'), /\/keys answered 500$/],
  ['text', (_request, response) => void response.end('<html>'), /\/keys is not JSON$/],
  [
    'bytes that are no UTF-8',
    (_request, response) => void response.end(Buffer.from([0x22, 0xff, 0x22])),
    /is not JSON$/,
  ],
  ['1,001 bytes', (_request, response) => void response.end(`"${'x'.repeat(999)}"`), /is over 1000 bytes$/],
  [
    'an endless document',
    (_request, response) => {
      const push = () => {
        while (response.write('x'.repeat(500)));
      }
      response.on('drain', push)
      push()
    },
    /is over 1000 bytes$/,
  ],
])('%s is refused', async (_case, listener, problem) => {
  await expect(fetchJson(await serve(listener), bounds)).rejects.toThrow(problem)
})

test('a document that does not arrive in time is given up', async () => {
  const url = await serve(() => {})
  await expect(fetchJson(url, { ...bounds, timeoutMs: 50 })).rejects.toThrow(/did not answer in 50 ms/)
})

test('a body that stalls is given up', async () => {
  const url = await serve((_request, response) => void response.write('{'))
  await expect(fetchJson(url, { ...bounds, timeoutMs: 50 })).rejects.toThrow()
})
