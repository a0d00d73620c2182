import { expect, test } from 'vitest'
import { message, messageRequest, messageStream } from '../support/anthropic-fixtures.ts'
import { ask, expectError, messageOf, type Question } from '../support/ask.ts'
import { describeOnBoth, describeOnBothStored } from '../support/describe-on-both.ts'
import {
  chatChunks,
  chatChunksWithUsage,
  chatCompletion,
  chatRequest,
  rateLimitError,
  rateLimitHeaders,
  response,
} from '../support/fixtures.ts'
import { bearer, gatewayToken, upstreamKey } from '../support/gateway.ts'
import { openRawClient } from '../support/raw-client.ts'
import type { ScriptedUpstream } from '../support/scripted-upstream.ts'
import { toRequestBytes } from '../support/to-request-bytes.ts'
import { answer, json, sse } from '../support/upstream-scripts.ts'
import { openKeys } from './open-keys.ts'

/** Shaped like the token of a Claude login. */
const plan = 'sk-ant-oat01-plan-of-a-person-6f2d81c04b'
const credential = { authorization: `Bearer ${plan}` }
const weirKey = { 'x-weir-key': gatewayToken }
const both = { ...credential, ...weirKey }

const message1: Question = { target: '/v1/messages', token: false, body: messageRequest, headers: both }
const chat: Question = {
  target: '/v1/chat/completions',
  token: false,
  body: { ...chatRequest, model: 'gpt-plan/m' },
  headers: both,
}

/** Two providers with the callers' credentials, and one with a key of the server. */
const toConfig = (claude: ScriptedUpstream, gpt: ScriptedUpstream, stored: ScriptedUpstream) => ({
  providers: {
    stored: { kind: 'custom', base_url: `${stored.url}/v1`, api_key: upstreamKey, models: ['stored-model'] },
    anthropic: { base_url: claude.url, caller_credentials: 'pass' },
    'gpt-plan': { kind: 'openai', base_url: `${gpt.url}/v1`, caller_credentials: 'pass', models: ['codex'] },
  },
  passthrough: 'gpt-plan',
})

