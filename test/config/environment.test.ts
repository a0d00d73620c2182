import { expect, test } from 'vitest'
import { idsOf, parse, problemsOf, providersOf } from './parse.ts'

test('reads a complete configuration from the environment alone', () => {
  const settings = parse({
    env: {
      OPENAI_API_KEY: 'sk-one',
      DEEPINFRA_API_KEY: 'two',
      TOKEN: 'a-long-enough-token',
      ALLOW_ANONYMOUS: 'true',
      BRING_YOUR_OWN_KEY: 'yes',
      PASSTHROUGH: 'openai',
      DEFAULT_PROVIDER: 'deepinfra',
      MODELS_STRICT: '1',
      MODEL_ALIASES: 'fast=openai/gpt-4o-mini, big = gpt-4.1',
      CORS_ORIGINS: 'https://a.example, http://localhost:5173',
      HOST: '0.0.0.0',
      PORT: '80',
      LOG_LEVEL: 'ERROR',
      MAX_BODY_BYTES: '1000',
      DRAIN_MS: '5000',
    },
  })
  expect(settings).toMatchObject({
    providers: [
      { id: 'openai', kind: 'openai', apiKey: 'sk-one', baseUrl: 'https://api.openai.com/v1' },
      { id: 'deepinfra', kind: 'deepinfra', apiKey: 'two', baseUrl: 'https://api.deepinfra.com/v1/openai' },
    ],
    defaultProvider: 'deepinfra',
    passthrough: 'openai',
    models: { strict: true, aliases: { fast: 'openai/gpt-4o-mini', big: 'gpt-4.1' } },
    access: { token: 'a-long-enough-token', allowAnonymous: true, bringYourOwnKey: true },
    logins: [],
    cors: { origins: ['https://a.example', 'http://localhost:5173'] },
    server: { host: '0.0.0.0', port: 80, drainMs: 5_000 },
    limits: { bodyBytes: 1_000 },
    log: { level: 'error' },
  })
})

test('fills in every default of an empty configuration', () => {
  expect(parse({})).toEqual({
    providers: [],
    defaultProvider: undefined,
    passthrough: undefined,
    routes: new Map(),
    routing: { sharesBreakers: false },
    models: { strict: false, retired: 'legacy', aliases: {} },
    access: { token: undefined, allowAnonymous: false, servesLocal: true, bringYourOwnKey: false, trustedProxies: [] },
    clientTokens: { secrets: [], defaultMs: 600_000, maxMs: 86_400_000, defaultNano: 1_000_000_000 },
    visitors: undefined,
    logins: [],
    cors: { origins: ['*'] },
    graphql: { introspection: 'auto' },
    limits: {
      bodyBytes: 33_554_432,
      mediaBodyBytes: 134_217_728,
      answerBytes: 67_108_864,
      jsonDepth: 64,
      headerCount: 100,
      eventBytes: 33_554_432,
      capOutput: true,
    },
    streams: { heartbeatMs: 15_000, holdHeadersMs: 10_000, stalledReaderMs: 60_000, graceMs: 1_000, drainMs: 120_000 },
    storage: { path: '.weir', s3: undefined },
    metering: {
      isLight: false,
      isEnabled: true,
      defaultMaxTokens: 4_096,
      unpriced: 'block_budgeted',
      onStoreFailure: 'refuse',
      retentionMs: 0,
      prices: {},
    },
    sessions: { retentionMs: 0 },
    images: { keep: true, retentionMs: 0, maxBytes: 33_554_432, fetchTimeoutMs: 30_000 },
    server: {
      host: '127.0.0.1',
      port: 8_787,
      publicUrl: undefined,
      drainMs: 600_000,
      maxBufferedBytes: 134_217_728,
      maxConnections: 2_000,
      maxConnectionsPerAddress: 500,
      unknownCallerMs: 15_000,
    },
    proxy: { https: undefined, http: undefined, bypass: [] },
    log: { level: 'info' },
  })
})

test('has four separate timeouts', () => {
  const [provider] = providersOf({ env: { OPENAI_API_KEY: 'sk-one' } })
  expect(provider?.timeouts).toEqual({ connectMs: 10_000, firstByteMs: 600_000, idleMs: 300_000, totalMs: 1_800_000 })
})

test('needs no key for a provider at another base URL', () => {
  expect(providersOf({ env: { OPENAI_BASE_URL: 'http://127.0.0.1:9000/v1//' } })).toMatchObject([
    { id: 'openai', apiKey: undefined, baseUrl: 'http://127.0.0.1:9000/v1' },
  ])
  expect(providersOf({ env: { DEEPINFRA_API_KEY: 'k', DEEPINFRA_BASE_URL: 'https://proxy.example/x' } })).toMatchObject(
    [{ id: 'deepinfra', apiKey: 'k', baseUrl: 'https://proxy.example/x' }],
  )
})

test('adds no provider for a base URL equal to the default', () => {
  expect(idsOf({ env: { OPENAI_BASE_URL: 'https://api.openai.com/v1/' } })).toEqual([])
})

