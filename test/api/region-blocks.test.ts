import { expect, test } from 'vitest'
import { ask } from '../support/ask.ts'
import { describeOnBoth } from '../support/describe-on-both.ts'
import { chatChunks } from '../support/fixtures.ts'
import { toOpenAIEnv, upstreamKey } from '../support/gateway.ts'
import type { Script } from '../support/upstream-exchange.ts'
import { json, answer as script, sse } from '../support/upstream-scripts.ts'

/** Capture: https://github.com/home-assistant/core/issues/120072 */
const openai = {
  error: {
    code: 'unsupported_country_region_territory',
    message: 'Country, region, or territory not supported',
    param: null,
    type: 'request_forbidden',
  },
}

/** Capture: https://github.com/anthropics/anthropic-sdk-typescript/issues/457 */
const anthropic = { error: { type: 'forbidden', message: 'Request not allowed' } }

/** Capture from a Worker in Hong Kong: https://github.com/google-gemini/deprecated-generative-ai-js/issues/151 */
const google = {
  error: { code: 400, message: 'User location is not supported for the API use.', status: 'FAILED_PRECONDITION' },
}

/** The error of the two providers: https://github.com/u14app/neo-chat/issues/7 */
const googleWithoutBilling = {
  error: {
    ...google.error,
    message: 'User location is not supported for the API use without a billing account linked.',
  },
}

/** Google's OpenAI-compatible endpoint wraps it: https://github.com/FoundationAgents/OpenManus/issues/803 */
const googleCompatible = [google]

/** Source: https://developers.cloudflare.com/support/troubleshooting/http-status-codes/cloudflare-1xxx-errors/error-1009/ */
const cloudflarePage = `<!DOCTYPE html><html lang="en-US"><head><title>Access denied | api.example.com used Cloudflare to restrict access</title></head>
<body><h1>Access denied</h1><span class="cf-code-label">Error code <span>1009</span></span>
<p>The owner of this website (api.example.com) has banned the country or region your IP address is in (HK) from accessing this website.</p></body></html>`

const html = (text: string, status = 403) =>
  script([text], { status, headers: { 'content-type': 'text/html; charset=UTF-8' } })
const plain = (text: string) =>
  script([text], { status: 403, headers: { 'content-type': 'text/plain; charset=UTF-8' } })

