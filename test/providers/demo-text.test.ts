import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { countWords, splitWords } from '../../src/providers/demo/plan-output.ts'
import { createDemo, parseEvents, readJson, readText } from './demo-harness.ts'

describe('a text completion of the demo', () => {
  async function completeText(body: object) {
    return createDemo().post('completions', { model: 'demo/chat', prompt: 'Once upon', ...body })
  }

  it('has OpenAI’s format for every prompt and choice', async () => {
    const completion = await readJson(await completeText({ prompt: ['a', 'b'], n: 2, max_tokens: 3 }))
    expect(completion).toMatchObject({
      object: 'text_completion',
      usage: { prompt_tokens: 2, completion_tokens: 12, total_tokens: 14 },
    })
    expect(completion.choices.map((choice: { index: number }) => choice.index)).toEqual([0, 1, 2, 3])
    expect(completion.choices[3]).toEqual({
      text: '**Weir demo.** No',
      index: 3,
      logprobs: null,
      finish_reason: 'length',
    })
  })

  it('streams the same text, and usage on request', async () => {
    const whole = await readJson(await completeText({}))
    const response = await completeText({ stream: true, stream_options: { include_usage: true } })
    const data = parseEvents(await readText(response)).map((event) => event.data)
    const chunks = data.slice(0, -1).map((text) => JSON.parse(text))
    expect(data.at(-1)).toBe('[DONE]')
    expect(chunks.map((chunk) => chunk.choices[0]?.text ?? '').join('')).toBe(whole.choices[0].text)
    expect(chunks.at(-2).choices[0].finish_reason).toBe('stop')
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: whole.usage })
  })

  it('repeats the prompt with echo, and reads prompts of token numbers', async () => {
    expect((await readJson(await completeText({ echo: true }))).choices[0].text).toMatch(/^Once upon\*\*Weir/)
    expect((await readJson(await completeText({ prompt: [1, 2] }))).choices).toHaveLength(1)
    expect((await readJson(await completeText({ prompt: [[1, 2], [3]] }))).choices).toHaveLength(2)
  })
})

describe('words', () => {
  it('join to the original text, and none is long', () => {
    const texts = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string({ unit: fc.constantFrom(' ', '\n', 'a', '水', '😀', '\ud800') }),
    )
    fc.assert(
      fc.property(texts, (text) => {
        const words = splitWords(text)
        expect(words.join('')).toBe(text)
        expect(words.every((word) => [...word.trim()].length <= 12 || /\p{M}/u.test(word))).toBe(true)
        expect(countWords(text)).toBe(words.length)
      }),
    )
  })

  it('are single characters in scripts without spaces', () => {
    expect(splitWords('你好 world')).toEqual(['你', '好', ' world'])
  })
})
