import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { parse as parseYaml } from 'yaml'
import { renderConfiguration } from '../../scripts/render-configuration.ts'
import { renderErrors } from '../../scripts/render-errors.ts'
import { configKeys } from '../../src/config/config-keys.ts'
import { otherVariables, providerVariables } from '../../src/config/environment.ts'
import { errorTable } from '../../src/core/errors.ts'
import { idsOf, problemsOf } from './parse.ts'

const read = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8')

test('docs/configuration.md is what the schema says (`node scripts/generate-docs.ts` writes it)', () => {
  expect(read('../../docs/configuration.md')).toBe(renderConfiguration())
})

test('docs/errors.md is what the table of errors says (`node scripts/generate-docs.ts` writes it)', () => {
  expect(read('../../docs/errors.md')).toBe(renderErrors())
})

test('the example in the documentation is right', () => {
  const config: unknown = parseYaml(/```yaml\n([\s\S]*?)```/.exec(renderConfiguration())?.[1] ?? '')
  const env = { OPENAI_API_KEY: 'sk-one', GROQ_API_KEY: 'gsk-1', TOKEN: 'long-enough-1' }
  expect(problemsOf({ config, env })).toEqual([])
  expect(idsOf({ config, env })).toEqual(['openai', 'groq', 'ollama'])
})

test('every key has a default or says what holds without it', () => {
  const silent = configKeys.filter((key) => key.default === undefined && key.documentation.otherwise === undefined)
  expect(silent.filter((key) => key.type !== 'section').map((key) => key.path.join('.'))).toEqual([])
})

test('no two keys share a variable', () => {
  const names = [
    ...configKeys.flatMap((key) => key.documentation.variable ?? []),
    ...[...providerVariables, ...otherVariables].map((variable) => variable.name),
  ]
  expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([])
})

test('the errors name keys that exist', () => {
  const paths = new Set(configKeys.map((key) => key.path.join('.')))
  const sections = new Set(configKeys.filter((key) => key.type === 'section').map((key) => key.path[0]))
  const named = Object.values(errorTable).flatMap(({ meaning }) => [...meaning.matchAll(/`(\w+)\.(\w+)`/g)])
  expect(named.length).toBeGreaterThan(0)
  const lost = named.filter(([, section = '', key = '']) => sections.has(section) && !paths.has(`${section}.${key}`))
  expect(lost.map(([name]) => name)).toEqual([])
})