describeOnBoth('a provider with the callers’ own credentials', (_start, { runtime, share, shareUpstream }) => {
  async function open(env: Readonly<Record<string, string>> = { TOKEN: gatewayToken }) {
    const claude = await shareUpstream('claude')
    const gpt = await shareUpstream('gpt')
    const stored = await shareUpstream('stored')
    claude.respond(json(200, message))
    gpt.respond(json(200, chatCompletion))
    stored.respond(json(200, chatCompletion))
    const { gateway } = await share(() => ({ env, config: toConfig(claude, gpt, stored) }))
    const all = () => [claude, gpt, stored].flatMap(({ requests }) => requests)
    return { claude, gpt, stored, gateway, all }
  }

  test.each([
    ['Messages', '/v1/messages?beta=true', messageRequest, message, { authorization: `Bearer ${plan}` }],
    ['Messages', '/v1/messages', messageRequest, message, { 'x-api-key': plan }],
    ['a token count', '/v1/messages/count_tokens', messageRequest, { input_tokens: 3 }, credential],
    ['a chat', '/v1/chat/completions', { ...chatRequest, model: 'codex' }, chatCompletion, credential],
    ['Responses', '/v1/responses', { model: 'codex', input: 'x' }, response, credential],
    ['a relayed endpoint', '/v1/files', { purpose: 'x' }, { data: [] }, credential],
  ])('S102 gets them untouched beside the key of Weir: %s at %s', async (_name, target, body, reply, own) => {
    const { claude, gpt, gateway, stored } = await open()
    claude.respond(json(200, reply))
    gpt.respond(json(200, reply))
    const written = `  ${JSON.stringify(body)} `
    const account = {
      'user-agent': 'claude-cli/2.1.0 (external, cli)',
      'openai-organization': 'org-1',
      'openai-project': 'proj-1',
      'chatgpt-account-id': 'acc-1',
      'anthropic-workspace-id': 'wrkspc-1',
      'anthropic-beta': 'oauth-2025-04-20',
      'x-goog-user-project': 'p-1',
    }
    const headers = { ...own, ...weirKey, ...account, 'content-type': 'application/json' }
    const result = await ask(gateway, { target, token: false, body: written, headers })
    expect([result.status, result.text]).toEqual([200, JSON.stringify(reply)])
    const [sent] = [...claude.requests, ...gpt.requests]
    expect(sent?.bodyText).toBe(written)
    expect(sent?.headers).toMatchObject({ ...own, ...account })
    const { 'x-api-key': key, authorization } = sent?.headers ?? {}
    expect([key, authorization].filter((value) => value !== undefined)).toHaveLength(1)
    expect(JSON.stringify(sent?.rawHeaders)).not.toMatch(/x-weir/i)
    expect(JSON.stringify(sent?.rawHeaders)).not.toContain(gatewayToken)
    expect(stored.requests).toEqual([])
    expect(await gateway.findLog(({ event }) => event === 'call')).toMatchObject({ outcome: 'ok', status: 200 })
    expect(gateway.output()).not.toContain(plan)
  })

  test('case A17 passes its refusals unchanged: status, body, challenge and limits', async () => {
    const { claude, gpt, gateway } = await open()
    const refusal = '{ "type":"error", "error":{"type":"authentication_error","message":"OAuth token has expired."} }'
    const challenge = { 'www-authenticate': 'Bearer realm="anthropic"', 'content-type': 'application/json' }
    claude.respond(answer([refusal], { status: 401, headers: challenge }))
    const refused = await ask(gateway, message1)
    expect([refused.status, refused.text]).toEqual([401, refusal])
    expect(refused.header('www-authenticate')).toBe('Bearer realm="anthropic"')
    claude.respond(answer(['Overloaded.\n'], { status: 529, headers: { 'content-type': 'text/plain' } }))
    const plain = await ask(gateway, message1)
    expect([plain.status, plain.text, plain.header('content-type')]).toEqual([529, 'Overloaded.\n', 'text/plain'])
    const country = { error: { code: 'unsupported_country_region_territory', message: 'Country not supported' } }
    gpt.respond(json(403, country))
    expect((await ask(gateway, chat)).text).toBe(JSON.stringify(country))
    gpt.respond(json(429, rateLimitError, { headers: rateLimitHeaders }))
    const limited = await ask(gateway, chat)
    expect([limited.status, limited.text]).toEqual([429, JSON.stringify(rateLimitError)])
    const { 'x-request-id': _id, ...limits } = rateLimitHeaders
    for (const [name, value] of Object.entries(limits)) expect(limited.header(name), name).toBe(value)
    gpt.respond(answer(['denied'], { status: 401, headers: challenge }))
    const relayed = await ask(gateway, { target: '/v1/files', token: false, headers: both })
    expect([relayed.status, relayed.text]).toEqual([401, 'denied'])
    expect(relayed.header('www-authenticate')).toBe('Bearer realm="anthropic"')
  })

  test('adds nothing to the body of a stream, and hides nothing of it', async () => {
    const { claude, gpt, gateway } = await open()
    gpt.respond(sse(chatChunksWithUsage))
    const body = JSON.stringify({ ...chatRequest, model: 'codex', stream: true })
    const headers = { ...both, 'content-type': 'application/json' }
    const streamed = await ask(gateway, { ...chat, body, headers })
    const events = chatChunksWithUsage.map((chunk) => `data: ${JSON.stringify(chunk)}\n\n`).join('')
    expect(streamed.text).toBe(`${events}data: [DONE]\n\n`)
    expect((await gpt.nextRequest()).bodyText).toBe(body)
    gpt.respond(sse(chatChunks))
    expect((await ask(gateway, { ...chat, body, headers })).status).toBe(200)
    claude.respond(sse(messageStream, { doneAtEnd: false }))
    const own = await ask(gateway, { ...message1, body: { ...messageRequest, stream: true } })
    expect(own.text).toBe(messageStream.join(''))
  })

  test.each([
    ['none beside it', { ...weirKey }, /Send it in `x-api-key` or `authorization`, beside `x-weir-key`/],
    ['a Weir key in the usual header', { ...bearer }, /key of this server in `x-weir-key`/],
    ['the same key twice', { ...weirKey, ...bearer }, /now holds a key of this server/],
    ['a key in a header of another API', { ...weirKey, 'x-goog-api-key': plan }, /Send it in `x-api-key`/],
    ['a virtual key', { ...weirKey, 'x-api-key': `sk-weir-${'0'.repeat(64)}` }, /now holds a key of this server/],
    ['an admin secret', { ...weirKey, 'x-api-key': `weir-admin-${'0'.repeat(64)}` }, /now holds a key/],
  ])('S102 refuses a caller who sends %s, in the dialect of the call', async (_name, headers, expected) => {
    const { gateway, all } = await open()
    const refused = await ask(gateway, { ...message1, headers })
    expect(refused.status, refused.text).toBe(401)
    expect(JSON.parse(refused.text)).toMatchObject({
      type: 'error',
      error: { type: 'authentication_error', code: 'credential_required', message: expect.stringMatching(expected) },
    })
    const inChat = await ask(gateway, { ...chat, headers: { ...weirKey } })
    expectError(inChat, { code: 'credential_required', message: /Send it in `authorization`/ })
    expectError(await ask(gateway, { target: '/v1/files', token: false, headers: weirKey }), {
      code: 'credential_required',
    })
    expect(all()).toEqual([])
    expect(gateway.output()).not.toContain(plan)
  })

  test.each(['/', '/graphql'])('gets them from the clients of the old proxies at %s too', async (target) => {
    const { gpt, gateway } = await open()
    const query = 'mutation { getAIResponse(input: { messages: [{ role: "user", content: "x" }] }) { content } }'
    const legacy = { messages: chatRequest.messages, model: 'codex' }
    const call = { target, token: false, body: target === '/' ? legacy : { query } }
    expect((await ask(gateway, { ...call, headers: weirKey })).text).toContain('credential_required')
    expect(gpt.requests).toEqual([])
    expect((await ask(gateway, { ...call, headers: both })).text).toContain(chatCompletion.choices[0]?.message.content)
    expect((await gpt.nextRequest()).headers).toMatchObject(credential)
  })

  test('S102 sends no secret of this server beside a credential of the caller', async () => {
    const { claude, gateway } = await open()
    const headers = { ...weirKey, ...bearer, 'x-api-key': plan }
    expect((await ask(gateway, { ...message1, headers })).status).toBe(200)
    const sent = await claude.nextRequest()
    expect(sent.headers).toMatchObject({ 'x-api-key': plan })
    expect(JSON.stringify(sent.rawHeaders)).not.toContain(gatewayToken)
  })

  test.each([
    [`Authorization: Bearer ${plan}\r\nAuthorization: Bearer ${gatewayToken}\r\n`],
    [`Authorization: Bearer ${plan}, Bearer ${gatewayToken}\r\n`],
    [`Authorization: Bearer ${plan}\r\nX-Weir-Keys: ${gatewayToken}\r\nx_weir_key: ${gatewayToken}\r\n`],
    [`Authorization: Bearer ${plan}\r\nConnection: x-weir-key, authorization\r\n`],
  ])('S102 sends no secret of this server that hides behind a credential: %j', async (lines) => {
    const { gateway, all } = await open()
    const client = await openRawClient(gateway.url)
    await client.send(toRequestBytes({ ...message1, headers: weirKey }).replace('\r\n', `\r\n${lines}`))
    expect([200, 401]).toContain((await client.readResponse()).status)
    client.destroy()
    expect(JSON.stringify(all().map(({ rawHeaders }) => rawHeaders))).not.toContain(gatewayToken)
    expect(gateway.output()).not.toContain(plan)
  })

  test('names `x-weir-key` to a caller whose key of Weir is missing, empty, wrong or sent twice', async () => {
    const { gateway, all } = await open()
    const missing = await ask(gateway, { ...message1, headers: { ...credential } })
    expect(missing.status).toBe(401)
    expect(messageOf(missing)).toMatch(/`x-weir-key`/)
    const none = await ask(gateway, { ...message1, headers: {} })
    expect([none.status, messageOf(none)]).toEqual([401, expect.stringMatching(/`x-weir-key`/)])
    const empty = await ask(gateway, { ...message1, headers: { ...bearer, 'x-weir-key': '' } })
    expect([empty.status, messageOf(empty)]).toEqual([401, expect.stringMatching(/^`x-weir-key` is empty\./)])
    const wrong = await ask(gateway, { ...message1, headers: { ...bearer, 'x-weir-key': 'a-wrong-key-of-weir-1' } })
    expect(wrong.status).toBe(401)
    const client = await openRawClient(gateway.url)
    const lines = `X-Weir-Key: ${gatewayToken}\r\nx-weir-key: ${gatewayToken}\r\nAuthorization: Bearer ${plan}\r\n`
    await client.send(toRequestBytes({ ...message1, headers: {} }).replace('\r\n', `\r\n${lines}`))
    expect((await client.readResponse()).status).toBe(401)
    client.destroy()
    for (const name of ['x-weir-key', 'X-Weir-Key', 'key']) {
      const inUrl = await ask(gateway, { ...message1, target: `/v1/messages?a=1&${name}=${gatewayToken}` })
      expect([inUrl.status, inUrl.text.includes('credential_in_url')]).toEqual([400, true])
    }
    expect(all()).toEqual([])
  })

  test('S102 keeps the credential from a provider with a key of the server, which `x-weir-key` may call too', async () => {
    const { stored, gateway } = await open()
    const headers = {
      ...both,
      'x-api-key': plan,
      'api-key': plan,
      'x-goog-api-key': plan,
      'openai-organization': 'org-1',
      'user-agent': 'claude-cli/2.1.0',
    }
    const call = { ...chat, body: { ...chatRequest, model: 'stored-model' }, headers }
    expect((await ask(gateway, call)).status).toBe(200)
    const sent = await stored.nextRequest()
    expect(sent.headers).toMatchObject({ authorization: `Bearer ${upstreamKey}`, 'user-agent': 'weir' })
    expect(sent.headers).not.toHaveProperty('openai-organization')
    expect(JSON.stringify(sent.rawHeaders)).not.toContain(plan)
    expect(JSON.stringify(sent.rawHeaders)).not.toContain(gatewayToken)
  })

  test('S102 S21 hides a credential that the provider repeats, in headers and in the log', async () => {
    const { claude, gpt, gateway } = await open()
    const echo = { type: 'error', error: { type: 'api_error', message: `Cannot verify Bearer ${plan} now` } }
    const headers = { 'request-id': `req-${plan}`, 'www-authenticate': `Bearer error="${plan}"` }
    claude.respond(json(503, echo, { headers }))
    const failed = await ask(gateway, message1)
    expect([failed.status, failed.text]).toEqual([503, JSON.stringify(echo)])
    expect(failed.header('www-authenticate')).toBe('Bearer error="[hidden]"')
    expect(failed.header('request-id')).toBe('req-[hidden]')
    expect(await gateway.findLog(({ event }) => event === 'call')).toMatchObject({ status: 503 })
    gpt.respond(sse([{ error: { message: `bad ${plan}`, type: 'server_error', code: 500 } }]))
    await ask(gateway, { ...chat, body: { ...chatRequest, model: 'codex', stream: true } })
    gpt.respond(json(200, { error: { message: `bad ${plan}`, type: 'server_error', code: 500 } }))
    await ask(gateway, chat)
    await gateway.findLog(({ provider, stream }) => provider === 'gpt-plan' && stream === false)
    expect(gateway.output()).toContain('[hidden]')
    expect(gateway.output()).not.toContain(plan)
  })

  test('S12 takes no `x-openai-key`', async () => {
    const { gateway, all } = await open({ TOKEN: gatewayToken, BRING_YOUR_OWN_KEY: 'true' })
    const headers = { ...both, 'x-openai-key': 'sk-own-key-of-a-developer-7d1e' }
    for (const call of [chat, message1, { target: '/v1/files', token: false }])
      expect((await ask(gateway, { ...call, headers })).text).toContain('header_not_allowed')
    expect(all()).toEqual([])
  })

  test('is in the list of models, for which it is not asked', async () => {
    const { claude, gpt, gateway } = await open()
    const list = await ask(gateway, { target: '/v1/models', token: false, headers: both })
    const ids = JSON.parse(list.text).data.map(({ id }: { id: string }) => id)
    expect(ids).toEqual(expect.arrayContaining(['codex', 'stored-model']))
    const version = { 'anthropic-version': '2023-06-01' }
    const own = await ask(gateway, { target: '/v1/models', token: false, headers: { ...both, ...version } })
    expect(JSON.parse(own.text).data).toContainEqual(expect.objectContaining({ id: 'claude-sonnet-5-5' }))
    expect([...claude.requests, ...gpt.requests]).toEqual([])
  })

  if (runtime === 'node') {
    test('needs `x-weir-key` on a server without keys too, with any value', async () => {
      const { claude, gateway } = await open({})
      const host = { host: 'localhost' }
      const refused = await ask(gateway, { ...message1, headers: { ...credential, ...host } })
      expect([refused.status, refused.text]).toEqual([401, expect.stringContaining('credential_required')])
      const any = await ask(gateway, { ...message1, headers: { ...credential, ...host, 'x-weir-key': 'local' } })
      expect(any.status).toBe(200)
      expect((await claude.nextRequest()).headers).toMatchObject(credential)
    })
  }
})

