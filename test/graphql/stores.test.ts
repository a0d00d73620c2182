import { expect, test } from 'vitest'
import { echo } from '../pipeline/sessions/answers.ts'
import { describeOnBothStored } from '../support/describe-on-both.ts'
import { toOpenAIEnv } from '../support/gateway.ts'
import { createGraphqlClient, documents } from './graphql-client.ts'

describeOnBothStored('GraphQL with storage', (start, { startUpstream }) => {
  async function open(allowInternalErrors = false) {
    const upstream = await startUpstream()
    upstream.respond(echo)
    const gateway = await start({ env: toOpenAIEnv(upstream), allowInternalErrors })
    return { upstream, gateway, ...createGraphqlClient(gateway) }
  }

  test('S26 one request reads and writes at most 50 times, whatever it selects', async () => {
    const { ask } = await open()
    const create = Array.from({ length: 13 }, (_, index) => `a${index}: createSession { success }`).join(' ')
    for (let round = 0; round < 4; round++) await ask(`mutation { ${create} }`)
    const { body } = await ask<{ sessions: { items: ({ messages: object } | null)[] } | null }>(
      '{ sessions(limit: 100) { items { messages { next } } } }',
    )
    expect(body.data.sessions).toBeNull()
    expect(body.errors?.[0]).toMatchObject({
      message: expect.stringContaining('50 operations'),
      extensions: { code: 'query_too_complex', status: 400 },
    })
  })

  test('a defect is hidden from the caller and logged', async () => {
    const { ask, gateway, upstream } = await open(true)
    await gateway.sql("CREATE TRIGGER broken BEFORE INSERT ON sessions BEGIN SELECT RAISE(ABORT, 'secret name'); END")
    const created = await ask(documents.createSession)
    expect(created.status).toBe(200)
    expect(created.body).toEqual({
      data: { createSession: null },
      errors: [
        {
          message: expect.stringMatching(/request id is in the log/),
          locations: [{ line: 1, column: 26 }],
          path: ['createSession'],
          extensions: { code: 'internal', status: 500 },
        },
      ],
    })
    expect(await gateway.findLog(({ route }) => route === 'graphql')).toMatchObject({
      ...{ error_code: 'internal', request_id: created.headers.get('x-request-id') },
      cause: expect.stringContaining('secret name'),
    })
    expect(upstream.requests).toEqual([])
  })
})
