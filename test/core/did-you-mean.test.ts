import { expect, test } from 'vitest'
import { nearest } from '../../src/core/did-you-mean.ts'

const models = [
  'gpt-4o',
  'gpt-4o-mini',
  'gpt-4.1',
  'text-embedding-3-small',
  'meta-llama/Llama-3.3-70B-Instruct-Turbo',
  'deepseek-ai/DeepSeek-V3.1',
  'anthropic/claude-4-sonnet',
  'Qwen/Qwen3-32B',
]

test.each([
  ['gpt-4o-mni', 'gpt-4o-mini', 'a letter is missing'],
  ['gpt-4o-minii', 'gpt-4o-mini', 'a letter is doubled'],
  ['gpt-o4-mini', 'gpt-4o-mini', 'two letters are swapped'],
  ['GPT4omini', 'gpt-4o-mini', 'case and hyphens differ'],
  ['deepseek-v3', 'deepseek-ai/DeepSeek-V3.1', 'the maker is missing'],
  ['llama-3.3-70b', 'meta-llama/Llama-3.3-70B-Instruct-Turbo', 'only a part is given'],
  ['claude-9-opus', 'anthropic/claude-4-sonnet', 'only the family is the same'],
  ['text-embedding-3-small-v2', 'text-embedding-3-small', 'the name has a suffix'],
])('finds for %s the model %s, although %s', (name, expected) => {
  expect(nearest(name, models, 3)[0]).toBe(expected)
})

test('ranks a typing error before a partial name, and a partial name before a family', () => {
  expect(nearest('gpt-4p', ['gpt-9-large-preview', 'my-gpt-4p-model', 'gpt-4o'], 3)).toEqual([
    'gpt-4o',
    'my-gpt-4p-model',
    'gpt-9-large-preview',
  ])
})

test('returns at most `limit` names', () => {
  expect(nearest('gpt-4', models, 2)).toHaveLength(2)
  expect(nearest('gpt-4', models, 3)).toHaveLength(3)
})

test('returns nothing if no name is near', () => {
  expect(nearest('whisper-large', models, 3)).toEqual([])
  expect(nearest('', models, 3)).toEqual([])
  expect(nearest('--', ['a-', 'zz'], 3)).toEqual([])
  expect(nearest('gpt-4o', [], 3)).toEqual([])
})

test('compares only the first 100 characters of a name', () => {
  const start = 'x'.repeat(100)
  expect(nearest(`${start}${'y'.repeat(1_000_000)}`, [start], 3)).toEqual([start])
})

test('compares a bounded number of candidates', () => {
  let taken = 0
  function* endless() {
    while (true) {
      taken += 1
      yield `model-${taken}`
    }
  }
  expect(nearest('model-7', endless(), 3)).toContain('model-7')
  expect(taken).toBeLessThan(3_000)
})
