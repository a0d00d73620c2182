import { expect, test } from 'vitest'
import { createHeaderFilter, type HeaderRules } from '../../src/providers/forward-headers.ts'

interface FilterInput extends Partial<HeaderRules> {
  readonly hasOwnKey?: boolean
  readonly isRelayed?: boolean
}

/** Returns the names of the forwarded headers, except the two that Weir writes itself. */
function namesSent(
  headers: Readonly<Record<string, string>>,
  { allow = [], deny = [], hasOwnKey = false, isRelayed = false }: FilterInput = {},
): readonly string[] {
  const {
    'user-agent': _agent,
    'accept-encoding': _encoding,
    ...sent
  } = createHeaderFilter({ allow, deny })(headers, { hasOwnKey, isRelayed })
  for (const [name, value] of Object.entries(sent)) expect(value, name).toBe(headers[name])
  return Object.keys(sent)
}

const toHeaders = (names: readonly string[]) => Object.fromEntries(names.map((name) => [name, `value of ${name}`]))

/**
 * Headers of agents. Sources, read on 2026-11-29: https://code.claude.com/docs/en/llm-gateway-protocol,
 * https://docs.x.ai/developers/advanced-api-usage/prompt-caching/maximizing-cache-hits,
 * https://developers.openai.com/api/reference/overview, https://github.com/openai/codex
 * (codex-rs/codex-api/src/requests/headers.rs), https://openrouter.ai/docs/api/reference/overview.
 */
const agentHeaders = [
  'anthropic-beta',
  'anthropic-version',
  'anthropic-dangerous-direct-browser-access',
  'x-claude-code-session-id',
  'x-claude-code-agent-id',
  'x-grok-conv-id',
  'x-client-request-id',
  'openai-beta',
  'session-id',
  'session_id',
  'thread-id',
  'originator',
  'x-codex-turn-metadata',
  'x-codex-turn-state',
  'x-session-affinity',
  'x-session-id',
  'http-referer',
  'x-title',
  'x-openrouter-title',
  'x-goog-api-client',
  'x-stainless-retry-count',
  'idempotency-key',
  'x-idempotency-key',
  'x-prompt-cache-key',
  'x-affinity-key',
  'x-keyword',
  'x-author',
  'accept',
  'x-some-future-header',
]

test('case B1: forwards headers of agents, and headers that Weir does not know', () => {
  expect(namesSent(toHeaders(agentHeaders))).toEqual(agentHeaders)
})

test('case B1: repeats its verdict on a cached name, and bounds the cache', () => {
  const filter = createHeaderFilter({ allow: [], deny: [] })
  for (let round = 0; round < 3; round += 1) {
    for (let index = 0; index < 2_000; index += 1)
      expect(filter({ [`x-${index}`]: 'v', cookie: 'v' }, { hasOwnKey: false, isRelayed: false })).toEqual({
        'user-agent': 'weir',
        'accept-encoding': 'identity',
        [`x-${index}`]: 'v',
      })
  }
})

const dropped: Readonly<Record<string, readonly string[]>> = {
  'credentials and cookies': [
    'authorization',
    'x-api-key',
    'api-key',
    'x-goog-api-key',
    'x-weir-key',
    'x-openai-key',
    'xi-api-key',
    'ocp-apim-subscription-key',
    'x-auth-token',
    'x-csrf-token',
    'private-token',
    'helicone-auth',
    'x-vault-token',
    'x-session-token',
    'x-client-secret',
    'cookie',
    'set-cookie',
    'x-cookie',
    'x-functions-key',
    'x-access-key',
    'x-accesskey',
    'x-master-key',
    'x-vercel-protection-bypass',
    'x-credentials',
    'x-authentication',
    'x-oauth-scopes',
    'x-passphrase',
    'x-saml-assertion',
    'dpop',
    'client-cert',
    'x-ssl-client-cert',
  ],
  'credentials of other systems': [
    'x-portkey-api-key',
    'x-portkey-virtual-key',
    'x-portkey-config',
    'x-portkey-aws-secret-access-key',
    'x-bf-vk',
    'x-litellm-api-key',
    'x-amz-security-token',
    'x-amz-signature',
    'x-goog-iam-authorization-token',
    'cf-aig-authorization',
    'cf-access-client-id',
    'cf-access-client-secret',
    'cf-access-jwt-assertion',
    'cf-access-token',
  ],
  'the caller’s identity as reported in front of this server': [
    'x-user-id',
    'x-forwarded-user',
    'x-auth-request-email',
    'remote-user',
    'x-remote-user',
    'x-authenticated-userid',
    'x-goog-authenticated-user-email',
    'x-ms-client-principal-name',
    'cf-access-authenticated-user-email',
  ],
  'hop-by-hop headers': [
    'connection',
    'keep-alive',
    'te',
    'trailer',
    'transfer-encoding',
    'upgrade',
    'http2-settings',
    'proxy-authorization',
    'proxy-connection',
    'expect',
    'max-forwards',
  ],
  'forwarding and address headers': [
    'forwarded',
    'via',
    'from',
    'x-forwarded-for',
    'x-forwarded-host',
    'x-forwarded-proto',
    'x-real-ip',
    'true-client-ip',
    'x-client-ip',
    'x-cluster-client-ip',
    'cf-connecting-ip',
    'cf-ipcountry',
    'cf-ray',
    'cdn-loop',
    'fastly-client-ip',
    'fly-client-ip',
    'x-envoy-external-address',
    'x-azure-clientip',
    'x-amzn-trace-id',
    'x-vercel-forwarded-for',
  ],
  'headers that override path or method': [
    'x-original-url',
    'x-rewrite-url',
    'x-http-method-override',
    'x-method-override',
  ],
  'headers of a browser': [
    'origin',
    'referer',
    'accept-language',
    'dnt',
    'upgrade-insecure-requests',
    'x-requested-with',
    'sec-fetch-mode',
    'sec-ch-ua',
    'access-control-request-headers',
  ],
  'headers of the body': ['host', 'content-length', 'content-type', 'content-encoding', 'content-md5', 'digest'],
  'trace headers': ['traceparent', 'tracestate', 'baggage', 'b3', 'x-b3-traceid', 'x-datadog-trace-id', 'sentry-trace'],
  'Weir’s own headers': ['x-weir-owner', 'x-request-id', 'cf-aig-metadata'],
}

