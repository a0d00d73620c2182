import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { connect, type Token, type Weir, WeirError } from '../../client/client.ts'
import { closedAddress } from '../support/closed-address.ts'

describe('the token', () => {
  test('is requested once for concurrent calls, and kept until a tenth of its lifetime is left', async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    // A clock that is years behind: only differences count.
    vi.setSystemTime(new Date('2001-01-01'))
    const server = await start(() => ({ json: {} }))
    const tokens = list(
      { value: 'one', expires_in: 100, expires_at: 9 },
      { value: 'two', expires_in: 100, expires_at: 9 },
    )
    const weir = connect({ url: server.url, token: tokens.next })
    await Promise.all([weir.json('/v1/models'), weir.json('/v1/models'), weir.json('/v1/models')])
    vi.advanceTimersByTime(89_000)
    await weir.json('/v1/models')
    expect(server.tokens).toEqual(['one', 'one', 'one', 'one'])
    vi.advanceTimersByTime(2_000)
    await weir.json('/v1/models')
    expect(server.tokens.at(-1)).toBe('two')
    expect(tokens.renewals).toEqual([false, false])
  })

  test('is kept until its `expires_at` if it has no `expires_in`', async () => {
    const server = await start(() => ({ json: {} }))
    const tokens = list({ value: 'one', expires_at: Date.now() / 1_000 + 60 }, { value: 'two', expires_at: 0 }, 'three')
    const weir = connect({ url: server.url, token: tokens.next })
    for (let calls = 0; calls < 3; calls++) await weir.json('/v1/models')
    expect(server.tokens).toEqual(['one', 'one', 'one'])
    expect(tokens.renewals).toEqual([false])
  })

  test('of a login, a string, is requested for each call', async () => {
    const server = await start(() => ({ json: {} }))
    const weir = connect({ url: server.url, token: list('one', 'two').next })
    await weir.json('/v1/models')
    await weir.json('/v1/models')
    expect(server.tokens).toEqual(['one', 'two'])
  })

  test('is left out for a login whose proxy adds it', async () => {
    const server = await start(() => ({ json: {} }))
    await connect({ url: server.url, token: () => '' }).json('/v1/models')
    expect(server.tokens).toEqual([undefined])
  })

  test.each(['token_expired', 'invalid_api_key'])(
    'is renewed after %s, once for concurrent calls, and the calls are sent again',
    async (code) => {
      const server = await start(({ token }) => (token === 'old' ? failure(401, code) : { json: { token } }))
      const tokens = list({ value: 'old', expires_in: 100 }, { value: 'new', expires_in: 100 })
      const weir = connect({ url: server.url, token: tokens.next })
      const body = new TextEncoder().encode('{"a": 1}')
      const request = new Request(`${server.url}/v1/c`, { method: 'POST', body })
      const answers = await Promise.all([
        weir.json('/v1/a', { a: 1 }),
        weir.form('/v1/b', { a: [new Blob(['1']), new Blob(['2'])], model: 'm' }),
        weir.fetch(request).then((response) => response.json()),
      ])
      expect(answers).toEqual([{ token: 'new' }, { token: 'new' }, { token: 'new' }])
      expect(tokens.renewals).toEqual([false, true])
      const bodies = (path: string) => server.calls.filter((call) => call.path === path).map((call) => call.body)
      expect(bodies('/v1/a')).toEqual(['{"a":1}', '{"a":1}'])
      expect(bodies('/v1/c')).toEqual(['{"a": 1}', '{"a": 1}'])
      for (const form of bodies('/v1/b')) expect(form.match(/name="a"/g)).toHaveLength(2)
    },
  )

  test.each(['token_revoked', 'model_not_allowed', 'rate_limit_exceeded'])('is not renewed after %s', async (code) => {
    const server = await start(() => failure(403, code))
    const weir = connect({ url: server.url, token: list({ value: 'one', expires_in: 100 }).next })
    expect((await weir.fetch('/v1/models')).status).toBe(403)
    await expect(weir.json('/v1/models')).rejects.toMatchObject({ code })
    expect(server.calls).toHaveLength(2)
  })

  test('is renewed once for a call, whatever the server answers to the second', async () => {
    const server = await start(() => failure(401, 'token_expired'))
    const weir = connect({ url: server.url, token: async () => 'the same' })
    await expect(weir.json('/v1/models')).rejects.toMatchObject({ code: 'token_expired', status: 401 })
    expect(server.calls).toHaveLength(2)
  })

  test('is requested again after a failure of the page’s backend, whose error the page sees', async () => {
    const server = await start(() => ({ json: {} }))
    const answers = [
      { error: { message: 'Sign in first.', code: 'signed_out' } },
      null,
      { value: 'one', expires_in: 9 },
    ]
    const weir = connect({ url: server.url, token: () => answers.shift() as Token })
    await expect(weir.json('/v1/models')).rejects.toMatchObject({ message: 'Sign in first.', code: 'signed_out' })
    await expect(weir.json('/v1/models')).rejects.toMatchObject({ message: 'The page has no token.', code: 'no_token' })
    await weir.json('/v1/models')
    expect(server.tokens).toEqual(['one'])
  })

  test('is sent to this server only, and never in a URL', async () => {
    const server = await start(() => ({ json: {} }))
    const other = await start(() => ({ json: {} }))
    const weir = connect({ url: server.url, token: async () => 'one' })
    const port = new URL(other.url).port
    const urls = [
      other.url,
      `${server.url}@localhost:${port}/v1`,
      `${server.url.replace('http', 'ws')}/v1`,
      '//other.example/v1',
    ]
    for (const url of urls) await weir.fetch(url).catch(() => undefined)
    await weir.fetch(new URL('/v1/models?limit=1', server.url))
    expect(other.calls).toEqual([])
    expect(server.calls.map((call) => call.path)).toEqual(['//other.example/v1', '/v1/models?limit=1'])
  })
})

