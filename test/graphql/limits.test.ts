import { expect, test } from 'vitest'
import { words } from '../pipeline/sessions/answers.ts'
import { ask as askRaw } from '../support/ask.ts'
import { describeOnBoth } from '../support/describe-on-both.ts'
import { bearer, toOpenAIEnv } from '../support/gateway.ts'
import type { RawResponse } from '../support/raw-client.ts'
import { createGraphqlClient, documents } from './graphql-client.ts'

const input = { messages: [{ role: 'user', content: 'Hello' }] }
const graphqlJson = { accept: 'application/graphql-response+json' }

const schemaQuery = { target: '/graphql', body: { query: '{ __schema { queryType { name } } }' } }

describeOnBoth('the schema of GraphQL', (start, { runtime, startUpstream }) => {
  test.each([
    { setting: undefined, holder: true, anyone: false },
    { setting: 'auto', holder: true, anyone: false },
    { setting: 'true', holder: true, anyone: true },
    { setting: 'false', holder: false, anyone: false },
  ])(
    'S25 case B7: introspection $setting shows the schema to the holder of the token: $holder, to anyone: $anyone',
    async (expected) => {
      const upstream = await startUpstream()
      const { setting, holder, anyone } = expected
      const env = { ...toOpenAIEnv(upstream), ...(setting !== undefined && { GRAPHQL_INTROSPECTION: setting }) }
      const seen = async (pending: Promise<RawResponse>) => (await pending).text.includes('"queryType":{')
      expect(await seen(askRaw(await start({ env }), schemaQuery))).toBe(holder)
      const gateway = await start({ env: { ...env, TOKEN: '', ALLOW_ANONYMOUS: 'true' } })
      expect(await seen(askRaw(gateway, { ...schemaQuery, token: false }))).toBe(anyone)
    },
  )

  test.runIf(runtime === 'node')('case B7: `false` also hides the schema on a laptop without a token', async () => {
    const gateway = await start({ env: { DEMO: 'true', GRAPHQL_INTROSPECTION: 'false' } })
    const response = await askRaw(gateway, { ...schemaQuery, token: false, headers: { host: 'localhost' } })
    expect(response.text).toContain('introspection')
  })
})

