import { expect, test } from 'vitest'
import { parseDay } from '../../src/core/time.ts'
import { createPriceTable } from '../../src/metering/price-table.ts'
import { priceTable } from '../../src/metering/prices.generated.ts'
import type { ProviderKind } from '../../src/providers/provider-kind.ts'
import { providerKinds } from '../../src/providers/provider-kinds.ts'
import { findReplacement, toRetirements } from '../../src/providers/retirement.ts'

const kinds: readonly ProviderKind[] = providerKinds
const table = createPriceTable(priceTable)

const names = kinds.flatMap(({ kind, priceSource = '', retired = [] }) => {
  const retirements = toRetirements(retired)
  return [...retirements.keys()].map((model) => ({ kind, model, priceSource, retirements }))
})

test.each(names)(
  'case B6: the successors of $model of $kind end, without a cycle, in a model in service that has a price',
  (row) => {
    const seen = new Set([row.model])
    let last = row.model
    for (let next = row.retirements.get(last); next !== undefined; next = row.retirements.get(last)) {
      last = next.successor
      expect(seen, `${last} occurs twice`).not.toContain(last)
      seen.add(last)
    }
    expect(table.find(row.priceSource, last), last).toBeDefined()
  },
)

test('case B6: each retirement has its day, its page and the day on which that was read; each name has one retirement', () => {
  for (const { retired = [] } of kinds) {
    expect(new Set(retired.flatMap(({ models }) => models)).size).toBe(retired.flatMap(({ models }) => models).length)
    for (const { on, checkedOn, source } of retired) {
      expect(parseDay(on), on).toBeDefined()
      expect(parseDay(checkedOn), checkedOn).toBeDefined()
      expect(source).toMatch(/^https:\/\//)
    }
  }
})

const step = { source: 'https://example.com', checkedOn: '2026-11-28' }
const chain = toRetirements([
  { ...step, models: ['old'], on: '2026-05-12', successor: 'newer' },
  { ...step, models: ['newer'], on: '2026-10-23', successor: 'newest' },
])

test.each([
  ['2026-05-11', undefined],
  ['2026-05-12', 'newer'],
  ['2026-10-22', 'newer'],
  ['2026-10-23', 'newest'],
])('case B6: on %s the chain leads to %s', (day, successor) => {
  expect(findReplacement('old', chain, day)?.successor).toBe(successor)
})