describe('a visitor', () => {
  const visitor = { value: 'visitor-1', expires_in: 600 }
  const answer = (path: string) => (path === '/v1/visitors' ? { json: visitor } : { json: {} })

  beforeEach(() => void vi.stubGlobal('sessionStorage', {}))
  afterEach(() => void vi.unstubAllGlobals())

  test('gets a token of the server, and keeps it after a reload', async () => {
    const server = await start(({ path }) => answer(path))
    await connect({ url: server.url }).json('/v1/models')
    await connect({ url: server.url }).json('/v1/models')
    expect(server.calls.map((call) => call.path)).toEqual(['/v1/visitors', '/v1/models', '/v1/models'])
    expect(server.tokens).toEqual([undefined, 'visitor-1', 'visitor-1'])
  })

  test('stays the same when its token is renewed', async () => {
    const tokens = [visitor, { ...visitor, value: 'visitor-2' }]
    const server = await start(({ path, token }) => {
      if (path === '/v1/visitors') return { json: tokens.shift() }
      return token === 'visitor-1' ? failure(401, 'token_expired') : { json: {} }
    })
    await connect({ url: server.url }).json('/v1/models')
    const bodies = server.calls.filter((call) => call.path === '/v1/visitors').map((call) => call.body)
    expect(bodies).toEqual(['{}', '{"visitor":"visitor-1"}'])
  })

  test.each([
    ['is forbidden', undefined],
    ['holds something else', '{"until":'],
    ['holds an expired token', '{"value":"old","until":1}'],
  ])('gets a token although storage %s', async (_name, content) => {
    const server = await start(({ path }) => answer(path))
    const storage = content === undefined ? undefined : { [server.url]: content }
    vi.stubGlobal('sessionStorage', storage)
    await connect({ url: server.url }).json('/v1/models')
    expect(server.tokens).toEqual([undefined, 'visitor-1'])
  })

  test('solves a challenge', async () => {
    const server = await start(({ path, body }) =>
      path === '/v1/visitors' && body !== '{"challenge":"solved of site-1"}'
        ? { status: 403, json: { error: { code: 'challenge_required', message: 'Solve it.', site_key: 'site-1' } } }
        : answer(path),
    )
    await connect({ url: server.url, challenge: async (key) => `solved of ${key}` }).json('/v1/models')
    expect(server.tokens.at(-1)).toBe('visitor-1')
    vi.stubGlobal('sessionStorage', {})
    const refused = { code: 'challenge_required', message: 'Solve it.', status: 403 }
    await expect(connect({ url: server.url }).json('/v1/models')).rejects.toMatchObject(refused)
    const wrong = connect({ url: server.url, challenge: () => 'wrong' })
    await expect(wrong.json('/v1/models')).rejects.toMatchObject(refused)
  })

  test('is not stored for a page with its own tokens', async () => {
    const storage = {}
    vi.stubGlobal('sessionStorage', storage)
    const server = await start(() => ({ json: {} }))
    await connect({ url: server.url, token: async () => ({ value: 'one', expires_in: 60 }) }).json('/v1/models')
    expect(storage).toEqual({})
  })
})

