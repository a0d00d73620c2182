import { describe, expect, test } from 'vitest'
import { ask } from '../support/ask.ts'
import { describeOnBoth } from '../support/describe-on-both.ts'
import { rateLimitError, rateLimitHeaders } from '../support/fixtures.ts'
import { bearer } from '../support/gateway.ts'
import type { RawResponse } from '../support/raw-client.ts'
import { html500, json } from '../support/upstream-scripts.ts'
import { connect } from './connect.ts'

const messages = [{ role: 'user', content: 'Hello' }]
const legacyRoutes = ['/', '/images/generations', '/generate-image']

describeOnBoth('the OpenAI proxy’s errors', (start, { share }) => {
  const open = () => connect(share, json(500, {}))

  test.each([
    ['/', '{"messages": [', 'invalid_json', /^Request body is not valid JSON/],
    ['/generate-image', 'prompt=cat', 'invalid_json', /^Request body is not valid JSON/],
    ['/', '', 'invalid_json', /^Request body is not valid JSON/],
    ['/', '[]', 'invalid_json', /^Request body is not valid JSON/],
    ['/', '{}', 'missing_required_parameter', /^messages field is required and must be an array$/],
    ['/', '{"messages":"hello"}', 'invalid_value', /^messages field is required and must be an array$/],
    ['/', '{"messages":{}}', 'invalid_value', /^messages field is required and must be an array$/],
    [
      '/',
      '{"action":"generate-image"}',
      'missing_required_parameter',
      /^prompt field is required for image generation$/,
    ],
    ['/images/generations', '{}', 'missing_required_parameter', /^prompt field is required for image generation$/],
    [
      '/generate-image',
      '{"prompt":""}',
      'missing_required_parameter',
      /^prompt field is required for image generation$/,
    ],
    [
      '/generate-image',
      '{"prompt":5}',
      'missing_required_parameter',
      /^prompt field is required for image generation$/,
    ],
    ['/', '{"messages":[],"model":5}', 'invalid_value', /^model must be a string/],
    ['/', '{"messages":[],"stream":"yes"}', 'invalid_value', /^stream must be true or false/],
  ])('POST %s with %j gets an error for both kinds of client', async (route, body, code, message) => {
    const { post, upstream } = await open()
    const response = await post(route, body)
    expect(response.status).toBe(400)
    expectBothFormats(response, { code, message })
    expect(upstream.requests).toEqual([])
  })

  test.each(legacyRoutes)('POST %s without a token explains how to send it', async (target) => {
    const { upstream, post } = await open()
    const response = await post(target, { messages, prompt: 'cat' }, { authorization: 'Bearer wrong' })
    expect(response.status).toBe(401)
    expectBothFormats(response, { code: 'invalid_api_key', message: /Authorization: Bearer/ })
    expect(upstream.requests).toEqual([])
  })

  test('a missing upstream key gets the message of the old proxy', async () => {
    for (const env of [{}, { BRING_YOUR_OWN_KEY: 'true' }]) {
      const gateway = await start({
        env: { TOKEN: bearer.authorization.slice(7), DEMO: 'false', NODE_ENV: 'production', ...env },
      })
      const response = await ask(gateway, { target: '/', body: { messages } })
      expect(response.status).toBe(503)
      expectBothFormats(response, {
        code: 'no_provider_configured',
        message: /^OpenAI API key is not configured.*OPENAI_API_KEY/,
      })
    }
  })

  describe.each(legacyRoutes)('POST %s', (route) => {
    const request = route === '/' ? { messages } : { prompt: 'cat' }

    test('relays an upstream error with its status, its headers and the message in both fields', async () => {
      const { post } = await connect(share, json(429, rateLimitError, { headers: rateLimitHeaders }))
      const response = await post(route, request, { origin: 'https://app.example.com' })
      expect(response.status).toBe(429)
      expect(JSON.parse(response.text)).toEqual({ ...rateLimitError, message: rateLimitError.error.message })
      expect(response.header('retry-after')).toBe('20')
      expect(response.header('x-ratelimit-remaining-requests')).toBe('0')
      expect(response.header('x-upstream-request-id')).toBe(rateLimitHeaders['x-request-id'])
      expect(response.header('access-control-allow-origin')).toBe('*')
    })
  })

  test.each([
    [{ error: 'model overloaded' }, 'model overloaded'],
    [{ message: 'no such model' }, 'no such model'],
    [{ detail: 'not authenticated' }, 'not authenticated'],
    [{ error: { message: 'first' }, message: 'second' }, 'first'],
  ])('an upstream error of the form %j has its message in both fields', async (error, message) => {
    const { post } = await connect(share, json(422, error))
    const response = await post('/', { messages })
    expect(response.status).toBe(422)
    const body = JSON.parse(response.text) as { readonly error: { readonly message: string }; readonly message: string }
    expect([body.error.message, body.message]).toEqual([message, message])
  })

  test('an upstream’s error page becomes an error for both kinds of client', async () => {
    const { post } = await connect(share, html500())
    const response = await post('/', { messages })
    expect(response.status).toBe(500)
    expect(JSON.parse(response.text)).toEqual({
      error: { message: 'The provider answered 500.', type: 'upstream_error', param: null, code: null },
      message: 'The provider answered 500.',
    })
  })

  test('an error without a message keeps its status and its body', async () => {
    const { post } = await connect(share, json(409, { status: 'busy' }))
    const response = await post('/', { messages })
    expect([response.status, response.text]).toEqual([409, '{"status":"busy"}'])
  })

  test('on /v1 the error has only OpenAI’s format', async () => {
    const { post } = await connect(share, json(429, rateLimitError))
    const response = await post('/v1/chat/completions', { model: 'gpt-4.1', messages })
    expect([response.status, JSON.parse(response.text)]).toEqual([429, rateLimitError])
    expect(JSON.parse((await post('/v1/chat/completions', '{')).text)).not.toHaveProperty('message')
  })

  test('S22 a key in the URL is refused first', async () => {
    const { post, upstream } = await open()
    const response = await post('/?api_key=sk-test', { messages })
    expect(response.status).toBe(400)
    expectBothFormats(response, { code: 'credential_in_url', message: /Authorization: Bearer/ })
    expect(upstream.requests).toEqual([])
  })
})

/** A front end for OpenAI reads `error.message`, one for the old proxy `message`. */
function expectBothFormats(response: RawResponse, expected: { readonly code: string; readonly message: RegExp }): void {
  const body = JSON.parse(response.text) as {
    readonly error: Readonly<Record<string, unknown>>
    readonly message: unknown
  }
  expect(body.error).toMatchObject({ code: expected.code, message: expect.stringMatching(expected.message) as string })
  expect(body.message).toBe(body.error.message)
}
