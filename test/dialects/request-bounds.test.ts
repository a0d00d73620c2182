import { expect, test } from 'vitest'
import { type OperationName, operations } from '../../src/dialects/operations.ts'

const read = (name: OperationName, body: Record<string, unknown>) => operations[name].dialect.boundRequest(body)
const messages = [{ role: 'user', content: 'Hello' }]

test('a chat is bounded by the limit that the caller sets, times the choices', () => {
  expect(read('chat.completions', { messages, max_tokens: 100, n: 3 })).toMatchObject({
    maxOutputTokens: 100,
    choices: 3,
  })
  expect(read('chat.completions', { messages, max_completion_tokens: 0 })).toMatchObject({
    maxOutputTokens: 0,
    choices: 1,
  })
  expect(read('responses', { input: 'Hello', max_output_tokens: 7 })).toMatchObject({ maxOutputTokens: 7, choices: 1 })
  const unbounded = read('chat.completions', { messages, max_tokens: null, n: null })
  expect(unbounded).toMatchObject({ maxOutputTokens: undefined, choices: 1 })
  expect([unbounded.images, unbounded.characters]).toEqual([undefined, undefined])
})

test('a limit of -1 is none', () => {
  expect(read('chat.completions', { messages, max_tokens: -1 }).maxOutputTokens).toBeUndefined()
})

test('S59 of two limits the larger counts, and no choices are one', () => {
  const limits = { max_tokens: 5, max_completion_tokens: 9_000, n: 0 }
  expect(read('chat.completions', { messages, ...limits })).toMatchObject({ maxOutputTokens: 9_000, choices: 1 })
})

test.each([
  ['max_tokens', -2],
  ['max_tokens', '1000000000'],
  ['max_completion_tokens', 1.5],
  ['max_output_tokens', 1e300],
  ['max_tokens', {}],
  ['n', '128'],
  ['n', -128],
  ['best_of', [5]],
])('S59 %s of %j is refused, since some providers would make a number of it', (name, value) => {
  expect(() => read('chat.completions', { messages, [name]: value })).toThrow(
    expect.objectContaining({ code: 'invalid_value', param: name }),
  )
})

test('S59 a completion is answered best_of times, for each of its prompts', () => {
  expect(read('completions', { prompt: 'a', n: 2, best_of: 20 }).choices).toBe(20)
  expect(read('completions', { prompt: ['a', 'b', 'c'], n: 2 }).choices).toBe(6)
  expect(read('completions', { prompt: [1, 2, 3], n: 2 })).toMatchObject({ choices: 2, inputTokens: 3 })
  expect(read('completions', { prompt: [[1, 2], [3]] })).toMatchObject({ choices: 2, inputTokens: 3 })
})

test('everything that a chat sends counts as input', () => {
  const plain = read('chat.completions', { messages }).inputTokens
  const tools = [{ type: 'function', function: { name: 'weather', parameters: { type: 'object' } } }]
  for (const more of [{ tools }, { functions: tools }, { response_format: { type: 'json_schema', json_schema: {} } }]) {
    expect(read('chat.completions', { messages, ...more }).inputTokens).toBeGreaterThan(plain + 5)
  }
})

test('everything that a response is asked with counts as input', () => {
  const plain = read('responses', { input: 'Hello' }).inputTokens
  expect(plain).toBe(2)
  expect(read('responses', { input: 'Hello', instructions: 'Be short. '.repeat(10) }).inputTokens).toBe(plain + 29)
  const items = [
    { role: 'user', content: [{ type: 'input_text', text: 'Hello' }] },
    { type: 'function_call', name: 'weather', arguments: '{"city":"Bern"}' },
    { type: 'function_call_output', call_id: 'a', output: 'Rain. '.repeat(70) },
  ]
  expect(read('responses', { input: items }).inputTokens).toBeGreaterThan(120 + 15)
})

test('a picture counts as a picture, however long its base64 is', () => {
  const url = `data:image/png;base64,${'A'.repeat(1_000_000)}`
  const parts = [{ type: 'image_url', image_url: { url } }]
  const bodies: readonly [OperationName, Record<string, unknown>][] = [
    ['chat.completions', { messages: [{ role: 'user', content: parts }] }],
    ['responses', { input: [{ role: 'user', content: [{ type: 'input_image', image_url: url }] }] }],
    ['responses', { input: [{ type: 'image_generation_call', result: url }] }],
    ['responses', { input: [{ type: 'function_call_output', output: [{ type: 'input_image', image_url: url }] }] }],
    ['moderations', { input: parts }],
    ['images.edits', { images: [{ image_url: url }], prompt: '' }],
  ]
  for (const [name, body] of bodies) {
    const { inputTokens } = read(name, body)
    expect(inputTokens >= 1_000 && inputTokens < 1_100).toBe(true)
  }
})

test('an embedding has texts or tokens, and puts nothing out', () => {
  expect(read('embeddings', { input: ['Hello', 'World'] })).toMatchObject({ inputTokens: 4, maxOutputTokens: 0 })
  expect(read('embeddings', { input: [[1, 2, 3], [4]] }).inputTokens).toBe(4)
  expect(read('embeddings', { input: null }).inputTokens).toBe(0)
})

test('pictures are counted with their size and quality', () => {
  const body = { prompt: 'A dog', n: 4, size: '1024x1024', quality: 'hd' }
  expect(read('images.generations', body)).toMatchObject({ images: { count: 4, size: '1024x1024', quality: 'hd' } })
  expect(read('images.edits', {})).toMatchObject({ images: { count: 1, size: undefined, quality: undefined } })
})

test('case C7: a form whose fields may follow counts as many pictures as it could ask for', () => {
  const { boundRequest } = operations['images.edits'].dialect
  const part = { files: 1, isWhole: false }
  expect(boundRequest({ prompt: 'A hat' }, part)).toMatchObject({ choices: 10, images: { count: 10 } })
  expect(boundRequest({ n: 2 }, part)).toMatchObject({ choices: 2, images: { count: 2 }, inputTokens: 1_004 })
  expect(boundRequest({}, { files: 3, isWhole: true })).toMatchObject({ choices: 1, inputTokens: 3_012 })
})

test('speech is counted in characters', () => {
  expect(read('audio.speech', { input: 'Hello', voice: 'alloy' })).toMatchObject({
    characters: 5,
    inputTokens: 2,
    maxOutputTokens: 0,
    choices: 1,
  })
})

test('a transcription tells nothing of its length', () => {
  expect(read('audio.transcriptions', {})).toMatchObject({ inputTokens: 0, maxOutputTokens: undefined })
})
