import { expect, test } from 'vitest'
import { idsOf, parse, problemsOf, providersOf } from './parse.ts'

test('reads a complete configuration from the file alone', () => {
  const config = {
    default_provider: 'groq',
    passthrough: 'main',
    models: { strict: true, aliases: { fast: 'groq/llama', quick: 'fast' } },
    providers: {
      groq: {
        api_key: 'gsk-1',
        base_url: 'https://api.groq.com/openai/v1/',
        headers: { 'X-Team': ' blue ' },
        models: ['llama', ' llama', 'qwen'],
        timeouts: { first_byte_ms: 5_000 },
        stream_options: false,
        price_multiplier: 1.1,
      },
      main: { kind: 'openai', api_key: 'sk-2' },
      azure: { api_key: 'k', base_url: 'https://x.openai.azure.com/', deployments: { 'gpt-4o': 'prod' } },
      demo: { word_delay_ms: 0 },
    },
    access: { token: 'long-enough-1', allow_anonymous: true },
    cors: { origins: ['https://App.Example:443/', 'capacitor://localhost'] },
    limits: { json_depth: 10, header_count: 50, event_bytes: 100 },
    timeouts: { idle_ms: 7 },
    streams: { heartbeat_ms: 1, hold_headers_ms: 2, stalled_reader_ms: 3, grace_ms: 4, drain_ms: 5 },
    server: { host: '::', port: 0, drain_ms: 1, unknown_caller_ms: 2 },
    log: { level: 'silent' },
  }
  const timeouts = { connectMs: 10_000, firstByteMs: 600_000, idleMs: 7, totalMs: 1_800_000 }
  const forwardHeaders = { allow: [], deny: [] }
  const common = { headers: {}, forwardHeaders, models: [], timeouts, onCallerGone: 'abort', streamOptions: true }
  expect(parse({ config })).toMatchObject({
    defaultProvider: 'groq',
    passthrough: 'main',
    models: { strict: true, aliases: { fast: 'groq/llama', quick: 'fast' } },
    access: { token: 'long-enough-1', allowAnonymous: true },
    cors: { origins: ['https://app.example', 'capacitor://localhost'] },
    limits: { bodyBytes: 33_554_432, jsonDepth: 10, headerCount: 50, eventBytes: 100 },
    streams: { heartbeatMs: 1, holdHeadersMs: 2, stalledReaderMs: 3, graceMs: 4, drainMs: 5 },
    server: { host: '::', port: 0, drainMs: 1, unknownCallerMs: 2 },
    log: { level: 'silent' },
  })
  expect(providersOf({ config })).toEqual([
    {
      ...common,
      id: 'groq',
      kind: 'groq',
      apiKey: 'gsk-1',
      baseUrl: 'https://api.groq.com/openai/v1',
      headers: { 'x-team': 'blue' },
      models: ['llama', 'qwen'],
      timeouts: { ...timeouts, firstByteMs: 5_000 },
      streamOptions: false,
      priceMultiplier: 1.1,
    },
    { ...common, id: 'main', kind: 'openai', apiKey: 'sk-2', baseUrl: 'https://api.openai.com/v1' },
    {
      ...common,
      id: 'azure',
      kind: 'azure',
      apiKey: 'k',
      baseUrl: 'https://x.openai.azure.com',
      apiVersion: 'v1',
      deployments: { 'gpt-4o': 'prod' },
    },
    { ...common, id: 'demo', kind: 'demo', apiKey: undefined, baseUrl: '', wordDelayMs: 0 },
  ])
})

test('a variable overrides the file, and a provider of both is merged', () => {
  const config = {
    providers: {
      ollama: { base_url: 'http://localhost:11434/v1' },
      openai: { base_url: 'https://file.example/v1', models: ['m'] },
    },
    models: { aliases: { fast: 'file', slow: 'file' } },
    access: { token: 'token-of-the-file' },
    cors: { origins: ['https://file.example'] },
    server: { port: 1 },
  }
  const env = {
    OPENAI_API_KEY: 'sk-env',
    OPENAI_BASE_URL: 'https://env.example/v1',
    DEEPINFRA_API_KEY: 'k',
    MODEL_ALIASES: 'fast=env',
    TOKEN: 'token-of-the-environment',
    CORS_ORIGINS: 'https://env.example',
    PORT: '2',
  }
  expect(parse({ config, env })).toMatchObject({
    providers: [
      { id: 'ollama' },
      { id: 'openai', apiKey: 'sk-env', baseUrl: 'https://env.example/v1', models: ['m'] },
      { id: 'deepinfra' },
    ],
    defaultProvider: 'ollama',
    models: { aliases: { fast: 'env', slow: 'file' } },
    access: { token: 'token-of-the-environment' },
    cors: { origins: ['https://env.example'] },
    server: { port: 2 },
  })
})

