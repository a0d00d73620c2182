import { expect, test } from 'vitest'
import { readOptions } from '../../bench/read-options.ts'

test('without options, measures all gateways that need no installation', () => {
  const { gateways, scenarios, rounds } = readOptions([])
  expect(gateways).toEqual(['direct', 'nginx', 'weir', 'weir-bare', 'workerd', 'dispatch', 'fetch'])
  expect(scenarios).toBeUndefined()
  expect(rounds).toBe(5)
})

test('a quick run has one round, and bundles no Worker', () => {
  const { gateways, rounds } = readOptions(['--quick'])
  expect(gateways).not.toContain('workerd')
  expect(rounds).toBe(1)
})

test('--peers adds the gateways that need an installation', () => {
  expect(readOptions(['--peers']).gateways).toEqual(expect.arrayContaining(['bun', 'bun-bare', 'portkey']))
})

test('--only accepts scenarios and gateways', () => {
  const options = readOptions(['--only', 'json-64,weir,direct'])
  expect(options.gateways).toEqual(['direct', 'weir'])
  expect(options.scenarios).toEqual(['json-64'])
  expect(readOptions(['--only', 'burst']).gateways).toContain('fetch')
})

test('refuses an unknown name', () => {
  expect(() => readOptions(['--only', 'json-65'])).toThrow('Unknown: json-65')
  expect(() => readOptions(['--gateways', 'apache'])).toThrow('Unknown: apache')
  expect(() => readOptions(['--rounds', '0'])).toThrow('--rounds')
})

test('--against measures both commits, all on and bare, in the default scenarios of a comparison', () => {
  const options = readOptions(['--against', 'main~3'])
  expect(options.against).toBe('main~3')
  expect(options.gateways).toEqual(['weir', 'baseline', 'weir-bare', 'baseline-bare'])
  expect(options.scenarios).toEqual(['json-64', 'json-1', 'burst', 'paced'])
  expect(options.name).toBe('against-main-3')
})

test('--against with --only adds the named gateways, and measures only the named scenarios', () => {
  const options = readOptions(['--against', 'main', '--only', 'nginx,request-100k'])
  expect(options.gateways).toEqual(['nginx', 'weir', 'baseline', 'weir-bare', 'baseline-bare'])
  expect(options.scenarios).toEqual(['request-100k'])
  expect(readOptions(['--against', 'main', '--only', 'weir-bare']).gateways).toEqual(['weir-bare', 'baseline-bare'])
})

test('measures a baseline only with --against', () => {
  expect(readOptions(['--peers']).gateways).not.toContain('baseline')
  expect(() => readOptions(['--only', 'baseline-bare'])).toThrow('baseline-bare needs --against REF.')
})
