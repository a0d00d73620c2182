import { expect, test } from 'vitest'
import type { connect, WeirError } from '../../client/client.ts'
import { describeOnBothStored } from '../support/describe-on-both.ts'
import { gatewayToken } from '../support/gateway.ts'
import { startVerifier } from '../support/start-verifier.ts'
import { describeInBrowser } from './describe-in-browser.ts'

declare global {
  interface Window {
    /** The module that the server serves as /client.js. */
    readonly weir: { readonly connect: typeof connect; readonly WeirError: typeof WeirError }
  }
}

const signing = { CLIENT_TOKEN_SECRETS: 'a-secret-that-signs-the-tokens-of-the-tests' }
const demo = { TOKEN: gatewayToken, DEMO: 'true', DEMO_WORD_DELAY_MS: '5', ...signing }
const hello = { model: 'demo/chat', messages: [{ role: 'user', content: 'Hello' }] }

describeInBrowser((tab) => {
  describeOnBothStored('/client.js in a page of another origin', (start) => {
    async function open(config: object = {}, env: Readonly<Record<string, string>> = {}) {
      const gateway = await start({ env: { ...demo, CORS_ORIGINS: tab.origin, ...env }, config })
      await load(gateway.url)
      return gateway
    }

    /** Imports the client as a page does. */
    async function load(url: string): Promise<void> {
      const content = `import * as weir from '${url}/client.js'\nwindow.weir = weir`
      await tab.page.addScriptTag({ type: 'module', content })
      await tab.page.waitForFunction(() => window.weir !== undefined)
    }

    async function mint(url: string, fields: object = {}): Promise<string> {
      const response = await fetch(`${url}/v1/client_tokens`, {
        method: 'POST',
        headers: { authorization: `Bearer ${gatewayToken}`, 'content-type': 'application/json' },
        body: JSON.stringify({ end_user: 'ada', origins: [tab.origin], ...fields }),
      })
      expect(response.status).toBe(201)
      return response.text()
    }

    test('S42 streams an answer, calls an endpoint and uploads a file with a client token', async () => {
      const { url } = await open()
      const seen = await tab.page.evaluate(
        async ({ token, body }) => {
          const weir = window.weir.connect({ token: () => JSON.parse(token) })
          const pieces: string[] = []
          for await (const text of weir.chat(body)) pieces.push(text)
          const embedding = await weir.fetch('/v1/embeddings', {
            method: 'POST',
            headers: { 'content-type': 'application/json' },
            body: JSON.stringify({ model: 'demo/embed', input: 'Hello' }),
          })
          const file = new File([new Uint8Array(100_000)], 'a.wav')
          const transcription = await weir.form<{ text: string }>('/v1/audio/transcriptions', {
            file,
            model: 'demo/any',
          })
          return {
            count: pieces.length,
            answer: pieces.join(''),
            status: embedding.status,
            exposed: embedding.headers.get('x-request-id')?.slice(0, 4),
            text: transcription.text,
          }
        },
        { token: await mint(url), body: hello },
      )
      expect(seen).toMatchObject({
        status: 200,
        exposed: 'req_',
        text: expect.stringMatching(/upload of 100\d{3} bytes/),
      })
      expect(seen.answer).toContain('Hello')
      expect(seen.count).toBeGreaterThan(5)
    })

    test('S43 the token of one page is refused in another, and says so', async () => {
      const { url } = await open()
      const seen = await tab.page.evaluate(
        async ({ token, body }) => {
          const weir = window.weir.connect({ token: () => JSON.parse(token) })
          const error: unknown = await weir.json('/v1/chat/completions', body).catch((reason: unknown) => reason)
          if (!(error instanceof window.weir.WeirError)) return String(error)
          const { status, code, requestId } = error
          return { status, code, id: requestId?.slice(0, 4) }
        },
        { token: await mint(url, { origins: ['https://other.example'] }), body: hello },
      )
      expect(seen).toEqual({ status: 403, code: 'origin_not_allowed', id: 'req_' })
    })

    test('renews a token that the server does not accept', async () => {
      const { url } = await open()
      const seen = await tab.page.evaluate(
        async ({ token, body }) => {
          const renewals: boolean[] = []
          const weir = window.weir.connect({
            token(renew) {
              renewals.push(renew)
              return renew ? JSON.parse(token) : { value: 'from-before-the-secrets-changed', expires_in: 600 }
            },
          })
          const { choices } = await weir.json<{ choices: unknown[] }>('/v1/chat/completions', body)
          return { renewals, choices: choices.length }
        },
        { token: await mint(url), body: hello },
      )
      expect(seen).toEqual({ renewals: [false, true], choices: 1 })
    })

    test('serves the official SDK as its `fetch`', async () => {
      const { url } = await open()
      await tab.loadSdk()
      const seen = await tab.page.evaluate(
        async ({ token, body }) => {
          const weir = window.weir.connect({ token: () => JSON.parse(token) })
          const { baseURL, fetch } = weir
          const client = new window.openai.OpenAI({ baseURL, fetch, apiKey: 'unused', dangerouslyAllowBrowser: true })
          const messages = [{ role: 'user' as const, content: 'Hello' }]
          const pieces: string[] = []
          const stream = await client.chat.completions.create({ ...body, messages, stream: true })
          for await (const chunk of stream) pieces.push(chunk.choices[0]?.delta.content ?? '')
          const file = await window.openai.toFile(new Uint8Array(1_000), 'a.wav')
          const { text } = await client.audio.transcriptions.create({ file, model: 'demo/any' })
          return { answer: pieces.join(''), text }
        },
        { token: await mint(url), body: hello },
      )
      expect(seen.answer).toContain('Hello')
      expect(seen.text).toMatch(/upload of 1\d{3} bytes/)
    })

    test('stops the provider when the page leaves the loop or aborts', async () => {
      const gateway = await open({}, { DEMO_WORD_DELAY_MS: '200' })
      const seen = await tab.page.evaluate(
        async ({ token, body }) => {
          const weir = window.weir.connect({ token: () => JSON.parse(token) })
          for await (const _text of weir.chat(body)) break
          const controller = new AbortController()
          const reading = async () => {
            for await (const _text of weir.chat(body, { signal: controller.signal })) controller.abort()
          }
          return reading().catch((reason: Error) => reason.name)
        },
        { token: await mint(gateway.url), body: hello },
      )
      expect(seen).toBe('AbortError')
      const countStopped = () => gateway.logs().filter(({ outcome }) => outcome === 'client_gone').length
      await expect.poll(countStopped, { timeout: 5_000 }).toBe(2)
    })

    test('reports an answer that breaks off', async () => {
      const { url } = await open()
      const seen = await tab.page.evaluate(
        async ({ token, body }) => {
          const weir = window.weir.connect({ token: () => JSON.parse(token) })
          const pieces: string[] = []
          try {
            for await (const text of weir.chat({ ...body, model: 'demo/cut' })) pieces.push(text)
          } catch (error) {
            if (!(error instanceof window.weir.WeirError)) throw error
            return { hasText: pieces.length > 0, code: error.code, id: error.requestId?.slice(0, 4) }
          }
          return undefined
        },
        { token: await mint(url), body: hello },
      )
      expect(seen).toEqual({ hasText: true, code: 'upstream_interrupted', id: 'req_' })
    })

    test('a visitor is the same after a reload, and finds its conversation', async () => {
      const { url } = await open({ visitors: policyFor(tab.origin) })
      const ask = (id?: string) =>
        tab.page.evaluate(async (session) => {
          const chat = window.weir.connect().session({ model: 'demo/chat', id: session })
          for await (const _text of chat.send('Hello'));
          return { id: chat.id, roles: (await chat.messages()).map(({ role }) => role) }
        }, id)
      const first = await ask()
      await tab.page.reload()
      await load(url)
      const second = await ask(first.id)
      expect(second).toEqual({ id: first.id, roles: ['user', 'assistant', 'user', 'assistant'] })
      const stored = await tab.page.evaluate(() => [Object.keys(sessionStorage), Object.keys(localStorage)])
      expect(stored).toEqual([[url], []])
      expect(await tab.page.evaluate(() => location.href)).not.toContain('token')
    })

    test('a visitor solves the challenge of the server', async () => {
      const verifyUrl = await startVerifier(new URL(tab.origin).hostname)
      const challenge = { site_key: 'site-1', secret: 'secret-of-the-widget', verify_url: verifyUrl }
      await open({ visitors: { ...policyFor(tab.origin), challenge } })
      const seen = await tab.page.evaluate(async () => {
        const solved = (answer: string) =>
          window.weir
            .connect({ challenge: (siteKey) => `${answer} of ${siteKey}` })
            .json<{ object: string }>('/v1/models')
            .then(
              ({ object }) => object,
              (error: WeirError) => error.code,
            )
        const without = await window.weir
          .connect()
          .json('/v1/models')
          .catch((error: WeirError) => error.code)
        return [without, await solved('wrong'), await solved('right')]
      })
      expect(seen).toEqual(['challenge_required', 'challenge_failed', 'list'])
    })
  })
})

const policyFor = (origin: string) => ({
  origins: [origin],
  models: ['demo/*'],
  limits: { budgets: [{ usd: 1, per: 'day' }] },
})
