import { createHash } from 'node:crypto'
import { buildSchema, GraphQLInputObjectType, GraphQLObjectType } from 'graphql'
import { describe, expect, test } from 'vitest'
import { typeDefs } from '../../src/graphql/schema.generated.ts'
import { echo } from '../pipeline/sessions/answers.ts'
import { describeOnBothStored } from '../support/describe-on-both.ts'
import { toOpenAIEnv } from '../support/gateway.ts'
import type { StoredGateway } from '../support/stored-gateway.ts'
import { createGraphqlClient, documents, readEvents, stream } from './graphql-client.ts'

const other = `key:${createHash('sha256').update('the-token-of-somebody-else').digest('hex')}`
const foreignId = `session_${'a1'.repeat(16)}`
const unknownId = `session_${'b2'.repeat(16)}`
const messages = [{ role: 'user', content: 'What did we say?' }]

/** Every operation that accepts a session id, with its variables. */
const operations: readonly (readonly [query: string, toVariables: (sessionId: string) => object])[] = [
  [documents.chatHistory, (sessionId) => ({ sessionId })],
  [documents.sendMessage, (sessionId) => ({ input: { content: 'mine', sessionId } })],
  [documents.getAIResponse, (sessionId) => ({ input: { messages, sessionId } })],
  [documents.generateImage, (sessionId) => ({ input: { prompt: 'x', sessionId } })],
  ['query($id: String!) { session(id: $id) { title messages { items { content } } } }', (id) => ({ id })],
  ['query($id: String!) { exportSession(id: $id) { messages { content } } }', (id) => ({ id })],
  ['mutation($id: String!) { renameSession(id: $id, title: "mine") { title } }', (id) => ({ id })],
  ['mutation($id: String!) { deleteSession(id: $id) { success } }', (id) => ({ id })],
]