const advice = { node: /country .*HTTPS_PROXY/, workerd: /`placement` .*docs\/cloudflare\.md#regions/ } as const

const chat = { model: 'gpt-4o-mini', messages: [{ role: 'user', content: 'Hi' }] }
const target = '/v1/chat/completions'

interface Told {
  readonly code?: unknown
  readonly type?: unknown
  readonly status?: unknown
  readonly message: string
}

function readError(text: string): Told {
  const body: unknown = JSON.parse(text)
  return ((Array.isArray(body) ? body[0] : body) as { error: Told }).error
}

describeOnBoth('a provider that does not serve the country', (start, { runtime, startUpstream, share }) => {
  async function open(refusal: Script) {
    const opened = await share((upstream) => ({ env: { ...toOpenAIEnv(upstream), BRING_YOUR_OWN_KEY: 'true' } }))
    opened.upstream.respond(refusal)
    return opened
  }

  test.each([
    ['OpenAI', 403, openai],
    ['Anthropic', 403, anthropic],
    ['Google', 400, google],
    ['Google, without a billing account', 400, googleWithoutBilling],
    ['Google in OpenAI’s format', 400, googleCompatible],
  ])('the error of %s keeps its status, code and message, followed by the advice', async (_name, status, refusal) => {
    const { gateway } = await open(json(status, refusal))
    const { message, ...rest } = readError(JSON.stringify(refusal))
    for (const stream of [false, true]) {
      const response = await ask(gateway, { target, body: { ...chat, stream } })
      expect(response.status).toBe(status)
      const refused = readError(response.text)
      expect(refused).toMatchObject(rest)
      expect(refused.message.startsWith(message)).toBe(true)
      expect(refused.message).toMatch(advice[runtime])
    }
  })

  test.each([
    ['as JSON', json(200, openai)],
    ['as the first event of a stream', sse([openai])],
  ])('an error under a 200, %s, has the advice too', async (_how, refusal) => {
    const { gateway } = await open(refusal)
    for (const stream of [false, true]) {
      const response = await ask(gateway, { target, body: { ...chat, stream } })
      expect(response.status).toBe(502)
      expect(readError(response.text)).toMatchObject({ code: openai.error.code, type: 'request_forbidden' })
      expect(readError(response.text).message).toMatch(advice[runtime])
    }
  })

  test.each([
    ['page', html(cloudflarePage)],
    ['line', plain('error code: 1009')],
  ])('Cloudflare’s %s for a banned country becomes an error with the reason', async (_kind, refusal) => {
    const { gateway } = await open(refusal)
    const response = await ask(gateway, { target, body: chat })
    expect(response.status).toBe(403)
    expect(readError(response.text)).toMatchObject({ type: 'upstream_error' })
    expect(readError(response.text).message).toMatch(advice[runtime])
    expect(response.text).not.toContain('HK')
  })

  test.each([
    [403, openai, 'unsupported_country_region_territory: Country, region, or territory not supported'],
    [400, google, 'User location is not supported for the API use.'],
  ])('the log of a %i has its message and the advice', async (status, refusal, words) => {
    const { gateway } = await open(json(status, refusal))
    await ask(gateway, { target, body: chat })
    const line = await gateway.findLog()
    expect(line).toMatchObject({ outcome: 'upstream_error', status })
    expect(String(line.upstream_message).startsWith(words)).toBe(true)
    expect(line.upstream_message).toMatch(advice[runtime])
  })

  test('a caller’s own provider key changes nothing: the country is that of this server', async () => {
    const { gateway } = await open(json(403, openai))
    const headers = { 'x-openai-key': 'sk-own-0123456789abcdef' }
    const response = await ask(gateway, { target, body: chat, headers })
    expect(readError(response.text).message).toMatch(advice[runtime])
    expect((await gateway.findLog()).upstream_message).toMatch(advice[runtime])
  })

  test.each([
    ['a 403 for another reason', json(403, { error: { type: 'forbidden', message: 'No access to this model' } })],
    [
      'a 400 about a location',
      json(400, { error: { code: 400, message: 'Unknown location', status: 'INVALID_ARGUMENT' } }),
    ],
    [
      'a message that a caller sent',
      json(400, { error: { message: 'Invalid: "unsupported_country_region_territory"', code: null } }),
    ],
    ['a page of another block', html('<title>Attention Required! | Cloudflare</title>')],
  ])('%s has no advice', async (_name, refusal) => {
    const { gateway } = await open(refusal)
    const response = await ask(gateway, { target, body: chat })
    expect(response.text).not.toMatch(/placement|HTTPS_PROXY/)
    expect((await gateway.findLog()).upstream_message ?? '').not.toMatch(/placement|HTTPS_PROXY/)
  })

  test('a stream that has started passes unchanged, and the log has the advice', async () => {
    const { gateway } = await open(sse([...chatChunks.slice(0, 2), openai]))
    const response = await ask(gateway, { target, body: { ...chat, stream: true } })
    expect(response.status).toBe(200)
    expect(response.text).toContain(openai.error.message)
    expect((await gateway.findLog()).upstream_message).toMatch(advice[runtime])
  })

  test('a relayed endpoint has the advice as well', async () => {
    const upstream = await startUpstream()
    upstream.respond(json(403, openai))
    const gateway = await start({ env: { ...toOpenAIEnv(upstream), PASSTHROUGH: 'openai' } })
    const response = await ask(gateway, { method: 'GET', target: '/v1/vector_stores' })
    expect(response.status).toBe(403)
    expect(readError(response.text).message).toMatch(advice[runtime])
    expect(gateway.output()).not.toContain(upstreamKey)
  })

  test('the old proxy’s routes and GraphQL show the advice in the field that their clients read', async () => {
    const { gateway } = await open(json(403, openai))
    const legacy = await ask(gateway, { target: '/', body: { messages: chat.messages } })
    expect((JSON.parse(legacy.text) as { message: string }).message).toMatch(advice[runtime])
    const query = 'mutation ($input: ChatInput!) { getAIResponse(input: $input) { content } }'
    const response = await ask(gateway, { target: '/graphql', body: { query, variables: { input: chat } } })
    expect((JSON.parse(response.text) as { errors: { message: string }[] }).errors[0]?.message).toMatch(advice[runtime])
  })
})
