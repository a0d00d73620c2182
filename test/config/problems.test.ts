import { expect, test } from 'vitest'
import { ConfigError } from '../../src/config/config-error.ts'
import { parse, problemsOf } from './parse.ts'

const custom = { base_url: 'https://x.example/v1' }

test('lists every problem at once, of every kind, with its place', () => {
  const problems = problemsOf({
    env: { PORT: 'x', TOKEN: 'short', LOG_LEVEL: 'warn', OPENAI_BASE_URL: 'ftp://x' },
    config: {
      defalt_provider: 'x',
      passthrough: 'groc',
      providers: {
        groq: { base_url: 'htp://x', timeout: {}, models: ['a', 3], timeouts: { idle_ms: 0 }, deployments: {} },
        Bad_Name: {},
        second: { kind: 'openai' },
        list: [],
      },
      models: { strict: 'yes', aliases: { a: 'b', b: 'a' } },
      limits: { body_bytes: '1' },
      cors: { origins: ['*', 'https://a.example'] },
    },
  })
  expect(problems.map((problem) => problem.slice(0, problem.indexOf(':'))).sort()).toEqual(
    [
      'PORT',
      'TOKEN',
      'LOG_LEVEL',
      'OPENAI_BASE_URL',
      'defalt_provider',
      'passthrough',
      'providers.groq.base_url',
      'providers.groq.timeout',
      'providers.groq.models[1]',
      'providers.groq.timeouts.idle_ms',
      'providers.groq.deployments',
      'providers.Bad_Name',
      'providers.second.api_key',
      'providers.list',
      'models.strict',
      'models.aliases.a',
      'limits.body_bytes',
      'cors.origins',
    ].sort(),
  )
})

test('says which words `models.retired` takes', () => {
  expect(problemsOf({ config: { models: { retired: 'always' } } })).toEqual([
    'models.retired: must be one of `legacy`, `all`, `off`.',
  ])
  expect(problemsOf({ env: { MODELS_RETIRED: 'always' } })).toEqual([
    expect.stringMatching(/^MODELS_RETIRED.*must be one of `legacy`, `all`, `off`\.$/),
  ])
})

test('says how long a connection without a key may be', () => {
  for (const wrong of [0, -1, 1.5, '15s']) {
    expect(problemsOf({ config: { server: { unknown_caller_ms: wrong } } })).toEqual([
      expect.stringMatching(/^server\.unknown_caller_ms: must be a whole number of milliseconds from 1 to \d+\.$/),
    ])
  }
})

test('throws one error whose message has all problems in lines', () => {
  const input = { config: { server: { port: -1 }, log: { level: 'all' } } }
  expect(() => parse(input)).toThrow(ConfigError)
  expect(() => parse(input)).toThrow(
    [
      'The configuration has 2 problems:',
      '  - server.port: must be a whole number from 0 to 65535.',
      '  - log.level: must be one of `silent`, `error`, `info`.',
    ].join('\n'),
  )
})

test.each([
  [{ defalt_provider: 'x' }, 'defalt_provider: is not a key here. Did you mean `default_provider`?'],
  [{ timeout: {} }, 'timeout: is not a key here. Did you mean `timeouts`?'],
  [{ access: { Token: 'x' } }, 'access.Token: is not a key here. Did you mean `token` or `token_env`?'],
  [
    { providers: { x: { ...custom, baseurl: '' } } },
    'providers.x.baseurl: is not a key here. Did you mean `base_url`?',
  ],
  [
    { providers: { x: { ...custom, timeouts: { connect: 1 } } } },
    'providers.x.timeouts.connect: is not a key here. Did you mean `connect_ms`?',
  ],
  [{ log: { zzz: 1 } }, 'log.zzz: is not a key here. There are `level`.'],
])('suggests the nearest key for %j', (config, expected) => {
  expect(problemsOf({ config })).toEqual([expected])
})

test.each([[[]], ['text'], [3], [true], [() => ({})]])('refuses a configuration that is %j as a whole', (config) => {
  expect(problemsOf({ config })).toEqual(['the configuration: must be a mapping of keys to values.'])
})

test.each([
  ['token', 12345678, 'must be a string. Put it in quotation marks if it looks like a number'],
  ['token', null, 'is empty. Write a value, or leave the key out'],
  ['allow_anonymous', 'true', 'must be true or false'],
])('refuses access.%s: %j', (key, value, message) => {
  expect(problemsOf({ config: { access: { [key]: value } } })).toEqual([`access.${key}: ${message}.`])
})

test('case C4: refuses a switch and a field of the limit on output that are none, and says what to write', () => {
  const config = { limits: { cap_output: 'no' }, providers: { x: { ...custom, output_limit: 'max_output' } } }
  expect([...problemsOf({ config })].sort()).toEqual([
    'limits.cap_output: must be true or false.',
    'providers.x.output_limit: must be one of `max_tokens`, `max_completion_tokens`.',
  ])
})

test.each([0, 0.001, -1, 101, '1.1', Number.NaN])(
  'case C10: refuses %j as a multiplier of prices',
  (price_multiplier) => {
    expect(problemsOf({ config: { providers: { x: { ...custom, price_multiplier } } } })).toEqual([
      'providers.x.price_multiplier: must be a number from 0.01 to 100.',
    ])
  },
)

test.each([
  ['default_provider', 'grok', 'names `grok`, which is not configured. Did you mean `groq`?'],
  ['passthrough', 'openai', 'names `openai`, which is not configured. There are `groq`, `local`.'],
])('refuses %s that is not configured', (key, name, message) => {
  expect(problemsOf({ config: { [key]: name, providers: { groq: custom, local: custom } } })).toEqual([
    `${key}: ${message}`,
  ])
})