describe('an answer', () => {
  const chunk = (text: string, finish: string | null = null) =>
    `data: ${JSON.stringify({ choices: [{ delta: { content: text }, finish_reason: finish }] })}\n\n`
  const body = { model: 'demo/chat', messages: [{ role: 'user', content: 'Hi' }] }

  test('is streamed as text or as events', async () => {
    const usage = 'data: {"choices":[],"usage":{"total_tokens":2}}\n\n'
    const weir = await open(`: hi\n\n${chunk('Hel')}${chunk('')}${chunk('lo', 'stop')}${usage}data: [DONE]\n\n`)
    expect(await collect(weir.chat(body))).toEqual(['Hel', 'lo'])
    expect(await collect(weir.chat(body).events)).toMatchObject([{}, {}, {}, { usage: { total_tokens: 2 } }])
  })

  test.each([
    ['[DONE]', `${chunk('Hi')}data: [DONE]\n\n`],
    ['a finish reason', chunk('Hi', 'length')],
  ])('is complete with %s', async (_name, stream) => {
    expect(await collect((await open(stream)).chat(body))).toEqual(['Hi'])
  })

  test('throws if it breaks off, after what has arrived', async () => {
    const weir = await open(chunk('Hi'))
    const seen: string[] = []
    const reading = async () => {
      for await (const text of weir.chat(body)) seen.push(text)
    }
    await expect(reading()).rejects.toMatchObject({ code: 'connection_lost', message: 'Connection lost: cut off' })
    expect(seen).toEqual(['Hi'])
  })

  test('throws the error that the server sends in the middle', async () => {
    const error = {
      message: 'The provider stopped.',
      type: 'upstream_error',
      code: 'upstream_interrupted',
      param: null,
    }
    const weir = await open(`${chunk('Hi')}data: ${JSON.stringify({ error })}\n\ndata: [DONE]\n\n`)
    const failed: unknown = await collect(weir.chat(body)).catch((reason: unknown) => reason)
    expect(failed).toBeInstanceOf(WeirError)
    expect(failed).toMatchObject({ ...error, name: 'WeirError', status: 200, requestId: 'req_1' })
  })

  test('throws the error of a refused call, with its request id and delay', async () => {
    const server = await start(() => failure(429, 'rate_limit_exceeded', { 'retry-after': '20' }))
    const weir = connect({ url: server.url, token: async () => 'one' })
    const expected = {
      message: 'Refused.',
      code: 'rate_limit_exceeded',
      status: 429,
      requestId: 'req_1',
      retryAfter: 20,
    }
    await expect(collect(weir.chat(body))).rejects.toMatchObject(expected)
    await expect(weir.json('/v1/models')).rejects.toMatchObject(expected)
  })

  test('throws for a page of another server, and for a connection that fails', async () => {
    const server = await start(() => ({ status: 502, text: '<html>' }))
    const weir = connect({ url: server.url, token: async () => 'one' })
    await expect(collect(weir.chat(body))).rejects.toMatchObject({ message: 'HTTP 502', status: 502 })
    const cut = connect({ url: `http://${closedAddress}`, token: async () => 'one' })
    await expect(collect(cut.chat(body))).rejects.toMatchObject({
      code: 'connection_lost',
      message: expect.stringContaining('fetch failed'),
    })
    await expect(cut.fetch('/v1/models')).rejects.toBeInstanceOf(TypeError)
  })

  test('ends with an AbortSignal, before and in the middle', async () => {
    const weir = await open(chunk('Hi'), true)
    const controller = new AbortController()
    const reading = async () => {
      for await (const _text of weir.chat(body, { signal: controller.signal })) controller.abort()
    }
    await expect(reading()).rejects.toMatchObject({ name: 'AbortError' })
    await expect(collect(weir.chat(body, { signal: AbortSignal.abort() }))).rejects.toMatchObject({
      name: 'AbortError',
    })
  })

  test('belongs to a session, which the first message opens', async () => {
    const server = await start(({ path }) =>
      path === '/v1/sessions'
        ? { json: { id: 'session_1' } }
        : path.startsWith('/v1/sessions/')
          ? { json: { data: [{ role: 'user', content: 'Hi' }] } }
          : { text: chunk('Hello', 'stop') },
    )
    const weir = connect({ url: server.url, token: async () => 'one' })
    const session = weir.session({ model: 'demo/chat', temperature: 0 })
    expect([session.id, await session.messages()]).toEqual([undefined, []])
    expect(await collect(session.send('Hi'))).toEqual(['Hello'])
    expect(await collect(session.send('Again').events)).toHaveLength(1)
    expect(session.id).toBe('session_1')
    expect(await session.messages()).toEqual([{ role: 'user', content: 'Hi' }])
    expect(server.calls.map((call) => [call.path, call.session])).toEqual([
      ['/v1/sessions', undefined],
      ['/v1/chat/completions', 'session_1'],
      ['/v1/chat/completions', 'session_1'],
      ['/v1/sessions/session_1/messages?limit=100', undefined],
    ])
    expect(JSON.parse(server.calls[2]?.body ?? '')).toEqual({
      model: 'demo/chat',
      temperature: 0,
      messages: [{ role: 'user', content: 'Again' }],
      stream: true,
    })
    await collect(weir.session({ model: 'demo/chat', id: 'session_2' }).send('Hi'))
    expect(server.calls.at(-1)?.session).toBe('session_2')
  })

  async function open(stream: string, isOpenEnded = false): Promise<Weir> {
    const server = await start(() => ({ text: stream, isOpenEnded }))
    return connect({ url: `${server.url}/`, token: async () => 'one' })
  }
})

