import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import type { JsonObject } from '../../src/core/json.ts'
import { operations } from '../../src/dialects/operations.ts'
import { describeAdmin } from '../../src/http/openapi/describe-admin.ts'
import { describeApi } from '../../src/http/openapi/describe-api.ts'
import { routes } from '../../src/http/routes.ts'
import { projectRoot } from '../architecture/source-files.ts'
import { ask } from '../support/ask.ts'
import { checkJson } from '../support/check-json.ts'
import { describeOnBoth, describeOnBothStored } from '../support/describe-on-both.ts'
import { chatRequest } from '../support/fixtures.ts'
import type { RawResponse } from '../support/raw-client.ts'
import { openKeys } from './open-keys.ts'

const api = describeApi(routes, '')

const at = (value: unknown, ...path: readonly string[]): JsonObject =>
  path.reduce<unknown>((found, name) => Object(found)[name], value) as JsonObject

const resolve = (ref: string) => at(api, ...ref.slice(2).split('/'))

const methodsOf = (path: string) => Object.keys(at(api, 'paths', path)).map((method) => method.toUpperCase())

test('describes every route except those of the admin API', () => {
  const open = routes.filter(({ auth }) => auth !== 'admin' && auth !== 'login')
  expect(new Set(Object.keys(at(api, 'paths')))).toEqual(new Set(open.map(({ path }) => path)))
  for (const { path, methods } of open)
    expect(methodsOf(path), path).toEqual(expect.arrayContaining(methods.filter((method) => method !== 'HEAD')))
})

test('describes the required fields of every operation, and marks the old routes as deprecated', () => {
  const needed = {
    'chat.completions': ['model', 'messages'],
    completions: ['model', 'prompt'],
    embeddings: ['model', 'input'],
    responses: [],
    'responses.input_tokens': [],
    'images.generations': ['prompt'],
    'images.edits': [],
    'audio.speech': ['model', 'input'],
    'audio.transcriptions': ['model'],
    'audio.translations': ['model'],
    moderations: ['input'],
    messages: ['model', 'max_tokens', 'messages'],
    'messages.count_tokens': ['model', 'messages'],
    generateContent: ['contents'],
    countTokens: [],
    embedContent: ['content'],
    batchEmbedContents: ['requests'],
  }
  for (const { name, path, dialect } of Object.values(operations)) {
    const prefix = dialect.isModelInPath === true ? '/v1beta' : '/v1'
    const content = at(api, 'paths', `${prefix}${path}`, 'post', 'requestBody', 'content')
    for (const type of Object.keys(content)) expect(at(content, type, 'schema').required, path).toEqual(needed[name])
    expect('multipart/form-data' in content).toBe(dialect.body !== 'json')
  }
  for (const path of ['/', '/images/generations', '/generate-image'])
    expect(at(api, 'paths', path, 'post').deprecated).toBe(true)
})

test('every reference resolves, and every schema is used', () => {
  const refs = [...JSON.stringify(api).matchAll(/"\$ref":"([^"]+)"/g)].map(([, ref = '']) => ref)
  for (const ref of refs) expect(resolve(ref), ref).toBeTypeOf('object')
  const names = Object.keys(at(api, 'components', 'schemas'))
  expect(names.filter((name) => !refs.includes(`#/components/schemas/${name}`))).toEqual([])
})

test('a linter accepts both descriptions', async () => {
  vi.setConfig({ testTimeout: 60_000 })
  const folder = await mkdtemp(join(tmpdir(), 'weir-openapi-'))
  try {
    const documents = { 'api.json': api, 'admin.json': await describeAdmin(routes, 'https://ai.test') }
    for (const [name, document] of Object.entries(documents))
      await writeFile(join(folder, name), JSON.stringify(document))
    expect(await lint(folder, Object.keys(documents))).toBe('')
  } finally {
    await rm(folder, { recursive: true })
  }
})

