import { expect, test } from 'vitest'
import { ConfigError } from '../../src/config/config-error.ts'
import { parse, problemsOf } from './parse.ts'

const custom = { base_url: 'https://x.example/v1' }

test('lists all problems of every kind at once, each with its key', () => {
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

test('lists the values of `models.retired`', () => {
  expect(problemsOf({ config: { models: { retired: 'always' } } })).toEqual([
    'models.retired: must be one of `legacy`, `all`, `off`.',
  ])
  expect(problemsOf({ env: { MODELS_RETIRED: 'always' } })).toEqual([
    expect.stringMatching(/^MODELS_RETIRED.*must be one of `legacy`, `all`, `off`\.$/),
  ])
})

test('states the range of `server.unknown_caller_ms`', () => {
  for (const wrong of [0, -1, 1.5, '15s']) {
    expect(problemsOf({ config: { server: { unknown_caller_ms: wrong } } })).toEqual([
      expect.stringMatching(/^server\.unknown_caller_ms: must be a whole number of milliseconds from 1 to \d+\.$/),
    ])
  }
})

test('throws one error with one line per problem', () => {
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
  [{ defalt_provider: 'x' }, 'defalt_provider: is not a configuration key. Did you mean `default_provider`?'],
  [{ timeout: {} }, 'timeout: is not a configuration key. Did you mean `timeouts`?'],
  [{ access: { Token: 'x' } }, 'access.Token: is not a configuration key. Did you mean `token` or `token_env`?'],
  [
    { providers: { x: { ...custom, baseurl: '' } } },
    'providers.x.baseurl: is not a configuration key. Did you mean `base_url`?',
  ],
  [
    { providers: { x: { ...custom, timeouts: { connect: 1 } } } },
    'providers.x.timeouts.connect: is not a configuration key. Did you mean `connect_ms`?',
  ],
  [{ log: { zzz: 1 } }, 'log.zzz: is not a configuration key. Known keys: `level`.'],
])('suggests the nearest key for %j', (config, expected) => {
  expect(problemsOf({ config })).toEqual([expected])
})

test.each([[[]], ['text'], [3], [true], [() => ({})]])('refuses %j as a configuration', (config) => {
  expect(problemsOf({ config })).toEqual(['the configuration: must be a mapping of keys to values.'])
})

test.each([
  ['token', 12345678, 'must be a string. Put it in quotation marks if it looks like a number'],
  ['token', null, 'is empty. Set a value, or remove the key'],
  ['allow_anonymous', 'true', 'must be true or false'],
])('refuses access.%s: %j', (key, value, message) => {
  expect(problemsOf({ config: { access: { [key]: value } } })).toEqual([`access.${key}: ${message}.`])
})

test('case C4: refuses invalid values of `cap_output` and `output_limit`, and lists the valid ones', () => {
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
  ['default_provider', 'grok', 'is `grok`, which is not a configured provider. Did you mean `groq`?'],
  ['passthrough', 'openai', 'is `openai`, which is not a configured provider. Configured providers: `groq`, `local`.'],
])('refuses %s that is not configured', (key, name, message) => {
  expect(problemsOf({ config: { [key]: name, providers: { groq: custom, local: custom } } })).toEqual([
    `${key}: ${message}`,
  ])
})

test('reports that no provider is configured', () => {
  expect(problemsOf({ env: { DEFAULT_PROVIDER: 'openai' } })).toEqual([
    'DEFAULT_PROVIDER: is `openai`, which is not a configured provider. No provider is configured.',
  ])
})

test('reports an invalid provider once, not again for keys that refer to it', () => {
  expect(problemsOf({ config: { default_provider: 'Bad', providers: { Bad: custom } } })).toEqual([
    expect.stringMatching(/^providers\.Bad: is not a valid provider name/),
  ])
  expect(problemsOf({ config: { default_provider: 'x', providers: { x: { base_url: 'nonsense' } } } })).toHaveLength(1)
})

test('reports each cycle of aliases once', () => {
  const aliases = { a: 'b', b: 'c', c: 'a', self: 'self', into: 'a', fine: 'gpt-4o', chain: 'fine' }
  expect(problemsOf({ config: { models: { aliases } } })).toEqual([
    'models.aliases.a: refers to itself (`a` → `b` → `c` → `a`). Set the last one to a model.',
    'models.aliases.self: refers to itself (`self` → `self`). Set the last one to a model.',
  ])
})

test.each(['openai', 'deepinfra'])(
  'requires a key for %s unless its base URL changed or callers send their own',
  (id) => {
    const keyless = { providers: { [id]: {} } }
    const variable = `${id.toUpperCase()}_API_KEY`
    expect(problemsOf({ config: keyless })).toEqual([
      `providers.${id}.api_key: is missing. Set it, or set \`api_key_env\` to the name of its variable, or set ${variable}.`,
    ])
    expect(problemsOf({ config: keyless, env: { [variable]: 'k' } })).toEqual([])
    expect(problemsOf({ config: keyless, env: { BRING_YOUR_OWN_KEY: 'true' } })).toEqual([])
    expect(problemsOf({ config: { providers: { [id]: custom } } })).toEqual([])
  },
)

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
    expect.stringMatching(`^providers\\.it\\.${key}: is not a key of the kind .${kind}., only of `),
  ])
})

test.each([
  [['chat.completion'], /^providers\.x\.dialects\[0\]: must be one of `chat\.completions`, .*`messages`/],
  [['messages', 'messages'], /^providers\.x\.dialects: lists a dialect twice\. Remove one of them/],
  [[], /^providers\.x\.dialects: is empty\. List the server’s dialects, or remove the key/],
  ['messages', /^providers\.x\.dialects: must be a list/],
])('refuses the dialects %j of a custom provider', (dialects, problem) => {
  expect(problemsOf({ config: { providers: { x: { ...custom, dialects } } } })).toEqual([
    expect.stringMatching(problem),
  ])
})

test('only a custom provider has dialects of its own', () => {
  expect(problemsOf({ config: { providers: { openai: { api_key: 'k', dialects: ['messages'] } } } })).toEqual([
    expect.stringMatching(/^providers\.openai\.dialects: is not a key of the kind `openai`, only of `custom`/),
  ])
})

test('a custom provider needs a base URL, and only one source of its key', () => {
  expect(problemsOf({ config: { providers: { mine: {} } } })).toEqual([
    expect.stringMatching(/^providers\.mine\.base_url: is missing/),
  ])
  expect(
    problemsOf({ config: { providers: { x: { ...custom, api_key: 'a', api_key_env: 'B' } } }, env: { B: 'b' } }),
  ).toEqual(['providers.x.api_key_env: conflicts with `api_key`. Keep one of them.'])
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
])('refuses the base URL %s without repeating it', (base_url) => {
  const problems = problemsOf({ config: { providers: { x: { base_url } } } })
  expect(problems).toEqual([expect.stringMatching(/^providers\.x\.base_url: must /)])
  expect(problems.join()).not.toContain('secret-word')
})

test.each(['http://127.0.0.1:8787/v1', 'http://localhost:8787', 'http://[::1]:8787/v1', 'http://10.0.0.5:8787/v1'])(
  'refuses %s, the address of this server',
  (OPENAI_BASE_URL) => {
    expect(problemsOf({ env: { OPENAI_BASE_URL, HOST: '10.0.0.5' } })).toEqual([
      expect.stringMatching(/^OPENAI_BASE_URL: is the address of this server itself, /),
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
