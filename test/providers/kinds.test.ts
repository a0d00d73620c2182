import { expect, test } from 'vitest'
import { parseSettings } from '../../src/config/parse-settings.ts'
import { hostFacts } from '../../src/providers/host-facts.ts'
import type { ProviderKind } from '../../src/providers/provider-kind.ts'
import { createProvider, providerKinds } from '../../src/providers/provider-kinds.ts'
import { describeKind, type ExpectedKind, type ExpectedUpstream } from './contract.ts'

/** A server that speaks OpenAI's API like OpenAI itself. */
const plain: ExpectedUpstream = {
  toKeyHeaders: (key) => ({ authorization: `Bearer ${key}` }),
  toTarget: (path) => path,
  passthroughTarget: '/files/f_1?limit=2',
  ownModel: ['m', 'm'],
}

/** One whose clients take the address without `/v1`, and so does Weir. */
const withVersion: ExpectedUpstream = {
  ...plain,
  toTarget: (path) => `/v1${path}`,
  passthroughTarget: '/v1/files/f_1?limit=2',
}

const inBody = new Set(['responses', 'moderations'])

/** A missing kind is a type error. */
const expected: { readonly [name in (typeof providerKinds)[number]['kind']]: ExpectedKind } = {
  openai: { config: {}, settings: {}, upstream: plain },
  deepinfra: { config: {}, settings: {}, upstream: plain },
  azure: {
    config: { api_version: '2099-01-01', deployments: { 'gpt-4.1': 'mine' } },
    settings: { apiVersion: '2099-01-01', deployments: { 'gpt-4.1': 'mine' } },
    upstream: {
      toKeyHeaders: (key) => ({ 'api-key': key }),
      toTarget: (path, name) =>
        `/openai${inBody.has(name) ? '' : '/deployments/m%2F1%20x'}${path}?api-version=2099-01-01`,
      passthroughTarget: '/openai/files/f_1?limit=2&api-version=2099-01-01',
      ownModel: ['gpt-4.1', 'mine'],
    },
  },
  custom: {
    config: { dialects: ['chat.completions', 'messages'] },
    settings: { dialectIds: ['chat.completions', 'messages'] },
    upstream: {
      ...plain,
      toKeyHeaders: (key, api) => ({
        authorization: `Bearer ${key}`,
        ...(api === 'anthropic' && { 'x-api-key': key }),
      }),
    },
  },
  anthropic: {
    config: {},
    settings: {},
    upstream: { ...withVersion, toKeyHeaders: (key) => ({ 'x-api-key': key }) },
  },
  openrouter: { config: {}, settings: {}, upstream: plain },
  deepseek: {
    config: {},
    settings: {},
    upstream: {
      ...plain,
      toKeyHeaders: (key, api) => (api === 'anthropic' ? { 'x-api-key': key } : { authorization: `Bearer ${key}` }),
      toTarget: (path, name) => `${{ messages: '/anthropic/v1', completions: '/beta' }[String(name)] ?? ''}${path}`,
    },
  },
  groq: { config: {}, settings: {}, upstream: plain },
  mistral: { config: {}, settings: {}, upstream: plain },
  xai: { config: {}, settings: {}, upstream: plain },
  ollama: { config: {}, settings: {}, upstream: withVersion },
  vllm: { config: {}, settings: {}, upstream: withVersion },
  gemini: {
    config: {},
    settings: {},
    upstream: {
      toKeyHeaders: (key, api) => (api === 'openai' ? { authorization: `Bearer ${key}` } : { 'x-goog-api-key': key }),
      toTarget: (path, name) =>
        `/v1beta${name === 'embeddings' ? '/openai' : ''}${path.replace('{model}', 'm%2F1%20x')}`,
      passthroughTarget: '/v1beta/files/f_1?limit=2',
      ownModel: ['models/m', 'm'],
    },
  },
  demo: { config: { word_delay_ms: 3 }, settings: { wordDelayMs: 3 }, upstream: undefined },
}

for (const kind of providerKinds) describeKind(kind, expected[kind.kind])

