import { expect, test } from 'vitest'
import { parse, problemsOf } from './parse.ts'

const withHeader = (name: string, value: string) => ({
  providers: { x: { base_url: 'https://x.example/v1', headers: { [name]: value } } },
})

test.each(['sk-1234', 'short', '1234567'])('S13 refuses the token %s as too short', (TOKEN) => {
  expect(problemsOf({ env: { TOKEN } })).toEqual([
    expect.stringMatching(/^TOKEN: is too short and could be guessed: at least 8 characters/),
  ])
})

test.each([
  'changeme',
  'CHANGE-ME',
  'your-token',
  'your_token_here',
  '<your-token>',
  'password',
  'sk-1234567890',
  '12345678',
  'aaaaaaaaaaaaaaaa',
  '********',
])('S13 refuses the token %s as a sample', (TOKEN) => {
  expect(problemsOf({ env: { TOKEN } })).toEqual([expect.stringMatching(/^TOKEN: is a sample value/)])
  expect(problemsOf({ config: { access: { token_env: 'T' } }, env: { T: TOKEN } })).toEqual([
    expect.stringMatching(/^access\.token_env: refers to the environment variable T, which is a sample/),
  ])
})

test('S13 reports an empty secret in the file instead of ignoring it', () => {
  const config = { access: { token: '' }, providers: { openai: { api_key: '' } } }
  expect(problemsOf({ config })).toEqual([
    expect.stringMatching(/^providers\.openai\.api_key: is empty/),
    expect.stringMatching(/^access\.token: is empty/),
  ])
  expect(problemsOf({ config: { access: { token: `\${EMPTY}` } }, env: { EMPTY: '' } })).toEqual([
    expect.stringMatching(/^access\.token: refers to the environment variable EMPTY, which is not set/),
  ])
})

test.each([
  ['k7-Rq2_z', 'is too short for a secret that opens everything: at least 32 characters'],
  ['sk-1234', 'is too short and could be guessed: at least 8 characters'],
  ['a'.repeat(40), 'is a sample value'],
  ['with a space in it and long enough for anybody', 'contains a space'],
  [`sk-weir-${'0a'.repeat(32)}`, 'is a virtual key, which must not open the admin API'],
])('S13 S76 refuses the admin secret %s', (ADMIN_TOKEN, problem) => {
  expect(problemsOf({ env: { ADMIN_TOKEN } })).toEqual([expect.stringContaining(`ADMIN_TOKEN: ${problem}`)])
})

test('S76 refuses the same secret for callers and administrators', () => {
  const secret = 'one-secret-for-both-0123456789abcdef'
  expect(problemsOf({ env: { TOKEN: secret, ADMIN_TOKEN: secret } })).toEqual([
    'ADMIN_TOKEN: equals `access.token`, which callers send. Set a different secret.',
  ])
  expect(parse({ env: { ADMIN_TOKEN: secret, TOKEN: 'k7-Rq2_z' } }).access).toMatchObject({ adminToken: secret })
})

test('S13 accepts a token of eight characters, like those of the predecessors’ users', () => {
  expect(parse({ env: { TOKEN: 'k7-Rq2_z' } }).access.token).toBe('k7-Rq2_z')
})

test.each(['sk one', 'sk-one\nx-evil: 1', 'sk-ön', 'sk-\u0000', 'sk-\u200bone'])('S67 refuses the key %j', (key) => {
  expect(problemsOf({ env: { OPENAI_API_KEY: key } })).toEqual([
    expect.stringMatching(/^OPENAI_API_KEY: contains a space, a line/),
  ])
  expect(problemsOf({ env: { TOKEN: `${key}-and-more` } })).toEqual([
    expect.stringMatching(/^TOKEN: contains a space, a line/),
  ])
})

test('S67 refuses a key in quotation marks, which container runtimes pass on', () => {
  expect(problemsOf({ env: { OPENAI_API_KEY: '"sk-one"' } })).toEqual([
    'OPENAI_API_KEY: includes its quotation marks. Remove them.',
  ])
})

test.each(['a\r\nx-evil: 1', 'a\nb', 'a\rb', 'a\u0000b', 'a\u007fb', 'snow \u2603', '\u{1f600}'])(
  'S67 refuses the header value %j',
  (value) => {
    const expected = [expect.stringMatching(/^providers\.x\.headers\.x-team: contains a .*a header cannot have/)]
    expect(problemsOf({ config: withHeader('x-team', value) })).toEqual(expected)
    expect(problemsOf({ config: withHeader('x-team', `\${V}`), env: { V: `a${value}` } })).toEqual(expected)
  },
)

