import { randomBytes } from 'node:crypto'
import dns from 'node:dns'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { formType } from '../api/ask-form.ts'
import { openKeys, shareKeys } from '../api/open-keys.ts'
import { type FormPart, toForm } from '../api/to-form.ts'
import { describeOnBoth, describeOnBothStored } from '../support/describe-on-both.ts'
import { chatChunks, chatCompletion, chatRequest } from '../support/fixtures.ts'
import { createGate } from '../support/gate.ts'
import { bearer, type Gateway, gatewayToken, toOpenAIEnv } from '../support/gateway.ts'
import { openRawClient } from '../support/raw-client.ts'
import { readAndAskNext } from '../support/read-and-ask-next.ts'
import { startNodeGateway } from '../support/start-node-gateway.ts'
import { toRequestBytes } from '../support/to-request-bytes.ts'
import { beforeBody, json, raw, redirect307, sse } from '../support/upstream-scripts.ts'
import { chatPath, sendChat, toChatBytes } from './send-chat.ts'
import { startFullListener } from './start-full-listener.ts'

const mebibyte = 1_048_576

describeOnBoth('a connection to an upstream', (start, { runtime, startUpstream }) => {
  test('R26 Weir frees a connection after an error with a large body', async () => {
    const upstream = await startUpstream()
    upstream.respond(json(500, { error: { message: 'x'.repeat(mebibyte) } }))
    const gateway = await start({ env: toOpenAIEnv(upstream) })
    for (let round = 0; round < 10; round++) {
      const responses = await Promise.all(
        Array.from({ length: 5 }, async () => {
          const client = await sendChat(gateway)
          const response = await client.readResponse()
          client.destroy()
          return response.status
        }),
      )
      expect(responses).toEqual([500, 500, 500, 500, 500])
    }
    expect(upstream.openSockets).toBeLessThanOrEqual(5)
  })

  test.each([
    { name: 'a redirect', script: redirect307('http://127.0.0.1:1/') },
    {
      name: 'a redirect with an endless body',
      script: raw('HTTP/1.1 302 Found\r\nlocation: /\r\ntransfer-encoding: chunked\r\n\r\n', createGate()),
    },
    {
      name: 'a too large response',
      script: json(200, { text: 'x'.repeat(3 * mebibyte) }, { framing: 'chunked', ending: 'never' }),
    },
  ])('R26 Weir does not keep a connection open after $name', async ({ script }) => {
    const upstream = await startUpstream()
    upstream.respond(script)
    const gateway = await start({ env: toOpenAIEnv(upstream), config: { limits: { answer_bytes: mebibyte } } })
    for (let call = 0; call < 10; call++) {
      const client = await sendChat(gateway, { stream: false })
      expect((await client.readResponse()).status).toBe(502)
      client.destroy()
    }
    await upstream.socketsDownTo(1)
  })

  test('R25 Weir reuses a connection after a whole response, binary data and a stream', async () => {
    const upstream = await startUpstream()
    upstream.respondNext(
      json(200, chatCompletion),
      raw('HTTP/1.1 200 OK\r\ncontent-type: audio/mpeg\r\ncontent-length: 5\r\n\r\nsound'),
      json(200, chatCompletion),
      sse(chatChunks),
    )
    const gateway = await start({ env: toOpenAIEnv(upstream) })
    for (let call = 0; call < 4; call++) expect((await (await sendChat(gateway)).readResponse()).status).toBe(200)
    expect(upstream.acceptedSockets).toBe(1)
  })

  test('R27 Weir returns 502 if the upstream’s name does not resolve', async () => {
    const env = { ...toOpenAIEnv(await startUpstream()), OPENAI_BASE_URL: 'http://no-such-host.invalid/v1' }
    const gateway = await start({ env })
    const response = await (await sendChat(gateway)).readResponse()
    expect(response.status).toBe(502)
    const code = runtime === 'node' ? 'upstream_dns_error' : 'upstream_unreachable'
    expect(JSON.parse(response.text)).toMatchObject({ error: { code, type: 'upstream_error' } })
    expect(response.text).not.toMatch(/no-such-host|ENOTFOUND|EAI_AGAIN|\bat \//)
  })
})

describeOnBothStored('a keep-alive connection after a refused request', (start, { runtime, share, startUpstream }) => {
  const [short, long] = [300_000, 3_000_000]
  const model: FormPart = ['model', 'whisper-1']
  const toFile = (bytes: number): FormPart => ['file', randomBytes(bytes), 'a.mp3']

  function toBodies(bytes: number) {
    return {
      form: { type: formType, body: toForm([model, toFile(bytes)]) },
      'form with the model after the file': { type: formType, body: toForm([toFile(bytes), model]) },
      'file for a passthrough route': { type: 'application/octet-stream', body: randomBytes(bytes) },
      JSON: { type: 'application/json', body: Buffer.from(JSON.stringify({ model: 'm', input: 'x'.repeat(bytes) })) },
    }
  }

  /** Sends the request, then `GET /livez` on the same connection, or on a new one if the response closes this one. */
  async function askTwice(gateway: Gateway, head: Readonly<Record<string, string>>, target: string, body: Buffer) {
    const client = await openRawClient(gateway.url)
    const isChunked = head['transfer-encoding'] !== undefined
    const framing = isChunked ? {} : { 'content-length': String(body.length) }
    await client.send(toRequestBytes({ method: 'POST', target, headers: { ...head, ...framing } }))
    const framed = [Buffer.from(`${body.length.toString(16)}\r\n`), body, Buffer.from('\r\n0\r\n\r\n')]
    const sent = client.send(isChunked ? Buffer.concat(framed) : body).catch(() => undefined)
    return readAndAskNext(gateway, client, sent)
  }

  const sizes = [
    [short, 'length'],
    [short, 'chunked'],
    // Without a server in front, workerd closes a connection with a longer unread body, without announcing it.
    ...(runtime === 'node' ? [[long, 'length'] as const] : []),
  ] as const

  const targets = {
    form: '/v1/audio/transcriptions',
    'form with the model after the file': '/v1/audio/transcriptions',
    'file for a passthrough route': '/v1/uploads/1/parts',
    JSON: '/v1/embeddings',
  } as const

  test.each(Object.keys(targets) as (keyof typeof targets)[])(
    'case C18: the request after a refused %s gets its response, whatever the length and the refusal',
    async (kind) => {
      const { gateway, create, call } = await shareKeys(share, { config: { passthrough: 'openai' } })
      const key = await create({ limits: { requests_per_minute: 1 }, operations: ['*', 'passthrough'] })
      expect((await call(key)).status).toBe(200)
      const target = targets[kind]
      const own = { authorization: `Bearer ${key.secret}` }
      for (const [bytes, framing] of sizes) {
        const { type, body } = toBodies(bytes)[kind]
        const chunked = framing === 'chunked' ? { 'transfer-encoding': 'chunked' } : {}
        const headers = { 'content-type': type, ...chunked, ...own }
        for (const [status, changed] of [
          [429, {}],
          [401, { authorization: 'Bearer sk-weir-none' }],
          // A passthrough route accepts any content type.
          ...(kind === 'file for a passthrough route' ? [] : ([[415, { 'content-type': 'text/csv' }]] as const)),
        ] as const) {
          const { answer: response, isOver, next } = await askTwice(gateway, { ...headers, ...changed }, target, body)
          expect([response.status, next]).toEqual([status, 200])
          // Weir reads a short body to keep the connection.
          if (runtime === 'node' && framing === 'length' && bytes === short) expect(isOver).toBe(false)
        }
      }
    },
  )

  test('case C18: the request after a form that the provider refuses before it has read it gets its response', async () => {
    const { upstream, gateway } = await openKeys({ start, startUpstream })
    upstream.respond(beforeBody(json(400, { error: { message: 'No.', type: 'invalid_request_error' } })))
    const { type, body } = toBodies(long).form
    const { answer: response, next } = await askTwice(
      gateway,
      { 'content-type': type, ...bearer },
      '/v1/audio/transcriptions',
      body,
    )
    expect([response.status, next]).toEqual([400, 200])
  })

  test.runIf(runtime === 'node')(
    'case C18: Weir sends nothing after the response that closes a connection',
    async () => {
      const { upstream, gateway } = await openKeys({ start, startUpstream })
      for (const next of [
        toRequestBytes({ target: chatPath, body: chatRequest, headers: bearer }),
        'no request at all\r\n\r\n',
      ]) {
        const client = await openRawClient(gateway.url)
        const { type, body } = toBodies(long).form
        const headers = { 'content-type': type, 'content-length': String(body.length) }
        await client.send(toRequestBytes({ method: 'POST', target: '/v1/audio/transcriptions', headers }))
        client.send(Buffer.concat([body, Buffer.from(next)])).catch(() => undefined)
        const response = await client.readResponse()
        expect([response.status, response.header('connection')]).toEqual([401, 'close'])
        await client.closed
        await expect(client.readResponse()).rejects.toThrow('the connection ended')
      }
      expect(upstream.requests).toEqual([])
    },
  )

  test.runIf(runtime === 'node')(
    'case C18: a refused caller who waits for `100 Continue` receives `Connection: close`',
    async () => {
      const { gateway } = await openKeys({ start, startUpstream })
      const client = await openRawClient(gateway.url)
      const headers = { 'content-type': 'application/json', 'content-length': '1000', expect: '100-continue' }
      await client.send(toRequestBytes({ method: 'POST', target: chatPath, headers }))
      const response = await client.readResponse()
      expect(response.status).toBe(401)
      expect(response.header('connection')).toBe('close')
      client.destroy()
    },
  )
})

describe('a resolver on Node', () => {
  const gateways: Gateway[] = []
  afterEach(async () => {
    vi.restoreAllMocks()
    await Promise.all(gateways.splice(0).map((gateway) => gateway.close()))
  })

  async function callWith(replyToLookup: (callback: (error: Error) => void) => void) {
    const env = { OPENAI_API_KEY: 'sk-test', OPENAI_BASE_URL: 'http://provider.test/v1', TOKEN: gatewayToken }
    const gateway = await startNodeGateway({ env, config: { timeouts: { connect_ms: 300 } } })
    gateways.push(gateway)
    const client = await openRawClient(gateway.url)
    const lookup = (_name: string, _options: unknown, callback: (error: Error) => void): void => replyToLookup(callback)
    vi.spyOn(dns, 'lookup').mockImplementation(lookup as unknown as typeof dns.lookup)
    await client.send(toChatBytes())
    const response = await client.readResponse()
    return { status: response.status, body: JSON.parse(response.text) as unknown, line: await gateway.findLog() }
  }

  test.each(['ENOTFOUND', 'EAI_AGAIN'])('R27 Weir returns 502 if the resolver reports %s', async (code) => {
    const { status, body, line } = await callWith((callback) =>
      callback(Object.assign(new Error('getaddrinfo'), { code })),
    )
    expect(status).toBe(502)
    expect(body).toMatchObject({ error: { code: 'upstream_dns_error' } })
    expect(line).toMatchObject({ outcome: 'upstream_error', error_code: 'upstream_dns_error' })
  })

  test('R27 Weir returns 504 after the connect timeout if the resolver does not respond', async () => {
    const { status, body } = await callWith(() => {})
    expect(status).toBe(504)
    expect(body).toMatchObject({ error: { code: 'upstream_connect_timeout' } })
  })
})

describe.runIf(process.platform === 'linux')('a provider at two addresses, on Node', () => {
  test('R29 is reached at its second address if packets to the first vanish', async () => {
    const vanishing = await startFullListener()
    onTestFinished(vanishing.close)
    const { port } = new URL(vanishing.url)
    const provider = createServer((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(chatCompletion))
    })
    provider.listen(Number(port), '127.0.0.2')
    await once(provider, 'listening')
    onTestFinished(() => void provider.close())
    const env = { OPENAI_API_KEY: 'sk-test', OPENAI_BASE_URL: `http://provider.test:${port}/v1`, TOKEN: gatewayToken }
    const gateway = await startNodeGateway({ env, config: { timeouts: { connect_ms: 10_000 } } })
    onTestFinished(gateway.close)
    const addresses = ['127.0.0.1', '127.0.0.2'].map((address) => ({ address, family: 4 }))
    const lookup = (_name: string, _options: unknown, callback: (error: null, found: typeof addresses) => void) =>
      callback(null, addresses)
    const client = await openRawClient(gateway.url)
    const spy = vi.spyOn(dns, 'lookup').mockImplementation(lookup as unknown as typeof dns.lookup)
    onTestFinished(() => spy.mockRestore())
    await client.send(toChatBytes())
    const response = await client.readResponse()
    expect(response.status, response.text).toBe(200)
    provider.closeAllConnections()
  })
})

