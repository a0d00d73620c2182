import { expect, test } from 'vitest'
import { providerKinds } from '../../src/providers/provider-kinds.ts'
import { describeKind, type ExpectedKind, type ExpectedUpstream } from './contract.ts'

/** A server that speaks OpenAI's API as OpenAI itself does. */
const plain: ExpectedUpstream = {
  toKeyHeaders: (key) => ({ authorization: `Bearer ${key}` }),
  toTarget: (path) => path,
  passthroughTarget: '/files/f_1?limit=2',
  ownModel: ['m', 'm'],
}

const inBody = new Set(['responses', 'moderations'])

/** A kind that is missing here does not compile. */
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
  custom: { config: { stream_options: false }, settings: { streamOptions: false }, upstream: plain },
  demo: { config: { word_delay_ms: 3 }, settings: { wordDelayMs: 3 }, upstream: undefined },
}

for (const kind of providerKinds) describeKind(kind, expected[kind.kind])

test('no two kinds share a name, a variable, or a key of two meanings', () => {
  const names = providerKinds.flatMap(({ kind, env }) => [kind, ...env.map(({ name }) => name)])
  expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([])
  const schemas = new Map<string, unknown>()
  for (const [name, schema] of providerKinds.flatMap(({ configSchema }) => Object.entries(configSchema))) {
    expect(schemas.get(name) ?? schema).toBe(schema)
    schemas.set(name, schema)
  }
})
