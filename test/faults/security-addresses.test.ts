import { expect, test } from 'vitest'
import { toForm } from '../api/to-form.ts'
import { ask, expectError, type Question } from '../support/ask.ts'
import { describeOnBoth } from '../support/describe-on-both.ts'
import { chatCompletion, chatRequest } from '../support/fixtures.ts'
import { gatewayToken, toOpenAIEnv, upstreamKey } from '../support/gateway.ts'
import type { ScriptedUpstream } from '../support/scripted-upstream.ts'
import { answer as answerWith, json } from '../support/upstream-scripts.ts'

const chat = { target: '/v1/chat/completions', body: chatRequest }

/** Returns notations of a local listener's address. Some parser accepts each of them. */
function spellings({ url }: ScriptedUpstream): readonly string[] {
  const { port } = new URL(url)
  const hosts = [
    '127.0.0.1',
    'localhost',
    'localhost.',
    '2130706433',
    '0x7f000001',
    '0177.0.0.1',
    '127.1',
    '①②⑦.0.0.1',
    '[::ffff:127.0.0.1]',
    '[::ffff:7f00:1]',
    '[::1]',
    '[64:ff9b::7f00:1]',
    'user:password@127.0.0.1',
    'api.openai.com@127.0.0.1',
  ]
  return [
    ...hosts.map((host) => `http://${host}:${port}`),
    `//127.0.0.1:${port}`,
    `http:\\\\127.0.0.1:${port}`,
    `https://127.0.0.1:${port}/v1`,
    `127.0.0.1:${port}`,
  ]
}

const fields = [
  'base_url',
  'baseURL',
  'api_base',
  'api_url',
  'url',
  'endpoint',
  'host',
  'proxy',
  'provider',
  'custom_llm_provider',
  'azure_endpoint',
  'extra_body',
  'webhook_url',
  'callback_url',
]

const headers = [
  'x-base-url',
  'x-weir-base-url',
  'x-weir-provider',
  'x-target-url',
  'x-upstream',
  'x-openai-base-url',
  'x-portkey-custom-host',
  'helicone-target-url',
  'x-forwarded-host',
  'x-original-url',
  'x-rewrite-url',
  'x-http-host-override',
  'destination',
  'openai-organization',
]

function questionsNaming(address: string): readonly Question[] {
  const pairs = Object.fromEntries(fields.map((name) => [name, address]))
  const image = { type: 'image_url', image_url: { url: `${address}/cat.png` } }
  return [
    { ...chat, body: { ...pairs, ...chatRequest } },
    {
      ...chat,
      body: { ...chatRequest, metadata: pairs, extra_headers: { host: address }, provider: { base_url: address } },
    },
    { ...chat, body: { ...chatRequest, messages: [{ role: 'user', content: [image] }] } },
    { ...chat, body: { ...chatRequest, model: `${address}/gpt-4.1` } },
    { ...chat, body: { ...chatRequest, model: address } },
    { ...chat, target: `${chat.target}?${new URLSearchParams(pairs)}` },
    { ...chat, headers: Object.fromEntries(headers.map((name) => [name, encodeURI(address)])) },
    {
      target: '/v1/images/generations',
      body: { prompt: address, image: `${address}/cat.png`, response_format: 'url' },
    },
    { target: `/v1/files/${encodeURIComponent('x')}?url=${encodeURIComponent(address)}` },
  ]
}

describeOnBoth('addresses in a call', (start, { startUpstream }) => {
  test('S01 S02 S03 S04 S05 S07 S09 have no effect: Weir sends every call and the key only to the configured upstream', async () => {
    const [upstream, thief] = [await startUpstream(), await startUpstream()]
    upstream.respond(json(200, chatCompletion))
    const gateway = await start({ env: { ...toOpenAIEnv(upstream), PASSTHROUGH: 'openai' } })
    const questions = spellings(thief).flatMap(questionsNaming)
    for (const question of questions) {
      const { status } = await ask(gateway, question)
      expect([200, 400, 404], JSON.stringify(question)).toContain(status)
    }
    expect(thief.acceptedSockets).toBe(0)
    expect(upstream.requests.length).toBeGreaterThan(questions.length * 0.8)
    const { host } = new URL(upstream.url)
    for (const exchange of upstream.requests) {
      expect(exchange.headers.host).toBe(host)
      expect(exchange.headers.authorization).toBe(`Bearer ${upstreamKey}`)
      expect(exchange.target).toMatch(/^\/v1\/(chat\/completions|images\/generations|files)/)
    }
  })

  test('S09 Weir forwards image addresses unchanged, and does not fetch them', async () => {
    const [upstream, thief] = [await startUpstream(), await startUpstream()]
    upstream.respond(json(200, chatCompletion))
    const gateway = await start({ env: toOpenAIEnv(upstream) })
    const image = { type: 'image_url', image_url: { url: `${thief.url}/cat.png` } }
    const body = JSON.stringify({ ...chatRequest, messages: [{ role: 'user', content: [image] }] })
    await ask(gateway, { ...chat, body })
    expect((await upstream.nextRequest()).bodyText).toBe(body)
    expect(thief.acceptedSockets).toBe(0)
  })
})

describeOnBoth('a redirect of the upstream', (start, { startUpstream }) => {
  test.each([301, 302, 303, 307, 308])(
    'S06 (%i) becomes an error, and Weir sends neither key nor body to its target',
    async (status) => {
      const [upstream, thief] = [await startUpstream(), await startUpstream()]
      upstream.respond(answerWith([''], { status, headers: { location: `${thief.url}/v1/chat/completions` } }))
      const azure = { base_url: upstream.url, api_key: 'azure-key-of-a-test-1b2c', deployments: { 'gpt-4.1': 'd' } }
      const byEnvironment = await start({ env: { ...toOpenAIEnv(upstream), PASSTHROUGH: 'openai' } })
      const byConfig = await start({ env: { TOKEN: gatewayToken }, config: { providers: { azure } } })
      const form = toForm([
        ['model', 'gpt-4.1'],
        ['file', Buffer.alloc(100_000), 'a.wav'],
      ]).toString('latin1')
      const formType = { 'content-type': 'multipart/form-data; boundary=form-of-a-test' }
      const asked = [
        ask(byEnvironment, chat),
        ask(byEnvironment, { ...chat, body: { ...chatRequest, stream: true } }),
        ask(byEnvironment, { target: '/v1/audio/transcriptions', headers: formType, body: form }),
        ask(byEnvironment, { target: '/v1/files' }),
        ask(byEnvironment, { target: '/v1/files', body: { a: 1 } }),
        ask(byConfig, chat),
      ]
      for (const response of await Promise.all(asked)) {
        expectError(response, { code: 'upstream_redirected', message: /redirect/ })
        expect(response.header('x-should-retry')).toBe('false')
        expect(response.header('location')).toBeUndefined()
        expect(response.text).not.toContain(thief.url)
      }
      expect(upstream.requests).toHaveLength(asked.length)
      expect(thief.acceptedSockets).toBe(0)
    },
  )
})
