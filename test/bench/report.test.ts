import { expect, test } from 'vitest'
import { countClean, countLate } from '../../bench/report/count-late.ts'
import { isLoadBound } from '../../bench/report/is-load-bound.ts'
import { added, ratioOf } from '../../bench/report/ratios.ts'
import { renderScenario } from '../../bench/report/render-scenario.ts'
import { resultsOf } from './results-of.ts'

const direct = { perSecond: 50_000, ownShare: undefined, cpuMicros: undefined, restShare: 0.99 }

test('the load is the limit if its core is exhausted and the gateway’s is not', () => {
  const nginx = { perSecond: 40_000, coreShare: 0.8, restShare: 0.99 }
  const results = resultsOf('json-64', { direct: [direct], nginx: [nginx], weir: [{ perSecond: 9_000 }] })
  expect(isLoadBound(results, 'nginx')).toBe(true)
  expect(isLoadBound(results, 'weir')).toBe(false)
  expect(isLoadBound(results, 'direct')).toBe(false)
})

test('the load is the limit if the rate is close to that without a gateway, whatever the cores show', () => {
  const unpinned = { coreShare: undefined, restShare: undefined }
  const results = resultsOf('json-64', { direct: [direct], nginx: [{ ...unpinned, perSecond: 46_000 }] })
  expect(isLoadBound(results, 'nginx')).toBe(true)
})

test('the load is not the limit if other programs use the gateway’s core', () => {
  const weir = { perSecond: 4_000, ownShare: 0.5, coreShare: 1, restShare: 1 }
  expect(isLoadBound(resultsOf('json-64', { direct: [direct], weir: [weir] }), 'weir')).toBe(false)
})

test('the report shows that in place of the rate and the times, and still compares the CPU', () => {
  const nginx = { perSecond: 40_000, coreShare: 0.8, restShare: 0.99, cpuMicros: 20 }
  const text = renderScenario(resultsOf('json-64', { direct: [direct], nginx: [nginx], weir: [{ cpuMicros: 100 }] }))
  expect(text).toContain('keep-alive | the load is the limit | 20 (20) |  |  |')
  expect(text).toMatch(/^\| throughput \| 0\.02 \| {2}\|$/m)
  expect(text).toMatch(/^\| CPU \| {2}\| 5 \|$/m)
})

test('computes ratios per round, and added times relative to the same round without a gateway', () => {
  const results = resultsOf('json-1', {
    direct: [{ p50Ms: 1 }, { p50Ms: 10 }],
    nginx: [{ p50Ms: 2 }, { p50Ms: 11 }],
    weir: [{ p50Ms: 3 }, { p50Ms: 12 }],
  })
  expect(
    ratioOf(
      added(({ p50Ms }) => p50Ms),
      results,
      ['weir', 'nginx'],
    ),
  ).toBe(2)
})

test('a stream is late beyond twice its pace, unless a stream without a gateway was equally late', () => {
  const results = resultsOf('streams-64', {
    direct: [{ gaps: [21, 25] }, { gaps: [21, 90] }],
    weir: [
      { gaps: [39, 41, 60], clean: 3 },
      { gaps: [41, 80, 95], clean: 3 },
    ],
  })
  expect(countLate(results, 'weir')).toEqual([2, 1])
  expect(countClean(results, 'weir')).toBe(1.5)
})
