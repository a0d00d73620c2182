import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { afterEach, describe, expect, test } from 'vitest'
import { parseSettings } from '../../../src/config/parse-settings.ts'
import { describeSettings } from '../../../src/platform/node/config/describe-settings.ts'
import { createCertificate, hasOpenSsl } from '../../faults/create-certificate.ts'
import { ask, expectError } from '../../support/ask.ts'
import { chatChunks, chatCompletion, chatRequest, image } from '../../support/fixtures.ts'
import { type Gateway, gatewayToken, upstreamKey } from '../../support/gateway.ts'
import { type ScriptedUpstream, startScriptedUpstream } from '../../support/scripted-upstream.ts'
import { startNodeGateway } from '../../support/start-node-gateway.ts'
import { startS3 } from '../../support/start-s3.ts'
import { json, sse } from '../../support/upstream-scripts.ts'
import { startProxy, type TestProxy } from './start-proxy.ts'

const password = 'p%40ss-of-a-proxy-71c0'
const credentials = 'weir:p@ss-of-a-proxy-71c0'
const chat = { target: '/v1/chat/completions', body: chatRequest }
const streamed = { target: chat.target, body: { ...chatRequest, stream: true } }

const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

async function startUpstream(): Promise<ScriptedUpstream> {
  const upstream = await startScriptedUpstream()
  upstream.respond(json(200, chatCompletion))
  closing.push(() => upstream.close())
  return upstream
}

async function openProxy(options: Parameters<typeof startProxy>[0]): Promise<TestProxy> {
  const proxy = await startProxy(options)
  closing.push(() => proxy.close())
  return proxy
}

async function start(env: Readonly<Record<string, string>>, config: object = {}): Promise<Gateway> {
  const gateway = await startNodeGateway({ env: { TOKEN: gatewayToken, OPENAI_API_KEY: upstreamKey, ...env }, config })
  closing.push(() => gateway.close())
  return gateway
}

const portOf = ({ url }: ScriptedUpstream) => Number(new URL(url).port)
const withPassword = (proxy: TestProxy) => proxy.url.replace('://', `://weir:${password}@`)

/** Host names end in `.test`, which only the proxy resolves. */
const upstreamUrl = 'http://upstream.test:8080/v1'
const upstreamHost = 'upstream.test:8080'

