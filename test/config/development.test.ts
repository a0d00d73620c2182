import { expect, test } from 'vitest'
import { parseSettings, type SettingsInput } from '../../src/config/parse-settings.ts'
import { idsOf, parse, problemsOf } from './parse.ts'

const loopback = { platform: 'node', isLoopback: true } as const

test('on loopback without configuration, adds the demo and accepts callers’ own keys', () => {
  const settings = parseSettings({ env: {}, platform: 'node' })
  expect(settings.providers.map(({ id, kind, apiKey }) => ({ id, kind, apiKey }))).toEqual([
    { id: 'demo', kind: 'demo', apiKey: undefined },
    { id: 'openai', kind: 'openai', apiKey: undefined },
  ])
  expect(settings.defaultProvider).toBe('demo')
  expect(settings.access.bringYourOwnKey).toBe(true)
})

test.each(['127.0.0.1', '127.1.2.3', 'localhost', '::1', '[::1]'])('treats the host %s as loopback', (HOST) => {
  expect(parseSettings({ env: { HOST }, platform: 'node' }).defaultProvider).toBe('demo')
})

test.each(['0.0.0.0', '::', '192.168.1.5', 'example.com', 'app.localhost', '127.0.0.1.example.com'])(
  'does not treat the host %s as loopback',
  (HOST) => {
    expect(parseSettings({ env: { HOST }, platform: 'node' })).toMatchObject({
      providers: [],
      defaultProvider: undefined,
      access: { bringYourOwnKey: false },
    })
  },
)

test('adds no provider on Workers, whatever the host is', () => {
  expect(idsOf({ platform: 'workers', isLoopback: true })).toEqual([])
  expect(idsOf({ platform: 'workers', env: { DEMO: 'true' } })).toEqual(['demo'])
})

test('treats a Worker on this machine as loopback', () => {
  const local = { platform: 'workers', isLocalWorker: true } as const
  expect(idsOf(local)).toEqual(['demo', 'openai'])
  expect(parse(local).access).toMatchObject({ servesLocal: true, bringYourOwnKey: true, allowAnonymous: false })
  for (const env of [{ TOKEN: 'long-enough-1' }, { NODE_ENV: 'production' }])
    expect(parse({ ...local, env }).access).toMatchObject({ servesLocal: false, bringYourOwnKey: false })
})

test('leaves out the demo if another provider exists, unless DEMO is true', () => {
  expect(idsOf({ ...loopback, env: { OPENAI_API_KEY: 'sk-one' } })).toEqual(['openai'])
  expect(idsOf({ ...loopback, env: { OPENAI_API_KEY: 'sk-one', DEMO: 'true' } })).toEqual(['openai', 'demo'])
})

test('DEMO=false disables the demo even if the file configures it', () => {
  expect(idsOf({ ...loopback, env: { DEMO: 'false', TOKEN: 'long-enough-1' } })).toEqual([])
  expect(idsOf({ env: { DEMO: 'false' }, config: { providers: { demo: {}, toy: { kind: 'demo' } } } })).toEqual([])
})

test('reads the word delay of the demo from the variable, however the demo was added', () => {
  const env = { DEMO_WORD_DELAY_MS: '0' }
  const expected = { providers: [{ kind: 'demo', wordDelayMs: 0 }] }
  expect(parse({ ...loopback, env: { ...env, BRING_YOUR_OWN_KEY: 'no' } })).toMatchObject(expected)
  expect(parse({ env: { ...env, DEMO: 'on' } })).toMatchObject(expected)
  expect(parse({ env, config: { providers: { demo: { word_delay_ms: 9 } } } })).toMatchObject(expected)
  for (const input of [loopback, { env: {}, config: { providers: { demo: null } } }]) {
    expect(problemsOf({ ...input, env: { DEMO_WORD_DELAY_MS: 'fast' } })).toEqual([
      expect.stringMatching(/^DEMO_WORD_DELAY_MS: must be a whole number/),
    ])
  }
})

test('accepts no caller’s own key with a token or in production, unless the operator allows it', () => {
  const isEnabled = (env: Readonly<Record<string, string>>) => parse({ ...loopback, env }).access.bringYourOwnKey
  expect(isEnabled({ NODE_ENV: 'development' })).toBe(true)
  expect(isEnabled({ TOKEN: 'long-enough-1' })).toBe(false)
  expect(isEnabled({ NODE_ENV: 'production' })).toBe(false)
  expect(isEnabled({ BRING_YOUR_OWN_KEY: 'false' })).toBe(false)
  expect(isEnabled({ TOKEN: 'long-enough-1', NODE_ENV: 'production', BRING_YOUR_OWN_KEY: 'true' })).toBe(true)
})

test('with callers’ own keys, adds OpenAI without a key as the last provider', () => {
  const config = {
    access: { bring_your_own_key: true },
    providers: { ollama: { base_url: 'http://localhost:11434/v1' } },
  }
  expect(idsOf({ config })).toEqual(['ollama', 'openai'])
  expect(idsOf({ config: { ...config, providers: { 'my-openai': { kind: 'openai' } } } })).toEqual(['my-openai'])
  expect(idsOf({ platform: 'workers', env: { BRING_YOUR_OWN_KEY: 'true' } })).toEqual(['openai'])
})

test('case B7: `auto` shows the GraphQL schema to every caller of a Worker on this machine, and an explicit value wins there too', () => {
  const introspection = (input: Partial<SettingsInput>) => parse(input).graphql.introspection
  const local = { platform: 'workers', isLocalWorker: true } as const
  expect(introspection({})).toBe('auto')
  expect(introspection({ platform: 'workers' })).toBe('auto')
  expect(introspection(local)).toBe(true)
  expect(introspection({ ...local, env: { GRAPHQL_INTROSPECTION: 'False' } })).toBe(false)
  expect(introspection({ ...local, config: { graphql: { introspection: false } } })).toBe(false)
  for (const value of [true, 'true'])
    expect(introspection({ config: { graphql: { introspection: value } } })).toBe(true)
  expect(introspection({ config: { graphql: { introspection: 'auto' } } })).toBe('auto')
})

test.each([{ env: { GRAPHQL_INTROSPECTION: 'maybe' } }, { config: { graphql: { introspection: 1 } } }])(
  'case B7: refuses any other value of `graphql.introspection`: %j',
  (input) => {
    expect(problemsOf(input)).toEqual([expect.stringMatching(/: must be `auto`, true or false\.$/)])
  },
)