test.each(['a b', 'a:b', '', 'a\r\nb', 'ü', 'Host', 'content-length', 'Transfer-Encoding', 'connection'])(
  'S67 refuses the header name %j',
  (name) => {
    expect(problemsOf({ config: withHeader(name, 'v') })).toEqual([expect.stringContaining('providers.x.headers.')])
  },
)

test('S67 accepts every valid header value', () => {
  expect(parse({ config: withHeader('X-Team', 'caf\u00e9\tau lait !') }).providers[0]?.headers).toEqual({
    'x-team': 'caf\u00e9\tau lait !',
  })
})

test('refuses a header that occurs twice', () => {
  const config = { providers: { x: { base_url: 'https://x.example', headers: { 'X-A': '1', 'x-a': '2' } } } }
  expect(problemsOf({ config })).toEqual([
    'providers.x.headers.x-a: occurs twice, in different case. Keep one of them.',
  ])
})

test('repeats no secret in a message', () => {
  const canary = 'canary 4711'
  const config = {
    access: { token: canary },
    providers: {
      x: {
        api_key: canary,
        base_url: `https://u:${canary}@x.example`,
        headers: { a: `${canary}\n` },
        models: [{ canary }],
      },
      y: { base_url: canary, api_key_env: 'Y' },
    },
    cors: { origins: [canary] },
    server: { host: canary },
  }
  const problems = problemsOf({ config, env: { Y: canary, OPENAI_API_KEY: canary, PORT: canary, DEMO: canary } })
  expect(problems.length).toBeGreaterThan(8)
  expect(problems.join('\n')).not.toContain('4711')
})

const withRules = (rules: unknown) => ({
  providers: { x: { base_url: 'https://x.example/v1', forward_headers: rules } },
})

test('case B1: accepts rules for callers’ headers in any case', () => {
  const rules = { allow: ['Traceparent', 'x-B3-*'], deny: ['X-Title'] }
  expect(parse({ config: withRules(rules) }).providers[0]?.forwardHeaders).toEqual({
    allow: ['traceparent', 'x-b3-*'],
    deny: ['x-title'],
  })
})

test.each([
  [{ allow: ['Authorization'] }, /^providers\.x\.forward_headers\.allow\[0\]: is never forwarded, .*under `headers`/],
  [{ allow: ['Cookie'] }, /forward_headers\.allow\[0\]: is never forwarded/],
  [{ allow: ['x-openai-key'] }, /forward_headers\.allow\[0\]: is never forwarded/],
  [{ allow: ['Connection'] }, /forward_headers\.allow\[0\]: is set by the connection itself/],
  [{ deny: ['a b'] }, /forward_headers\.deny\[0\]: is not a valid header name/],
  [{ alow: [] }, /forward_headers\.alow: is not a configuration key\. .*allow/],
  [['traceparent'], /forward_headers: must be a mapping/],
])('case B1: refuses the rules %j', (rules, message) => {
  expect(problemsOf({ config: withRules(rules) })).toEqual([expect.stringMatching(message)])
})

test('a provider that passes the callers’ own credentials needs no key', () => {
  const [anthropic, plan] = parse({
    config: {
      providers: {
        anthropic: { caller_credentials: 'pass' },
        plan: { base_url: 'https://x.example', caller_credentials: 'replace' },
      },
    },
  }).providers
  expect(anthropic).toMatchObject({ passesCallerCredentials: true, apiKey: undefined })
  expect(plan?.passesCallerCredentials).toBeUndefined()
})

test.each([
  [{ api_key: 'k' }, {}, /^providers\.anthropic\.api_key: conflicts with `caller_credentials: pass`/],
  [{ api_key_env: 'K' }, { K: 'k' }, /^providers\.anthropic\.api_key_env: conflicts with `caller_credentials: pass`/],
  [{}, { ANTHROPIC_API_KEY: 'k' }, /^ANTHROPIC_API_KEY: conflicts with `caller_credentials: pass`/],
  [{ headers: { 'X-Api-Key': 'k' } }, {}, /^providers\.anthropic\.headers\.X-Api-Key: conflicts with/],
  [{ forward_headers: { allow: ['x-weir-key'] } }, {}, /forward_headers\.allow\[0\]: is never forwarded/],
  [{ caller_credentials: 'yes', base_url: 'https://x.example' }, {}, /caller_credentials: must be one of `replace`/],
])('S102 %j with %j and callers’ own credentials is refused', (fields, env, expected) => {
  const config = { providers: { anthropic: { caller_credentials: 'pass', ...fields } } }
  expect(problemsOf({ env, config })).toEqual([expect.stringMatching(expected)])
})

test('S102 the demo has no credentials to pass', () => {
  expect(problemsOf({ config: { providers: { demo: { caller_credentials: 'pass' } } } })).toEqual([
    expect.stringMatching(/^providers\.demo\.caller_credentials: is not a key of the kind `demo`/),
  ])
})
