import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { type OperationName, operations } from '../../src/dialects/operations.ts'

const read = (name: OperationName, body: Record<string, unknown>) => operations[name].dialect.boundRequest(body)
const messages = [{ role: 'user', content: 'Hello' }]

test('bounds a chat by the limit of the caller times the choices', () => {
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

test('reads a limit of -1 as no limit', () => {
  expect(read('chat.completions', { messages, max_tokens: -1 }).maxOutputTokens).toBeUndefined()
})

test('S59 uses the larger of two limits, and reads zero choices as one', () => {
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
])('S59 rejects %s of %j, because some providers convert it to a number', (name, value) => {
  expect(() => read('chat.completions', { messages, [name]: value })).toThrow(
    expect.objectContaining({ code: 'invalid_value', param: name }),
  )
})

test('S59 bounds a completion by best_of for each of its prompts', () => {
  expect(read('completions', { prompt: 'a', n: 2, best_of: 20 }).choices).toBe(20)
  expect(read('completions', { prompt: ['a', 'b', 'c'], n: 2 }).choices).toBe(6)
  expect(read('completions', { prompt: [1, 2, 3], n: 2 })).toMatchObject({ choices: 2, inputTokens: 3 })
  expect(read('completions', { prompt: [[1, 2], [3]] })).toMatchObject({ choices: 2, inputTokens: 3 })
})

test('counts everything that a chat sends as input', () => {
  const plain = read('chat.completions', { messages }).inputTokens
  const tools = [{ type: 'function', function: { name: 'weather', parameters: { type: 'object' } } }]
  for (const more of [{ tools }, { functions: tools }, { response_format: { type: 'json_schema', json_schema: {} } }]) {
    expect(read('chat.completions', { messages, ...more }).inputTokens).toBeGreaterThan(plain + 5)
  }
})

test('counts every part of a Responses request as input', () => {
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

/** Returns every string of a value, except the types of parts. */
function stringsOf(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value]
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, member]) => (name === 'type' ? [] : stringsOf(member)))
}

test('case C8: estimates every input at no less than the bytes of its strings divided by 3.5, at any position', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 400 }),
    fc.constantFrom('é'.repeat(500), 'é'.repeat(40_000), '漢'.repeat(300)),
  )
  const names = ['name', 'tool_calls', 'function_call', 'reasoning_content', 'refusal', 'audio', 'anything']
  const value = fc.oneof(
    text,
    fc.record({ arguments: text, name: text }),
    fc.array(fc.record({ id: text, text }), { maxLength: 3 }),
  )
  const message = fc.tuple(
    fc.oneof(value, fc.array(fc.record({ type: fc.constant('text'), text }))),
    fc.dictionary(fc.constantFrom(...names), value),
  )
  void fc.assert(
    fc.property(
      message,
      fc.dictionary(fc.constantFrom('prediction', 'suffix', 'tools', 'instructions', 'x'), value),
      (one, more) => {
        const item = { role: 'user', content: one[0], ...one[1] }
        const bytes = (input: unknown) => Buffer.byteLength(stringsOf(input).join(''))
        const minTokens = bytes([one, more]) / 3.5
        for (const [name, member] of [
          ['chat.completions', 'messages'],
          ['responses', 'input'],
        ] as const)
          expect(read(name, { [member]: [item], ...more }).inputTokens).toBeGreaterThanOrEqual(minTokens)
      },
    ),
  )
  expect(read('completions', { prompt: 'a', suffix: 'b'.repeat(350) }).inputTokens).toBeGreaterThan(100)
})

