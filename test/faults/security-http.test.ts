import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { Buffers } from '../../src/core/buffers.ts'
import { toByteStream } from '../../src/core/byte-stream.ts'
import { serverOptions } from '../../src/platform/node/server/create-node-server.ts'
import { respondToParseError } from '../../src/platform/node/server/malformed-requests.ts'
import { writeResponse } from '../../src/platform/node/server/write-response.ts'
import { ask, expectError } from '../support/ask.ts'
import { describeOnBoth } from '../support/describe-on-both.ts'
import { chatCompletion, chatRequest } from '../support/fixtures.ts'
import { bearer, toOpenAIEnv } from '../support/gateway.ts'
import { openRawClient } from '../support/raw-client.ts'
import { toRequestBytes } from '../support/to-request-bytes.ts'
import { json } from '../support/upstream-scripts.ts'
import { smugglingCorpus } from './smuggling-corpus.ts'

/** More than the buffers of two sockets. */
const longBytes = 30_000_000
const chat = { target: '/v1/chat/completions', body: chatRequest }

describeOnBoth('malicious requests', (start, { runtime, startUpstream }) => {
  if (runtime === 'node') {
    test.each(smugglingCorpus)(
      'S65 R73 P01 %s: Weir refuses once, sends nothing upstream, and closes the connection',
      async (name, bytes) => {
        const upstream = await startUpstream()
        const gateway = await start({ env: toOpenAIEnv(upstream) })
        const client = await openRawClient(gateway.url)
        // The server may close the connection before it has read everything.
        client.send(Buffer.from(bytes, 'latin1')).catch(() => undefined)
        const response = await client.readResponse(name.startsWith('HEAD') ? { method: 'HEAD' } : {})
        expect(response.status).toBeGreaterThanOrEqual(400)
        expect(response.status).toBeLessThan(500)
        expect(response.header('x-request-id')).toMatch(/^req_[0-9a-f]{32}$/)
        expect(response.header('access-control-allow-origin')).toBe('*')
        if (!name.startsWith('HEAD'))
          expect(JSON.parse(response.text)).toMatchObject({ error: { message: expect.any(String) } })
        await client.closed
        await expect(client.readResponse()).rejects.toThrow('the connection ended')
        expect(upstream.requests).toEqual([])
      },
    )

    test('R73 P04 Weir logs a refusal', async () => {
      const upstream = await startUpstream()
      const gateway = await start({ env: toOpenAIEnv(upstream) })
      const response = await ask(gateway, { method: 'GET', target: '/v1/models', body: 'x' })
      expectError(response, { code: 'bad_request', message: /without a body/ })
      const line = await gateway.findLog(({ request_id }) => request_id === response.header('x-request-id'))
      expect(line).toMatchObject({ status: 400, outcome: 'rejected', error_code: 'bad_request' })
    })

    test('S65 Weir serves harmless requests: plain HTTP/1.0, its own host in the target, an unknown expectation', async () => {
      const upstream = await startUpstream()
      upstream.respond(json(200, chatCompletion))
      const gateway = await start({ env: toOpenAIEnv(upstream) })
      const requests = [
        toRequestBytes({ ...chat, headers: bearer }).replace('HTTP/1.1', 'HTTP/1.0'),
        toRequestBytes({ ...chat, headers: bearer })
          .replace('HTTP/1.1', 'HTTP/1.0')
          .replace('host: weir.test\r\n', ''),
        toRequestBytes({ ...chat, target: 'http://weir.test/v1/chat/completions', headers: bearer }),
        toRequestBytes({ ...chat, headers: { ...bearer, host: '[::1]:8787' } }),
        toRequestBytes({ ...chat, headers: { ...bearer, expect: 'nonsense' } }),
      ]
      for (const request of requests) {
        const client = await openRawClient(gateway.url)
        await client.send(request)
        expect((await client.readResponse()).status, request).toBe(200)
        client.destroy()
      }
    })
  }

  test('S10 do not make Weir a forward proxy', async () => {
    const [upstream, target] = [await startUpstream(), await startUpstream()]
    const gateway = await start({ env: toOpenAIEnv(upstream) })
    const { host } = new URL(target.url)
    const requests = [
      // workerd passes CONNECT to a Worker's handler; Cloudflare’s servers never forward it.
      ...(runtime === 'node' ? [`CONNECT ${host} HTTP/1.1\r\nhost: ${host}\r\n\r\n`] : []),
      `GET ${target.url}/v1/models HTTP/1.1\r\nhost: ${host}\r\n\r\n`,
      `GET ${target.url}/v1/models HTTP/1.1\r\nhost: weir.test\r\n\r\n`,
      `POST ${target.url}/v1/chat/completions HTTP/1.1\r\nhost: ${host}\r\ncontent-length: 2\r\n\r\n{}`,
    ]
    for (const request of requests) {
      const client = await openRawClient(gateway.url)
      await client.send(request)
      const response = await client.readResponse().catch(() => undefined)
      expect([undefined, 400, 401, 404, 405, 501]).toContain(response?.status)
      client.destroy()
    }
    expect(target.acceptedSockets).toBe(0)
    expect(upstream.requests).toEqual([])
  })

  test('S38 S88 no Host header grants access', async () => {
    const upstream = await startUpstream()
    const gateway = await start({ env: toOpenAIEnv(upstream) })
    for (const host of [
      'localhost',
      '127.0.0.1',
      'admin',
      'weir.test:1',
      '[::1]',
      'api.openai.com',
      'localhost:8787',
    ]) {
      expectError(await ask(gateway, { ...chat, token: false, headers: { host } }), { code: 'invalid_api_key' })
    }
    expect(upstream.requests).toEqual([])
  })

  test('S39 no spelling of a path evades the access check', async () => {
    const upstream = await startUpstream()
    const gateway = await start({ env: { ...toOpenAIEnv(upstream), PASSTHROUGH: 'openai' } })
    const paths = [
      '/v1/../v1/models',
      '/v1/%2e%2e/v1/models',
      '/v1/%2E%2E/admin',
      '/v1/.%2e/models',
      '/livez/../v1/models',
      '/livez/%2e%2e/v1/models',
      '/livez%2f..%2fv1/models',
      '/livez;/../v1/models',
      '//evil.example/v1/models',
      '//evil.example//v1/models',
      '/v1\\models',
      '/v1/%5cmodels',
      '\\v1\\models',
      '/v1/models%00',
      '/v1/models%0d%0ax: y',
      '/v1/models/%2e%2e%2fchat/completions',
      '/v1/models/..%2f..%2fadmin',
      '/%76%31/models',
      '/v1/m%6fdels',
      '/./v1/./models',
      '/v1/models/.',
      '/v1/files/..;/models',
      '/livez?/../v1/models',
      '/v1/models/../../livez/../v1/files',
    ]
    for (const target of paths) {
      const response = await ask(gateway, { target, token: false })
      const isProbe = response.status === 200 && response.text === '{"status":"alive"}'
      if (!isProbe) expect([400, 401, 404], target).toContain(response.status)
      expect(response.text).not.toContain('"object"')
    }
    expect(upstream.requests).toEqual([])
  })

  test('S67 bytes that are invalid in a header reach no upstream', async () => {
    const upstream = await startUpstream()
    upstream.respond(json(200, chatCompletion))
    const gateway = await start({ env: toOpenAIEnv(upstream) })
    const values = [
      // If a parser ends the line at this break, the injected name is one that Weir never forwards.
      'a\rx-weir-injected: 1',
      'a\nx-weir-injected: 1',
      'a\u0000b',
      '\u0080\u00ff',
      'caf\u00e9',
      '\u00e4\u00bd\u00a0',
      'a\tb',
      '\u007f',
      '\u0001',
    ]
    for (const name of ['accept', 'openai-beta', 'idempotency-key', 'http-referer', 'x-title']) {
      for (const value of values) {
        const client = await openRawClient(gateway.url)
        const request = toRequestBytes({ ...chat, headers: { ...bearer, [name]: value } })
        await client.send(Buffer.from(request, 'latin1'))
        // 503: a server without storage cannot honour an idempotency key.
        const accepted = name === 'idempotency-key' ? [400, 503] : [200, 400]
        expect(accepted, `${name}: ${JSON.stringify(value)}`).toContain((await client.readResponse()).status)
        client.destroy()
      }
    }
    for (const { headers, rawHeaders } of upstream.requests) {
      expect(headers).not.toHaveProperty('x-weir-injected')
      expect(rawHeaders.flat().join('')).not.toMatch(/[\r\n\0]/)
    }
  })
})

