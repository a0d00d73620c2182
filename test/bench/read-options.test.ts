import { expect, test } from 'vitest'
import { readOptions } from '../../bench/read-options.ts'

test('without options everything is measured that needs no installation', () => {
  const { gateways, scenarios, rounds } = readOptions([])
  expect(gateways).toEqual(['direct', 'nginx', 'weir', 'weir-bare', 'workerd', 'dispatch', 'fetch'])
  expect(scenarios).toBeUndefined()
  expect(rounds).toBe(5)
})

test('a quick run is one round, and bundles no Worker', () => {
  const { gateways, rounds } = readOptions(['--quick'])
  expect(gateways).not.toContain('workerd')
  expect(rounds).toBe(1)
})

test('--peers adds what has to be installed', () => {
  expect(readOptions(['--peers']).gateways).toEqual(expect.arrayContaining(['bun', 'bun-bare', 'portkey']))
})

test('--only takes scenarios and gateways alike', () => {
  const options = readOptions(['--only', 'json-64,weir,direct'])
  expect(options.gateways).toEqual(['direct', 'weir'])
  expect(options.scenarios).toEqual(['json-64'])
  expect(readOptions(['--only', 'burst']).gateways).toContain('fetch')
})

test('a name that nobody knows is refused', () => {
  expect(() => readOptions(['--only', 'json-65'])).toThrow('There is no json-65')
  expect(() => readOptions(['--gateways', 'apache'])).toThrow('There is no apache')
  expect(() => readOptions(['--rounds', '0'])).toThrow('--rounds')
})