describeOnBothStored('the owner of a session, over GraphQL', (start, { startUpstream }) => {
  /** Starts a gateway in which another caller has a session with a message. */
  async function open(env: Readonly<Record<string, string>> = {}) {
    const upstream = await startUpstream()
    upstream.respond(echo)
    const { TOKEN, ...rest } = toOpenAIEnv(upstream)
    const gateway = await start({
      env: { ...rest, ...(env.ALLOW_ANONYMOUS === undefined && { TOKEN }), ...env } as Record<string, string>,
    })
    await insertSession(gateway)
    return { upstream, gateway, ...createGraphqlClient(gateway) }
  }

  test('S30 S31 every operation treats the session of another caller like an unknown one', async () => {
    const { ask, upstream, gateway } = await open()
    for (const [query, toVariables] of operations) {
      const [foreign, unknown] = await Promise.all([foreignId, unknownId].map((id) => ask(query, toVariables(id))))
      expect(foreign?.body.errors?.[0]?.extensions, query).toEqual({ code: 'session_not_found', status: 404 })
      expect(foreign?.text.replaceAll(foreignId, 'id')).toBe(unknown?.text.replaceAll(unknownId, 'id'))
      expect(foreign?.text).not.toContain('secret')
    }
    expect(upstream.requests).toEqual([])
    expect(await gateway.sql('SELECT title, version FROM sessions')).toEqual([{ title: 'secret plans', version: 1 }])
    expect(await gateway.sql('SELECT COUNT(*) AS count FROM messages')).toEqual([{ count: 1 }])
  })

  test('S31 the chat of another caller cannot be continued as a stream', async () => {
    const { subscribe, upstream } = await open()
    const text = await (await subscribe(stream, { input: { messages, sessionId: foreignId } })).text()
    expect(readEvents(text)).toMatchObject([{ errors: [{ extensions: { code: 'session_not_found', status: 404 } }] }])
    expect(upstream.requests).toEqual([])
  })

  test('S31 S32 lists and pages show only the caller’s sessions, for any cursor or position', async () => {
    const { ask } = await open()
    const created = await ask<{ createSession: { sessionId: string } }>(documents.createSession)
    const { sessionId } = created.body.data.createSession
    for (const after of [null, `9999999999999.${foreignId}`, `9999999999999.${unknownId}`]) {
      const { text, body } = await ask<{ sessions: { items: object[] } }>(
        'query($after: String) { sessions(limit: 100, after: $after) { items { id messages { items { content } } } } }',
        { after },
      )
      expect(body.data.sessions.items).toEqual([{ id: sessionId, messages: { items: [] } }])
      expect(text).not.toContain('secret')
    }
    const page = await ask('query($id: String!) { session(id: $id) { messages(before: 100) { items { id } } } }', {
      id: sessionId,
    })
    expect(page.body.data).toEqual({ session: { messages: { items: [] } } })
  })

  test('S30 a caller without a valid key is refused before anything is read, also for an unknown field', async () => {
    const { gateway, upstream } = await open()
    for (const credentials of [{}, { authorization: 'Bearer wrong-token' }]) {
      const { ask, post, subscribe } = createGraphqlClient(gateway, credentials)
      const responses = [
        ...(await Promise.all(operations.map(([query, toVariables]) => ask(query, toVariables(foreignId))))),
        await ask('{ models { id } }'),
        await ask('{ nothing }'),
        await post('{'),
      ]
      for (const { status, body } of responses) {
        expect([status, body.errors?.[0]?.extensions]).toEqual([401, { code: 'invalid_api_key', status: 401 }])
        expect(body.data).toBeUndefined()
      }
      expect((await subscribe(stream, { input: { messages } })).status).toBe(401)
    }
    expect(upstream.requests).toEqual([])
  })

  test('S30 anonymous callers can use sessions whose ids they know, and cannot list sessions', async () => {
    const { gateway } = await open({ ALLOW_ANONYMOUS: 'true' })
    const { ask } = createGraphqlClient(gateway, {})
    const created = await ask<{ createSession: { sessionId: string } }>(documents.createSession)
    const { sessionId } = created.body.data.createSession
    const reply = await ask(documents.getAIResponse, { input: { messages, sessionId } })
    expect(reply.body.errors).toBeUndefined()
    const listed = await ask('{ sessions { items { id } } }')
    expect(listed.body).toMatchObject({
      data: { sessions: null },
      errors: [{ extensions: { code: 'permission_denied', status: 403 } }],
    })
    expect(listed.text).not.toContain(sessionId)
    const foreign = await ask(documents.chatHistory, { sessionId: foreignId })
    expect(foreign.body.errors?.[0]?.extensions.code).toBe('session_not_found')
  })

  test('S34 a caller cannot choose the id of a session', async () => {
    const { ask } = await open()
    const { body } = await ask(`mutation { createSession(sessionId: "${foreignId}") { sessionId } }`)
    expect(body.errors?.[0]?.extensions.code).toBe('GRAPHQL_VALIDATION_FAILED')
  })
})

describe('the schema', () => {
  test('S30 has no field for a secret or an owner', () => {
    const types = Object.values(buildSchema(typeDefs).getTypeMap())
    const names = types
      .filter((type) => type instanceof GraphQLObjectType || type instanceof GraphQLInputObjectType)
      .filter(({ name }) => !name.startsWith('__'))
      .flatMap((type) => Object.keys(type.getFields()))
    expect(names.filter((name) => /key|secret|hash|owner|digest|password|header/i.test(name))).toEqual([])
  })
})

async function insertSession(gateway: StoredGateway): Promise<void> {
  await gateway.sql(
    "INSERT INTO sessions (owner, id, title, created_at, updated_at, version) VALUES (?, ?, 'secret plans', 1, 1, 1)",
    ...[other, foreignId],
  )
  await gateway.sql(
    "INSERT INTO messages (owner, session_id, position, id, role, content, status, created_at) VALUES (?, ?, 1, 'msg_1', 'user', '\"secret\"', 'complete', 1)",
    ...[other, foreignId],
  )
}
