import { describe, expect, test } from 'vitest'
import { createOpenCallCache } from '../../src/storage/sql/ledger/open-calls.ts'
import { testRequest } from './contract/ledger-fixtures.ts'

function testOpen(id = testRequest('key_a').id) {
  return { request: testRequest('key_a', { id }), subjects: [], wouldRefuse: [] }
}

describe('open calls that a process remembers', () => {
  test('are given back once', () => {
    const calls = createOpenCallCache()
    const open = testOpen()
    calls.put(open)
    expect(calls.take(open.request.id)).toBe(open)
    expect(calls.take(open.request.id)).toBeUndefined()
  })

  test('are nearly all there with a few hundred under way, and never one for another', () => {
    const calls = createOpenCallCache()
    const all = Array.from({ length: 300 }, () => testOpen())
    for (const open of all) calls.put(open)
    const found = all.map((open) => calls.take(open.request.id))
    for (const [index, open] of found.entries()) if (open !== undefined) expect(open).toBe(all[index])
    expect(found.filter((open) => open !== undefined).length).toBeGreaterThan(270)
  })

  test('are bounded, however many are never settled', () => {
    const calls = createOpenCallCache()
    const all = Array.from({ length: 20_000 }, (_, index) => testOpen(`gen_${index}`))
    for (const open of all) calls.put(open)
    expect(all.filter(({ request }) => calls.take(request.id) !== undefined).length).toBeLessThanOrEqual(8_192)
  })

  test('are known by ids of any length', () => {
    const calls = createOpenCallCache()
    for (const id of ['', 'a', 'gen_1']) {
      const open = testOpen(id)
      calls.put(open)
      expect(calls.take(id)).toBe(open)
    }
  })
})
