import { expect, test } from 'vitest'
import type { JsonObject } from '../../src/core/json.ts'
import { describeAdmin } from '../../src/http/openapi/describe-admin.ts'
import { routes } from '../../src/http/routes.ts'
import { adminRoutes } from '../support/admin-routes.ts'
import { ask } from '../support/ask.ts'
import { checkJson } from '../support/check-json.ts'
import { describeOnBothStored } from '../support/describe-on-both.ts'
import { chatRequest } from '../support/fixtures.ts'
import { type AdminResponse, openAdmin } from './open-admin.ts'

const openApi = await describeAdmin(routes, '')

const at = (value: unknown, ...path: readonly string[]): JsonObject =>
  path.reduce<unknown>((found, name) => Object(found)[name], value) as JsonObject

const resolve = (ref: string) => {
  const schema = at(openApi, ...ref.slice(2).split('/'))
  if (schema === undefined) throw new Error(`${ref} does not resolve`)
  return schema
}

const methods = ['get', 'post', 'patch', 'put', 'delete']
const described = Object.entries(at(openApi, 'paths')).flatMap(([path, item]) =>
  Object.keys(Object(item))
    .filter((name) => methods.includes(name))
    .map((name) => ({ path, method: name.toUpperCase(), operation: at(item, name) })),
)

test('describes exactly the routes of the admin API', () => {
  const toLines = (routes: readonly { readonly method: string; readonly path: string }[]) =>
    routes.map(({ method, path }) => `${method} ${path}`).toSorted()
  expect(toLines(described)).toEqual(toLines(adminRoutes))
  const ids = described.map(({ operation }) => operation.operationId)
  expect(new Set(ids).size).toBe(ids.length)
})

test('every reference resolves, and every schema is used', () => {
  const refs = [...JSON.stringify(openApi).matchAll(/"\$ref":"([^"]+)"/g)].map(([, ref = '']) => ref)
  for (const ref of refs) expect(resolve(ref)).toBeTypeOf('object')
  const names = Object.keys(at(openApi, 'components', 'schemas'))
  expect(names.filter((name) => !refs.includes(`#/components/schemas/${name}`))).toEqual([])
})