describeOnBothStored('a provider with the callers’ own credentials, with storage', (start, { startUpstream }) => {
  async function open() {
    const claude = await startUpstream()
    claude.respond(json(200, message))
    const providers = { anthropic: { base_url: claude.url, caller_credentials: 'pass' } }
    // Only Workers need it: on Node it is in a file.
    const env = { CLIENT_TOKEN_SECRETS: 'a-secret-that-signs-client-tokens-in-tests-0001' }
    return { claude, ...(await openKeys({ start, startUpstream }, { config: { providers }, env })) }
  }

  test('costs a key with a budget nothing, leaves its limits of output alone, and is recorded with its tokens', async () => {
    const { claude, gateway, create } = await open()
    const limits = {
      'anthropic-ratelimit-unified-status': 'allowed',
      'anthropic-ratelimit-unified-5h-utilization': '0.1',
    }
    claude.respond(json(200, message, { headers: limits }))
    const key = await create({ limits: { budgets: [{ usd: 0.000001, per: 'day' }], requests_per_minute: 5 } })
    const written = JSON.stringify({ ...messageRequest, max_tokens: 128_000 })
    const headers = { ...credential, 'x-weir-key': String(key.secret), 'content-type': 'application/json' }
    const result = await ask(gateway, { ...message1, body: written, headers })
    expect([result.status, result.text]).toEqual([200, JSON.stringify(message)])
    for (const [name, value] of Object.entries(limits)) expect(result.header(name)).toBe(value)
    expect(result.header('ratelimit')).toBeDefined()
    expect((await claude.nextRequest()).bodyText).toBe(written)
    await gateway.flushLedger()
    const records = await gateway.sql('SELECT key_id, cost_nano, cost_source, output_tokens FROM call_records')
    expect(records).toEqual([{ key_id: key.id, cost_nano: 0, cost_source: 'none', output_tokens: 503 }])
  })

  test('takes a client token in `x-weir-key`, and refuses it in the place of the credential', async () => {
    const { claude, gateway } = await open()
    const minted = await ask(gateway, { target: '/v1/client_tokens', body: { end_user: 'ada' } })
    const { value: token } = JSON.parse(minted.text)
    expect((await ask(gateway, { ...message1, headers: { ...credential, 'x-weir-key': token } })).status).toBe(200)
    const swapped = { ...weirKey, authorization: `Bearer ${token}` }
    expect((await ask(gateway, { ...message1, headers: swapped })).text).toContain('credential_required')
    expect(claude.requests).toHaveLength(1)
    expect(JSON.stringify(claude.requests[0]?.rawHeaders)).not.toContain(token)
  })

  test('S102 S78 replays a response only to the same credential', async () => {
    const { claude, gateway } = await open()
    const idempotency = { 'idempotency-key': '3c0bdc8e-2f5e-4a50-9a50-8d2f1f2ab001' }
    const headers = { ...both, ...idempotency }
    expect((await ask(gateway, { ...message1, headers })).status).toBe(200)
    const again = await ask(gateway, { ...message1, headers })
    expect([again.status, again.header('idempotent-replayed')]).toEqual([200, 'true'])
    for (const other of [{ authorization: 'Bearer another-plan-of-a-person' }, { 'x-api-key': plan }]) {
      const refused = await ask(gateway, { ...message1, headers: { ...weirKey, ...idempotency, ...other } })
      expect([refused.status, refused.text]).toEqual([422, expect.stringContaining('idempotency_mismatch')])
    }
    expect(claude.requests).toHaveLength(1)
    const rows = await gateway.sql('SELECT * FROM idempotent_calls')
    expect(rows).toHaveLength(1)
    expect(JSON.stringify(rows)).not.toContain(plan)
  })
})
