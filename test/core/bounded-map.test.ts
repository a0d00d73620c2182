import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { type BoundedMap, createBoundedMap } from '../../src/core/bounded-map.ts'

const max = 6

/** A reference implementation: a list, oldest entry first. */
function createModel(weigh: (value: number) => number): BoundedMap<string, number> {
  let entries: (readonly [string, number])[] = []
  const find = (key: string) => entries.find(([name]) => name === key)
  const without = (key: string) => entries.filter(([name]) => name !== key)
  return {
    get: (key) => find(key)?.[1],
    has: (key) => find(key) !== undefined,
    set(key, value) {
      entries = weigh(value) > max ? without(key) : [...without(key), [key, value]]
      while (entries.reduce((sum, [, kept]) => sum + weigh(kept), 0) > max) entries.shift()
    },
    delete(key) {
      entries = without(key)
    },
    clear() {
      entries = []
    },
  }
}

type Step = (map: BoundedMap<string, number>) => void

const keys = [...'abcdefghij']
const key = fc.constantFrom(...keys)
const set = fc.tuple(key, fc.nat(max + 2)).map(
  ([name, value]): Step =>
    (map) =>
      map.set(name, value),
)
const remove = key.map(
  (name): Step =>
    (map) =>
      map.delete(name),
)
const clear = fc.constant<Step>((map) => map.clear())
const step = fc.oneof({ weight: 8, arbitrary: set }, { weight: 2, arbitrary: remove }, { weight: 1, arbitrary: clear })

test.each([
  ['the number of its entries', undefined, () => 1],
  ['the sum of their weights', (value: number) => value, (value: number) => value],
])('bounds %s, and evicts the entries that were set longest ago', (_bound, weigh, weighModel) => {
  const steps = fc.array(step, { maxLength: 60 })
  const behavesLikeModel = fc.property(steps, (taken) => {
    const map = createBoundedMap<string, number>(max, weigh)
    const model = createModel(weighModel)
    for (const take of taken) {
      take(map)
      take(model)
      const read = (from: BoundedMap<string, number>) => keys.map((name) => [from.has(name), from.get(name)])
      expect(read(map)).toEqual(read(model))
    }
  })
  void fc.assert(behavesLikeModel)
})

test('does not store an entry that alone exceeds the bound, removes its former value, and evicts no other entry', () => {
  const map = createBoundedMap<string, number>(max, (value) => value)
  map.set('a', 1)
  map.set('b', 2)
  map.set('c', max + 1)
  map.set('a', max + 1)
  expect([map.has('a'), map.get('b'), map.has('c')]).toEqual([false, 2, false])
  map.set('d', max - 2)
  expect([map.get('b'), map.get('d')]).toEqual([2, max - 2])
})

test('stores an entry whose value is undefined', () => {
  const map = createBoundedMap<string, undefined>(1)
  map.set('a', undefined)
  expect(map.has('a')).toBe(true)
  expect(map.get('a')).toBeUndefined()
})