interface Call {
  readonly path: string
  readonly token: string | undefined
  readonly session: string | undefined
  readonly body: string
}

interface Answer {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly json?: unknown
  readonly text?: string
  readonly isOpenEnded?: boolean
}

/** Starts a server that answers by the function. */
async function start(answer: (call: Call) => Answer) {
  const calls: Call[] = []
  const server = createServer(async (request, response) => {
    const { authorization, 'x-session-id': session } = request.headers
    const token = authorization?.replace('Bearer ', '')
    const call = { path: request.url ?? '', token, session: session?.toString(), body: await readBody(request) }
    calls.push(call)
    const { status = 200, headers = {}, json, text = JSON.stringify(json), isOpenEnded = false } = answer(call)
    response.writeHead(status, { 'x-request-id': 'req_1', ...headers }).write(text)
    if (!isOpenEnded) response.end()
  })
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve())
      server.closeAllConnections()
    })
  onTestFinished(async () => {
    vi.useRealTimers()
    await close()
  })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    close,
    get tokens() {
      return calls.map(({ token }) => token)
    },
  }
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}

const failure = (status: number, code: string, headers: Readonly<Record<string, string>> = {}): Answer => ({
  status,
  headers,
  json: { error: { message: 'Refused.', code, type: 'x' } },
})

/** A `token` function that returns these in turn. */
function list(...tokens: readonly (Token | string)[]) {
  const rest = [...tokens]
  const renewals: boolean[] = []
  return {
    renewals,
    async next(renew: boolean) {
      renewals.push(renew)
      return rest.shift()
    },
  }
}

async function collect<Item>(items: AsyncIterable<Item>): Promise<readonly Item[]> {
  const all: Item[] = []
  for await (const item of items) all.push(item)
  return all
}