test('S64 headers time out after 15 s, whole requests after five minutes, and the checks are frequent enough', () => {
  const { headersTimeout, requestTimeout, connectionsCheckingInterval } = serverOptions
  expect(headersTimeout).toBeLessThanOrEqual(15_000)
  expect(requestTimeout).toBeLessThanOrEqual(300_000)
  expect(connectionsCheckingInterval).toBeLessThanOrEqual(headersTimeout / 3)
})

test.each([
  ['headers', 'GET /v1/models HTTP/1.1\r\nhost: weir.test\r\nx-slow: '],
  ['a body', 'POST /v1/chat/completions HTTP/1.1\r\nhost: weir.test\r\ncontent-length: 100\r\n\r\n{"mod'],
])('S64 P01 Weir returns 408 in OpenAI’s format for endless %s, and closes the connection', async (_part, bytes) => {
  const scaled = { headersTimeout: 50, requestTimeout: 100, connectionsCheckingInterval: 20 }
  const server = createServer({ ...serverOptions, ...scaled }, () => {})
  server.on('clientError', (error, socket) => void respondToParseError(error, socket, true))
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const client = await openRawClient(`http://127.0.0.1:${port}`)
  await client.send(bytes)
  const response = await client.readResponse()
  expect(response.status).toBe(408)
  expect(JSON.parse(response.text)).toMatchObject({ error: { code: 'request_timeout' } })
  await client.closed
  server.close()
})

const whole = () => new Uint8Array(longBytes)
const fromFile = () => toByteStream(new Uint8Array(longBytes))

test.each([
  ['whole', 'does not read', { stalledMs: 50 }, whole, false],
  ['from a file', 'does not read', { stalledMs: 50 }, fromFile, true],
  // A slow reader that reads a little now and then exceeds only the total time.
  ['whole', 'reads too slowly', { stalledMs: 60_000, msPerMebibyte: 1 }, whole, false],
  ['from a file', 'reads too slowly', { stalledMs: 60_000, msPerMebibyte: 1 }, fromFile, true],
])(
  'R09 S64 Weir disconnects a caller who receives a response %s and %s',
  async (_source, _pace, patience, toBody, isReady) => {
    const server = createServer((_request, response) =>
      writeResponse(
        { status: 200, headers: {}, body: toBody(), isReady },
        response,
        patience,
        new Buffers(134_217_728),
      ),
    )
    const cut = new Promise<void>((resolve) => void server.on('connection', (socket) => socket.once('close', resolve)))
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    const client = await openRawClient(`http://127.0.0.1:${port}`)
    client.pause()
    await client.send('GET / HTTP/1.1\r\nhost: weir.test\r\n\r\n')
    await cut
    client.destroy()
    server.close()
  },
)
