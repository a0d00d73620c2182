import { createHash, randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { describeOnBoth, describeOnBothStored } from '../../support/describe-on-both.ts'
import { bearer, gatewayToken, toOpenAIEnv } from '../../support/gateway.ts'
import type { StoredGateway } from '../../support/stored-gateway.ts'
import { echo } from './answers.ts'
import { createSessionClient, type PageBody, type SessionBody } from './session-client.ts'

const owner = `key:${createHash('sha256').update(gatewayToken).digest('hex')}`
const toSessionId = () => `session_${randomBytes(16).toString('hex')}`

describeOnBothStored('the owner of a session', (start, { share, startUpstream }) => {
  /** A gateway in which another owner has a session with a message. */
  async function open(opening = share((upstream) => ({ env: toOpenAIEnv(upstream) }))) {
    const { upstream, gateway } = await opening
    upstream.respond(echo)
    const other = `key:${createHash('sha256').update(randomBytes(16)).digest('hex')}`
    const foreignId = toSessionId()
    await insertSession(gateway, other, foreignId)
    return { upstream, gateway, client: createSessionClient(gateway), other, foreignId, unknownId: toSessionId() }
  }

  /** The same on a gateway that has no other sessions. */
  const openOwn = async () => {
    const upstream = await startUpstream()
    return open(start({ env: toOpenAIEnv(upstream) }).then((gateway) => ({ upstream, gateway })))
  }

  test('S31 returns the same error on every path for another owner’s session as for a missing one', async () => {
    const { gateway, client, other, foreignId, unknownId } = await open()
    const requests = [
      ['GET', ''],
      ['PATCH', '', { title: 'mine now' }],
      ['POST', '', { title: 'mine now' }],
      ['DELETE', ''],
      ['GET', '/messages'],
      ['GET', '/messages?after=0'],
      ['GET', '/export'],
    ] as const
    for (const [method, below, body] of requests) {
      const [foreign, unknown] = await Promise.all(
        [foreignId, unknownId].map((id) => client.request(`/v1/sessions/${id}${below}`, { method, body })),
      )
      expect(foreign?.status, `${method} ${below}`).toBe(404)
      expect(foreign?.text.replaceAll(foreignId, 'id')).toBe(unknown?.text.replaceAll(unknownId, 'id'))
      expect(namesOf(foreign?.headers)).toEqual(namesOf(unknown?.headers))
    }
    expect(await gateway.sql('SELECT title FROM sessions WHERE owner = ?', other)).toEqual([{ title: 'secret plans' }])
  })

  test.each([false, true])('S31 refuses to continue another owner’s chat (stream: %s)', async (stream) => {
    const { gateway, client, upstream, foreignId, unknownId } = await open()
    const countMessages = () => gateway.sql('SELECT COUNT(*) AS count FROM messages')
    const before = await countMessages()
    const [foreign, unknown] = await Promise.all(
      [foreignId, unknownId].map((id) => client.chat(id, 'What did we say?', { stream })),
    )
    expect(foreign?.status).toBe(404)
    expect(JSON.parse(foreign?.text ?? '')).toMatchObject({
      error: { code: 'session_not_found', type: 'invalid_request_error' },
    })
    expect(foreign?.text.replaceAll(foreignId, 'id')).toBe(unknown?.text.replaceAll(unknownId, 'id'))
    expect(upstream.requests).toEqual([])
    expect(await countMessages()).toEqual(before)
  })

  test('S31 lists only the caller’s own sessions, whatever the cursor', async () => {
    const { client, foreignId, unknownId } = await openOwn()
    const mine = await client.create('mine')
    for (const query of ['', '?limit=100', `?after=9999999999999.${foreignId}`, `?after=9999999999999.${unknownId}`]) {
      const { body } = await client.request<PageBody<SessionBody>>(`/v1/sessions${query}`)
      expect(body.data.map(({ id }) => id)).toEqual([mine.id])
    }
  })

  test('S32 shows only the session’s own messages, whatever the position', async () => {
    const { client, foreignId } = await open()
    const { id } = await client.create()
    await client.chat(id, 'Hello')
    const { text } = await client.request(`/v1/sessions/${id}/messages?after=0&before=100`)
    expect(text).not.toContain('secret')
    expect((await client.request(`/v1/sessions/${id}%2F..%2F${foreignId}/messages`)).status).toBe(400)
  })

  test('S34 creates ids of 128 random bits, and accepts none from a caller', async () => {
    const { client, foreignId, unknownId } = await open()
    const ids = await Promise.all(Array.from({ length: 20 }, async () => (await client.create()).id))
    expect(new Set(ids).size).toBe(20)
    for (const id of ids) expect(id).toMatch(/^session_[0-9a-f]{32}$/)
    expect((await client.request('/v1/sessions', { body: { id: foreignId } })).status).toBe(400)
    expect((await client.request(`/v1/sessions/${unknownId}`, { method: 'POST', body: { title: 'x' } })).status).toBe(
      404,
    )
  })

  test('S34 keeps two sessions for two keys with the same id', async () => {
    const { gateway, client, other, foreignId } = await openOwn()
    await insertSession(gateway, owner, foreignId, 'my own')
    expect((await client.request(`/v1/sessions/${foreignId}`)).body).toMatchObject({ title: 'my own' })
    await client.chat(foreignId, 'Hello')
    expect((await client.turns(foreignId)).map(([, content]) => content)).toEqual(['secret', 'Hello', '2: Hello'])
    await client.request(`/v1/sessions/${foreignId}`, { method: 'DELETE' })
    expect(await gateway.sql('SELECT owner, title FROM sessions')).toEqual([{ owner: other, title: 'secret plans' }])
  })

  test('stores sessions under the key’s digest, and the key itself nowhere', async () => {
    const { gateway, client } = await open()
    const { id } = await client.create()
    await client.chat(id, 'Hello')
    expect(await gateway.sql('SELECT owner FROM sessions WHERE id = ?', id)).toEqual([{ owner }])
    const rows = [await gateway.sql('SELECT * FROM sessions'), await gateway.sql('SELECT * FROM messages')]
    expect(JSON.stringify(rows)).not.toContain(gatewayToken)
  })

  describe('without a token', () => {
    const openAnonymous = async () => {
      const upstream = await startUpstream()
      upstream.respond(echo)
      const { TOKEN: _token, ...env } = toOpenAIEnv(upstream)
      const gateway = await start({ env: { ...env, ALLOW_ANONYMOUS: 'true' } })
      return createSessionClient(gateway, {})
    }

    test('anonymous callers can use a session by its id, but cannot list sessions', async () => {
      const { create, chat, turns, request } = await openAnonymous()
      const { id } = await create('public')
      await chat(id, 'Hello')
      expect(await turns(id)).toHaveLength(2)
      const response = await request('/v1/sessions')
      expect(response).toMatchObject({
        status: 403,
        body: { error: { code: 'permission_denied', type: 'permission_error' } },
      })
      expect(response.text).not.toContain(id)
    })

    test('a wrong token gives access to no session', async () => {
      const { gateway, foreignId } = await open()
      const stranger = createSessionClient(gateway, { authorization: 'Bearer wrong-token' })
      const paths = ['/v1/sessions', `/v1/sessions/${foreignId}`, `/v1/sessions/${foreignId}/messages`]
      for (const path of paths) expect((await stranger.request(path)).status).toBe(401)
      expect((await stranger.request('/v1/sessions', { body: {} })).status).toBe(401)
      expect((await stranger.chat(foreignId, 'Hello')).status).toBe(401)
    })
  })

  test('allows a page to send and read the session header', async () => {
    const { gateway } = await open()
    const headers = {
      origin: 'https://app.example.com',
      'access-control-request-method': 'DELETE',
      'access-control-request-headers': 'authorization,x-session-id',
    }
    const response = await fetch(`${gateway.url}/v1/sessions`, { method: 'OPTIONS', headers })
    expect(response.headers.get('access-control-allow-headers')).toBe('authorization, x-session-id')
    expect(response.headers.get('access-control-allow-methods')).toContain('DELETE')
    expect(response.headers.get('access-control-expose-headers')).toContain('x-session-id')
  })
})

describeOnBoth('a server without storage', (start, { startUpstream }) => {
  test('reports on every session path that storage is off, and how to turn it on', async () => {
    const upstream = await startUpstream()
    const unknownId = toSessionId()
    upstream.respond(echo)
    const { request, chat } = createSessionClient(await start({ env: toOpenAIEnv(upstream) }), bearer)
    const responses = [
      await request('/v1/sessions', { body: {} }),
      await request('/v1/sessions'),
      await request(`/v1/sessions/${unknownId}`),
      await request(`/v1/sessions/${unknownId}`, { method: 'DELETE' }),
      await request(`/v1/sessions/${unknownId}/messages`),
      await request(`/v1/sessions/${unknownId}/export`),
      await chat(unknownId, 'Hello'),
    ]
    for (const { status, text, headers } of responses) {
      expect([status, JSON.parse(text).error.code]).toEqual([503, 'storage_not_configured'])
      expect(text).toMatch(/STORAGE_PATH.*DB on Workers/)
      expect(headers.get('x-should-retry')).toBe('false')
    }
    expect(upstream.requests).toEqual([])
    expect((await chat('not-a-session-of-weir', 'Hello')).status).toBe(200)
  })
})

function namesOf(headers: Headers | undefined): readonly string[] {
  return [...(headers?.keys() ?? [])].sort()
}

async function insertSession(gateway: StoredGateway, key: string, id: string, title = 'secret plans'): Promise<void> {
  const session = 'INSERT INTO sessions (owner, id, title, created_at, updated_at, version) VALUES (?, ?, ?, 1, 1, 1)'
  await gateway.sql(session, key, id, title)
  const message =
    "INSERT INTO messages (owner, session_id, position, id, role, content, status, created_at) VALUES (?, ?, 1, 'msg_1', 'user', '\"secret\"', 'complete', 1)"
  await gateway.sql(message, key, id)
}
