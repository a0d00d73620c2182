import { expect, test } from 'vitest'
import { completion } from '../support/fixtures.ts'
import { json, sse } from '../support/upstream-scripts.ts'
import { callBothWays } from './call-both-ways.ts'
import { collect, describeSdks } from './describe-sdks.ts'
import { completionChunks } from './fixtures.ts'

const body = { model: 'gpt-3.5-turbo-instruct', prompt: 'Say this is a test', max_tokens: 7, temperature: 0 }

describeSdks('legacy completions', ({ connectDemo, connectUpstream }) => {
  test('of the demo have the same content whole and streamed', async () => {
    const { client } = await connectDemo()
    const request = { model: 'demo/chat', prompt: 'Say this is a test' }
    const whole = await client.completions.create(request)
    expect(whole).toMatchObject({ object: 'text_completion', model: 'demo/chat' })
    expect(whole.choices[0]?.text).toContain('> Say this is a test')
    expect(whole.usage?.completion_tokens).toBeGreaterThan(5)
    const chunks = await collect(await client.completions.create({ ...request, stream: true }))
    expect(chunks.map((chunk) => chunk.choices[0]?.text).join('')).toBe(whole.choices[0]?.text)
    expect(chunks.at(-1)?.choices[0]?.finish_reason).toBe('stop')
  })

  test('through Weir are the same as without it', async () => {
    const connection = await connectUpstream()
    const { value } = await callBothWays(connection, json(200, completion), (client) => client.completions.create(body))
    expect(value).toEqual(completion)
  })

  test('through Weir stream the same chunks', async () => {
    const connection = await connectUpstream()
    const added = { stream_options: { include_usage: true } }
    const stream = sse(completionChunks)
    const { value } = await callBothWays(
      connection,
      stream,
      async (client) => collect(await client.completions.create({ ...body, stream: true })),
      { added },
    )
    expect(value).toEqual(completionChunks)
  })
})