test('adds Azure from the variables of OpenAI’s own client', () => {
  const env = { AZURE_OPENAI_API_KEY: 'k', AZURE_OPENAI_ENDPOINT: 'https://x.openai.azure.com/openai/v1/' }
  expect(providersOf({ env })).toMatchObject([
    { id: 'azure', kind: 'azure', apiKey: 'k', baseUrl: 'https://x.openai.azure.com', apiVersion: 'v1' },
  ])
  expect(providersOf({ env: { ...env, OPENAI_API_VERSION: '2025-04-01-preview' } })).toMatchObject([
    { apiVersion: '2025-04-01-preview' },
  ])
})

test('names the missing variable of Azure', () => {
  expect(problemsOf({ env: { AZURE_OPENAI_API_KEY: 'k' } })).toEqual([
    expect.stringMatching(/^providers\.azure\.base_url: is missing.*AZURE_OPENAI_ENDPOINT\.$/),
  ])
  expect(problemsOf({ env: { AZURE_OPENAI_ENDPOINT: 'https://x.openai.azure.com' } })).toEqual([
    expect.stringMatching(/^providers\.azure\.api_key: is missing.*AZURE_OPENAI_API_KEY\.$/),
  ])
  expect(idsOf({ env: { OPENAI_API_VERSION: '2024-10-21' } })).toEqual([])
})

test('adds a custom provider', () => {
  const env = { CUSTOM_BASE_URL: 'http://localhost:11434/v1', CUSTOM_MODELS: 'llama3, qwen3,' }
  expect(providersOf({ env })).toMatchObject([
    { id: 'custom', kind: 'custom', apiKey: undefined, models: ['llama3', 'qwen3'], streamOptions: true },
  ])
  expect(problemsOf({ env: { CUSTOM_API_KEY: 'k' } })).toEqual([expect.stringContaining('CUSTOM_BASE_URL')])
})

test('orders providers as OpenAI, DeepInfra, Azure, custom, demo', () => {
  const env = {
    DEMO: 'true',
    CUSTOM_BASE_URL: 'http://localhost:11434/v1',
    AZURE_OPENAI_API_KEY: 'k',
    AZURE_OPENAI_ENDPOINT: 'https://x.openai.azure.com',
    DEEPINFRA_API_KEY: 'k',
    OPENAI_API_KEY: 'k',
  }
  expect(idsOf({ env })).toEqual(['openai', 'deepinfra', 'azure', 'custom', 'demo'])
  expect(parse({ env }).defaultProvider).toBe('openai')
})

test('adds a provider for the key of each vendor, under the name that the vendor’s own clients read', () => {
  const vendors = ['openrouter', 'deepseek', 'groq', 'mistral', 'xai']
  const env = Object.fromEntries(vendors.map((vendor) => [`${vendor.toUpperCase()}_API_KEY`, 'k']))
  expect(providersOf({ env }).map(({ id, kind, baseUrl }) => [id, kind, baseUrl])).toEqual([
    ['openrouter', 'openrouter', 'https://openrouter.ai/api/v1'],
    ['deepseek', 'deepseek', 'https://api.deepseek.com'],
    ['groq', 'groq', 'https://api.groq.com/openai/v1'],
    ['mistral', 'mistral', 'https://api.mistral.ai/v1'],
    ['xai', 'xai', 'https://api.x.ai/v1'],
  ])
})

test.each([
  ['OPENROUTER_BASE_URL', 'https://openrouter.ai/api', 'https://openrouter.ai/api/v1'],
  ['DEEPSEEK_BASE_URL', 'https://api.deepseek.com/v1', 'https://api.deepseek.com'],
  ['DEEPSEEK_BASE_URL', 'https://api.deepseek.com/anthropic', 'https://api.deepseek.com'],
  ['DEEPSEEK_BASE_URL', 'https://proxy.example/v1', 'https://proxy.example/v1'],
  ['GROQ_BASE_URL', 'https://api.groq.com', 'https://api.groq.com/openai/v1'],
  ['VLLM_BASE_URL', 'http://gpu.example:8000', 'http://gpu.example:8000/v1'],
  ['OLLAMA_BASE_URL', 'http://127.0.0.1:11434', 'http://127.0.0.1:11434/v1'],
  ['OLLAMA_HOST', '127.0.0.1:11434', 'http://127.0.0.1:11434/v1'],
  ['OLLAMA_HOST', '0.0.0.0', 'http://127.0.0.1:11434/v1'],
  ['OLLAMA_HOST', ':9000', 'http://127.0.0.1:9000/v1'],
  ['OLLAMA_HOST', '[::]:9000', 'http://127.0.0.1:9000/v1'],
  ['OLLAMA_HOST', 'gpu.example', 'http://gpu.example:11434/v1'],
  ['OLLAMA_HOST', 'gpu.example:80', 'http://gpu.example:80/v1'],
  ['OLLAMA_HOST', 'https://gpu.example/ollama/', 'https://gpu.example/ollama/v1'],
  ['OLLAMA_HOST', 'ollama.com', 'https://ollama.com/v1'],
])('reads the address of a server from %s=%s', (name, value, baseUrl) => {
  const vendor = name.split('_')[0] ?? ''
  expect(providersOf({ env: { [name]: value, [`${vendor}_API_KEY`]: 'k' } })).toMatchObject([{ baseUrl }])
})

