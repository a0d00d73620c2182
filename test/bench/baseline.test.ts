import { expect, test } from 'vitest'
import { resolveCommit } from '../../bench/baseline/check-out-baseline.ts'
import { type Collection, sumAllocated } from '../../bench/baseline/sum-allocated.ts'
import { renderComparison } from '../../bench/report/render-comparison.ts'
import { resultsOf } from './results-of.ts'

test('allocated bytes are the growth of the heap plus the freed bytes', () => {
  expect(sumAllocated(100, [], 130)).toBe(30)
  expect(sumAllocated(100, [collection(180, 90), collection(190, 110)], 150)).toBe(80 + 100 + 40)
})

test('refuses an unknown commit in one sentence', () => {
  expect(() => resolveCommit('no-such-branch')).toThrow('--against: this repository has no commit no-such-branch.')
  expect(() => resolveCommit('--help')).toThrow('--against: this repository has no commit --help.')
})

const figures = {
  weir: [{ cpuMicros: 90 }, { cpuMicros: 220 }, { cpuMicros: 100 }],
  baseline: [{ cpuMicros: 100 }, { cpuMicros: 200 }, { cpuMicros: 100 }],
}

test('shows each figure beside that of the other commit, with the median of the ratios per round', () => {
  const allocations = [
    { name: 'weir', scenario: 'json-64', bytes: 30_000 },
    { name: 'baseline', scenario: 'json-64', bytes: 40_000 },
  ] as const
  const text = renderComparison({ ref: 'main', commit: 'abc', allocations }, [resultsOf('json-64', figures)])
  expect(text).toContain('## Against main')
  expect(text).toContain('| JSON, 64 at a time | all on | main | ÷ |\n')
  expect(text).toContain('| CPU µs/request | 100 | 100 | 1 (0.9–1.1) |\n')
  expect(text).toContain('| KB allocated/request | 30 | 40 | 0.75 |')
  expect(text).not.toContain('first byte')
})

test('compares the CPU but not the rate if the load is the limit, and leaves unmeasured bytes empty', () => {
  const bound = { coreShare: 0.5, restShare: 0.99 }
  const results = resultsOf('burst', { 'weir-bare': [bound], 'baseline-bare': [{ ...bound, cpuMicros: 50 }] })
  const text = renderComparison({ ref: 'main', commit: 'abc', allocations: [] }, [results])
  expect(text).toContain('at a time | bare | main | ÷ |\n')
  expect(text).toContain('| streams/s | the load is the limit |  |  |\n')
  expect(text).toContain('| CPU µs/stream | 100 | 50 | 2 |\n')
  expect(text).toContain('| KB allocated/stream |  |  |  |')
})

function collection(before: number, after: number): Collection {
  return {
    beforeGC: { heapStatistics: { usedHeapSize: before } },
    afterGC: { heapStatistics: { usedHeapSize: after } },
  }
}