test.each(Object.entries(dropped))('case B1: drops %s, also with the caller’s own key', (_kind, names) => {
  for (const hasOwnKey of [false, true])
    for (const isRelayed of [false, true])
      expect(namesSent(toHeaders([...names, 'session-id']), { hasOwnKey, isRelayed })).toEqual(['session-id'])
})

test('case B1: sends Weir’s own encoding and user agent, whatever the caller’s are', () => {
  const sent = createHeaderFilter({ allow: [], deny: [] })(
    { 'accept-encoding': 'zstd, gzip', 'user-agent': 'Mozilla/5.0' },
    { hasOwnKey: false, isRelayed: false },
  )
  expect(sent).toEqual({ 'accept-encoding': 'identity', 'user-agent': 'weir' })
})

test('case B1: drops headers that `Connection` names', () => {
  const headers = { connection: 'close, X-Hop,session-id', 'x-hop': '1', 'session-id': '2', 'thread-id': '3' }
  expect(namesSent(headers)).toEqual(['thread-id'])
  expect(namesSent({ ...headers, connection: 'keep-alive' })).toEqual(['x-hop', 'session-id', 'thread-id'])
})

test('case B1: forwards headers that choose the account to bill only with the caller’s own key', () => {
  const names = [
    'openai-organization',
    'openai-project',
    'chatgpt-account-id',
    'x-goog-user-project',
    'x-amz-target',
    'anthropic-workspace-id',
    'x-goog-quota-user',
  ]
  expect(namesSent(toHeaders(names))).toEqual([])
  expect(namesSent(toHeaders(names), { hasOwnKey: true })).toEqual(names)
})

test('case B1: drops the id of one of Weir’s sessions, and forwards another client’s', () => {
  expect(namesSent({ 'x-session-id': 'session_1f2e' })).toEqual([])
  expect(namesSent({ 'x-session-id': 'ses_opencode' })).toEqual(['x-session-id'])
})

test('case A16: forwards ranges and conditions for relayed endpoints only', () => {
  const names = ['range', 'if-range', 'if-none-match', 'if-modified-since', 'if-match']
  expect(namesSent(toHeaders(names))).toEqual([])
  expect(namesSent(toHeaders(names), { isRelayed: true })).toEqual(names)
})

test('case B1: applies the operator’s rules, and `deny` wins over `allow`', () => {
  const headers = toHeaders(['traceparent', 'x-b3-traceid', 'x-b3-spanid', 'openai-project', 'session-id', 'thread-id'])
  const allow = ['traceparent', 'x-b3-*', 'openai-project']
  expect(namesSent(headers, { allow, deny: ['thread-*', 'x-b3-spanid'] })).toEqual([
    'traceparent',
    'x-b3-traceid',
    'openai-project',
    'session-id',
  ])
  expect(
    createHeaderFilter({ allow: ['user-agent'], deny: [] })(
      { 'user-agent': 'codex' },
      {
        hasOwnKey: false,
        isRelayed: false,
      },
    ),
  ).toMatchObject({ 'user-agent': 'codex' })
})

test('case B1: drops credentials and connection headers despite any rule of the operator', () => {
  const names = ['authorization', 'x-api-key', 'x-openai-key', 'cookie', 'connection', 'te', 'host', 'content-length']
  expect(namesSent(toHeaders([...names, 'origin']), { allow: ['*'] })).toEqual(['origin'])
})

test('S102: forwards `user-agent` with a caller’s credential only, and no credential as a header of the caller', () => {
  const filter = createHeaderFilter({ allow: ['x-*', 'auth*'], deny: [] })
  const headers = { 'user-agent': 'a', authorization: 'b', 'x-api-key': 'c', 'x-weir-key': 'd', 'openai-project': 'e' }
  const weir = { 'user-agent': 'weir', 'accept-encoding': 'identity', 'openai-project': 'e' }
  expect(filter(headers, { hasOwnKey: true, isRelayed: false })).toEqual(weir)
  expect(filter(headers, { hasOwnKey: true, keepsAgent: true, isRelayed: false })).toEqual({
    ...weir,
    'user-agent': 'a',
  })
})
