import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { parse as parseYaml } from 'yaml'
import { renderConfigSchema, renderConfiguration, renderErrors } from '../../scripts/generate-docs.ts'
import { withMoneyBounds } from '../../scripts/render-money-bounds.ts'
import { configKeys } from '../../src/config/config-keys.ts'
import { extraVariables, providerVariables } from '../../src/config/environment.ts'
import { errorTable } from '../../src/core/errors.ts'
import type { JsonObject } from '../../src/core/json.ts'
import { checkJson } from '../support/check-json.ts'
import { idsOf, problemsOf } from './parse.ts'

const read = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8')

test('docs/configuration.md matches the schema (`node scripts/generate-docs.ts` writes it)', () => {
  expect(read('../../docs/configuration.md')).toBe(renderConfiguration())
})

test('docs/weir.config.schema.json matches the schema (`node scripts/generate-docs.ts` writes it)', () => {
  expect(read('../../docs/weir.config.schema.json')).toBe(renderConfigSchema())
})

test('the JSON Schema of the configuration accepts the example and refuses invalid values like the server', () => {
  const schema: JsonObject = JSON.parse(renderConfigSchema())
  const check = (config: unknown) =>
    checkJson(config, schema, () => {
      throw new Error('the schema has no references')
    })
  expect(check(parseYaml(/```yaml\n([\s\S]*?)```/.exec(renderConfiguration())?.[1] ?? ''))).toEqual([])
  expect(check({ modles: {} })).toEqual(['$ has modles'])
  expect(check({ server: { port: 65_536 } })).toEqual(['$.server.port is above 65535'])
  expect(check({ log: { level: 'loud' } })).toEqual(['$.log.level is loud, which is not listed'])
})

test('the JSON Schema of the configuration describes every key with its default', () => {
  const schema = JSON.parse(renderConfigSchema())
  for (const { path, default: preset } of configKeys) {
    const found = path.reduce((inner, name) => {
      if (name === '[]') return inner?.items
      return name === '<name>' ? inner?.additionalProperties : inner?.properties?.[name]
    }, schema)
    expect(found?.description, path.join('.')).toBeTypeOf('string')
    if (preset !== undefined) expect(found.default, path.join('.')).toEqual(preset)
  }
})

test('docs/errors.md matches the table of errors (`node scripts/generate-docs.ts` writes it)', () => {
  expect(read('../../docs/errors.md')).toBe(renderErrors())
})

test('the example in the documentation is valid', () => {
  const config: unknown = parseYaml(/```yaml\n([\s\S]*?)```/.exec(renderConfiguration())?.[1] ?? '')
  const env = { OPENAI_API_KEY: 'sk-one', GROQ_API_KEY: 'gsk-1', TOKEN: 'long-enough-1' }
  expect(problemsOf({ config, env })).toEqual([])
  expect(idsOf({ config, env })).toEqual(['openai', 'groq', 'ollama'])
})

test('every key has a default or describes its fallback', () => {
  const undescribed = configKeys.filter((key) => key.default === undefined && key.documentation.fallback === undefined)
  expect(undescribed.filter((key) => key.type !== 'section').map((key) => key.path.join('.'))).toEqual([])
})

test('every variable belongs to one key', () => {
  const names = [
    ...configKeys.flatMap((key) => key.documentation.variable ?? []),
    ...[...providerVariables, ...extraVariables].map((variable) => variable.name),
  ]
  expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([])
})

test('errors refer only to keys that exist', () => {
  const paths = new Set(configKeys.map((key) => key.path.join('.')))
  const sections = new Set(configKeys.filter((key) => key.type === 'section').map((key) => key.path[0]))
  const named = Object.values(errorTable).flatMap(({ meaning }) => [...meaning.matchAll(/`(\w+)\.(\w+)`/g)])
  expect(named.length).toBeGreaterThan(0)
  const unknown = named.filter(([, section = '', key = '']) => sections.has(section) && !paths.has(`${section}.${key}`))
  expect(unknown.map(([name]) => name)).toEqual([])
})

test('docs/money.md has the costs of the price table (`node scripts/generate-docs.ts` writes it)', () => {
  expect(read('../../docs/money.md')).toBe(withMoneyBounds(read('../../docs/money.md')))
})
