import { getIntrospectionQuery } from 'graphql'
import { describe, expect, test } from 'vitest'
import { echo } from '../pipeline/sessions/answers.ts'
import { describeOnBothStored } from '../support/describe-on-both.ts'
import { bearer, toOpenAIEnv } from '../support/gateway.ts'
import { startNodeGateway } from '../support/start-node-gateway.ts'
import { json } from '../support/upstream-scripts.ts'
import { createGraphqlClient, documents, type GraphqlResponse, type Message } from './graphql-client.ts'

interface SessionPage {
  readonly items: readonly { readonly id: string }[]
  readonly next: string | null
}

describeOnBothStored('GraphQL queries', (start, { startUpstream }) => {
  async function open() {
    const upstream = await startUpstream()
    upstream.respond(echo)
    const gateway = await start({ env: toOpenAIEnv(upstream) })
    const client = createGraphqlClient(gateway)
    const created = await client.ask<{ createSession: { sessionId: string } }>(documents.createSession)
    return { upstream, gateway, ...client, sessionId: created.body.data.createSession.sessionId }
  }

  test('supports selections, aliases, inline arguments and fragments', async () => {
    const { ask } = await open()
    const { body } = await ask(`
      mutation {
        first: getAIResponse(input: { model: "gpt-4.1", messages: [{ role: "user", content: "one" }] }) { ...Text }
        second: getAIResponse(input: { messages: [{ role: "user", content: "two" }] }) { ...Text isUser @skip(if: true) }
      }
      fragment Text on Message { content __typename }
    `)
    expect(body).toEqual({
      data: {
        first: { content: '1: one', __typename: 'Message' },
        second: { content: '1: two', __typename: 'Message' },
      },
    })
  })

  test('runs the named operation, and mutations sequentially', async () => {
    const { post, sessionId } = await open()
    const query = `
      query Unused { models { id } }
      mutation Both($sessionId: String!) {
        a: sendMessage(input: { content: "first", sessionId: $sessionId }) { position }
        b: sendMessage(input: { content: "second", isUser: false, sessionId: $sessionId }) { position isUser }
      }`
    const { body } = await post({ query, operationName: 'Both', variables: { sessionId } })
    expect(body.data).toEqual({ a: { position: 1 }, b: { position: 2, isUser: false } })
  })

  test('a failed field does not affect its siblings', async () => {
    const { ask, sessionId } = await open()
    const { body } = await ask(
      `{ good: session(id: "${sessionId}") { messageCount } bad: session(id: "session_0") { id } }`,
    )
    expect(body.data).toEqual({ good: { messageCount: 0 }, bad: null })
    expect(body.errors?.map(({ path }) => path)).toEqual([['bad']])
  })

  test('lists, renames, exports and deletes sessions', async () => {
    const { ask, sessionId } = await open()
    await ask(documents.getAIResponse, { input: { messages: [{ role: 'user', content: 'Hello' }], sessionId } })
    const renamed = await ask('mutation($id: String!) { renameSession(id: $id, title: "Greetings") { title } }', {
      id: sessionId,
    })
    expect(renamed.body.data).toEqual({ renameSession: { title: 'Greetings' } })
    const exported = await ask(
      'query($id: String!) { exportSession(id: $id) { session { id title messageCount createdAt } messages { role isComplete model position chatMessage } } }',
      { id: sessionId },
    )
    expect(exported.body.data).toEqual({
      exportSession: {
        session: { id: sessionId, title: 'Greetings', messageCount: 2, createdAt: expect.stringContaining('T') },
        messages: [
          ...[
            {
              role: 'user',
              isComplete: true,
              model: null,
              position: 1,
              chatMessage: { role: 'user', content: 'Hello' },
            },
          ],
          {
            ...{ role: 'assistant', isComplete: true, model: 'gpt-4.1-2025-04-14', position: 2 },
            chatMessage: { role: 'assistant', content: '1: Hello' },
          },
        ],
      },
    })
    const deleted = await ask('mutation($id: String!) { deleteSession(id: $id) { sessionId success } }', {
      id: sessionId,
    })
    expect(deleted.body.data).toEqual({ deleteSession: { sessionId, success: true } })
    const gone = await ask(documents.chatHistory, { sessionId })
    expect(gone.body.errors?.[0]?.extensions).toEqual({ code: 'session_not_found', status: 404 })
  })

  test('pages through sessions by cursor and returns each once', async () => {
    const { ask, sessionId } = await open()
    const ids = [sessionId]
    for (const title of ['b', 'c']) {
      const { body } = await ask<{ createSession: { sessionId: string } }>(
        'mutation($title: String) { createSession(title: $title) { sessionId } }',
        { title },
      )
      ids.push(body.data.createSession.sessionId)
    }
    const seen: string[] = []
    let after: string | null = null
    do {
      const page: GraphqlResponse<{ sessions: SessionPage }> = await ask(
        'query($after: String) { sessions(limit: 2, after: $after) { items { id } next } }',
        { after },
      )
      const { items, next }: SessionPage = page.body.data.sessions
      seen.push(...items.map(({ id }) => id))
      after = next
    } while (after !== null)
    expect(seen.toSorted()).toEqual(ids.toSorted())
  })

  test('pages backwards through a history, by session or by position', async () => {
    const { ask, sessionId } = await open()
    for (const content of ['1', '2', '3']) await ask(documents.sendMessage, { input: { content, sessionId } })
    const page =
      'query($id: String!, $before: Int) { session(id: $id) { messages(limit: 2, before: $before) { items { content } next } } }'
    const last = await ask(page, { id: sessionId })
    expect(last.body.data).toEqual({
      session: { messages: { items: [{ content: '2' }, { content: '3' }], next: 2 } },
    })
    const first = await ask(page, { id: sessionId, before: 2 })
    expect(first.body.data).toEqual({ session: { messages: { items: [{ content: '1' }], next: null } } })
    const history = await ask<{ chatHistory: Message[] }>(
      'query($id: String!) { chatHistory(sessionId: $id, limit: 1, before: 3) { content } }',
      { id: sessionId },
    )
    expect(history.body.data.chatHistory).toEqual([{ content: '2' }])
    const wrong = await ask('query($id: String!) { chatHistory(sessionId: $id, limit: 501) { id } }', { id: sessionId })
    expect(wrong.body.errors?.[0]).toMatchObject({
      message: 'limit must be from 1 to 500.',
      extensions: { code: 'invalid_value', param: 'limit' },
    })
  })

  test('lists the models of GET /v1/models', async () => {
    const { ask, gateway, upstream } = await open()
    upstream.on('/v1/models', json(200, { object: 'list', data: [] }))
    const { body } = await ask<{ models: { id: string; ownedBy: string; created: string }[] }>(
      '{ models { id ownedBy created } }',
    )
    const listed = await fetch(`${gateway.url}/v1/models`, { headers: bearer })
    const { data } = (await listed.json()) as { data: { id: string; created: number; owned_by: string }[] }
    expect(body.data.models).toEqual(
      data.map(({ id, created, owned_by }) => ({
        id,
        ownedBy: owned_by,
        created: new Date(created * 1000).toISOString(),
      })),
    )
  })

  test('accepts a query by GET', async () => {
    const { gateway } = await open()
    const search = new URLSearchParams({
      query: 'query($l: Int!) { sessions(limit: $l) { next } }',
      variables: '{"l":1}',
    })
    const response = await fetch(`${gateway.url}/graphql?${search}`, {
      headers: bearer,
    })
    expect(await response.json()).toEqual({ data: { sessions: { next: null } } })
  })
})

describe('GraphQL on a laptop without a token', () => {
  test('shows its schema, suggests names, and serves a page to run queries', async () => {
    const gateway = await startNodeGateway({ env: { DEMO: 'true' } })
    try {
      const { ask } = createGraphqlClient(gateway, {})
      const { body } = await ask<{ __schema: { types: { name: string }[] } }>(getIntrospectionQuery())
      expect(body.errors).toBeUndefined()
      expect(body.data.__schema.types.map(({ name }) => name)).toContain('ChatInput')
      const typo = await ask('{\n  chatHistorie { id }\n}')
      expect(typo.body.errors?.[0]).toMatchObject({
        message: 'Cannot query field "chatHistorie" on type "Query". Did you mean "chatHistory"?',
        locations: [{ line: 2, column: 3 }],
      })
      const page = await fetch(`${gateway.url}/graphql`, { headers: { accept: 'text/html' } })
      expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8'])
      expect(await page.text()).toContain('<title>GraphQL · Weir')
    } finally {
      await gateway.close()
    }
  })
})
