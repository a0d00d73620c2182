import { expect, test } from 'vitest'
import { message, messageRequest } from '../support/anthropic-fixtures.ts'
import { ask } from '../support/ask.ts'
import { describeOnBoth } from '../support/describe-on-both.ts'
import { chatCompletion, chatRequest, response } from '../support/fixtures.ts'
import { gatewayToken } from '../support/gateway.ts'
import type { ScriptedUpstream } from '../support/scripted-upstream.ts'
import { json } from '../support/upstream-scripts.ts'

const key = 'key-of-a-vendor-4d2e'
const bearer = `Bearer ${key}`

describeOnBoth('a server with several dialects', (start, { startUpstream }) => {
  async function open(toProviders: (upstream: ScriptedUpstream) => object, more: object = {}) {
    const upstream = await startUpstream()
    upstream.on(({ target }) => target.includes('/messages'), json(200, message))
    upstream.on(({ target }) => target.includes('/responses'), json(200, response))
    upstream.respond(json(200, chatCompletion))
    const gateway = await start({ env: { TOKEN: gatewayToken }, config: { providers: toProviders(upstream), ...more } })
    return { upstream, gateway }
  }

  test('gets each call at the path of its dialect, with the key as that dialect’s clients send it', async () => {
    const { upstream, gateway } = await open(({ url }) => ({ deepseek: { base_url: url, api_key: key } }))
    const calls = [
      ['/v1/chat/completions', chatRequest, '/chat/completions', { authorization: bearer }],
      ['/v1/responses', { model: 'm', input: 'Hi' }, '/responses', { authorization: bearer }],
      ['/v1/messages', messageRequest, '/anthropic/v1/messages', { 'x-api-key': key }],
      ['/v1/completions', { model: 'm', prompt: 'x' }, '/beta/completions', { authorization: bearer }],
    ] as const
    for (const [target, body, path, keyHeaders] of calls) {
      expect((await ask(gateway, { target, body })).status).toBe(200)
      const sent = await upstream.nextRequest()
      expect(sent.target).toBe(path)
      expect(sent.headers).toMatchObject(keyHeaders)
      expect(Object.keys(sent.headers).filter((name) => /^(authorization|x-api-key)$/.test(name))).toHaveLength(1)
      expect(sent.headers['anthropic-version']).toBe(target === '/v1/messages' ? '2023-06-01' : undefined)
    }
  })

  test('is named by `dialects` of a custom provider, and gets a message with the key in both headers', async () => {
    const dialects = ['chat.completions', 'messages']
    const { upstream, gateway } = await open(({ url }) => ({
      mine: { base_url: `${url}/v1`, api_key: key, dialects },
    }))
    expect((await ask(gateway, { target: '/v1/messages', body: messageRequest })).text).toBe(JSON.stringify(message))
    const sent = await upstream.nextRequest()
    expect(sent.target).toBe('/v1/messages')
    expect(sent.headers).toMatchObject({ 'x-api-key': key, authorization: bearer, 'anthropic-version': '2023-06-01' })
    expect((await ask(gateway, { target: '/v1/chat/completions', body: chatRequest })).status).toBe(200)
    const chat = await upstream.nextRequest()
    expect(chat.headers).toMatchObject({ authorization: bearer })
    expect(chat.headers).not.toHaveProperty('x-api-key')
    expect(chat.headers).not.toHaveProperty('anthropic-version')
  })

  test('keeps the version that the caller of a message sends', async () => {
    const { upstream, gateway } = await open(({ url }) => ({
      mine: { base_url: `${url}/v1`, dialects: ['messages'] },
    }))
    const headers = { 'anthropic-version': '2026-10-21' }
    expect((await ask(gateway, { target: '/v1/messages', body: messageRequest, headers })).status).toBe(200)
    const sent = await upstream.nextRequest()
    expect(sent.headers).toMatchObject(headers)
    expect(sent.headers).not.toHaveProperty('x-api-key')
  })

  test('never gets a message as such if it is custom and names no dialects', async () => {
    const { upstream, gateway } = await open(({ url }) => ({ mine: { base_url: `${url}/v1` } }))
    await ask(gateway, { target: '/v1/messages', body: messageRequest })
    expect(upstream.requests.map(({ target }) => target)).not.toContain('/v1/messages')
  })

  test('gets relayed endpoints with the headers of the API of its preferred dialect', async () => {
    const toProviders = ({ url }: ScriptedUpstream) => ({
      mine: { base_url: `${url}/v1`, api_key: key, dialects: ['messages', 'chat.completions'] },
    })
    const { upstream, gateway } = await open(toProviders, { passthrough: 'mine' })
    expect((await ask(gateway, { method: 'GET', target: '/v1/files' })).status).toBe(200)
    const sent = await upstream.nextRequest()
    expect(sent.target).toBe('/v1/files')
    expect(sent.headers).toMatchObject({ 'x-api-key': key, 'anthropic-version': '2023-06-01' })
  })
})
