import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { editJson, editJsonAt, removeMember } from '../../src/openai/edit-json.ts'
import { jsonObjectText } from './spaced-json.ts'

const model = fc.string({ unit: 'binary' })

test('sets the members that it names and keeps every other value', () => {
  void fc.assert(
    fc.property(jsonObjectText, model, fc.jsonValue(), (text, name, options) => {
      const edits = { model: name, stream_options: options }
      const expected = { ...JSON.parse(text), ...JSON.parse(JSON.stringify(edits)) }
      expect(JSON.parse(editJson(text, edits))).toEqual(expected)
    }),
  )
})

test('keeps every other character', () => {
  void fc.assert(
    fc.property(jsonObjectText, model, model, (text, before, after) => {
      const original = editJson(text, { model: before })
      const edited = editJson(original, { model: after })
      expect(editJson(edited, { model: before })).toBe(original)
      expect(edited.length - original.length).toBe(JSON.stringify(after).length - JSON.stringify(before).length)
    }),
  )
})

test('keeps the spelling of numbers, the order, spaces and escapes', () => {
  const text = '{ "seed" : 9007199254740993,\n\t"big":1e400, "model" : "fast" , "z":1.0, "a":"\\u00e9\\/" }'
  expect(editJson(text, { model: 'gpt-4.1' })).toBe(text.replace('"fast"', '"gpt-4.1"'))
})

test('inserts a missing member at the front', () => {
  expect(editJson(' {} ', { model: 'm' })).toBe(' {"model":"m"} ')
  expect(editJson('{"a":1}', { model: 'm' })).toBe('{"model":"m","a":1}')
})

test('S60 treats `__proto__` as an ordinary member', () => {
  const text = '{"__proto__":{"polluted":true},"model":"a","constructor":{"prototype":{"polluted":true}}}'
  expect(editJson(text, { model: 'b' })).toBe(text.replace('"a"', '"b"'))
  expect({}).not.toHaveProperty('polluted')
})

test('sets members of a nested object, and keeps every other character', () => {
  const text = '{ "id":"a", "response": {"usage" : { "input_tokens":19,"x":1.0 } , "n":1e400}}'
  expect(editJsonAt(text, ['response', 'usage'], { cost: 0.5 })).toBe(
    text.replace('{ "input_tokens"', '{"cost":0.5, "input_tokens"'),
  )
  expect(editJsonAt('{"usage":{"cost":7}}', ['usage'], { cost: null })).toBe('{"usage":{"cost":null}}')
})

test.each(['{}', '{"usage":null}', '{"usage":[{}]}', '{"usage":"{}"}', '{"response":{"usage":{}}}'])(
  'returns a text without an object at the path unchanged: %s',
  (text) => {
    expect(editJsonAt(text, ['usage'], { cost: 1 })).toBe(text)
  },
)

test('removes the named member, and keeps every other value', () => {
  void fc.assert(
    fc.property(jsonObjectText, fc.jsonValue(), fc.nat(), (text, value, choice) => {
      const names = Object.keys(JSON.parse(text))
      const name = names.length > 0 && choice % 2 === 0 ? names[choice % names.length] : 'usage'
      if (name === undefined || name === '__proto__') return
      const edited = editJson(text, { [name]: value })
      const { [name]: _removed, ...expected } = JSON.parse(text)
      expect(JSON.parse(removeMember(edited, name))).toEqual(expected)
    }),
  )
})

test.each([
  ['{"usage":{"include":true}}', '{}'],
  ['{ "usage" : {"include":true} }', '{  }'],
  ['{"a":1.0,"usage":{"include":true}}', '{"a":1.0}'],
  ['{"usage":{"include":true} , "a":1.0}', '{ "a":1.0}'],
  ['{"a":1.0 , "us\\u0061ge":{"include":true}, "b":"usage" }', '{"a":1.0 ,  "b":"usage" }'],
  ['{"a":{"usage":1}}', '{"a":{"usage":1}}'],
])('removes only the member and one comma: %s', (text, expected) => {
  expect(removeMember(text, 'usage')).toBe(expected)
})