describe('calls through an HTTP proxy, on Node', () => {
  test.each(['HTTP_PROXY', 'http_proxy'])(
    'case B2: %s is used, with its user and password, streaming or not',
    async (name) => {
      const upstream = await startUpstream()
      const proxy = await openProxy({ credentials, hosts: new Map([[upstreamHost, portOf(upstream)]]) })
      const gateway = await start({ OPENAI_BASE_URL: upstreamUrl, [name]: withPassword(proxy) })
      expect((await ask(gateway, chat)).status).toBe(200)
      upstream.respond(sse(chatChunks))
      expect((await ask(gateway, streamed)).text).toContain('[DONE]')
      expect(proxy.seen.map(({ line }) => line)).toEqual(Array(2).fill(`POST ${upstreamUrl}/chat/completions`))
      const { headers } = await upstream.nextRequest()
      expect(headers).toMatchObject({ authorization: `Bearer ${upstreamKey}`, host: upstreamHost })
      expect(JSON.stringify(headers)).not.toContain('proxy-authorization')
      expect(gateway.output()).not.toMatch(/p(@|%40)ss-of-a-proxy/)
    },
  )

  test('case B2: hosts in NO_PROXY bypass the proxy, and this machine always does', async () => {
    const upstream = await startUpstream()
    const proxy = await openProxy({ hosts: new Map() })
    const proxies = { HTTP_PROXY: proxy.url, HTTPS_PROXY: proxy.url }
    expect((await ask(await start({ OPENAI_BASE_URL: `${upstream.url}/v1`, ...proxies }), chat)).status).toBe(200)
    for (const bypass of ['upstream.test', '.test', '*', 'other.example, upstream.test:8080'])
      for (const name of ['NO_PROXY', 'no_proxy']) {
        const gateway = await start({ OPENAI_BASE_URL: upstreamUrl, ...proxies, [name]: bypass })
        // Only the proxy can resolve the name.
        expectError(await ask(gateway, chat), { code: 'upstream_dns_error' })
      }
    expect(proxy.seen).toEqual([])
    const gateway = await start({ OPENAI_BASE_URL: upstreamUrl, ...proxies, NO_PROXY: 'upstream.test:9090,other.test' })
    // 502 from the proxy, which cannot resolve the name either.
    expect((await ask(gateway, chat)).status).toBe(502)
    expect(proxy.seen).toHaveLength(1)
  })

  test('case B2: a provider’s own proxy, or `none`, takes precedence over the server’s', async () => {
    const upstream = await startUpstream()
    const hosts = new Map([
      [upstreamHost, portOf(upstream)],
      [`127.0.0.1:${portOf(upstream)}`, portOf(upstream)],
    ])
    const [general, own] = [await openProxy({ hosts }), await openProxy({ hosts, credentials })]
    const providers = {
      usual: { base_url: upstreamUrl },
      own: { base_url: upstreamUrl, proxy: withPassword(own) },
      near: { base_url: `${upstream.url}/v1`, proxy: withPassword(own) },
      direct: { base_url: upstreamUrl, proxy: 'none' },
    }
    const gateway = await start({}, { providers, proxy: { http: general.url } })
    const call = (id: string) => ask(gateway, { ...chat, body: { ...chatRequest, model: `${id}/m` } })
    expect((await call('usual')).status).toBe(200)
    expect([general.seen.length, own.seen.length]).toEqual([1, 0])
    expect((await call('own')).status).toBe(200)
    expect((await call('near')).status).toBe(200)
    expect([general.seen.length, own.seen.length]).toEqual([1, 2])
    expectError(await call('direct'), { code: 'upstream_dns_error' })
    expect([general.seen.length, own.seen.length]).toEqual([1, 2])
  })

  test.each(['http', 'https'])('case B2: no error of a proxy reveals its password (%s)', async (scheme) => {
    const right = await openProxy({ credentials, hosts: new Map() })
    const silent = await openProxy({ isSilent: true, hosts: new Map() })
    const base = `${scheme}://upstream.test:8080/v1`
    const name = scheme === 'http' ? 'HTTP_PROXY' : 'HTTPS_PROXY'
    const wrong = [
      { proxy: right.url.replace('://', '://weir:another-password-0@'), code: 'upstream_unreachable' as const },
      { proxy: withPassword(right), code: 'upstream_unreachable' as const },
      { proxy: `http://weir:${password}@127.0.0.1:1`, code: 'upstream_unreachable' as const },
      ...(scheme === 'https' ? [{ proxy: withPassword(silent), code: 'upstream_connect_timeout' as const }] : []),
    ]
    for (const { proxy, code } of wrong) {
      const gateway = await start({ OPENAI_BASE_URL: base, [name]: proxy }, { timeouts: { connect_ms: 500 } })
      const response = await ask(gateway, chat)
      const { error } = JSON.parse(response.text)
      // For a plain request, a refusal of the proxy is a response like any other.
      if (scheme === 'https' || proxy.endsWith(':1')) expect(error.code).toBe(code)
      expect(response.status).toBeGreaterThanOrEqual(500)
      await gateway.findLog()
      for (const output of [gateway.output(), response.text, JSON.stringify(response.rawHeaders)])
        expect(output).not.toMatch(/ss-of-a-proxy|another-password|d2VpcjpwQHNz/)
    }
  })

  test('case B2: a proxy URL is validated at start, and never printed', () => {
    const problem = (proxy: string) => {
      try {
        parseSettings({ env: { HTTPS_PROXY: proxy }, platform: 'node' })
        return ''
      } catch (error) {
        return String(error instanceof Error ? error.message : error)
      }
    }
    for (const proxy of [
      `socks5://weir:${password}@proxy:1080`,
      `weir:${password}@proxy:3128`,
      `http://weir:${password}@proxy:3128/path`,
      'http://weir:ss-of-a-proxy%@proxy:3128',
    ]) {
      expect(problem(proxy), proxy).toMatch(/^.*HTTPS_PROXY/s)
      expect(problem(proxy)).not.toContain('ss-of-a-proxy')
    }
    expect(problem(`http://weir:${password}@proxy:3128`)).toBe('')
    const worker = () => parseSettings({ env: { HTTPS_PROXY: 'http://proxy:3128' }, platform: 'workers' })
    expect(worker).toThrow(/is for Node only\. Remove it: a Worker cannot call through a proxy/)
    const settings = parseSettings({ env: { HTTPS_PROXY: `http://weir:${password}@proxy:3128` }, platform: 'node' })
    expect(describeSettings(settings).join('\n')).toContain('proxy      http://proxy:3128')
    expect(describeSettings(settings).join('\n')).not.toContain('ss-of-a-proxy')
  })

  test('case B2: pictures are sent to their bucket and read from it through the proxy of the server', async () => {
    const upstream = await startUpstream()
    const directory = await mkdtemp(join(tmpdir(), 'weir-proxy-'))
    closing.push(() => rm(directory, { recursive: true }))
    const { port, close } = await startS3(directory, 'images')
    closing.push(close)
    const proxy = await openProxy({ credentials, hosts: new Map([['bucket.test:9000', port]]) })
    const secrets = { access_key_id: 'S3RVER', secret_access_key: 'S3RVER' }
    const storage = { path: directory, s3: { endpoint: 'http://bucket.test:9000', bucket: 'images', ...secrets } }
    const gateway = await start(
      { OPENAI_BASE_URL: `${upstream.url}/v1`, HTTP_PROXY: withPassword(proxy), STORAGE_PATH: directory },
      { storage },
    )
    upstream.respond(json(200, image))
    const body = { model: 'dall-e-2', prompt: 'A weir', response_format: 'url' }
    const generated = await ask(gateway, { target: '/v1/images/generations', body })
    const { data } = JSON.parse(generated.text)
    const stored = await fetch(gateway.url + new URL(data[0].url).pathname)
    expect(Buffer.from(await stored.arrayBuffer()).toString('base64')).toBe(image.data[0]?.b64_json)
    const methods = proxy.seen.map(({ line }) => line.replace(/\/images\/.*$/, ''))
    expect(methods).toEqual(['PUT http://bucket.test:9000', 'GET http://bucket.test:9000'])
  })

  test('case B2 S90: the proxy’s password is hidden in an upstream’s response', async () => {
    const upstream = await startUpstream()
    const proxy = await openProxy({ credentials, hosts: new Map([[upstreamHost, portOf(upstream)]]) })
    upstream.respond(json(500, { error: { message: `via ${credentials} and ${password}`, type: 'x', code: 'y' } }))
    const gateway = await start({ OPENAI_BASE_URL: upstreamUrl, HTTP_PROXY: withPassword(proxy) })
    const response = await ask(gateway, chat)
    expect(response.text).toContain('[hidden]')
    expect(response.text).not.toContain('ss-of-a-proxy')
  })
})