describeOnBoth('a hop-by-hop header', (_start, { share }) => {
  const hops = {
    'keep-alive': 'timeout=9',
    te: 'trailers',
    'proxy-authorization': 'Basic c2VjcmV0',
    'proxy-connection': 'keep-alive',
    'x-secret': 'of-this-hop',
  }

  test('R34 Weir forwards no hop-by-hop header to the upstream, and none that `Connection` names', async () => {
    const { upstream, gateway } = await share((scripted) => ({ env: toOpenAIEnv(scripted) }))
    upstream.respond(json(200, chatCompletion))
    const headers = { connection: 'close, x-secret', ...hops }
    await (await sendChat(gateway, { headers })).readResponse()
    const request = await upstream.nextRequest()
    for (const name of [...Object.keys(hops), 'upgrade', 'trailer']) expect(request.headers[name], name).toBeUndefined()
  })

  test('R34 Weir forwards no hop-by-hop header to the caller', async () => {
    const { upstream, gateway } = await share((scripted) => ({ env: toOpenAIEnv(scripted) }))
    const headers = { connection: 'x-secret', ...hops }
    upstream.respond(json(200, chatCompletion, { headers }))
    const response = await (await sendChat(gateway)).readResponse()
    expect(response.status).toBe(200)
    for (const name of ['te', 'proxy-authorization', 'proxy-connection', 'x-secret'])
      expect(response.header(name), name).toBeUndefined()
    expect(response.header('keep-alive')).not.toBe('timeout=9')
  })
})