test('S37 no endpoint accepts a command, a program, a path or a URL', () => {
  const inputs = [
    'NewKey',
    'KeyChange',
    'Rotation',
    'LimitsInput',
    'BudgetInput',
    'Correction',
    'ReconciliationInput',
    'RevokedTokens',
    'EndUser',
    'ErasureInput',
    'NewPerson',
    'PersonChange',
    'NewLink',
    'LinkedKey',
  ].flatMap((name) => Object.keys(at(openApi, 'components', 'schemas', name, 'properties')))
  const parameters = described.flatMap(({ operation }) =>
    ((operation.parameters ?? []) as readonly JsonObject[]).map(({ name }) => String(name)),
  )
  const bodies = described.flatMap(({ operation }) => JSON.stringify(operation.requestBody ?? '').match(/\w+"\}/) ?? [])
  expect(bodies.toSorted()).toEqual([
    ...['Correction"}', 'EndUser"}', 'ErasureInput"}', 'KeyChange"}', 'NewKey"}', 'NewLink"}', 'NewPerson"}'],
    ...['PersonChange"}', 'ReconciliationInput"}', 'RevokedTokens"}', 'Rotation"}'],
  ])
  expect([...new Set([...inputs, ...parameters])].toSorted()).toEqual([
    ...['account', 'after', 'at', 'budgets', 'code', 'concurrent_calls', 'concurrent_streams', 'cost_usd'],
    ...['default_max_tokens', 'descendants', 'disabled', 'dry_run', 'email', 'end_user', 'error'],
    ...[
      'expires_at',
      'expires_in',
      'format',
      'from',
      'group_by',
      'id',
      'input_tokens',
      'inputs',
      'ip_ranges',
      'iss',
      'issued_before',
      'key',
      'key_id',
      'kind',
    ],
    ...[
      'labels',
      'limit',
      'limits',
      'model',
      'models',
      'name',
      'operation',
      'operations',
      'origins',
      'overlap_seconds',
    ],
    ...['parent_id', 'per', 'per_user', 'person_id', 'provider', 'reason'],
    ...[
      'requests_per_day',
      'requests_per_hour',
      'requests_per_minute',
      'role',
      'route',
      'secret',
      'session',
      'shadow',
      'state',
      'stream',
      'subject',
    ],
    ...[
      'tag',
      'tags',
      'time_zone',
      'to',
      'tokens_per_day',
      'tokens_per_hour',
      'tokens_per_minute',
      'usd',
      'usd_per_call',
    ],
  ])
})

describeOnBothStored('the description of the admin API', (start, { startUpstream }) => {
  test('matches real responses and errors', async () => {
    const config = {
      prices: { 'openai/own': { input: 1, output: 2, per_second: 0.0001 } },
      routes: { chat: { strategy: 'sticky', targets: [{ model: 'openai/gpt-4.1' }] } },
    }
    const { gateway, call, create } = await openAdmin({ start, startUpstream }, { config })
    const limits = { requests_per_minute: 60, usd_per_call: 0.5, budgets: [{ usd: 1, per: 'total' }] }
    const { id, secret } = await create({
      limits,
      per_user: { tokens_per_day: 9_999 },
      models: ['*'],
      labels: { a: 'b' },
    })
    const headers = { authorization: `Bearer ${secret}` }
    const body = { ...chatRequest, max_tokens: 5, user: 'u-1' }
    expect((await ask(gateway, { target: '/v1/chat/completions', body, token: false, headers })).status).toBe(200)
    await gateway.flushLedger()
    const seen = new Set<string>()
    const check = async (endpoint: string, sent?: unknown): Promise<AdminResponse> => {
      const result = await call(endpoint, sent)
      const { name, problems } = judge(endpoint.replace(id, '{id}'), result)
      expect(problems, `${endpoint} ${result.text}`).toEqual([])
      seen.add(name)
      return result
    }
    for (const endpoint of [
      ...['GET /keys', 'GET /keys?limit=1', `GET /keys/${id}`, `GET /keys/${id}/balance`, 'GET /openapi.json'],
      ...['GET /usage', 'GET /usage?group_by=day,key,end_user,provider,model', 'GET /usage?group_by=tag,key'],
      ...['GET /usage?group_by=route,failure', 'GET /route?model=gpt-4.1', 'GET /route?model=chat&session=s'],
      ...['GET /records', 'GET /prices?limit=1000', 'GET /prices?limit=1000&after=1000', 'GET /audit'],
    ])
      await check(endpoint)
    await check('POST /keys', { name: 'another', per_user: null })
    await check(`PATCH /keys/${id}`, { disabled: true })
    await check(`POST /keys/${id}/rotate`, {})
    const [record] = JSON.parse((await check('GET /records')).text)
    await check(`POST /records/${record.id}/correct`, { cost_usd: 1, reason: 'invoice' })
    await check(`POST /keys/${id}/reconcile`, { dry_run: true })
    await check('POST /revocations', { key_id: id, end_user: 'u-1' })
    await check('GET /records')
    expect((await check('POST /end_users/export', { key_id: id, end_user: 'u-1' })).body.records).toHaveLength(1)
    await check('POST /end_users/erase', { key_id: id, end_user: 'u-1' })
    const person = await check('POST /people', { name: 'Ann', email: 'ann@example.com', role: 'owner' })
    await check(`GET /people/${person.body.id}`)
    const account = { issuer: 'https://id.example', subject: 'ann' }
    await check(`PATCH /people/${person.body.id}`, { role: 'owner', account })
    await check('POST /people', { name: 'Bob', role: 'owner' })
    await check('GET /people')
    await check(`DELETE /people/${person.body.id}`)
    const link = await check('POST /links', { kind: 'key', key_id: id })
    await check('GET /links')
    await check('GET /audit?limit=100')
    await check(`DELETE /links/${link.body.id}`)
    await check('POST /session')
    await check('GET /session')
    await check('DELETE /session')
    await check(`DELETE /keys/${id}`)
    // A sign-in at an OpenID provider has redirects only.
    expect(seen.size).toBe(described.filter(({ path }) => !path.includes('/login')).length)
    for (const endpoint of ['GET /keys/key_0', 'GET /usage?x=1', 'PATCH /keys/key_0']) await check(endpoint)
    await check('POST /records/gen_0/correct', { cost_usd: 1, reason: 'x' })
    expect((await check('GET /openapi.json')).body).toEqual({
      ...JSON.parse(JSON.stringify(openApi)),
      servers: [{ url: gateway.url }],
    })
  })
})

/** Compares a response with its description. */
function judge(endpoint: string, { status, headers, text }: AdminResponse) {
  const [method = '', target = ''] = endpoint.split(' ')
  const name = `${method} /admin/v1${target.split('?')[0]?.replace(/^\/(keys|records|people|links)\/[^/]+/, '/$1/{id}')}`
  const found = described.find((route) => `${route.method} ${route.path}` === name)
  const responses = at(found, 'operation', 'responses')
  const response = responses[String(status)] ?? (status >= 400 ? responses.default : undefined)
  const type = (headers.get('content-type') ?? '').split(';')[0] ?? ''
  const schema = at(response, 'content', type, 'schema')
  return { name, problems: schema === undefined ? [`${status} ${type}`] : checkJson(JSON.parse(text), schema, resolve) }
}
