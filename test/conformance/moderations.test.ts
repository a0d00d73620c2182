import { expect, test } from 'vitest'
import { json } from '../support/upstream-scripts.ts'
import { callBothWays } from './call-both-ways.ts'
import { describeSdks } from './describe-sdks.ts'
import { moderation } from './fixtures.ts'

describeSdks('moderations', ({ connectDemo, connectUpstream }) => {
  test('of the demo judge each text', async () => {
    const { client } = await connectDemo()
    const { results } = await client.moderations.create({ input: ['a quiet walk', 'a story of violence'] })
    expect(results.map(({ flagged }) => flagged)).toEqual([false, true])
    expect(results[1]?.categories.violence).toBe(true)
    expect(results[1]?.category_scores.violence).toBeGreaterThan(0.5)
  })

  test('through Weir are the same as without it, with and without a model', async () => {
    const connection = await connectUpstream()
    const input = [{ type: 'text' as const, text: '…I want to kill them.' }]
    for (const model of [{}, { model: 'omni-moderation-latest' }]) {
      const { value } = await callBothWays(connection, json(200, moderation), (client) =>
        client.moderations.create({ input, ...model }),
      )
      expect(value).toEqual(moderation)
    }
  })
})
