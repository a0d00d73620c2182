import { expect, it } from 'vitest'
import { createVersionedCache } from '../../src/core/versioned-cache.ts'
import type { FoundKey } from '../../src/storage/key-store.ts'
import { storeUnavailable } from '../../src/storage/store-unavailable.ts'
import { toKey, toSecret } from '../storage/contract/key-store.ts'

const times = { freshMs: 1_000, unknownMs: 100, staleMs: 60_000, retryMs: 1_000, max: 3 }

/** A cache in front of a scripted store, with a manual clock. */
function openCache(keys: Readonly<Record<string, FoundKey>> = {}) {
  const known = new Map(Object.entries(keys))
  const state = { now: 5_000, version: 1, reads: [] as string[], known, isDown: false, beforeReturn: async () => {} }
  const source = {
    async version() {
      if (state.isDown) throw storeUnavailable(new Error('down'))
      return state.version
    },
    async read(hash: string) {
      state.reads.push(hash)
      const found = state.known.get(hash)
      await state.beforeReturn()
      if (state.isDown) throw storeUnavailable(new Error('down'))
      return found
    },
  }
  const cache = createVersionedCache({ ...source, clock: { monotonicMs: () => state.now }, ...times })
  return { cache, state }
}

const toFound = (id: string): FoundKey => ({ key: toKey(id), ancestors: [], secret: toSecret(`${id} hash`) })
const [k1, k2] = [toFound('k1'), toFound('k2')]

it('returns undefined before its first read', () => {
  expect(openCache({ h1: k1 }).cache.peek('h1')).toBeUndefined()
})

it('S20 uses a cached key until it is no longer fresh', async () => {
  const { cache, state } = openCache({ h1: k1 })
  expect(await cache.find('h1')).toBe(k1)
  state.now += 999
  expect(cache.peek('h1')).toMatchObject({ found: k1 })
  state.now += 1
  expect(cache.peek('h1')).toBeUndefined()
})

it('S19 caches an unknown key separately, by its whole hash, and for a shorter time', async () => {
  const { cache, state } = openCache({ ['a'.repeat(64)]: k1 })
  await cache.find('a'.repeat(64))
  expect(await cache.find(`${'a'.repeat(63)}b`)).toBeUndefined()
  expect(cache.peek(`${'a'.repeat(63)}b`)).toMatchObject({ found: undefined })
  state.now += 100
  expect(cache.peek(`${'a'.repeat(63)}b`)).toBeUndefined()
  expect(cache.peek('a'.repeat(64))).toMatchObject({ found: k1 })
})

it('finds a key that is created after its first lookup', async () => {
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

it('caches at most `max` keys, and evicts the oldest', async () => {
  const { cache } = openCache({ h1: k1, h2: k1, h3: k1, h4: k1 })
  for (const hash of ['h1', 'h2', 'h3', 'h4']) await cache.find(hash)
  expect(['h1', 'h2', 'h3', 'h4'].filter((hash) => cache.peek(hash) !== undefined)).toEqual(['h2', 'h3', 'h4'])
})

it('keeps its keys while a caller tries many unknown keys', async () => {
  const { cache } = openCache({ h1: k1 })
  await cache.find('h1')
  for (let index = 0; index < 100; index += 1) await cache.find(`wrong ${index}`)
  expect(cache.peek('h1')).toMatchObject({ found: k1 })
  expect(cache.peek('wrong 0')).toBeUndefined()
})

it('S20 discards all entries when a key changes', async () => {
  const { cache } = openCache({ h1: k1 })
  await cache.find('h1')
  await cache.find('h2')
  cache.clear()
  expect(cache.peek('h1')).toBeUndefined()
  expect(cache.peek('h2')).toBeUndefined()
})

it('S20 repeats a read that started before a key changed', async () => {
  const { cache, state } = openCache({ h1: k1 })
  await cache.find('h2')
  const gate = Promise.withResolvers<void>()
  state.beforeReturn = () => gate.promise
  const reading = cache.find('h1')
  state.known.set('h1', k2)
  cache.clear()
  gate.resolve()
  expect(await reading).toBe(k2)
  expect(cache.peek('h1')).toMatchObject({ found: k2 })
})

it('S71 does not share reads in progress: each call reads separately', async () => {
  const { cache, state } = openCache({ h1: k1 })
  await Promise.all([cache.find('h1'), cache.find('h1')])
  expect(state.reads).toEqual(['h1', 'h1'])
})

it('R48 uses a key for a minute after its last check while the store is down, and retries once per second', async () => {
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

it('R48 does not report an unavailable store as an unknown key', async () => {
  const { cache, state } = openCache({ h1: k1 })
  await cache.find('h2')
  state.isDown = true
  state.now += 100
  // The key may have been created since.
  await expect(cache.find('h2')).rejects.toMatchObject({ code: 'store_unavailable' })
  await expect(cache.find('h3')).rejects.toMatchObject({ code: 'store_unavailable' })
})

it('R48 reads current values again once the store is back', async () => {
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

it('uses no cached key if the store fails with another error', async () => {
  const { cache, state } = openCache({ h1: k1 })
  await cache.find('h1')
  state.now += 2_000
  state.beforeReturn = () => Promise.reject(new TypeError('a defect'))
  state.version += 1
  await expect(cache.find('h1')).rejects.toThrow('a defect')
})

it('checks one version for all keys, and reads keys again only after a change', async () => {
  const { cache, state } = openCache({ h1: k1, h2: k2 })
  for (const hash of ['h1', 'h2', 'h1']) await cache.find(hash)
  state.now += 1_000
  expect(cache.peek('h1')).toBeUndefined()
  expect(await cache.find('h1')).toBe(k1)
  expect(cache.peek('h2')).toMatchObject({ found: k2 })
  expect(state.reads).toEqual(['h1', 'h2'])
  state.version += 1
  state.now += 1_000
  await cache.find('h1')
  expect(state.reads).toEqual(['h1', 'h2', 'h1'])
  expect(cache.peek('h2')).toBeUndefined()
})