describeOnBoth('a client connection', (start, { runtime, startUpstream }) => {
  const isNode = runtime === 'node'

  test.runIf(isNode)(
    'R24 Weir keeps an idle client connection open for more than 60 s, the timeout of common load balancers',
    async () => {
      const gateway = await start({ env: toOpenAIEnv(await startUpstream()) })
      const client = await openRawClient(gateway.url)
      await client.send(toRequestBytes({ target: '/livez' }))
      const seconds = /timeout=(\d+)/.exec((await client.readResponse()).header('keep-alive') ?? '')?.[1]
      expect(Number(seconds)).toBeGreaterThan(60)
    },
  )

  test.runIf(isNode)('R24 Weir closes an idle client connection at once when the process ends', async () => {
    const gateway = await start({ env: toOpenAIEnv(await startUpstream()) })
    const client = await openRawClient(gateway.url)
    await client.send(toRequestBytes({ target: '/livez' }))
    await client.readResponse()
    await gateway.close()
    await client.closed
  })

  test.runIf(isNode)('R35 a caller with `Expect: 100-continue` receives 100 before Weir reads the body', async () => {
    const upstream = await startUpstream()
    upstream.respond(json(200, chatCompletion))
    const gateway = await start({ env: toOpenAIEnv(upstream) })
    const client = await openRawClient(gateway.url)
    const [head, body] = toChatBytes({ stream: false, headers: { expect: '100-continue' } }).split(/(?<=\r\n\r\n)/)
    await client.send(head ?? '')
    expect((await client.readResponse()).status).toBe(100)
    expect(upstream.requests).toHaveLength(0)
    await client.send(body ?? '')
    expect((await client.readResponse()).status).toBe(200)
  })

  test.runIf(isNode).each([
    { status: 401, headers: { authorization: 'Bearer a-wrong-token' } },
    { status: 413, headers: { 'content-length': '1000000000' } },
    { status: 415, headers: { 'content-type': 'text/plain' } },
  ])('R35 a caller with `Expect: 100-continue` receives $status instead of 100', async ({ status, headers }) => {
    const gateway = await start({ env: toOpenAIEnv(await startUpstream()) })
    const client = await openRawClient(gateway.url)
    const [head] = toChatBytes({ headers: { expect: '100-continue', ...headers } }).split(/(?<=\r\n\r\n)/)
    await client.send(head ?? '')
    expect((await client.readResponse()).status).toBe(status)
  })

  test.runIf(isNode)(
    'R36 pipelined requests get their responses in order, and Weir checks the key of each',
    async () => {
      const upstream = await startUpstream()
      const gate = createGate()
      upstream.respondNext({ play: async (wire) => wire.wait(gate).then(() => wire.write(responseOf('first'))) })
      upstream.respond(raw(responseOf('last')))
      const gateway = await start({ env: toOpenAIEnv(upstream) })
      const client = await openRawClient(gateway.url)
      const chat = (headers: Record<string, string>) => toChatBytes({ stream: false, headers })
      const wrong = { authorization: 'Bearer a-wrong-token' }
      const none = toRequestBytes({ target: chatPath, body: { model: 'gpt-4.1', messages: [] } })
      await client.send(chat({}) + chat(wrong) + none + chat({}))
      gate.open()
      const responses = [await client.readResponse(), await client.readResponse(), await client.readResponse()]
      expect(responses.map(({ status }) => status)).toEqual([200, 401, 401])
      expect(responses[0]?.text).toContain('first')
      expect((await client.readResponse()).text).toContain('last')
      expect(upstream.requests).toHaveLength(2)
    },
  )

  test.runIf(isNode)('R73 Weir returns 431 for more than a hundred headers, wherever the key is', async () => {
    const gateway = await start({ env: toOpenAIEnv(await startUpstream()) })
    const many = Array.from({ length: 1_100 }, (_, index) => `x${index}: 1\r\n`).join('')
    const client = await openRawClient(gateway.url)
    await client.send(
      `GET /v1/models HTTP/1.1\r\nhost: weir.test\r\n${many}authorization: ${bearer.authorization}\r\n\r\n`,
    )
    const response = await client.readResponse()
    expect(response.status).toBe(431)
    expect(JSON.parse(response.text)).toMatchObject({ error: { code: 'headers_too_large' } })
  })

  test.runIf(isNode)('R73 Weir serves a request with a hundred headers', async () => {
    const gateway = await start({ env: toOpenAIEnv(await startUpstream()) })
    const many = Array.from({ length: 98 }, (_, index) => `x${index}: 1\r\n`).join('')
    const client = await openRawClient(gateway.url)
    await client.send(
      `GET /v1/models HTTP/1.1\r\nhost: weir.test\r\n${many}authorization: ${bearer.authorization}\r\n\r\n`,
    )
    expect((await client.readResponse()).status).toBe(200)
  })
})

function responseOf(text: string): string {
  const body = JSON.stringify({ choices: [], text })
  return `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`
}
