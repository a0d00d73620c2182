import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { editJson } from '../../src/openai/edit-json.ts'
import { jsonObjectText } from './spaced-json.ts'

const model = fc.string({ unit: 'binary' })

test('sets the members that it names and keeps every other value', () => {
  fc.assert(
    fc.property(jsonObjectText, model, fc.jsonValue(), (text, name, options) => {
      const edits = { model: name, stream_options: options }
      const expected = { ...JSON.parse(text), ...JSON.parse(JSON.stringify(edits)) }
      expect(JSON.parse(editJson(text, edits))).toEqual(expected)
    }),
  )
})

test('keeps every other character', () => {
  fc.assert(
    fc.property(jsonObjectText, model, model, (text, before, after) => {
      const original = editJson(text, { model: before })
      const edited = editJson(original, { model: after })
      expect(editJson(edited, { model: before })).toBe(original)
      expect(edited.length - original.length).toBe(JSON.stringify(after).length - JSON.stringify(before).length)
    }),
  )
})

test('leaves numbers, order, spaces and escapes as they were written', () => {
  const text = '{ "seed" : 9007199254740993,\n\t"big":1e400, "model" : "fast" , "z":1.0, "a":"\\u00e9\\/" }'
  expect(editJson(text, { model: 'gpt-4.1' })).toBe(text.replace('"fast"', '"gpt-4.1"'))
})

test('puts a member that is missing in front', () => {
  expect(editJson(' {} ', { model: 'm' })).toBe(' {"model":"m"} ')
  expect(editJson('{"a":1}', { model: 'm' })).toBe('{"model":"m","a":1}')
})

test('S60 leaves `__proto__` a member like any other', () => {
  const text = '{"__proto__":{"polluted":true},"model":"a","constructor":{"prototype":{"polluted":true}}}'
  expect(editJson(text, { model: 'b' })).toBe(text.replace('"a"', '"b"'))
  expect({}).not.toHaveProperty('polluted')
})
