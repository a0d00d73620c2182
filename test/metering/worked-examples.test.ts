import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { reckonNano, withWorkedExamples, workedExamples } from '../../scripts/worked-examples.ts'
import { operations } from '../../src/dialects/operations.ts'
import { costOf, coversUsage } from '../../src/metering/cost.ts'
import { createPriceBook } from '../../src/metering/price-book.ts'

const clock = { now: () => Date.parse('2026-11-29T12:00:00Z') }

test.each(workedExamples)(
  'case C10: $what costs the sum computed by hand, to the nano-USD ($model)',
  ({ baseUrl, model, operation, request = {}, answer, terms }) => {
    const book = createPriceBook([{ id: 'any', priceSource: undefined, baseUrl }], {}, clock)
    const { dialect } = operations[operation]
    const { drawing } = dialect.boundRequest(request)
    const drawingPrice = drawing && book.find('any', 'gpt-image-2.6-sunburst')
    const price = book.find('any', model)
    const { usage } = dialect.readResponse(answer)
    if (price === undefined || usage === undefined) throw new Error('the example has no price or no usage')
    expect(coversUsage(price, usage, {}, drawingPrice)).toBe(true)
    expect(BigInt(costOf(price, usage, {}, drawingPrice))).toBe(reckonNano({ terms }))
  },
)

test('docs/money.md has the ten examples (`node scripts/generate-docs.ts` writes it)', () => {
  const text = readFileSync(new URL('../../docs/money.md', import.meta.url), 'utf8')
  expect(text).toBe(withWorkedExamples(text))
  expect(workedExamples).toHaveLength(10)
})