test('S86 case C8: counts pictures as pictures in any spelling of the field that contains them', () => {
  const pictures = Array.from({ length: 5 }, () => ({ type: 'image_url', image_url: { url: 'https://x.test/a.png' } }))
  for (const name of ['content', 'Content', 'CONTENT', 'output', 'Output'])
    for (const [operation, field] of [
      ['chat.completions', 'messages'],
      ['responses', 'input'],
    ] as const) {
      const items = [{ role: 'user', content: 'Hi', [name]: pictures }]
      expect(read(operation, { [field]: items }).inputTokens).toBeGreaterThan(5_000)
      const inner = [{ role: 'user', content: [{ type: 'tool_result', [name]: pictures, content: 'Hi' }] }]
      if (name !== 'content' && !/output/i.test(name))
        expect(read(operation, { [field]: inner }).inputTokens).toBeGreaterThan(5_000)
    }
})

test('case C8: counts text as text, even if it looks like a picture', () => {
  const text = `data:image/png;base64,${'A'.repeat(35_000)}`
  for (const content of [text, [{ type: 'text', text }], [{ type: 'input_text', text }], { text }])
    expect(read('chat.completions', { messages: [{ role: 'user', content }] }).inputTokens).toBeGreaterThan(10_000)
  expect(
    read('chat.completions', { messages: [{ role: 'user', content: 'a', name: text }] }).inputTokens,
  ).toBeGreaterThan(10_000)
  const url = 'not base64 at all '.repeat(2_000)
  const parts = [{ type: 'image_url', image_url: { url } }]
  expect(read('chat.completions', { messages: [{ role: 'user', content: parts }] }).inputTokens).toBeGreaterThan(10_000)
})

/** Source: https://platform.openai.com/docs/api-reference/chat/create, read 2026-11-29 */
test.each([
  ['a short file', { type: 'file', file: { filename: 'a.pdf', file_data: 'A'.repeat(100) } }, 1_000],
  [
    'a PDF of 3 MB',
    { type: 'input_file', filename: 'a.pdf', file_data: `data:application/pdf;base64,${'A'.repeat(4e6)}` },
    150_000,
  ],
  ['a text file of 350 kB', { type: 'file', file: { filename: 'a.txt', file_data: 'A'.repeat(466_668) } }, 100_000],
  [
    'a minute of WAV at 24 kHz',
    { type: 'input_audio', input_audio: { format: 'wav', data: 'A'.repeat(3_840_000) } },
    1_800,
  ],
  ['ten minutes of MP3', { type: 'input_audio', input_audio: { format: 'mp3', data: 'A'.repeat(1_600_000) } }, 6_000],
  ['a file stored at the provider', { type: 'file', file: { file_id: 'file-abc' } }, 1_000],
])('case C8: counts %s by the rule of its media type', (_name, part, tokens) => {
  const { inputTokens } = read('chat.completions', { messages: [{ role: 'user', content: [part] }] })
  expect(inputTokens).toBeGreaterThanOrEqual(tokens)
  expect(inputTokens).toBeLessThan(tokens * 1.01 + 40)
})

test('case C10: includes the requested tier and the possible searches in the bounds', () => {
  expect(read('chat.completions', { messages, service_tier: 'priority' })).toMatchObject({ serviceTier: 'fast' })
  expect(read('chat.completions', { messages, speed: 'fast' })).toMatchObject({ serviceTier: 'fast' })
  expect(read('chat.completions', { messages, service_tier: 'auto' }).serviceTier).toBeUndefined()
  expect(read('chat.completions', { messages, web_search_options: {} })).toMatchObject({ certainSearches: 1 })
  expect(read('chat.completions', { messages, inference_geo: 'us' })).toMatchObject({ region: 'us' })
  expect(read('chat.completions', { messages, inference_geo: 'global' }).region).toBeUndefined()
  expect(read('chat.completions', { messages, inference_geo: 'us' }).inputTokens).toBe(
    read('chat.completions', { messages }).inputTokens,
  )
  const tools = [{ type: 'web_search' }, { type: 'function', name: 'a' }]
  expect(read('responses', { input: 'a', tools })).toMatchObject({ webSearches: 10 })
  expect(read('responses', { input: 'a', tools, max_tool_calls: 2, service_tier: 'flex' })).toMatchObject({
    webSearches: 2,
    serviceTier: 'flex',
  })
  expect(read('responses', { input: 'a', tools: [{ type: 'file_search' }] })).toMatchObject({ fileSearches: 10 })
})