test.each(providerKinds.map((kind): [string, ProviderKind] => [kind.kind, kind]))(
  'case A9: %s declares `stream_options` as unknown, or with a page and the day on which it was read',
  (_kind, { streamOptions }) => {
    if (streamOptions === 'unknown') return
    expect(streamOptions.source).toMatch(/^https:|its own code/)
    expect(streamOptions.checkedOn).toMatch(/^20\d\d-[01]\d-[0-3]\d$/)
  },
)

test('case C9: every trusted cost field is declared with a page and the day on which it was read', () => {
  const declared = [
    ...providerKinds.map(({ reportedCost }: ProviderKind) => reportedCost),
    ...[...hostFacts.values()].map(({ reportedCost }) => reportedCost),
  ]
  const facts = declared.filter((fact) => fact !== undefined)
  expect(facts.length).toBeGreaterThan(4)
  for (const { source, checkedOn, field } of facts) {
    expect(source).toMatch(/^https:\/\//)
    expect(checkedOn).toMatch(/^20\d\d-[01]\d-[0-3]\d$/)
    expect(field).toMatch(/^usage\./)
  }
})

test.each([
  ['https://openrouter.ai/api/v1', true],
  ['https://api.x.ai/v1', true],
  ['https://api.perplexity.ai/v1', true],
  ['https://api.deepinfra.com/v1/openai', true],
  ['https://api.openai.com/v1', false],
  ['https://openrouter.ai.example.com/v1', false],
  ['http://127.0.0.1:4000/v1', false],
])('case C9: trusts the cost of a server at %s: %s', (base_url, isTrusted) => {
  const { providers } = parseSettings({ env: {}, config: { providers: { x: { base_url } } }, platform: 'workers' })
  expect(providers.map(createProvider).map(({ reportsCharge }) => reportsCharge)).toEqual([isTrusted])
})

test.each([
  [{}, true],
  [{ base_url: 'https://api.openai.com/v1/' }, true],
  [{ base_url: 'https://api.openai.com.evil.example/v1' }, false],
  [{ base_url: 'http://api.openai.com/v1' }, false],
  [{ base_url: 'http://127.0.0.1:4000/v1' }, false],
  [{ base_url: 'http://127.0.0.1:4000/v1', api_key: 'sk-of-the-moved-server' }, true],
])('S12 case D8: a provider `openai` with %j accepts callers’ own keys: %s', (openai, isAccepted) => {
  const env = { BRING_YOUR_OWN_KEY: 'true' }
  const { providers } = parseSettings({ env, config: { providers: { openai } }, platform: 'workers' })
  expect(providers.map(createProvider).map(({ acceptsOwnKey }) => acceptsOwnKey)).toEqual([isAccepted])
})

test.each([
  ['https://api.openai.com/v1', true],
  ['https://eu.api.openai.com/v1', true],
  ['http://api.openai.com/v1', false],
  ['https://api.openai.com.example/v1', false],
  ['https://notapi.openai.com/v1', false],
  ['https://gateway.example/api.openai.com/v1', false],
  ['http://127.0.0.1:11434/v1', false],
])('case C4: knows OpenAI’s output limit at %s: %s', (baseUrl, isKnown) => {
  const { providers } = parseSettings({
    platform: 'node',
    config: {
      providers: {
        openai: { base_url: baseUrl, api_key: 'k' },
        vouched: { kind: 'openai', base_url: baseUrl, api_key: 'k', output_limit: 'max_tokens' },
      },
    },
    env: {},
  })
  const [own, vouched] = providers.map((each) => createProvider(each).outputLimit)
  expect(own).toEqual(isKnown ? providerKinds[0].outputLimit : 'unknown')
  // On every server, predicted output excludes a limit.
  expect(vouched).toMatchObject({ fields: [{ names: ['max_tokens'] }, {}, {}, {}, {}], excludedBy: ['prediction'] })
})

test('kinds share no names, no variables, and no keys with different schemas', () => {
  const names = providerKinds.flatMap(({ kind, env }) => [kind, ...env.map(({ name }) => name)])
  expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([])
  const schemas = new Map<string, unknown>()
  for (const [name, schema] of providerKinds.flatMap(({ configSchema }) => Object.entries(configSchema))) {
    expect(schemas.get(name) ?? schema).toBe(schema)
    schemas.set(name, schema)
  }
})