describeOnBoth('GraphQL in production', (_start, { share }) => {
  async function open() {
    const { upstream, gateway } = await share((scripted) => ({
      env: { ...toOpenAIEnv(scripted), GRAPHQL_INTROSPECTION: 'false' },
    }))
    upstream.respond(words('Hi'))
    return { upstream, gateway, ...createGraphqlClient(gateway) }
  }

  test('S25 shows no schema, suggestions or page, and locates the error in a query', async () => {
    const { ask, gateway } = await open()
    const schema = await ask('{ __schema { types { name } } }', undefined, graphqlJson)
    expect(schema.status).toBe(400)
    expect(schema.text).not.toContain('ChatInput')
    const type = await ask('{ __type(name: "Message") { fields { name } } }', undefined, graphqlJson)
    expect([type.status, type.body.data]).toEqual([400, undefined])
    const typo = await ask('{\n  chatHistorie { id }\n}', undefined, graphqlJson)
    expect([typo.status, typo.body.errors]).toEqual([
      400,
      [
        {
          message: 'Cannot query field "chatHistorie" on type "Query".',
          locations: [{ line: 2, column: 3 }],
          extensions: { code: 'GRAPHQL_VALIDATION_FAILED', status: 400 },
        },
      ],
    ])
    const argument = await ask('{ sessions(limt: 1) { next } }')
    const field = await ask(documents.getAIResponse, { input: { ...input, modle: 'x' } })
    for (const { text } of [argument, field]) expect(text).not.toContain('Did you mean')
    const page = await fetch(`${gateway.url}/graphql`, { headers: { ...bearer, accept: 'text/html' } })
    expect(page.status).toBeGreaterThanOrEqual(400)
    expect(await page.text()).not.toContain('<title>GraphQL')
  })

  const floods: readonly (readonly [name: string, query: string])[] = [
    ['9 levels', nest(9)],
    ['9 levels by fragments', `{ ...A } fragment A on Query { ${nest(5, '...B')} } fragment B on Query ${nest(5)}`],
    ['a recursive fragment', '{ ...A } fragment A on Query { ...A }'],
    ['16 aliases', `mutation { ${repeat(16, (index) => `a${index}: createSession { success }`)} }`],
    [
      '16 aliases by fragments',
      `{ ...A ...B } ${['A', 'B'].map((name) => `fragment ${name} on Query { ${repeat(8, (index) => `${name}${index}: models { id }`)} }`).join(' ')}`,
    ],
    ['51 directives', `{ models ${repeat(51, () => '@skip(if: true)')} { id } }`],
    ['51 directives on a variable', `query($a: Int ${repeat(51, () => '@x')}) { models { id } }`],
    ['1,001 tokens', `{ ${repeat(1_000, () => 'models')} }`],
    ['a million characters', `{ models { id } } # ${'x'.repeat(1_000_000)}`],
    [
      'fragments that multiply',
      `{ ...A0 } ${repeat(20, (index) => `fragment A${index} on Query { ...A${index + 1} ...A${index + 1} }`)} fragment A20 on Query { models { id } }`,
    ],
  ]

  test('S26 a query that is too deep, too long or too large is a 4xx, and reaches no provider', async () => {
    const { ask, upstream } = await open()
    for (const [name, query] of floods) {
      const { status, body } = await ask(query, undefined, graphqlJson)
      expect([status, body.data], name).toEqual([400, undefined])
    }
    const plain = await ask(nest(9))
    expect([plain.status, plain.body.errors]).toEqual([
      400,
      [{ message: 'The query has more than 8 levels.', extensions: { code: 'query_too_complex', status: 400 } }],
    ])
    expect(upstream.requests).toEqual([])
  })

  test('S26 a query within the limits passes', async () => {
    const { ask } = await open()
    const aliases = await ask(`{ ${repeat(15, (index) => `a${index}: models { id }`)} }`)
    expect(aliases.body.errors).toBeUndefined()
    expect(Object.keys(aliases.body.data)).toHaveLength(15)
    const long = await ask(documents.sendMessage, { input: { content: 'x'.repeat(200_000) } })
    expect(long.body.errors).toBeUndefined()
  })

  test('S27 case D18: a query of 5,000 levels is refused, and one of 100,000 before the parser’s stack overflows', async () => {
    const { ask } = await open()
    for (const query of [
      nest(5_000),
      nest(100_000),
      `${'{a'.repeat(5_000)}`,
      '{a'.repeat(100_000),
      `{ a(b: ${'['.repeat(5_000)}${']'.repeat(5_000)}) }`,
    ]) {
      const { status, body } = await ask(query)
      expect([status, body.errors?.[0]?.extensions.code]).toEqual([400, 'query_too_complex'])
    }
  })

  test('S87 case D2 case D4: a body over 1 MiB is refused before it is parsed, whichever part is long', async () => {
    const { upstream, gateway, post, ask } = await open()
    const mebibyte = 1_048_576
    const pad = 'x'.repeat(mebibyte)
    const query = '{ models { id } }'
    for (const body of [{ query, variables: { pad } }, { query, extensions: { pad } }, `{"query":"${query} ${pad}"}`])
      expect((await post(body, graphqlJson)).status).toBe(413)
    // A body within the limit may hold a long chat.
    const long = [{ role: 'user', content: 'x'.repeat(900_000) }]
    expect((await ask(documents.getAIResponse, { input: { messages: long } })).status).toBe(200)
    expect(upstream.requests).toHaveLength(1)
    // Its values are counted like those of any other body.
    const values = await post(`{"query":"${query}","variables":{"pad":[${'[],'.repeat(340_000)}[]]}}`, graphqlJson)
    expect(values.status).toBe(400)
    expect((await fetch(`${gateway.url}/livez`)).status).toBe(200)
  })

  test('S28 several requests in one body are refused', async () => {
    const { post, upstream } = await open()
    const { status, body } = await post([
      { query: documents.getAIResponse, variables: { input } },
      { query: documents.getAIResponse, variables: { input } },
    ])
    expect([status, body.errors?.[0]?.extensions]).toEqual([400, { code: 'invalid_json', status: 400 }])
    expect(upstream.requests).toEqual([])
  })

  test.each([
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'text/plain',
    'text/plain;application/json',
    'application/graphql',
    '',
  ])('S29 a body that a form can send is refused (%s)', async (type) => {
    const { gateway, upstream } = await open()
    const mutation = `mutation { getAIResponse(input: { messages: [] }) { id } }`
    const bodies = [`query=${encodeURIComponent(mutation)}`, JSON.stringify({ query: mutation }), mutation]
    for (const body of bodies) {
      const response = await askRaw(gateway, { target: '/graphql', headers: { 'content-type': type }, body })
      expect(response.status).toBe(415)
      expect(JSON.parse(response.text)).toMatchObject({ errors: [{ extensions: { code: 'unsupported_media_type' } }] })
    }
    expect(upstream.requests).toEqual([])
  })

  test('S29 a GET runs only queries', async () => {
    const { gateway, upstream } = await open()
    for (const query of [
      'mutation { createSession { success } }',
      'subscription { streamAIResponse(input: { messages: [{ role: "user", content: "Hi" }] }) { delta } }',
      'query Q { models { id } } subscription S { streamAIResponse(input: { messages: [] }) { delta } }',
    ]) {
      const search = new URLSearchParams({ query, ...(query.startsWith('query') && { operationName: 'S' }) })
      const response = await fetch(`${gateway.url}/graphql?${search}`, { headers: bearer })
      expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST, OPTIONS'])
    }
    const responses = await Promise.all(
      ['PUT', 'PATCH', 'DELETE'].map((method) => fetch(`${gateway.url}/graphql`, { method, headers: bearer })),
    )
    expect(responses.map(({ status, headers }) => [status, headers.get('allow')])).toEqual(
      responses.map(() => [405, 'GET, POST, OPTIONS']),
    )
    expect(upstream.requests).toEqual([])
  })

  test('merged fields count as one operation', async () => {
    const { ask, upstream } = await open()
    const fields = repeat(60, () => '...Call')
    const one = 'fragment Call on Mutation { getAIResponse(input: $input) { id } }'
    const merged = await ask(`mutation($input: ChatInput!) { ${fields} } ${one}`, { input })
    expect(merged.body.errors).toBeUndefined()
    expect(upstream.requests).toHaveLength(1)
  })

  test('bad JSON, bad variables and a missing query get a readable error', async () => {
    const { post, ask, gateway } = await open()
    const broken = await post('{"query": ')
    expect([broken.status, broken.body.errors]).toEqual([
      400,
      [
        {
          message: expect.stringMatching(/^Request body is not valid JSON: .*line 1, column 11/),
          extensions: { code: 'invalid_json', status: 400 },
        },
      ],
    ])
    const missing = await ask(documents.getAIResponse, { input: {} }, graphqlJson)
    expect(missing.status).toBe(400)
    expect(missing.body.errors?.[0]).toMatchObject({
      message: expect.stringContaining('messages'),
      extensions: { status: 400 },
    })
    expect((await post({}, graphqlJson)).status).toBe(400)
    expect((await post({ query: 7 }, graphqlJson)).status).toBe(400)
    const deep = await post(`{"query":"{models{id}}","variables":${'{"a":'.repeat(100)}1${'}'.repeat(100)}}`)
    expect(deep.body.errors?.[0]?.extensions.code).toBe('json_too_deep')
    const get = await fetch(`${gateway.url}/graphql?query={models{id}}&variables={`, { headers: bearer })
    expect(get.status).toBe(400)
  })

  test('a response contains no stack and no file name', async () => {
    const { ask, post } = await open()
    const responses = [
      await ask(nest(9)),
      await ask('{'),
      await post('null'),
      await ask(documents.getAIResponse, { input: { messages: [], model: '' } }),
      await ask('{ session(id: "\\u0000") { id } }'),
      await post({ query: '{ models { id } }', variables: 'x' }),
      await post({ query: '{ models { id } }', operationName: { a: 1 } }),
      await post({ query: '{ models { id } }', extensions: [] }),
    ]
    for (const { text, status } of responses) {
      expect(status).toBeLessThan(500)
      expect(text).not.toMatch(/stack|\.ts|\.js|node_modules|originalError/)
    }
  })
})

/** Returns a query with this number of levels. */
function nest(levels: number, innermost = 'a'): string {
  return `${'{ a '.repeat(levels - 1)}{ ${innermost} }${' }'.repeat(levels - 1)}`
}

function repeat(count: number, render: (index: number) => string): string {
  return Array.from({ length: count }, (_, index) => render(index)).join(' ')
}