test('says so where no provider is configured at all', () => {
  expect(problemsOf({ env: { DEFAULT_PROVIDER: 'openai' } })).toEqual([
    'DEFAULT_PROVIDER: names `openai`, which is not configured. No provider is configured.',
  ])
})

test('a provider with a problem is still a provider, so that no second problem follows', () => {
  expect(problemsOf({ config: { default_provider: 'Bad', providers: { Bad: custom } } })).toEqual([
    expect.stringMatching(/^providers\.Bad: is not the name of a provider/),
  ])
  expect(problemsOf({ config: { default_provider: 'x', providers: { x: { base_url: 'nonsense' } } } })).toHaveLength(1)
})

test('refuses aliases that come back to themselves, once a circle', () => {
  const aliases = { a: 'b', b: 'c', c: 'a', self: 'self', into: 'a', fine: 'gpt-4o', chain: 'fine' }
  expect(problemsOf({ config: { models: { aliases } } })).toEqual([
    'models.aliases.a: comes back to itself (`a` → `b` → `c` → `a`). Name a model at the end.',
    'models.aliases.self: comes back to itself (`self` → `self`). Name a model at the end.',
  ])
})

test.each(['openai', 'deepinfra'])('wants a key for %s unless it is moved or callers bring theirs', (id) => {
  const keyless = { providers: { [id]: {} } }
  const variable = `${id.toUpperCase()}_API_KEY`
  expect(problemsOf({ config: keyless })).toEqual([
    `providers.${id}.api_key: is missing. Write it, or name its variable in \`api_key_env\`, or set ${variable}.`,
  ])
  expect(problemsOf({ config: keyless, env: { [variable]: 'k' } })).toEqual([])
  expect(problemsOf({ config: keyless, env: { BRING_YOUR_OWN_KEY: 'true' } })).toEqual([])
  expect(problemsOf({ config: { providers: { [id]: custom } } })).toEqual([])
})

test.each([
  ['openai', 'deployments', {}],
  ['custom', 'api_version', '1'],
  ['azure', 'word_delay_ms', 1],
  ['custom', 'word_delay_ms', 1],
  ['demo', 'base_url', 'https://x.example'],
  ['demo', 'api_key', 'k'],
  ['demo', 'headers', {}],
  ['demo', 'stream_options', true],
  ['demo', 'forward_headers', {}],
  ['demo', 'price_multiplier', 1.1],
])('refuses a key that a provider of kind %s does not have: %s', (kind, key, value) => {
  const provider = kind === 'demo' ? { kind } : { kind, base_url: 'https://x.example', api_key: 'k' }
  expect(problemsOf({ config: { providers: { it: { ...provider, [key]: value } } } })).toEqual([
    expect.stringMatching(`^providers\\.it\\.${key}: is not for a provider of the kind .${kind}., only for `),
  ])
})

test('a custom provider needs a base URL, and one way to its key', () => {
  expect(problemsOf({ config: { providers: { groq: {} } } })).toEqual([
    expect.stringMatching(/^providers\.groq\.base_url: is missing/),
  ])
  expect(
    problemsOf({ config: { providers: { x: { ...custom, api_key: 'a', api_key_env: 'B' } } }, env: { B: 'b' } }),
  ).toEqual(['providers.x.api_key_env: stands beside `api_key`. Keep one of them.'])
})

test.each([
  'api.example.com/v1',
  '/v1',
  'ftp://x.example',
  'file:///etc/passwd',
  'http://',
  'https://user:secret-word@x.example/v1',
  'https://secret-word@x.example/v1',
  'https://x.example/v1?key=secret-word',
  'https://x.example/v1#secret-word',
  'https://x.example/v1/chat/completions',
  'https://x.example:99999/v1',
])('refuses the base URL %s, without repeating it', (base_url) => {
  const problems = problemsOf({ config: { providers: { x: { base_url } } } })
  expect(problems).toEqual([expect.stringMatching(/^providers\.x\.base_url: must /)])
  expect(problems.join()).not.toContain('secret-word')
})

test.each(['http://127.0.0.1:8787/v1', 'http://localhost:8787', 'http://[::1]:8787/v1', 'http://10.0.0.5:8787/v1'])(
  'refuses %s, at which this server itself listens',
  (OPENAI_BASE_URL) => {
    expect(problemsOf({ env: { OPENAI_BASE_URL, HOST: '10.0.0.5' } })).toEqual([
      expect.stringMatching(/^OPENAI_BASE_URL: is the address of this server itself/),
    ])
    expect(problemsOf({ env: { OPENAI_BASE_URL, HOST: '10.0.0.5', PORT: '8788' } })).toEqual([])
  },
)

test.each(['', '127.0.0.1:80', 'http://localhost', 'a b', 'x/y'])('refuses to listen on %j', (host) => {
  expect(problemsOf({ config: { server: { host } } })).toEqual([
    expect.stringMatching(/^server\.host: must be a host name/),
  ])
})

test.each([
  'example.com',
  'https://a.example/path',
  'https://*.example.com',
  'https://a.example?x',
  'null',
  '',
  'http://a:99999',
])('refuses the origin %j', (origin) => {
  expect(problemsOf({ config: { cors: { origins: [origin] } } })).toEqual([
    expect.stringMatching(/^cors\.origins\[0\]: must be an exact origin/),
  ])
})