describe.runIf(await hasOpenSsl())('calls over TLS through an HTTP proxy, on Node', () => {
  const usual = getCACertificates()
  afterEach(() => setDefaultCACertificates(usual))

  async function startTls(subject: string) {
    const { certificate, key } = await createCertificate({ subject, days: 1 })
    const server = createServer({ cert: certificate, key }, (_, response) => {
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(chatCompletion))
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    closing.push(() => server.close())
    closing.push(() => server.closeAllConnections())
    const { port } = server.address() as AddressInfo
    const hosts = new Map([['upstream.test:443', port]])
    return { certificate, key, hosts, env: { OPENAI_BASE_URL: 'https://upstream.test/v1' } }
  }

  test('case B2: a tunnel through HTTPS_PROXY hides key and prompt, and its connections are reused', async () => {
    const { certificate, hosts, env } = await startTls('DNS:upstream.test')
    setDefaultCACertificates([certificate])
    const proxy = await openProxy({ credentials, hosts })
    const gateway = await start({ ...env, HTTPS_PROXY: withPassword(proxy) })
    for (let count = 0; count < 3; count += 1) expect((await ask(gateway, chat)).status).toBe(200)
    expect(proxy.seen).toEqual([
      { line: 'CONNECT upstream.test:443', authorization: `Basic ${Buffer.from(credentials).toString('base64')}` },
    ])
    expect(proxy.tunnelled()).not.toBe('')
    expect(proxy.tunnelled()).not.toMatch(/Bearer|sk-test|messages/)
  })

  test.each([
    ['is for another name', 'DNS:other.test', true],
    ['is not trusted', 'DNS:upstream.test', false],
  ])(
    'case B2 R28: a tunnel to an upstream whose certificate %s gets no byte of the call',
    async (_, subject, isTrusted) => {
      const { certificate, hosts, env } = await startTls(subject)
      if (isTrusted) setDefaultCACertificates([certificate])
      const proxy = await openProxy({ hosts })
      const gateway = await start({ ...env, HTTPS_PROXY: proxy.url })
      expectError(await ask(gateway, chat), { code: 'upstream_tls_error' })
      expect(proxy.tunnelled()).not.toMatch(/Bearer|sk-test|messages/)
    },
  )

  test('case B2 R28: the certificate of a TLS proxy is checked before the proxy gets the password', async () => {
    const { certificate, key, hosts, env } = await startTls('DNS:upstream.test,IP:127.0.0.1')
    const proxy = await openProxy({ credentials, hosts, tls: { cert: certificate, key } })
    const untrusting = await start({ ...env, HTTPS_PROXY: withPassword(proxy) })
    expectError(await ask(untrusting, chat), { code: 'upstream_tls_error' })
    expect(proxy.seen).toEqual([])
    setDefaultCACertificates([certificate])
    const trusting = await start({ ...env, HTTPS_PROXY: withPassword(proxy) })
    expect((await ask(trusting, chat)).status).toBe(200)
  })
})
