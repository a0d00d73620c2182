import { expect, test } from 'vitest'
import { parseSettings, type SettingsInput } from '../../src/config/parse-settings.ts'
import { idsOf, parse, problemsOf } from './parse.ts'

const laptop = { platform: 'node', isLoopback: true } as const

test('on a laptop with nothing the demo answers, and a caller may bring a key', () => {
  const settings = parseSettings({ env: {}, platform: 'node' })
  expect(settings.providers.map(({ id, kind, apiKey }) => ({ id, kind, apiKey }))).toEqual([
    { id: 'demo', kind: 'demo', apiKey: undefined },
    { id: 'openai', kind: 'openai', apiKey: undefined },
  ])
  expect(settings.defaultProvider).toBe('demo')
  expect(settings.access.bringYourOwnKey).toBe(true)
})

test.each(['127.0.0.1', '127.1.2.3', 'localhost', '::1', '[::1]'])('%s is a laptop', (HOST) => {
  expect(parseSettings({ env: { HOST }, platform: 'node' }).defaultProvider).toBe('demo')
})

test.each(['0.0.0.0', '::', '192.168.1.5', 'example.com', 'app.localhost', '127.0.0.1.example.com'])(
  '%s is no laptop',
  (HOST) => {
    expect(parseSettings({ env: { HOST }, platform: 'node' })).toMatchObject({
      providers: [],
      defaultProvider: undefined,
      access: { bringYourOwnKey: false },
    })
  },
)

test('on Workers nothing is added, whatever the host says', () => {
  expect(idsOf({ platform: 'workers', isLoopback: true })).toEqual([])
  expect(idsOf({ platform: 'workers', env: { DEMO: 'true' } })).toEqual(['demo'])
})

test('a Worker on this machine is a laptop', () => {
  const local = { platform: 'workers', isLocalWorker: true } as const
  expect(idsOf(local)).toEqual(['demo', 'openai'])
  expect(parse(local).access).toMatchObject({ servesLocal: true, bringYourOwnKey: true, allowAnonymous: false })
  for (const env of [{ TOKEN: 'long-enough-1' }, { NODE_ENV: 'production' }])
    expect(parse({ ...local, env }).access).toMatchObject({ servesLocal: false, bringYourOwnKey: false })
})

test('the demo steps back when there is another provider, but not when it is asked for', () => {
  expect(idsOf({ ...laptop, env: { OPENAI_API_KEY: 'sk-one' } })).toEqual(['openai'])
  expect(idsOf({ ...laptop, env: { OPENAI_API_KEY: 'sk-one', DEMO: 'true' } })).toEqual(['openai', 'demo'])
})

test('DEMO=false keeps the demo away, also where the file has it', () => {
  expect(idsOf({ ...laptop, env: { DEMO: 'false', TOKEN: 'long-enough-1' } })).toEqual([])
  expect(idsOf({ env: { DEMO: 'false' }, config: { providers: { demo: {}, toy: { kind: 'demo' } } } })).toEqual([])
})

test('the demo takes its word delay from the variable, however it came', () => {
  const env = { DEMO_WORD_DELAY_MS: '0' }
  const expected = { providers: [{ kind: 'demo', wordDelayMs: 0 }] }
  expect(parse({ ...laptop, env: { ...env, BRING_YOUR_OWN_KEY: 'no' } })).toMatchObject(expected)
  expect(parse({ env: { ...env, DEMO: 'on' } })).toMatchObject(expected)
  expect(parse({ env, config: { providers: { demo: { word_delay_ms: 9 } } } })).toMatchObject(expected)
  for (const input of [laptop, { env: {}, config: { providers: { demo: null } } }]) {
    expect(problemsOf({ ...input, env: { DEMO_WORD_DELAY_MS: 'fast' } })).toEqual([
      expect.stringMatching(/^DEMO_WORD_DELAY_MS: must be a whole number/),
    ])
  }
})

test('a caller may not bring a key where there is a token, or in production, unless the operator says so', () => {
  const isEnabled = (env: Readonly<Record<string, string>>) => parse({ ...laptop, env }).access.bringYourOwnKey
  expect(isEnabled({ NODE_ENV: 'development' })).toBe(true)
  expect(isEnabled({ TOKEN: 'long-enough-1' })).toBe(false)
  expect(isEnabled({ NODE_ENV: 'production' })).toBe(false)
  expect(isEnabled({ BRING_YOUR_OWN_KEY: 'false' })).toBe(false)
  expect(isEnabled({ TOKEN: 'long-enough-1', NODE_ENV: 'production', BRING_YOUR_OWN_KEY: 'true' })).toBe(true)
})

test('with keys that callers bring, OpenAI is there without a key, as the last one', () => {
  const config = {
    access: { bring_your_own_key: true },
    providers: { ollama: { base_url: 'http://localhost:11434/v1' } },
  }
  expect(idsOf({ config })).toEqual(['ollama', 'openai'])
  expect(idsOf({ config: { ...config, providers: { 'my-openai': { kind: 'openai' } } } })).toEqual(['my-openai'])
  expect(idsOf({ platform: 'workers', env: { BRING_YOUR_OWN_KEY: 'true' } })).toEqual(['openai'])
})

test('case B7: `auto` shows the schema of GraphQL to everybody in a Worker on this machine, and the operator’s word holds there too', () => {
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
  'case B7: refuses another word for who sees the schema: %j',
  (input) => {
    expect(problemsOf(input)).toEqual([expect.stringMatching(/: must be `auto`, true or false\.$/)])
  },
)