/** Returns the linter's problems, including warnings. Its telemetry is off. */
function lint(folder: string, names: readonly string[]): Promise<string> {
  const cli = join(projectRoot, 'node_modules/@redocly/cli/bin/cli.js')
  const args = [cli, 'lint', ...names, '--extends', 'recommended-strict']
  const env = { ...process.env, REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' }
  return new Promise((resolve) => {
    execFile(process.execPath, args, { cwd: folder, env }, (error, stdout, stderr) =>
      resolve(error === null ? '' : stdout + stderr),
    )
  })
}

describeOnBothStored('the description of the API', (start, { startUpstream }) => {
  test('matches real responses and errors', async () => {
    const { gateway, create, call } = await openKeys({ start, startUpstream })
    const key = await create({ limits: { requests_per_minute: 99, budgets: [{ usd: 1, per: 'month' }] } })
    const body = { ...chatRequest, max_tokens: 5 }
    const made = await call(key, { target: '/v1/chat/completions', body })
    await gateway.flushLedger()
    const check = async (method: 'GET' | 'POST' | 'PATCH' | 'DELETE', target: string, path = target, sent?: object) => {
      const result = await call(key, { method, target, body: sent })
      expect(judge(method, path, result), `${method} ${target} ${result.text}`).toEqual([])
      return JSON.parse(result.text)
    }
    const { id } = await check('POST', '/v1/sessions', '/v1/sessions', { title: 'x' })
    const turn = await call(key, { target: '/v1/chat/completions', body }, { 'x-session-id': id })
    expect(turn.header('x-session-id')).toBe(id)
    await check('GET', '/v1/sessions')
    await check('PATCH', `/v1/sessions/${id}`, '/v1/sessions/{id}', { title: null })
    await check('GET', `/v1/sessions/${id}`, '/v1/sessions/{id}')
    await check('GET', `/v1/sessions/${id}/messages`, '/v1/sessions/{id}/messages')
    await check('GET', `/v1/sessions/${id}/export`, '/v1/sessions/{id}/export')
    await check('DELETE', `/v1/sessions/${id}`, '/v1/sessions/{id}')
    await check('GET', `/v1/sessions/${id}`, '/v1/sessions/{id}')
    await check('GET', '/v1/models')
    await check('GET', '/v1/models/gpt-4.1', '/v1/models/{model}')
    await check('GET', '/v1/models/none', '/v1/models/{model}')
    await check('GET', '/v1/key')
    await check('GET', `/v1/generation?id=${made.header('x-generation-id')}`, '/v1/generation')
    await check('GET', '/v1/generation?id=gen_0', '/v1/generation')
    await check('GET', '/v1/dashboard/billing/subscription')
    await check('GET', '/v1/dashboard/billing/usage')
    await check('GET', '/livez')
    await check('GET', '/readyz')
  })
})

describeOnBoth('GET /openapi.json', (start) => {
  test('needs no secret, contains the URL of the request, and omits the admin API', async () => {
    const gateway = await start({ env: { TOKEN: 'a-token-of-the-tests' } })
    const result = await ask(gateway, { target: '/openapi.json', token: false })
    expect(result.status).toBe(200)
    const document = JSON.parse(result.text)
    expect(document).toEqual({
      ...JSON.parse(JSON.stringify(api)),
      servers: [{ url: expect.stringMatching(/^http:/) }],
    })
    expect(result.text).not.toContain('/admin/')
    const refused = await ask(gateway, { method: 'POST', target: '/openapi.json', token: false })
    expect([refused.status, refused.header('allow')]).toEqual([405, 'GET, HEAD, OPTIONS'])
  })
})

/** Compares a response with its description. */
function judge(method: string, path: string, { status, text, header }: RawResponse): readonly string[] {
  const responses = at(api, 'paths', path, method.toLowerCase(), 'responses')
  const response = responses[String(status)] ?? responses.default
  const type = (header('content-type') ?? '').split(';')[0] ?? ''
  const schema = at(response, 'content', type, 'schema')
  return schema === undefined ? [`${status} ${type}`] : checkJson(JSON.parse(text), schema, resolve)
}
