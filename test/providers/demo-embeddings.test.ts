import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { embedText } from '../../src/providers/demo/embeddings.ts'
import { createDemo, createSdk, readJson } from './demo-harness.ts'

function multiply(left: ArrayLike<number>, right: ArrayLike<number>): number {
  return Array.from(left).reduce((sum, value, index) => sum + value * (right[index] ?? 0), 0)
}

async function embed(body: object) {
  return readJson(await createDemo().post('embeddings', { model: 'demo/embedding', input: 'x', ...body }))
}

describe('an embedding of the demo', () => {
  it('has length one for any text and any dimensions', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 1, max: 64 }), (text, dimensions) => {
        const vector = embedText(text, dimensions)
        expect(vector).toHaveLength(dimensions)
        expect(multiply(vector, vector)).toBeCloseTo(1, 4)
      }),
    )
  })

  it('is nearer to a text with the same words than to one with others', () => {
    const cat = embedText('The cat sleeps on the warm sofa', 1_536)
    const kitten = embedText('A cat that sleeps on a sofa', 1_536)
    const tax = embedText('Quarterly revenue reports for shareholders', 1_536)
    expect(multiply(cat, kitten)).toBeGreaterThan(multiply(cat, tax) + 0.3)
  })

  it('has 1536 dimensions by default', async () => {
    const [plain] = (await embed({})).data
    const [short] = (await embed({ dimensions: 256 })).data
    expect(plain.embedding).toHaveLength(1_536)
    expect(short.embedding).toHaveLength(256)
    for (const dimensions of [0, -1, 1.5, 100_000, '8']) {
      expect((await embed({ dimensions })).error).toMatchObject({ param: 'dimensions' })
    }
  })

  it('is the same in base64, which OpenAI’s client requests', async () => {
    const { data } = await embed({ input: ['one', 'two'], encoding_format: 'float' })
    const read = await createSdk(createDemo()).embeddings.create({ model: 'demo/embedding', input: ['one', 'two'] })
    expect(read.data.map((entry) => entry.embedding)).toEqual(
      data.map((entry: { embedding: number[] }) => entry.embedding),
    )
    expect(read.usage).toEqual({ prompt_tokens: 2, total_tokens: 2 })
    const [base64] = (await embed({ input: 'one', encoding_format: 'base64' })).data
    expect(Buffer.from(base64.embedding, 'base64')).toHaveLength(1_536 * 4)
  })

  it('accepts token numbers in one list or several', async () => {
    expect(await embed({ input: [1, 2, 3] })).toMatchObject({ data: { length: 1 }, usage: { prompt_tokens: 3 } })
    expect(await embed({ input: [[1, 2], [3]] })).toMatchObject({ data: { length: 2 }, usage: { prompt_tokens: 3 } })
  })
})

describe('a moderation of the demo', () => {
  it('flags only a text that names a category', async () => {
    const { model, results } = await readJson(
      await createDemo().post('moderations', { input: ['A nice day', 'Harassment/threatening words'] }),
    )
    expect(model).toBe('demo/moderation')
    expect(results[0]).toMatchObject({ flagged: false, categories: { violence: false } })
    expect(results[1]).toMatchObject({
      flagged: true,
      categories: { harassment: true, 'harassment/threatening': true, violence: false },
      category_scores: { harassment: 0.99 },
    })
    expect(Object.keys(results[0].categories)).toHaveLength(13)
  })

  it('judges the parts of one message together, including images', async () => {
    const read = await createSdk(createDemo()).moderations.create({
      model: 'demo/moderation',
      input: [
        { type: 'text', text: 'violence' },
        { type: 'image_url', image_url: { url: 'data:,' } },
      ],
    })
    expect(read.results).toHaveLength(1)
    expect(read.results[0]?.category_applied_input_types).toMatchObject({ violence: ['text', 'image'], hate: ['text'] })
  })
})
