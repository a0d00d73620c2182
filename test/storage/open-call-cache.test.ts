import { describe, expect, test } from 'vitest'
import { createOpenCallCache } from '../../src/storage/sql/ledger/open-calls.ts'
import { testRequest } from './contract/ledger-fixtures.ts'

function testOpen(id = testRequest('key_a').id) {
  return { request: testRequest('key_a', { id }), subjects: [], wouldRefuse: [] }
}

describe('the cache of open calls', () => {
  test('returns a call once', () => {
    const calls = createOpenCallCache()
    const open = testOpen()
    calls.put(open)
    expect(calls.take(open.request.id)).toBe(open)
    expect(calls.take(open.request.id)).toBeUndefined()
  })

  test('returns nearly all of a few hundred open calls, and never a wrong one', () => {
    const calls = createOpenCallCache()
    const all = Array.from({ length: 300 }, () => testOpen())
    for (const open of all) calls.put(open)
    const found = all.map((open) => calls.take(open.request.id))
    for (const [index, open] of found.entries()) if (open !== undefined) expect(open).toBe(all[index])
    expect(found.filter((open) => open !== undefined).length).toBeGreaterThan(270)
  })

  test('is bounded for any number of unsettled calls', () => {
    const calls = createOpenCallCache()
    const all = Array.from({ length: 20_000 }, (_, index) => testOpen(`gen_${index}`))
    for (const open of all) calls.put(open)
    expect(all.filter(({ request }) => calls.take(request.id) !== undefined).length).toBeLessThanOrEqual(8_192)
  })

  test('accepts ids of any length', () => {
    const calls = createOpenCallCache()
    for (const id of ['', 'a', 'gen_1']) {
      const open = testOpen(id)
      calls.put(open)
      expect(calls.take(id)).toBe(open)
    }
  })
})