test.each(['web_search_preview', 'web_search_preview_2025_03_11'])(
  'case C10: bounds searches by the older tool %s separately, also if both tools are offered',
  (type) => {
    for (const tools of [[{ type }], [{ type: 'web_search' }, { type }]]) {
      const bounds = read('responses', { input: 'a', tools, max_tool_calls: 4 })
      expect(bounds).toMatchObject({ webSearchPreviews: 4 })
      expect(bounds.webSearches).toBeUndefined()
    }
  },
)

test('counts a picture as a picture with base64 of any length', () => {
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

test('bounds an embedding of texts or tokens, which has no output', () => {
  expect(read('embeddings', { input: ['Hello', 'World'] })).toMatchObject({ inputTokens: 4, maxOutputTokens: 0 })
  expect(read('embeddings', { input: [[1, 2, 3], [4]] }).inputTokens).toBe(4)
  expect(read('embeddings', { input: null }).inputTokens).toBe(0)
})

test('counts pictures with their size and quality', () => {
  const body = { prompt: 'A dog', n: 4, size: '1024x1024', quality: 'hd' }
  expect(read('images.generations', body)).toMatchObject({ images: { count: 4, size: '1024x1024', quality: 'hd' } })
  expect(read('images.edits', {})).toMatchObject({ images: { count: 1, size: undefined, quality: undefined } })
})

test.each([
  [{ quality: 'low', size: '1024x1024' }, 512],
  [{ quality: 'medium' }, 2_048],
  [{ quality: 'auto', size: 'auto' }, 8_192],
  [{ quality: 'high', size: '3072x2048' }, 32_768],
  [{ quality: 'low', partial_images: 3 }, 812],
  [{ size: '0x0' }, 8_192],
  [{ size: 'axb' }, 8_192],
  [{ max_output_tokens: 5 }, 5],
])('case C6: bounds a picture of %j by %i tokens', (fields, tokens) => {
  expect(read('images.generations', { prompt: 'A hat', ...fields }).maxOutputTokens).toBe(tokens)
})

test('case C7: assumes the maximum number of pictures for a form whose fields may follow', () => {
  const { boundRequest } = operations['images.edits'].dialect
  const part = { files: 1, isWhole: false }
  expect(boundRequest({ prompt: 'A hat' }, part)).toMatchObject({ choices: 10, images: { count: 10 } })
  expect(boundRequest({ n: 2 }, part)).toMatchObject({ choices: 2, images: { count: 2 }, inputTokens: 1_000 })
  expect(boundRequest({}, { files: 3, isWhole: true })).toMatchObject({ choices: 1, inputTokens: 3_000 })
})

test('case C6: bounds speech in characters, and in tokens at the slowest speed', () => {
  expect(read('audio.speech', { input: 'Hello', voice: 'alloy' })).toMatchObject({
    characters: 5,
    inputTokens: 2,
    maxOutputTokens: 270,
    choices: 1,
  })
  const tokensAt = (speed: unknown) => read('audio.speech', { input: 'Hello', voice: 'alloy', speed }).maxOutputTokens
  expect([0.25, 1, 4, 0, '0.25'].map(tokensAt)).toEqual([1_080, 270, 270, 270, 270])
})

test('case C6: bounds a picture that a response draws like a requested picture', () => {
  const tools = [{ type: 'image_generation', size: '3072x2048', quality: 'high', partial_images: 2 }]
  expect(read('responses', { input: 'a', tools }).drawing).toMatchObject({ images: 2, tokens: 32_968 })
})

test('does not bound the length of a transcription', () => {
  expect(read('audio.transcriptions', {})).toMatchObject({ inputTokens: 0, maxOutputTokens: undefined })
  expect(read('audio.transcriptions', { prompt: 'x'.repeat(35) }).inputTokens).toBe(10)
})
