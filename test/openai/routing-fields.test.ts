import { expect, test } from 'vitest'
import { readPreferences, withoutRoutingFields } from '../../src/openai/routing-fields.ts'

const without = (text: string) => withoutRoutingFields({ text, object: JSON.parse(text) })

test('the fields leave the body, and every other character stays', () => {
  const text = '{ "models": ["a"],  "seed": 12345678901234567890, "route":"fallback","provider" : {}, "n" : 1.0 }'
  const { text: left, object } = without(text)
  expect(left).toBe('{   "seed": 12345678901234567890,  "n" : 1.0 }')
  expect(Object.keys(object)).toEqual(['seed', 'n'])
})

test('`route` without `models` stays, because it lets the provider choose the model', () => {
  expect(without('{"route":"fallback","models":[]}').text).toBe('{"route":"fallback"}')
})

test('`null` is as good as an absent field', () => {
  expect(readPreferences({ provider: null })).toBeUndefined()
  const empty = { order: null, only: null, ignore: null, sort: null, allow_fallbacks: null, max_price: null }
  expect(readPreferences({ provider: empty })).toEqual(readPreferences({ provider: {} }))
})

test('prices are numbers, or numbers in strings', () => {
  const max_price = { prompt: '0.5', completion: 2, request: 0, image: null }
  expect(readPreferences({ provider: { max_price } })?.maxPrice).toEqual({ prompt: 0.5, completion: 2, request: 0 })
})