test('prefers the file’s key, and uses the environment’s if the file has none', () => {
  const env = { OPENAI_API_KEY: 'sk-env', OTHER: 'sk-other' }
  const keyOf = (openai: unknown) => providersOf({ env, config: { providers: { openai } } })[0]?.apiKey
  expect(keyOf({})).toBe('sk-env')
  expect(keyOf(null)).toBe('sk-env')
  expect(keyOf({ api_key: 'sk-file' })).toBe('sk-file')
  expect(keyOf({ api_key_env: 'OTHER' })).toBe('sk-other')
})

test('uses the environment’s key only for the provider of that name', () => {
  const config = { providers: { second: { kind: 'openai', base_url: 'https://other.example/v1' } } }
  expect(providersOf({ env: { OPENAI_API_KEY: 'sk-env' }, config })).toMatchObject([
    { id: 'second', apiKey: undefined },
    { id: 'openai', apiKey: 'sk-env' },
  ])
  expect(problemsOf({ config: { providers: { openai: { kind: 'custom', base_url: 'https://x.example' } } } })).toEqual([
    'providers.openai.kind: must be `openai`, because that is the provider’s name. To use another kind, rename the provider, for example to `my-openai`.',
  ])
})

test('reads the token from another variable', () => {
  const config = { access: { token_env: 'MY_TOKEN' } }
  expect(parse({ config, env: { MY_TOKEN: 'long-enough-1' } }).access.token).toBe('long-enough-1')
  expect(parse({ config, env: { MY_TOKEN: 'long-enough-1', TOKEN: 'long-enough-2' } }).access.token).toBe(
    'long-enough-2',
  )
  expect(problemsOf({ config })).toEqual([
    'access.token_env: refers to the environment variable MY_TOKEN, which is not set.',
  ])
  expect(
    problemsOf({ config: { access: { token: 'long-enough-1', token_env: 'X' } }, env: { X: 'long-enough-1' } }),
  ).toEqual(['access.token_env: conflicts with `token`. Keep one of them.'])
})

test('replaces variables in any string, and parses a number or a boolean from one', () => {
  const env = { PORT_: '81', OPEN: 'yes', REGION: 'eu', KEY: 'k', MODEL: 'm' }
  const config = {
    providers: {
      x: {
        base_url: `https://\${REGION}.example/\${REGION}`,
        api_key: `\${ KEY }`,
        models: [`\${MODEL}`, `$\${MODEL}`],
        timeouts: { idle_ms: `\${PORT_}` },
      },
    },
    access: { allow_anonymous: `\${OPEN}` },
    server: { port: `\${PORT_}` },
  }
  expect(parse({ env, config })).toMatchObject({
    providers: [
      { baseUrl: 'https://eu.example/eu', apiKey: 'k', models: ['m', `\${MODEL}`], timeouts: { idleMs: 81 } },
    ],
    access: { allowAnonymous: true },
    server: { port: 81 },
  })
})

test('names each missing variable once', () => {
  const config = {
    providers: { openai: { api_key: `\${A}` }, x: { base_url: `\${B}`, models: [`\${C}`], api_key_env: 'D' } },
    server: { port: `\${E}` },
    models: { aliases: { fast: `\${F}` } },
  }
  const missing = (path: string, name: string) =>
    `${path}: refers to the environment variable ${name}, which is not set.`
  expect(problemsOf({ config, env: { B: '', C: ' ' } })).toEqual([
    expect.stringContaining(missing('providers.openai.api_key', 'A')),
    expect.stringContaining(missing('providers.x.base_url', 'B')),
    expect.stringContaining(missing('providers.x.models[0]', 'C')),
    expect.stringContaining(missing('server.port', 'E')),
    expect.stringContaining(missing('models.aliases.fast', 'F')),
    'providers.x.api_key_env: refers to the environment variable D, which is not set.',
  ])
})

test('treats empty sections as absent', () => {
  expect(parse({ config: { access: null, models: { aliases: {} }, providers: null } })).toEqual(parse({}))
  expect(idsOf({ config: { providers: { demo: null } } })).toEqual(['demo'])
})

test('treats names such as `__proto__` and `constructor` as plain names', () => {
  const config = JSON.parse(
    '{"models":{"aliases":{"__proto__":"x","a":"b"}},"providers":{"constructor":{"base_url":"http://h"}}}',
  )
  const settings = parse({ config })
  expect(settings.models.aliases.constructor).toBeUndefined()
  expect(settings.providers.map(({ id }) => id)).toEqual(['constructor'])
  expect(({} as Record<string, unknown>).a).toBeUndefined()
})

test('does not mutate its input', () => {
  const config = Object.freeze({ providers: Object.freeze({ openai: Object.freeze({}) }), models: Object.freeze({}) })
  expect(() => parse({ config, env: Object.freeze({ OPENAI_API_KEY: 'k', MODEL_ALIASES: 'a=b' }) })).not.toThrow()
})