test('the exact address of an Ollama server wins over the one that its clients read', () => {
  const env = { OLLAMA_HOST: '0.0.0.0', OLLAMA_BASE_URL: 'http://gpu.example:11434/v1' }
  expect(providersOf({ env })).toMatchObject([{ id: 'ollama', baseUrl: 'http://gpu.example:11434/v1' }])
  expect(problemsOf({ env: { OLLAMA_HOST: 'a:b:c' } })).toEqual([expect.stringMatching(/^OLLAMA_HOST: /)])
})

test('reads the dialects of a custom provider', () => {
  const env = { CUSTOM_BASE_URL: 'http://localhost:1234/v1', CUSTOM_DIALECTS: 'messages,chat.completions' }
  expect(providersOf({ env })).toMatchObject([{ dialectIds: ['messages', 'chat.completions'] }])
})

test.each([
  ['true', true],
  ['TRUE', true],
  ['1', true],
  ['Yes', true],
  ['on', true],
  ['false', false],
  ['0', false],
  ['no', false],
  ['OFF', false],
  ['', false],
  [' ', false],
])('reads the flag %j as %s', (value, expected) => {
  expect(parse({ env: { ALLOW_ANONYMOUS: value } }).access.allowAnonymous).toBe(expected)
})

test.each(['ja', 'maybe', '2', 'truee', '-1'])('refuses the flag %j', (value) => {
  expect(problemsOf({ env: { ALLOW_ANONYMOUS: value, DEMO: value } })).toEqual([
    expect.stringMatching(/^ALLOW_ANONYMOUS: must be true or false/),
    'DEMO: must be true or false.',
  ])
})

test.each(['x', '1.5', '-1', '65536', '0x50', 'tcp://10.0.0.1:80', '1e3'])('refuses the port %j', (value) => {
  expect(problemsOf({ env: { PORT: value } })).toEqual([expect.stringMatching(/^PORT: must be a whole number/)])
})

test('accepts Workers variables that are not strings, and ignores bindings', () => {
  const env = { ALLOW_ANONYMOUS: true, MAX_BODY_BYTES: 2_000, TOKEN: { get: () => undefined } }
  expect(parse({ env, platform: 'workers' })).toMatchObject({
    access: { allowAnonymous: true, token: undefined },
    limits: { bodyBytes: 2_000 },
  })
})

test('treats an empty variable as unset and trims values', () => {
  const { providers, access, server } = parse({
    env: { OPENAI_API_KEY: ' sk-one\n', DEEPINFRA_API_KEY: '', TOKEN: '  ', PORT: '' },
  })
  expect(providers).toMatchObject([{ id: 'openai', apiKey: 'sk-one' }])
  expect(access.token).toBeUndefined()
  expect(server.port).toBe(8_787)
})

test('names the invalid part of a list or a mapping', () => {
  expect(problemsOf({ env: { CORS_ORIGINS: 'https://a.example,nonsense', MODEL_ALIASES: 'a=' } })).toEqual([
    expect.stringMatching(/^MODEL_ALIASES \(a\): is empty/),
    expect.stringMatching(/^CORS_ORIGINS \(\[1\]\): must be an exact origin/),
  ])
  expect(problemsOf({ env: { MODEL_ALIASES: 'fast' } })).toEqual([
    expect.stringMatching(/^MODEL_ALIASES: must be `name=value` pairs separated by commas/),
  ])
})

test('reads the whole configuration from WEIR_CONFIG', () => {
  const config = { providers: { groq: { base_url: 'https://api.groq.com/openai/v1', api_key: `\${GROQ}` } } }
  const expected = [{ id: 'groq', apiKey: 'gsk-1' }]
  expect(providersOf({ env: { WEIR_CONFIG: JSON.stringify(config), GROQ: 'gsk-1' } })).toMatchObject(expected)
  expect(providersOf({ env: { WEIR_CONFIG: config, GROQ: 'gsk-1' }, platform: 'workers' })).toMatchObject(expected)
})

test('reports invalid JSON in WEIR_CONFIG without repeating it', () => {
  const problem = 'WEIR_CONFIG: is not valid JSON that starts with `{`. Check it with a JSON validator.'
  expect(problemsOf({ env: { WEIR_CONFIG: '{"token": my-secret' } })).toEqual([problem])
  expect(problemsOf({ env: { WEIR_CONFIG: './weir.config.yaml' }, platform: 'workers' })).toEqual([problem])
})

test('ignores a path in WEIR_CONFIG, which the platform reads', () => {
  expect(problemsOf({ env: { WEIR_CONFIG: './weir.config.yaml' } })).toEqual([])
})
