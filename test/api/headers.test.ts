import { expect, test } from 'vitest'
import { ask, type Question } from '../support/ask.ts'
import { describeOnBoth, describeOnBothStored } from '../support/describe-on-both.ts'
import { chatChunks, chatCompletion, chatRequest, response } from '../support/fixtures.ts'
import { gatewayToken, toOpenAIEnv, upstreamKey } from '../support/gateway.ts'
import { json, sse } from '../support/upstream-scripts.ts'
import { openKeys } from './open-keys.ts'

const chat = { target: '/v1/chat/completions', body: chatRequest }

/**
 * Sources, read on 2026-11-29: https://docs.x.ai/developers/advanced-api-usage/prompt-caching/maximizing-cache-hits and
 * https://github.com/openai/codex.
 */
const ofAgents = {
  'session-id': '0199-codex',
  'thread-id': '0199-thread',
  originator: 'codex_cli_rs',
  'x-codex-turn-metadata': '{"turn":1}',
  'x-client-request-id': 'client-1',
  'x-session-affinity': 'ses_1',
  'x-session-id': 'ses_1',
  'x-grok-conv-id': 'conv_abc123',
  'anthropic-beta': 'context-management-2025-06-27,fine-grained-tool-streaming-2025-05-14',
  'openai-beta': 'responses=v1',
  'x-title': 'Caf\u00e9',
}

/**
 * Headers that Cloudflare Access adds to a call, and credentials for it:
 * https://developers.cloudflare.com/cloudflare-one/access-controls/.
 */
const ofAccess = {
  'cf-access-jwt-assertion': 'jwt-of-access',
  'cf-access-authenticated-user-email': 'ann@example.com',
  'cf-access-client-id': 'id-of-access.access',
  'cf-access-client-secret': 'secret-of-access',
  'cf-access-token': 'token-of-access',
}

const dropped = {
  ...ofAccess,
  cookie: 'session=of-a-page; CF_Authorization=jwt-of-access',
  origin: 'http://localhost:5173',
  'user-agent': 'Mozilla/5.0',
  'accept-encoding': 'zstd, gzip',
  'x-real-ip': '203.0.113.9',
  'openai-organization': 'org-of-the-caller',
  traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
  'x-weir-owner': 'local',
}

describeOnBoth('headers of a caller', (start, { startUpstream, share }) => {
  const everyWay: readonly Question[] = [
    chat,
    { target: '/v1/responses', body: { model: 'm', input: 'x' } },
    { target: '/', body: { messages: chatRequest.messages } },
    {
      target: '/graphql',
      body: { query: 'mutation { getAIResponse(input: { messages: [{ role: "user", content: "Hi" }] }) { id } }' },
    },
    { target: '/v1/files' },
    { method: 'POST', target: '/v1/messages/batches', body: {} },
  ]

  test.each(everyWay)('case B1: only those of agents reach the provider by $target', async (request) => {
    const { upstream, gateway } = await share((scripted) => ({
      env: { ...toOpenAIEnv(scripted), PASSTHROUGH: 'openai' },
    }))
    upstream.respond(json(200, request.target === '/v1/responses' ? response : chatCompletion))
    const result = await ask(gateway, { ...request, headers: { ...ofAgents, ...dropped } })
    expect(result.status, result.text).toBe(200)
    const { headers } = await upstream.nextRequest()
    expect(headers).toMatchObject({ ...ofAgents, 'x-title': expect.stringMatching(/^Caf/) })
    const { 'user-agent': agent, 'accept-encoding': encoding, ...others } = dropped
    expect([headers['user-agent'], headers['accept-encoding']]).toEqual(['weir', 'identity'])
    for (const name of Object.keys(others)) expect(headers, name).not.toHaveProperty(name)
    expect(JSON.stringify(headers)).not.toContain(gatewayToken)
    expect(JSON.stringify(headers)).not.toMatch(`${agent}|${encoding}|of-access`)
    expect(headers.authorization).toBe(`Bearer ${upstreamKey}`)
  })

  test('case B1: the operator adds and removes names for a provider', async () => {
    const upstream = await startUpstream()
    upstream.respond(json(200, chatCompletion))
    const openai = {
      base_url: `${upstream.url}/v1`,
      api_key: upstreamKey,
      forward_headers: { allow: ['Traceparent', 'openai-*'], deny: ['X-Title', 'x-codex-*'] },
    }
    const gateway = await start({ env: { TOKEN: gatewayToken }, config: { providers: { openai } } })
    expect((await ask(gateway, { ...chat, headers: { ...ofAgents, ...dropped } })).status).toBe(200)
    const { headers } = await upstream.nextRequest()
    expect(headers).toMatchObject({ traceparent: dropped.traceparent, 'openai-organization': 'org-of-the-caller' })
    for (const name of ['x-title', 'x-codex-turn-metadata', 'cookie']) expect(headers).not.toHaveProperty(name)
  })

  test('case B1: with its own provider key the caller chooses the account', async () => {
    const { upstream, gateway } = await share((scripted) => ({
      env: { ...toOpenAIEnv(scripted), BRING_YOUR_OWN_KEY: 'true' },
    }))
    upstream.respond(json(200, chatCompletion))
    const headers = { ...dropped, 'x-openai-key': 'sk-own-key-of-a-developer-7d1e' }
    expect((await ask(gateway, { ...chat, headers })).status).toBe(200)
    const sent = (await upstream.nextRequest()).headers
    expect(sent).toMatchObject({
      authorization: 'Bearer sk-own-key-of-a-developer-7d1e',
      'openai-organization': 'org-of-the-caller',
    })
    for (const name of ['x-openai-key', 'cookie', 'traceparent']) expect(sent).not.toHaveProperty(name)
  })
})

