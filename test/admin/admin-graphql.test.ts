import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { buildSchema, type GraphQLObjectType, getIntrospectionQuery, validateSchema } from 'graphql'
import { expect, test } from 'vitest'
import { adminNames, renderGraphqlModule } from '../../scripts/render-graphql-module.ts'
import { openApi } from '../../src/http/admin/openapi.ts'
import { projectRoot } from '../architecture/source-files.ts'
import { ask } from '../support/ask.ts'
import { describeOnBothStored } from '../support/describe-on-both.ts'
import { chatRequest } from '../support/fixtures.ts'
import { callAdmin, openAdmin } from './open-admin.ts'

const folder = join(projectRoot, 'src/graphql')
const sdl = readFileSync(join(folder, 'admin-schema.graphql'), 'utf8')

test('the module that the code loads says what admin-schema.graphql says (`node scripts/generate-docs.ts` writes it)', () => {
  expect(readFileSync(join(folder, 'admin-schema.generated.ts'), 'utf8')).toBe(renderGraphqlModule(sdl, adminNames))
})

test('the schema for administrators is valid, and describes every operation', () => {
  const schema = buildSchema(sdl)
  expect(validateSchema(schema)).toEqual([])
  const fields = [schema.getQueryType(), schema.getMutationType()].flatMap((type) =>
    Object.values(type?.getFields() ?? {}),
  )
  expect(fields.filter(({ description }) => !description).map(({ name }) => name)).toEqual([])
})

test('its types have the fields of REST', () => {
  const schema = buildSchema(sdl)
  const schemas = Object(openApi.components).schemas
  const fieldsOf = (name: string) => Object.keys((schema.getType(name) as GraphQLObjectType).getFields()).toSorted()
  for (const [name, type] of [
    ...['Key', 'KeyWithSecret', 'Limits', 'Budget', 'Secret', 'Balance', 'UsageRow', 'Price', 'AuditEntry'].map(
      (one) => [one, one],
    ),
    ...['NewKey', 'KeyChange', 'Rotation', 'LimitsInput', 'BudgetInput'].map((one) => [one, one]),
    ['Record', 'LedgerRecord'],
  ] as const) {
    const names = Object.keys(schemas[name ?? ''].properties).filter((field) => field !== 'object')
    expect(fieldsOf(type ?? ''), name).toEqual(names.toSorted())
  }
})

const keyFields =
  'id name disabled models labels parent_id limits { requests_per_minute budgets { usd per time_zone } }'

