import { expect, test } from 'vitest'
import { ask, expectError } from '../support/ask.ts'
import { describeOnBoth } from '../support/describe-on-both.ts'
import { chatCompletion, chatRequest } from '../support/fixtures.ts'
import { bearer, gatewayToken, toOpenAIEnv } from '../support/gateway.ts'
import { openRawClient } from '../support/raw-client.ts'
import type { ScriptedUpstream } from '../support/scripted-upstream.ts'
import { toRequestBytes } from '../support/to-request-bytes.ts'
import { json } from '../support/upstream-scripts.ts'

const target = '/v1/chat/completions'
const withModel = (model: string) => ({ target, body: { ...chatRequest, model } })

function toProviders(first: ScriptedUpstream, second: ScriptedUpstream): object {
  return {
    first: { base_url: `${first.url}/v1`, api_key: 'key-of-the-first', models: ['alpha', 'shared'] },
    second: {
      base_url: `${second.url}/api/openai/`,
      api_key: 'key-of-the-second',
      models: ['beta', 'shared', 'org/gamma'],
    },
  }
}

describeOnBoth('routing', (start, { share, startUpstream }) => {
  async function open() {
    const opened = await share((upstream) => ({ env: toOpenAIEnv(upstream) }))
    opened.upstream.respond(json(200, chatCompletion))
    return opened
  }

  test('sends a listed model to its provider, a pinned one to the named provider, an unknown one to the default', async () => {
    const [first, second] = [await startUpstream(), await startUpstream()]
    for (const upstream of [first, second]) upstream.respond(json(200, chatCompletion))
    const aliases = { fast: 'beta', exact: 'first/beta', chained: 'fast', alpha: 'second/other' }
    const config = { providers: toProviders(first, second), models: { aliases } }
    const gateway = await start({ env: { TOKEN: gatewayToken }, config })
    const toFirst = {
      upstream: first,
      id: 'first',
      path: target,
      key: 'key-of-the-first',
      foreign: 'key-of-the-second',
    }
    const path = '/api/openai/chat/completions'
    const toSecond = { upstream: second, id: 'second', path, key: 'key-of-the-second', foreign: 'key-of-the-first' }
    const cases: readonly (readonly [asked: string, provider: typeof toFirst, sent: string])[] = [
      ['shared', toFirst, 'shared'],
      ['beta', toSecond, 'beta'],
      ['org/gamma', toSecond, 'org/gamma'],
      ['second/shared', toSecond, 'shared'],
      ['second/org/gamma', toSecond, 'org/gamma'],
      ['first/whatever', toFirst, 'whatever'],
      ['unknown', toFirst, 'unknown'],
      ['nobody/unknown', toFirst, 'nobody/unknown'],
      ['second/', toFirst, 'second/'],
      ['/second', toFirst, '/second'],
      ['fast', toSecond, 'beta'],
      ['exact', toFirst, 'beta'],
      ['alpha', toSecond, 'other'],
      ['constructor', toFirst, 'constructor'],
      ['__proto__', toFirst, '__proto__'],
    ]
    for (const [asked, { upstream, id, path, key, foreign }, sent] of cases) {
      const response = await ask(gateway, withModel(asked))
      expect(response.status, asked).toBe(200)
      const exchange = await upstream.nextRequest()
      expect(exchange.bodyJson, asked).toEqual({ ...chatRequest, model: sent })
      expect(exchange.headers.authorization).toBe(`Bearer ${key}`)
      expect(exchange.target).toBe(path)
      expect(response.header('x-weir-provider')).toBe(id)
      expect(response.header('x-weir-model')).toBe(sent)
      expect(JSON.stringify(exchange.headers)).not.toContain(foreign)
    }
    expect(first.requests.length + second.requests.length).toBe(cases.length)
  })

  test('sends an unknown model to the configured default provider', async () => {
    const [first, second] = [await startUpstream(), await startUpstream()]
    second.respond(json(200, chatCompletion))
    const config = { providers: toProviders(first, second), default_provider: 'second' }
    const gateway = await start({ env: { TOKEN: gatewayToken }, config })
    expect((await ask(gateway, withModel('brand-new'))).status).toBe(200)
    expect((await ask(gateway, { target: '/v1/images/generations', body: { prompt: 'a cat' } })).status).toBe(200)
    expect(second.requests).toHaveLength(2)
  })

  test('under `models.strict` serves only listed names, pins of them and aliases', async () => {
    const [first, second] = [await startUpstream(), await startUpstream()]
    for (const upstream of [first, second]) upstream.respond(json(200, chatCompletion))
    const config = {
      providers: toProviders(first, second),
      models: { strict: true, aliases: { new: 'second/delta', fast: 'beta' } },
    }
    const gateway = await start({ env: { TOKEN: gatewayToken }, config })
    for (const model of ['alpha', 'second/shared', 'second/org/gamma', 'fast'])
      expect((await ask(gateway, withModel(model))).status, model).toBe(200)
    for (const model of ['delta', 'second/delta', 'first/beta', ' alpha', 'ALPHA', 'alpha\u0000', 'ａlpha', 'toString'])
      expectError(await ask(gateway, withModel(model)), { code: 'model_not_found', param: 'model' })
  })

  test('S67 a model whose name does not fit a header still gets a response', async () => {
    const { upstream, gateway } = await open()
    for (const model of ['模型', 'a\r\nset-cookie: x=1', 'é', 'x'.repeat(256), '\u0000']) {
      const response = await ask(gateway, withModel(model))
      expect(response.status).toBe(200)
      expect(response.header('set-cookie')).toBeUndefined()
      expect(response.header('x-weir-model')).toMatch(/^[\x20-\x7e]{1,200}$/)
      expect((await upstream.nextRequest()).bodyJson).toMatchObject({ model })
    }
  })

  test.each([
    '/v1/v1/chat/completions',
    '//v1/chat/completions',
    '/v1//chat/completions',
    '/chat/completions',
    '/v1/chat/completions/',
    '/v1/v1/v1/chat/completions',
  ])('corrects %s', async (path) => {
    const { upstream, gateway } = await open()
    const response = await ask(gateway, { target: path, body: chatRequest })
    expect(response.status, response.text).toBe(200)
    expect((await upstream.nextRequest()).target).toBe(target)
  })

  test.each(['/models', '/v1/v1/models', '//v1/models', '/v1//models', '/v1/models/', '/v1/models?limit=1'])(
    'serves the list of models at %s',
    async (target) => {
      const { gateway } = await open()
      const response = await ask(gateway, { target })
      expect(JSON.parse(response.text)).toMatchObject({ object: 'list' })
    },
  )

  test.each([
    '/v2/chat/completions',
    '/v1x/chat/completions',
    '/v1/chat',
    '/V1/chat/completions',
    '/v1/chat/completions/x',
  ])('refuses %s', async (path) => {
    const { gateway } = await open()
    expectError(await ask(gateway, { target: path, body: chatRequest }), { code: 'not_found' })
  })

  test('passes the query on', async () => {
    const { upstream, gateway } = await open()
    await ask(gateway, { target: `${target}?a=1&b=%2F&b`, body: chatRequest })
    expect((await upstream.nextRequest()).target).toBe(`${target}?a=1&b=%2F&b`)
  })

  test('R36 responds to pipelined calls in order, each with its own key', async () => {
    const { upstream, gateway } = await open()
    const client = await openRawClient(gateway.url)
    const call = (headers: Record<string, string>) => toRequestBytes({ target, headers, body: chatRequest })
    await client.send(call(bearer) + call({}) + call({ authorization: 'Bearer wrong' }) + call(bearer))
    const statuses: number[] = []
    for (let count = 0; count < 4; count++) statuses.push((await client.readResponse()).status)
    expect(statuses).toEqual([200, 401, 401, 200])
    expect(upstream.requests).toHaveLength(2)
    client.destroy()
  })
})
