import { expect, it } from 'vitest'
import { createVersionedCache } from '../../src/core/versioned-cache.ts'
import type { FoundKey } from '../../src/storage/key-store.ts'
import { storeUnavailable } from '../../src/storage/store-unavailable.ts'
import { toKey, toSecret } from '../storage/contract/key-store.ts'

const times = { freshMs: 1_000, unknownMs: 100, staleMs: 60_000, retryMs: 1_000, max: 3 }

/** A cache before a store that can be told what to answer, and a clock that goes by hand. */
function openCache(keys: Readonly<Record<string, FoundKey>> = {}) {
  const known = new Map(Object.entries(keys))
  const state = { now: 5_000, version: 1, asked: [] as string[], known, isDown: false, beforeAnswer: async () => {} }
  const source = {
    async version() {
      if (state.isDown) throw storeUnavailable(new Error('down'))
      return state.version
    },
    async read(hash: string) {
      state.asked.push(hash)
      const found = state.known.get(hash)
      await state.beforeAnswer()
      if (state.isDown) throw storeUnavailable(new Error('down'))
      return found
    },
  }
  const cache = createVersionedCache({ ...source, clock: { monotonicMs: () => state.now }, ...times })
  return { cache, state }
}

const toFound = (id: string): FoundKey => ({ key: toKey(id), ancestors: [], secret: toSecret(`${id} hash`) })
const [k1, k2] = [toFound('k1'), toFound('k2')]

it('knows nothing before it has asked', () => {
  expect(openCache({ h1: k1 }).cache.peek('h1')).toBeUndefined()
})

it('S20 believes a key until it is no longer fresh', async () => {
  const { cache, state } = openCache({ h1: k1 })
  expect(await cache.find('h1')).toBe(k1)
  state.now += 999
  expect(cache.peek('h1')).toMatchObject({ found: k1 })
  state.now += 1
  expect(cache.peek('h1')).toBeUndefined()
})

it('S19 remembers that there is no key apart from the keys, by the whole hash, and for a shorter time', async () => {
  const { cache, state } = openCache({ ['a'.repeat(64)]: k1 })
  await cache.find('a'.repeat(64))
  expect(await cache.find(`${'a'.repeat(63)}b`)).toBeUndefined()
  expect(cache.peek(`${'a'.repeat(63)}b`)).toMatchObject({ found: undefined })
  state.now += 100
  expect(cache.peek(`${'a'.repeat(63)}b`)).toBeUndefined()
  expect(cache.peek('a'.repeat(64))).toMatchObject({ found: k1 })
})

it('sees a key that is made after it was asked for', async () => {
  const { cache, state } = openCache()
  await cache.find('h1')
  state.known.set('h1', k1)
  await cache.find('h1')
  expect(cache.peek('h1')).toMatchObject({ found: k1 })
  state.known.delete('h1')
  state.version += 1
  state.now += 1_000
  await cache.find('h1')
  expect(cache.peek('h1')).toMatchObject({ found: undefined })
})

it('keeps no more than its size, and lets go of what came first', async () => {
  const { cache } = openCache({ h1: k1, h2: k1, h3: k1, h4: k1 })
  for (const hash of ['h1', 'h2', 'h3', 'h4']) await cache.find(hash)
  expect(['h1', 'h2', 'h3', 'h4'].filter((hash) => cache.peek(hash) !== undefined)).toEqual(['h2', 'h3', 'h4'])
})

it('is not emptied by somebody who tries many keys', async () => {
  const { cache } = openCache({ h1: k1 })
  await cache.find('h1')
  for (let index = 0; index < 100; index += 1) await cache.find(`wrong ${index}`)
  expect(cache.peek('h1')).toMatchObject({ found: k1 })
  expect(cache.peek('wrong 0')).toBeUndefined()
})

it('S20 forgets everything when a key was changed', async () => {
  const { cache } = openCache({ h1: k1 })
  await cache.find('h1')
  await cache.find('h2')
  cache.clear()
  expect(cache.peek('h1')).toBeUndefined()
  expect(cache.peek('h2')).toBeUndefined()
})

it('S20 reads again what it had begun to read before a key was changed', async () => {
  const { cache, state } = openCache({ h1: k1 })
  await cache.find('h2')
  const gate = Promise.withResolvers<void>()
  state.beforeAnswer = () => gate.promise
  const reading = cache.find('h1')
  state.known.set('h1', k2)
  cache.clear()
  gate.resolve()
  expect(await reading).toBe(k2)
  expect(cache.peek('h1')).toMatchObject({ found: k2 })
})

it('S71 shares nothing that is under way: each call asks for itself', async () => {
  const { cache, state } = openCache({ h1: k1 })
  await Promise.all([cache.find('h1'), cache.find('h1')])
  expect(state.asked).toEqual(['h1', 'h1'])
})

it('R48 believes a key for a minute from its last reading while the store is down, and asks it once a second', async () => {
  const { cache, state } = openCache({ h1: k1 })
  await cache.find('h1')
  state.isDown = true
  state.now += 59_000
  expect(await cache.find('h1')).toBe(k1)
  state.now += 999
  expect(cache.peek('h1')).toMatchObject({ found: k1 })
  state.now += 1
  expect(cache.peek('h1')).toBeUndefined()
  await expect(cache.find('h1')).rejects.toMatchObject({ code: 'store_unavailable', status: 503 })
})

it('R48 does not take a store that is down for a wrong key', async () => {
  const { cache, state } = openCache({ h1: k1 })
  await cache.find('h2')
  state.isDown = true
  state.now += 100
  // It may have been made since.
  await expect(cache.find('h2')).rejects.toMatchObject({ code: 'store_unavailable' })
  await expect(cache.find('h3')).rejects.toMatchObject({ code: 'store_unavailable' })
})

it('R48 takes up again what the store says once it is back', async () => {
  const { cache, state } = openCache({ h1: k1 })
  await cache.find('h1')
  state.isDown = true
  state.now += 2_000
  await cache.find('h1')
  state.isDown = false
  state.known.set('h1', k2)
  state.version += 1
  state.now += 1_000
  expect(await cache.find('h1')).toBe(k2)
})

it('believes nothing where the store fails in another way', async () => {
  const { cache, state } = openCache({ h1: k1 })
  await cache.find('h1')
  state.now += 2_000
  state.beforeAnswer = () => Promise.reject(new TypeError('a defect'))
  state.version += 1
  await expect(cache.find('h1')).rejects.toThrow('a defect')
})

it('asks for the version of all keys, and reads again only when one was changed', async () => {
  const { cache, state } = openCache({ h1: k1, h2: k2 })
  for (const hash of ['h1', 'h2', 'h1']) await cache.find(hash)
  state.now += 1_000
  expect(cache.peek('h1')).toBeUndefined()
  expect(await cache.find('h1')).toBe(k1)
  expect(cache.peek('h2')).toMatchObject({ found: k2 })
  expect(state.asked).toEqual(['h1', 'h2'])
  state.version += 1
  state.now += 1_000
  await cache.find('h1')
  expect(state.asked).toEqual(['h1', 'h2', 'h1'])
  expect(cache.peek('h2')).toBeUndefined()
})