/** Sources, read on 2026-11-29: https://developers.openai.com/api/reference/overview, https://docs.anthropic.com/en/api/overview. */
const openaiHeaders = { 'openai-processing-ms': '12', 'openai-version': '2020-10-01', 'openai-model': 'gpt-5' }
const codexHeaders = { 'x-codex-turn-state': 'opaque', 'x-models-etag': 'W/"m1"', 'x-reasoning-included': 'true' }
const planHeaders = { 'x-codex-primary-used-percent': '12.5', 'x-codex-credits-balance': '7' }
const anthropicHeaders = { 'request-id': 'req_anthropic', 'anthropic-ratelimit-requests-remaining': '998' }
const hidden = {
  'set-cookie': '__cf_bm=secret',
  server: 'cloudflare',
  'openai-organization': 'org-secret',
  'openai-project': 'proj-secret',
  'anthropic-organization-id': 'org-secret',
  'cf-ray': 'secret-FRA',
}
const everything = { ...openaiHeaders, ...codexHeaders, ...planHeaders, ...anthropicHeaders, ...hidden }

describeOnBoth('headers of a response', (_start, { share }) => {
  test.each([
    { ...chat, script: json(200, chatCompletion, { headers: everything }), passed: openaiHeaders },
    { ...chat, script: sse(chatChunks, { headers: everything }), passed: openaiHeaders },
    {
      target: '/v1/responses',
      body: { model: 'm', input: 'x' },
      script: json(200, response, { headers: everything }),
      passed: { ...openaiHeaders, ...codexHeaders, ...planHeaders },
    },
    {
      target: '/v1/messages/batches',
      body: {},
      script: json(200, {}, { headers: everything }),
      passed: { ...openaiHeaders, ...codexHeaders, ...planHeaders, ...anthropicHeaders },
    },
  ])('S24: only those that the dialect of $target knows pass', async ({ script, passed, ...request }) => {
    const { upstream, gateway } = await share((scripted) => ({
      env: { ...toOpenAIEnv(scripted), PASSTHROUGH: 'openai' },
    }))
    upstream.respond(script)
    const result = await ask(gateway, request)
    expect(result.status, result.text).toBe(200)
    for (const name of Object.keys(everything))
      expect(result.header(name), name).toBe(Object.entries(passed).find(([known]) => known === name)?.[1])
    expect(result.header('x-upstream-request-id')).toBe('req_anthropic')
  })
})

describeOnBothStored('headers of a response to a virtual key', (start, { startUpstream }) => {
  test('S24: hide the rate limits of the operator’s plan', async () => {
    const { upstream, create, call } = await openKeys({ start, startUpstream })
    upstream.respond(json(200, response, { headers: everything }))
    const result = await call(await create(), { target: '/v1/responses', body: { model: 'gpt-5', input: 'x' } })
    expect(result.status, result.text).toBe(200)
    expect(result.header('x-codex-turn-state')).toBe('opaque')
    for (const name of Object.keys(planHeaders)) expect(result.header(name), name).toBeUndefined()
  })
})
