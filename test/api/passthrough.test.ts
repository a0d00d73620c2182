import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { ask, expectCommonHeaders, expectError } from '../support/ask.ts'
import { describeOnBoth } from '../support/describe-on-both.ts'
import { rateLimitError, rateLimitHeaders } from '../support/fixtures.ts'
import { createGate } from '../support/gate.ts'
import { bearer, gatewayToken, toOpenAIEnv, upstreamKey } from '../support/gateway.ts'
import { openRawClient } from '../support/raw-client.ts'
import type { ScriptedUpstream } from '../support/scripted-upstream.ts'
import { toRequestBytes } from '../support/to-request-bytes.ts'
import { answer as answerWith, html500, json, raw, sse } from '../support/upstream-scripts.ts'
import { toForm } from './to-form.ts'

const relaying = (upstream: ScriptedUpstream) => ({ ...toOpenAIEnv(upstream), PASSTHROUGH: 'openai' })
const bytes = randomBytes(300_000)

describeOnBoth('endpoints that Weir does not understand', (start, { startUpstream, share }) => {
  test('are 404 unless the operator names a provider for them', async () => {
    const upstream = await startUpstream()
    const gateway = await start({ env: toOpenAIEnv(upstream) })
    const targets = [
      '/v1/files',
      '/v1/batches',
      '/v1/vector_stores/vs_1',
      '/v1/assistants',
      '/v1/conversations',
      '/v1/organization/users',
    ]
    for (const target of targets)
      expectError(await ask(gateway, { target }), { code: 'not_found', message: /PASSTHROUGH=openai/ })
    expect(upstream.requests).toEqual([])
  })

  test.each([
    ['/v1/files/file-1/content', 'text/html; charset=utf-8', '<script>fetch("/admin/keys")</script>'],
    [
      '/v1/files/file-1/content',
      'image/svg+xml',
      '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
    ],
    ['/v1/files/file-1/content', 'application/xhtml+xml', '<html xmlns="http://www.w3.org/1999/xhtml"/>'],
    ['/v1/audio/speech', 'image/svg+xml', '<svg xmlns="http://www.w3.org/2000/svg"/>'],
  ])(
    'S51 case D11: a response of %s as %s cannot run scripts on the origin of the gateway',
    async (target, type, page) => {
      const { upstream, gateway } = await share((scripted) => ({ env: relaying(scripted) }))
      const headers = {
        'content-type': type,
        'content-security-policy': 'script-src *',
        'x-content-type-options': 'sniff',
      }
      upstream.respond(answerWith([page], { headers }))
      const speech = { model: 'gpt-4o-mini-tts', input: 'x', voice: 'alloy' }
      const relayed = await ask(gateway, { target, body: target.includes('speech') ? speech : undefined })
      expect(relayed.text).toBe(page)
      expect(relayed.header('content-type')).toBe(type)
      expectCommonHeaders(relayed)
      expect(relayed.header('content-security-policy')).toBe("sandbox; default-src 'none'")
    },
  )

  test.each([
    ['GET', '/v1/files?purpose=fine-tune&limit=2&after=a%2Fb', undefined],
    ['GET', '/v1/chat/completions?limit=1', undefined],
    ['GET', '/v1/conversations/conv_1?include[]=a', undefined],
    ['POST', '/v1/batches/batch_1/cancel', undefined],
    ['POST', '/v1/fine_tuning/jobs', '{ "model":"m", "seed":9007199254740993 }'],
    ['POST', '/v1/models/new', '{"a":1}'],
    ['PUT', '/v1/things/1', 'plain text'],
    ['PATCH', '/v1/things/1', '{"a":1}'],
    ['DELETE', '/v1/files/file-1', undefined],
    ['DELETE', '/v1/models/ft:gpt-4.1:org::abc', undefined],
    ['DELETE', '/v1/things/1', '{"reason":"x"}'],
  ])('%s %s is relayed with its method, path, query and body', async (method, target, body) => {
    const { upstream, gateway } = await share((scripted) => ({ env: relaying(scripted) }))
    upstream.respond(json(200, { ok: true }, { headers: { 'x-request-id': 'req_upstream' } }))
    const type = { 'content-type': 'application/x-whatever' }
    const response = await ask(gateway, { method, target, body, ...(body !== undefined && { headers: type }) })
    expect(response.status, response.text).toBe(200)
    expect(response.text).toBe('{"ok":true}')
    expect(response.header('x-weir-provider')).toBe('openai')
    expect(response.header('x-upstream-request-id')).toBe('req_upstream')
    const exchange = await upstream.nextRequest()
    expect(exchange.method).toBe(method)
    expect(exchange.target).toBe(target)
    expect(exchange.bodyText).toBe(body ?? '')
    expect(exchange.headers['content-type']).toBe(body === undefined ? undefined : type['content-type'])
    expect(exchange.headers.authorization).toBe(`Bearer ${upstreamKey}`)
    expect(JSON.stringify(exchange.headers)).not.toContain(gatewayToken)
    expect(await gateway.findLog()).toMatchObject({ route: 'passthrough', provider: 'openai', outcome: 'ok' })
  })

  test('are found despite common mistakes in the base URL', async () => {
    const { upstream, gateway } = await share((scripted) => ({ env: relaying(scripted) }))
    upstream.respond(json(200, {}))
    for (const target of ['/v1/v1/files', '//v1/files', '/v1//files', '/v1/files/']) {
      await ask(gateway, { target })
      expect((await upstream.nextRequest()).target).toBe('/v1/files')
    }
    expectError(await ask(gateway, { target: '/files' }), { code: 'not_found' })
    expectError(await ask(gateway, { target: '/v1' }), { code: 'not_found' })
  })

  test('relay an upload byte for byte, with and without a length', async () => {
    const { upstream, gateway } = await share((scripted) => ({ env: relaying(scripted) }))
    upstream.respond(json(200, { id: 'file-1' }))
    const form = toForm([
      ['purpose', 'batch'],
      ['file', bytes, 'data.jsonl'],
    ])
    const type = 'multipart/form-data; boundary=form-of-a-test'
    const client = await openRawClient(gateway.url)
    const head = { ...bearer, 'content-type': type }
    const length = { 'content-length': String(form.length) }
    await client.send(toRequestBytes({ method: 'POST', target: '/v1/files', headers: { ...head, ...length } }))
    await client.send(form)
    expect((await client.readResponse()).status).toBe(200)
    const whole = await upstream.nextRequest()
    expect(whole.headers['content-type']).toBe(type)
    expect(whole.headers['content-length']).toBe(String(form.length))
    expect(whole.bodyBytes.equals(form)).toBe(true)
    const chunked = { 'transfer-encoding': 'chunked' }
    await client.send(
      toRequestBytes({ method: 'POST', target: '/v1/uploads/1/parts', headers: { ...head, ...chunked } }),
    )
    await client.send(
      Buffer.concat([Buffer.from(`${form.length.toString(16)}\r\n`), form, Buffer.from('\r\n0\r\n\r\n')]),
    )
    expect((await client.readResponse()).status).toBe(200)
    expect((await upstream.nextRequest()).bodyBytes.equals(form)).toBe(true)
    client.destroy()
  })

  test('return a file byte for byte', async () => {
    const { upstream, gateway } = await share((scripted) => ({ env: relaying(scripted) }))
    const headers = {
      'content-type': 'application/octet-stream',
      'content-disposition': 'attachment; filename="a.bin"',
    }
    upstream.respond(answerWith([bytes], { headers, framing: 'chunked', splitEvery: 50_000 }))
    const response = await ask(gateway, { target: '/v1/files/file-1/content' })
    expect(response.body.equals(bytes)).toBe(true)
    expect(response.header('content-type')).toBe('application/octet-stream')
    expect(response.header('content-disposition')).toBe('attachment; filename="a.bin"')
    expect(response.header('cache-control')).toContain('no-store')
  })

  test('case A16: relay a range request and the partial file with its range and length', async () => {
    const { upstream, gateway } = await share((scripted) => ({ env: relaying(scripted) }))
    const part = bytes.subarray(100, 200)
    const about = {
      'content-type': 'application/octet-stream',
      'content-range': `bytes 100-199/${bytes.length}`,
      'accept-ranges': 'bytes',
      etag: '"v1"',
      'last-modified': 'Sat, 28 Nov 2026 10:00:00 GMT',
    }
    upstream.respond(answerWith([part], { status: 206, headers: about }))
    const headers = { range: 'bytes=100-199', 'if-range': '"v1"' }
    const response = await ask(gateway, { target: '/v1/files/file-1/content', headers })
    expect([response.status, response.isComplete, response.body.equals(part)]).toEqual([206, true, true])
    for (const [name, value] of Object.entries(about)) expect(response.header(name), name).toBe(value)
    expect(response.header('content-length')).toBe('100')
    expect(response.header('transfer-encoding')).toBeUndefined()
    expect((await upstream.nextRequest()).headers).toMatchObject(headers)
    expect(await gateway.findLog()).toMatchObject({ status: 206, outcome: 'ok' })
  })

  test('case A16: a complete file has its length, and a failed one is visibly cut', async () => {
    const { upstream, gateway } = await share((scripted) => ({ env: relaying(scripted) }))
    const headers = { 'content-type': 'application/octet-stream', etag: '"v1"' }
    upstream.respondNext(
      answerWith([bytes], { headers, splitEvery: 50_000 }),
      answerWith([bytes], { headers, cutAfterBytes: 200_000 }),
    )
    const whole = await ask(gateway, { target: '/v1/files/file-1/content' })
    expect([whole.header('content-length'), whole.isComplete]).toEqual([String(bytes.length), true])
    expect(whole.body.equals(bytes)).toBe(true)
    const cut = await ask(gateway, { target: '/v1/files/file-1/content' })
    expect([cut.header('content-length'), cut.isComplete]).toEqual([String(bytes.length), false])
  })

  test('case A16: a file is cut if its provider falls silent', async () => {
    const upstream = await startUpstream()
    upstream.respond(answerWith([bytes, createGate()], { headers: { 'content-type': 'audio/wav' }, ending: 'never' }))
    const config = { timeouts: { idle_ms: 300 } }
    const gateway = await start({ env: relaying(upstream), config })
    const response = await ask(gateway, { target: '/v1/files/file-1/content' })
    expect([response.status, response.isComplete]).toEqual([200, false])
    expect(await gateway.findLog()).toMatchObject({ error_code: 'upstream_idle_timeout' })
  })

  test('case A16: an unchanged file is 304, and a range after its end 416', async () => {
    const { upstream, gateway } = await share((scripted) => ({ env: relaying(scripted) }))
    const length = `bytes */${bytes.length}`
    upstream.respondNext(
      answerWith([], { status: 304, headers: { etag: '"v1"' }, framing: 'close', ending: 'never' }),
      json(416, { error: { message: 'No such range.' } }, { headers: { 'content-range': length } }),
    )
    const known = { 'if-none-match': '"v1"' }
    const unchanged = await ask(gateway, { target: '/v1/files/file-1/content', headers: known })
    expect([unchanged.status, unchanged.header('etag'), unchanged.text]).toEqual([304, '"v1"', ''])
    expect((await upstream.nextRequest()).headers).toMatchObject(known)
    expect(await gateway.findLog()).toMatchObject({ status: 304, outcome: 'ok' })
    const range = { range: 'bytes=900000-' }
    const beyond = await ask(gateway, { target: '/v1/files/file-1/content', headers: range })
    expect([beyond.status, beyond.header('content-range')]).toEqual([416, length])
    expect(JSON.parse(beyond.text)).toEqual({ error: { message: 'No such range.' } })
  })

  test('case A16: HEAD returns the length of a file, except of a compressed one', async () => {
    const { upstream, gateway } = await share((scripted) => ({ env: relaying(scripted) }))
    const type = { 'content-type': 'application/octet-stream' }
    upstream.respondNext(
      raw('HTTP/1.1 200 OK\r\ncontent-type: application/octet-stream\r\ncontent-length: 300000\r\n\r\n'),
      answerWith(['packed'], { headers: type, encodings: ['gzip'] }),
    )
    const head = await ask(gateway, { method: 'HEAD', target: '/v1/files/file-1/content' })
    expect([head.status, head.header('content-length'), head.isComplete]).toEqual([200, '300000', true])
    const packed = await ask(gateway, { target: '/v1/files/file-1/content' })
    expect([packed.text, packed.header('content-length')]).toEqual(['packed', undefined])
  })

  test('case A16: an event stream has no length, even if its provider sends one', async () => {
    const { upstream, gateway } = await share((scripted) => ({ env: relaying(scripted) }))
    upstream.respond(sse(['data: {}\n\n'], { framing: 'length' }))
    const response = await ask(gateway, { target: '/v1/assistants/runs', method: 'POST', body: {} })
    expect([response.header('content-length'), response.isComplete]).toEqual([undefined, true])
  })

  const [first, ...others] = ['{"a":1}', '{"b":2}', '[DONE]', '{"after":3}'].map(
    (data) => `event: x\ndata: ${data}\n\n`,
  )

  test('case A13: relay an event stream event by event, for any events and without buffering by nginx', async () => {
    const { upstream, gateway } = await share((scripted) => ({ env: relaying(scripted) }))
    const gate = createGate()
    upstream.respond(sse([first ?? '', gate, ...others], { doneAtEnd: false }))
    const client = await openRawClient(gateway.url)
    await client.send(toRequestBytes({ target: '/v1/threads/t/runs', headers: bearer, body: { stream: true } }))
    const response = await client.startResponse()
    expect(response.header('content-type')).toBe('text/event-stream; charset=utf-8')
    expect(response.header('x-accel-buffering')).toBe('no')
    expect(response.header('cache-control')).toContain('no-transform')
    expect(await response.bodyUntil('{"a":1}')).not.toContain('{"b":2}')
    gate.open()
    const { text, isComplete } = await response.whole()
    expect(text).toBe([first, ...others].join(''))
    expect(isComplete).toBe(true)
    expect(await gateway.findLog()).toMatchObject({ route: 'passthrough', outcome: 'ok' })
    client.destroy()
  })

  test.each(['fin', 'reset'] as const)(
    'case A13: an event stream that breaks off (%s) ends in an error event',
    async (ending) => {
      const { upstream, gateway } = await share((scripted) => ({ env: relaying(scripted) }))
      const gate = createGate()
      upstream.respond(sse([first ?? '', gate, 'data: {"half":'], { doneAtEnd: false, ending }))
      const client = await openRawClient(gateway.url)
      await client.send(toRequestBytes({ target: '/v1/threads/t/runs', headers: bearer, body: { stream: true } }))
      const response = await client.startResponse()
      await response.bodyUntil('{"a":1}')
      gate.open()
      const { text, isComplete } = await response.whole()
      expect(isComplete).toBe(true)
      expect(text).toMatch(/^event: x\ndata: \{"a":1\}\n\n[\s\S]*\n\n$/)
      expect(JSON.parse(text.trim().split('\n\n').at(-1)?.replace('data: ', '') ?? '')).toMatchObject({
        error: { code: 'upstream_interrupted' },
      })
      expect(await gateway.findLog()).toMatchObject({ outcome: 'interrupted', error_code: 'upstream_interrupted' })
      client.destroy()
    },
  )

  test('case A13: an event stream that is silent gets heartbeats', async () => {
    const upstream = await startUpstream()
    upstream.respond(sse([first ?? '', createGate()]))
    const gateway = await start({ env: relaying(upstream), config: { streams: { heartbeat_ms: 1_000 } } })
    const client = await openRawClient(gateway.url)
    await client.send(toRequestBytes({ target: '/v1/threads/t/runs', headers: bearer, body: { stream: true } }))
    const response = await client.startResponse()
    await response.bodyUntil(': keep-alive')
    client.destroy()
    await (await upstream.nextRequest()).closed
  })

  test('may return an empty response', async () => {
    const { upstream, gateway } = await share((scripted) => ({ env: relaying(scripted) }))
    upstream.respond(answerWith([], { status: 204 }))
    for (const method of ['DELETE', 'POST']) {
      const response = await ask(gateway, { method, target: '/v1/things/1' })
      expect(response.status).toBe(204)
      expect(response.body).toHaveLength(0)
    }
    expect(await gateway.findLog()).toMatchObject({ status: 204, outcome: 'ok' })
  })

  test('respond to HEAD without a body', async () => {
    const { upstream, gateway } = await share((scripted) => ({ env: relaying(scripted) }))
    upstream.respond(answerWith([], { headers: { 'content-type': 'application/json' } }))
    const response = await ask(gateway, { method: 'HEAD', target: '/v1/files/file-1' })
    expect(response.status).toBe(200)
    expect((await upstream.nextRequest()).method).toBe('HEAD')
  })

  test('relay the upstream’s errors, and convert those that are not JSON', async () => {
    const { upstream, gateway } = await share((scripted) => ({ env: relaying(scripted) }))
    upstream.respondNext(json(429, rateLimitError, { headers: rateLimitHeaders }), html500(502))
    const limited = await ask(gateway, { target: '/v1/files' })
    expect(limited.status).toBe(429)
    expect(JSON.parse(limited.text)).toEqual(rateLimitError)
    expect(limited.header('retry-after')).toBe('20')
    const broken = await ask(gateway, { target: '/v1/files' })
    expect(broken.status).toBe(502)
    expect(JSON.parse(broken.text)).toMatchObject({ error: { type: 'upstream_error', message: expect.any(String) } })
    expect(broken.header('content-type')).toMatch(/^application\/json/)
    expect(await gateway.findLog(({ status }) => status === 502)).toMatchObject({ outcome: 'upstream_error' })
  })

  test('require the token, and accept no key in the URL', async () => {
    const { upstream, gateway } = await share((scripted) => ({ env: relaying(scripted) }))
    expectError(await ask(gateway, { target: '/v1/files', token: false }), { code: 'invalid_api_key' })
    expectError(await ask(gateway, { target: '/v1/files?api_key=x' }), { code: 'credential_in_url' })
    expect(upstream.requests).toEqual([])
  })

  test('never receive another provider’s key', async () => {
    const [openai, other] = [await startUpstream(), await startUpstream()]
    for (const upstream of [openai, other]) upstream.respond(json(200, {}))
    const providers = {
      openai: { base_url: `${openai.url}/v1`, api_key: upstreamKey, headers: { 'openai-organization': 'org-secret' } },
      other: { base_url: `${other.url}/base`, api_key: 'key-of-the-other', headers: { 'x-account': 'acc-secret' } },
    }
    const gateway = await start({ env: { TOKEN: gatewayToken }, config: { providers, passthrough: 'other' } })
    expect((await ask(gateway, { target: '/v1/files' })).status).toBe(200)
    const exchange = await other.nextRequest()
    expect(exchange.target).toBe('/base/files')
    expect(exchange.headers.authorization).toBe('Bearer key-of-the-other')
    expect(exchange.headers['x-account']).toBe('acc-secret')
    expect(JSON.stringify(exchange.rawHeaders)).not.toMatch(/org-secret|4f9c2b7e81d05a36/)
    expect(openai.requests).toEqual([])
  })

  test('S21 are relayed only by the methods of the API: TRACE would show the provider’s key', async () => {
    const { upstream, gateway } = await share((scripted) => ({ env: relaying(scripted) }))
    for (const method of ['TRACE', 'PROPFIND']) {
      const response = await ask(gateway, { method, target: '/v1/files' })
      expectError(response, { code: 'method_not_allowed' })
      expect(response.header('allow')).toBe('GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS')
    }
    expect(upstream.requests).toEqual([])
  })

  test('R33 respond to HEAD of a compressed file', async () => {
    const { upstream, gateway } = await share((scripted) => ({ env: relaying(scripted) }))
    upstream.respond(answerWith([], { headers: { 'content-type': 'text/plain', 'content-encoding': 'gzip' } }))
    const response = await ask(gateway, { method: 'HEAD', target: '/v1/files/file-1/content' })
    expect(response.status).toBe(200)
    expect(response.isComplete).toBe(true)
    expect(await gateway.findLog()).toMatchObject({ outcome: 'ok' })
  })

  test('S39 are not aliases of endpoints that Weir understands', async () => {
    const { upstream, gateway } = await share((scripted) => ({ env: relaying(scripted) }))
    const targets = [
      '/v1/chat%2Fcompletions',
      '/v1/%63hat/completions',
      '/v1/files%2f..%2fchat/completions',
      '/v1/models/..%2fchat/completions',
      '/v1/files/..;/chat/completions',
      '/v1/files/..%3b/chat/completions',
    ]
    for (const target of targets)
      expectError(await ask(gateway, { method: 'POST', target, body: {} }), { code: 'bad_request' })
    expect(upstream.requests).toEqual([])
  })
})
