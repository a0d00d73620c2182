import { describe, expect, test } from 'vitest'
import { describeOnBothStored } from '../../support/describe-on-both.ts'
import { gatewayToken, toOpenAIEnv } from '../../support/gateway.ts'
import { echo } from './answers.ts'
import { createSessionClient, type MessageBody, type PageBody, type SessionBody } from './session-client.ts'

describeOnBothStored('sessions over REST', (start, { share, startUpstream }) => {
  const env = { TOKEN: gatewayToken, DEMO: 'true' }
  const open = async () => createSessionClient((await share(() => ({ env }))).gateway)
  /** A gateway whose list of sessions has only those of the case. */
  const openOwn = async () => createSessionClient(await start({ env }))

  async function openChat() {
    const { upstream, gateway } = await share((scripted) => ({ env: toOpenAIEnv(scripted) }))
    upstream.respond(echo)
    return createSessionClient(gateway)
  }

  test('creates, finds, renames and deletes a session', async () => {
    const { request } = await open()
    const before = Math.floor(Date.now() / 1000)
    const created = await request<SessionBody>('/v1/sessions', { body: { title: 'Cats' } })
    expect(created.status).toBe(201)
    const { id, created_at } = created.body
    expect(id).toMatch(/^session_[0-9a-f]{32}$/)
    expect(created_at).toBeGreaterThanOrEqual(before)
    expect(created.body).toEqual({
      id,
      object: 'session',
      title: 'Cats',
      created_at,
      updated_at: created_at,
      message_count: 0,
    })
    const path = `/v1/sessions/${id}`
    expect(await request(path)).toMatchObject({ status: 200, body: created.body })
    expect(await request(path, { method: 'PATCH', body: { title: 'Dogs' } })).toMatchObject({
      status: 200,
      body: { ...created.body, title: 'Dogs' },
    })
    expect(await request(path, { body: { title: null } })).toMatchObject({ status: 200, body: { title: null } })
    expect(await request(path, { method: 'DELETE' })).toMatchObject({
      status: 200,
      body: { id, object: 'session.deleted', deleted: true },
    })
    for (const method of ['GET', 'DELETE']) {
      expect(await request(path, { method })).toMatchObject({
        status: 404,
        body: { error: { code: 'session_not_found' } },
      })
    }
  })

  test('creates a session with an empty body or none', async () => {
    const { request } = await open()
    expect(await request('/v1/sessions', { body: {} })).toMatchObject({ status: 201, body: { title: null } })
    expect(await request('/v1/sessions', { method: 'POST' })).toMatchObject({ status: 201, body: { title: null } })
  })

  test('deleting a session deletes its messages', async () => {
    const upstream = await startUpstream()
    upstream.respond(echo)
    const gateway = await start({ env: toOpenAIEnv(upstream) })
    const { create, chat, request } = createSessionClient(gateway)
    const { id } = await create()
    await chat(id, 'Hello')
    expect(await gateway.sql('SELECT COUNT(*) AS count FROM messages')).toEqual([{ count: 2 }])
    await request(`/v1/sessions/${id}`, { method: 'DELETE' })
    expect(await gateway.sql('SELECT COUNT(*) AS count FROM messages')).toEqual([{ count: 0 }])
    expect((await request(`/v1/sessions/${id}/messages`)).status).toBe(404)
    expect((await request(`/v1/sessions/${id}/export`)).status).toBe(404)
  })

  test('lists sessions in pages, last used first, each once', async () => {
    const { request, create } = await openOwn()
    const ids: string[] = []
    for (const title of ['a', 'b', 'c', 'd', 'e']) ids.unshift((await create(title)).id)
    const seen: string[] = []
    let path = '/v1/sessions?limit=2'
    for (let pages = 1; pages <= 3; pages++) {
      const { status, body } = await request<PageBody<SessionBody>>(path)
      expect([status, body.object, body.has_more]).toEqual([200, 'list', pages < 3])
      seen.push(...body.data.map(({ id }) => id))
      if (body.next === null) expect(pages).toBe(3)
      path = `/v1/sessions?limit=2&after=${body.next ?? ''}`
    }
    // Sessions of the same millisecond are listed in the order of their ids.
    expect([...seen].sort()).toEqual([...ids].sort())
    const whole = await request<PageBody<SessionBody>>('/v1/sessions')
    expect(whole.body.data.map(({ id }) => id)).toEqual(seen)
    expect(whole.body).toMatchObject({ has_more: false, next: null })
  })

  test('moves a used session to the front', async () => {
    const upstream = await startUpstream()
    upstream.respond(echo)
    const { request, create, chat } = createSessionClient(await start({ env: toOpenAIEnv(upstream) }))
    const first = await create('first')
    await create('second')
    await chat(first.id, 'Hello')
    const { body } = await request<PageBody<SessionBody>>('/v1/sessions?limit=1')
    expect(body.data).toMatchObject([{ id: first.id, message_count: 2 }])
  })

  test('reads a history in pages from its end and from its beginning', async () => {
    const { request, create, chat } = await openChat()
    const { id } = await create()
    for (const prompt of ['one', 'two', 'three']) await chat(id, prompt)
    const read = async (query: string) => {
      const { body } = await request<PageBody<MessageBody>>(`/v1/sessions/${id}/messages?${query}`)
      return { positions: body.data.map(({ position }) => position), more: body.has_more, next: body.next }
    }
    expect(await read('limit=4')).toEqual({ positions: [3, 4, 5, 6], more: true, next: '3' })
    expect(await read('limit=4&before=3')).toEqual({ positions: [1, 2], more: false, next: null })
    expect(await read('limit=4&after=0')).toEqual({ positions: [1, 2, 3, 4], more: true, next: '4' })
    expect(await read('limit=4&after=4')).toEqual({ positions: [5, 6], more: false, next: null })
    expect(await read('limit=2&after=1&before=5')).toEqual({ positions: [2, 3], more: true, next: '3' })
    expect(await read('')).toEqual({ positions: [1, 2, 3, 4, 5, 6], more: false, next: null })
    expect(await read('after=6')).toEqual({ positions: [], more: false, next: null })
  })

  test('shows a message with all its stored fields, and exports all messages', async () => {
    const { request, create, chat, messages } = await openChat()
    const session = await create('Cats')
    await chat(session.id, [{ role: 'user', content: 'Hello', name: 'ada' }])
    const shown = await messages(session.id)
    const at = { created_at: expect.any(Number) as number, object: 'session.message', status: 'complete' }
    expect(shown).toEqual([
      {
        ...at,
        id: expect.stringMatching(/^msg_[0-9a-f]{32}$/) as string,
        position: 1,
        role: 'user',
        content: 'Hello',
        model: null,
        name: 'ada',
      },
      {
        ...at,
        id: expect.stringMatching(/^msg_[0-9a-f]{32}$/) as string,
        position: 2,
        role: 'assistant',
        content: '1: Hello',
        model: 'gpt-4.1-2025-04-14',
      },
    ])
    const exported = await request<object>(`/v1/sessions/${session.id}/export`)
    expect(exported.headers.get('content-disposition')).toBe(`attachment; filename="${session.id}.json"`)
    expect(exported.body).toEqual({
      ...session,
      message_count: 2,
      updated_at: expect.any(Number) as number,
      messages: shown,
    })
  })

  describe('bad input', () => {
    test('S36 allows no field to be set except the title, at creation or later', async () => {
      const { request, create } = await openOwn()
      const session = await create('mine')
      const names = [
        'id',
        'owner',
        'created_at',
        'createdAt',
        'updated_at',
        'version',
        'message_count',
        'object',
        'messages',
        '__proto__',
      ]
      for (const name of names) {
        const body = `{"title":"x","${name}":"key:other"}`
        for (const path of ['/v1/sessions', `/v1/sessions/${session.id}`]) {
          const response = await request(path, { body })
          expect(response, name).toMatchObject({ status: 400, body: { error: { code: 'invalid_value', param: name } } })
        }
      }
      expect((await request(`/v1/sessions/${session.id}`)).body).toEqual(session)
      expect((await request<PageBody<SessionBody>>('/v1/sessions')).body.data).toHaveLength(1)
    })

    test('refuses a title that is not a short string', async () => {
      const { request } = await open()
      for (const title of [5, ['x'], 'x'.repeat(201)]) {
        expect(await request('/v1/sessions', { body: { title } })).toMatchObject({
          status: 400,
          body: { error: { code: 'invalid_value', param: 'title' } },
        })
      }
    })

    test('refuses renaming without a title, which would delete the title by mistake', async () => {
      const { request, create } = await open()
      const session = await create('mine')
      expect(await request(`/v1/sessions/${session.id}`, { method: 'PATCH', body: {} })).toMatchObject({
        status: 400,
        body: { error: { code: 'missing_required_parameter', param: 'title' } },
      })
      expect((await request(`/v1/sessions/${session.id}`)).body).toEqual(session)
    })

    test('refuses a body that is not a JSON object', async () => {
      const { request } = await open()
      for (const body of ['{', '[]', '"title"']) {
        expect(await request('/v1/sessions', { body })).toMatchObject({
          status: 400,
          body: { error: { code: 'invalid_json' } },
        })
      }
    })

    test('refuses invalid page parameters', async () => {
      const { request, create } = await open()
      const { id } = await create()
      const paths = [
        ['limit', '/v1/sessions?limit=0'],
        ['limit', '/v1/sessions?limit=101'],
        ['limit', '/v1/sessions?limit=two'],
        ['limit', '/v1/sessions?limit='],
        ['after', '/v1/sessions?after=yesterday'],
        ['after', "/v1/sessions?after=1.session_x'--"],
        ['before', `/v1/sessions/${id}/messages?before=-1`],
        ['after', `/v1/sessions/${id}/messages?after=1e3`],
        ['limit', `/v1/sessions/${id}/messages?limit=1000`],
      ] as const
      for (const [param, path] of paths) {
        expect(await request(path), path).toMatchObject({
          status: 400,
          body: { error: { code: 'invalid_value', param } },
        })
      }
    })

    test('returns 405 with the allowed methods for a wrong method', async () => {
      const { request } = await open()
      const path = `/v1/sessions/session_${'0'.repeat(32)}`
      const wrong = [
        ['PUT', '/v1/sessions', 'GET, POST, OPTIONS'],
        ['DELETE', '/v1/sessions', 'GET, POST, OPTIONS'],
        ['PUT', path, 'GET, PATCH, POST, DELETE, OPTIONS'],
        ['POST', `${path}/messages`, 'GET, OPTIONS'],
        ['DELETE', `${path}/export`, 'GET, OPTIONS'],
      ] as const
      for (const [method, target, allow] of wrong) {
        const response = await request(target, { method })
        expect(response).toMatchObject({ status: 405, body: { error: { code: 'method_not_allowed' } } })
        expect(response.headers.get('allow')).toBe(allow)
      }
    })
  })
})