describeOnBothStored('administration over GraphQL', (start, { startUpstream }) => {
  async function open() {
    const opened = await openAdmin({ start, startUpstream })
    return {
      ...opened,
      async run(query: string, variables: object = {}) {
        const { body, status } = await opened.call('POST /graphql', { query, variables })
        return {
          status,
          data: Object(body.data),
          errors: body.errors as readonly Record<string, unknown>[] | undefined,
        }
      },
    }
  }

  test('does what REST does: keys', async () => {
    const { gateway, run, call } = await open()
    const made = await run(`mutation ($input: NewKey!) { createKey(input: $input) { secret ${keyFields} } }`, {
      input: {
        name: 'Ada',
        labels: { team: 'x' },
        limits: { requests_per_minute: 5, budgets: [{ usd: 1, per: 'day' }] },
      },
    })
    expect(made.errors).toBeUndefined()
    const { id, secret } = made.data.createKey
    expect(made.data.createKey).toMatchObject({
      ...{ name: 'Ada', labels: { team: 'x' }, models: null, disabled: false },
      limits: { requests_per_minute: 5, budgets: [{ usd: 1, per: 'day', time_zone: 'UTC' }] },
    })
    const chat = { target: '/v1/chat/completions', body: { ...chatRequest, user: 'u-1' }, token: false }
    const headers = { authorization: `Bearer ${secret}` }
    expect((await ask(gateway, { ...chat, headers })).status).toBe(200)
    await gateway.flushLedger()
    const seen = await run(
      `query ($id: ID!) {
        key(id: $id) { id secrets { hint } }
        keys { items { id } next }
        balance(key_id: $id) { spent_usd open_calls }
        usage(group_by: ["key", "end_user"], key_id: $id) { key_id end_user day calls cost_usd }
        records(key_id: $id) { items { id key_id cost_usd stream tags input_tokens error_code } next }
        prices(provider: "openai", model: "gpt-4o", limit: 1) { items { model input } }
        audit(limit: 1) { items { action subject } next }
      }`,
      { id },
    )
    expect(seen.errors).toBeUndefined()
    expect(seen.data).toMatchObject({
      key: { id },
      keys: { items: [{ id }], next: null },
      balance: { spent_usd: '0.000118', open_calls: 0 },
      usage: [{ key_id: id, end_user: 'u-1', day: null, calls: 1, cost_usd: '0.000118' }],
      records: { items: [{ key_id: id, cost_usd: '0.000118', stream: false, input_tokens: 19, error_code: null }] },
      prices: { items: [{ model: 'gpt-4o', input: 2.5 }] },
      audit: { items: [{ action: 'key.create', subject: id }], next: null },
    })
    const changed = await run(
      `mutation ($id: ID!) {
        updateKey(id: $id, input: { disabled: true, limits: null }) { disabled limits { requests_per_minute } }
        rotateKey(id: $id) { secret }
      }`,
      { id },
    )
    expect(changed.data).toMatchObject({ updateKey: { disabled: true, limits: { requests_per_minute: null } } })
    expect(changed.data.rotateKey.secret).toMatch(/^sk-weir-/)
    expect((await run('mutation ($id: ID!) { deleteKey(id: $id) { id keys } }', { id })).data).toEqual({
      deleteKey: { id, keys: 1 },
    })
    expect((await call('GET /audit')).body.data).toHaveLength(4)
  })

  test('S26 S36 refuses as REST does, within the limits of every GraphQL request', async () => {
    const { run, call, gateway } = await open()
    const missing = await run('{ key(id: "key_0") { id } }')
    expect(missing.errors).toMatchObject([{ extensions: { code: 'key_not_found', status: 404 } }])
    const wrong = await run('mutation { createKey(input: { name: "x", models: [""] }) { id } }')
    expect(wrong.errors).toMatchObject([{ extensions: { code: 'invalid_value', param: 'models[0]' } }])
    const unknown = await run('mutation { createKey(input: { name: "x", role: "admin" }) { id } }')
    expect(unknown.errors?.[0]?.message).toMatch(/"role"/)
    const deep = await run(`{ ${'a '.repeat(400)} }`)
    expect(deep.errors).toMatchObject([{ extensions: { code: 'query_too_complex' } }])
    const aliases = Array.from({ length: 16 }, (_, index) => `k${index}: keys { next }`).join(' ')
    expect((await run(`{ ${aliases} }`)).errors).toMatchObject([{ extensions: { code: 'query_too_complex' } }])
    expect((await run(getIntrospectionQuery())).data.__schema.queryType.name).toBe('Query')
    const form = await call('POST /graphql', 'query={keys{next}}', {
      'content-type': 'application/x-www-form-urlencoded',
    })
    expect(form.body.errors).toMatchObject([{ extensions: { code: 'unsupported_media_type' } }])
    const query = encodeURIComponent('mutation { deleteKey(id: "key_0") { keys } }')
    expect((await callAdmin(gateway.url, `GET /graphql?query=${query}`)).status).toBe(405)
    const html = await callAdmin(gateway.url, 'GET /graphql', { headers: { accept: 'text/html' } })
    expect(html.text).not.toContain('<html')
    expect((await call('GET /keys')).body.data).toEqual([])
  })

  test('S31 the callers’ GraphQL has none of it', async () => {
    const { gateway } = await open()
    const body = { query: '{ keys { next } }' }
    const answer = await ask(gateway, { method: 'POST', target: '/graphql', body })
    expect(answer.text).toMatch(/Cannot query field/)
  })
})
