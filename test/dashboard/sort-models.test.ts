import { expect, it } from 'vitest'
import { groupModels, guessUse, preferredModel } from '../../dashboard/src/gateway/sort-models.ts'

const cards = ['Qwen/Qwen3-14B', 'openai/gpt-oss-120b', 'Qwen/Qwen3-32B'].map((id) => ({
  id,
  owner: id.split('/')[0] ?? '',
}))

it('groups models by owner in the order of the list', () => {
  expect(groupModels(cards).map((group) => [group.owner, group.models.length])).toEqual([
    ['Qwen', 2],
    ['openai', 1],
  ])
})

it('begins with the demo where it is there, else with the first model', () => {
  expect(preferredModel([...cards, { id: 'demo/chat', owner: 'demo' }])).toBe('demo/chat')
  expect(preferredModel(cards)).toBe('Qwen/Qwen3-14B')
  expect(preferredModel([])).toBe('')
})

it.each([
  ['gpt-5', 'chat'],
  ['allenai/olmOCR-7B-0725-FP8', 'chat'],
  ['demo/image', 'images'],
  ['dall-e-3', 'images'],
  ['gpt-image-1', 'images'],
  ['text-embedding-3-small', 'other'],
  ['openai/whisper-tiny', 'other'],
])('offers %s for %s', (id, use) => {
  expect(guessUse(id)).toBe(use)
})
