import { expect, test } from 'vitest'
import { ConfigError } from '../../src/config/config-error.ts'
import { type ConfigSource, planReload } from '../../src/config/plan-reload.ts'

const key = 'sk-upstream-4f9c2b7e'
const other = 'sk-upstream-81d05a36'
const token = 'token-of-the-gateway-1'
const base_url = 'https://api.example.com/v1'

const cases: readonly (readonly [string, ConfigSource, ConfigSource, readonly string[]])[] = [
  ['no change', { env: { TOKEN: token } }, { env: { TOKEN: token } }, []],
  ['the same value in another source', { env: { TOKEN: token } }, { env: {}, config: { access: { token } } }, []],
  ['a default that is set explicitly', { env: {} }, { env: {}, config: { limits: { json_depth: 64 } } }, []],
  ['a value', { env: {} }, { env: {}, config: { limits: { json_depth: 65 } } }, ['limits.json_depth']],
  ['a removed value', { env: { LOG_LEVEL: 'error' } }, { env: {} }, ['log.level']],
  ['a list', { env: {} }, { env: { CORS_ORIGINS: 'https://app.example.com' } }, ['cors.origins']],
  ['an alias', { env: {} }, { env: { MODEL_ALIASES: 'fast=gpt-4.1' } }, ['models.aliases.fast']],
  [
    'a price',
    { env: {} },
    { env: {}, config: { prices: { 'up/m': { input: 1 } } } },
    ['prices.up/m.input', 'prices.up/m.output'],
  ],
  [
    'a variable that holds a secret',
    {
      env: { A: key, B: token },
      config: { access: { token_env: 'B' }, providers: { up: { base_url, api_key_env: 'A' } } },
    },
    {
      env: { A: other, B: other },
      config: { access: { token_env: 'B' }, providers: { up: { base_url, api_key_env: 'A' } } },
    },
    ['access.token_env', 'providers.up.api_key_env'],
  ],
  [
    'a header',
    { env: {}, config: { providers: { up: { base_url, headers: { 'x-key': key } } } } },
    { env: {}, config: { providers: { up: { base_url, headers: { 'x-key': other } } } } },
    ['providers.up.headers.x-key'],
  ],
  [
    'a provider in place of the demo',
    { env: {} },
    { env: {}, config: { providers: { up: { base_url, api_key: key, models: ['m'] } } } },
    ['providers.demo', 'providers.up'],
  ],
]

test.each(cases)('case E3 S21 names the changed keys but no values: %s', (_name, running, next, changed) => {
  const plan = planReload(running, next)
  expect(plan).toMatchObject({ changed, needRestart: [] })
})

test('case E3 keeps settings that need a restart, with all that depend on them, and reports them', () => {
  const running = { env: {} }
  const next = {
    env: { HOST: '0.0.0.0', STORAGE_PATH: 'none', MAX_BUFFERED_BYTES: '1000000' },
    config: { server: { port: 9000 }, log: { level: 'error' } },
  }
  const plan = planReload(running, next)
  expect(plan.needRestart).toEqual([
    'server.host',
    'server.port',
    'server.max_buffered_bytes',
    'storage.path',
    'metering.enabled',
  ])
  expect(plan.changed).toEqual(['log.level'])
  const { server, storage, images, metering, providers } = plan.settings
  expect([server.host, server.port, server.maxBufferedBytes]).toEqual(['127.0.0.1', 8_787, 134_217_728])
  expect([storage.path, images.keep, metering.isEnabled]).toEqual(['.weir', true, true])
  // Only loopback has the demo.
  expect(providers.map(({ id }) => id)).toContain('demo')
  // A process that starts now has the same settings.
  expect(planReload(plan.source, plan.source)).toMatchObject({ settings: plan.settings, changed: [], needRestart: [] })
  expect(planReload(plan.source, next)).toMatchObject({ changed: [], needRestart: plan.needRestart })
  expect(planReload(plan.source, running)).toMatchObject({ changed: ['log.level'], needRestart: [] })
})

test('R65 refuses an invalid configuration with the message of a start', () => {
  const refuse = () => planReload({ env: {} }, { env: { PORT: 'x' }, config: { modles: {} } })
  expect(refuse).toThrow(ConfigError)
  expect(refuse).toThrow(/2 problems:[\s\S]*modles: is not a configuration key/)
})
