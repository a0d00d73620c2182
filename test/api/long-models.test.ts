import { expect, test } from 'vitest'
import { ask, expectError } from '../support/ask.ts'
import { describeOnBoth } from '../support/describe-on-both.ts'
import { chatCompletion, chatRequest, transcription } from '../support/fixtures.ts'
import { type Gateway, toOpenAIEnv } from '../support/gateway.ts'
import type { RawResponse } from '../support/raw-client.ts'
import { json } from '../support/upstream-scripts.ts'
import { askForm } from './ask-form.ts'
import { toForm } from './to-form.ts'

const chat = '/v1/chat/completions'
const sound = ['file', new Uint8Array(10), 'a.mp3'] as const

const places: readonly (readonly [string, (gateway: Gateway, model: string) => Promise<RawResponse>])[] = [
  ['JSON', (gateway, model) => ask(gateway, { target: chat, body: { ...chatRequest, model } })],
  [
    'a form',
    (gateway, model) => askForm(gateway, toForm([['model', model], sound]), { target: '/v1/audio/transcriptions' }),
  ],
  [
    'a path',
    (gateway, model) => ask(gateway, { target: `/openai/deployments/${model}/chat/completions`, body: chatRequest }),
  ],
]

describeOnBoth('the maximum length of a model name', (start, { startUpstream }) => {
  async function open(models: object = {}) {
    const upstream = await startUpstream()
    upstream.on(chat, json(200, chatCompletion))
    upstream.on('/v1/audio/transcriptions', json(200, transcription))
    const gateway = await start({ env: toOpenAIEnv(upstream), config: { models } })
    return { upstream, gateway }
  }

  test.each(places)('case D9: is 256 characters in %s, and 257 are refused', async (_name, askFor) => {
    // With aliases, a form is read up to its model.
    for (const models of [{}, { aliases: { fast: 'gpt-4o' } }]) {
      const { upstream, gateway } = await open(models)
      const response = await askFor(gateway, 'm'.repeat(256))
      expect(response.status, response.text).toBe(200)
      const refusal = await askFor(gateway, 'm'.repeat(257))
      expectError(refusal, { code: 'invalid_value', param: 'model', message: /at most 256 characters/ })
      expect(upstream.requests).toHaveLength(1)
    }
  })

  test('case D9: is 256 characters in GraphQL, and 257 are refused', async () => {
    const { upstream, gateway } = await open()
    const query = 'mutation ($input: ChatInput!) { getAIResponse(input: $input) { content } }'
    const { messages } = chatRequest
    const asking = async (model: string) => {
      const body = { query, variables: { input: { model, messages } } }
      return JSON.parse((await ask(gateway, { target: '/graphql', body })).text)
    }
    const content = chatCompletion.choices[0]?.message.content
    expect(await asking('m'.repeat(256))).toEqual({ data: { getAIResponse: { content } } })
    expect(upstream.requests).toHaveLength(1)
    const { errors } = await asking('m'.repeat(257))
    expect(errors).toMatchObject([{ message: expect.stringContaining('256'), extensions: { code: 'invalid_value' } }])
    expect(upstream.requests).toHaveLength(1)
  })
})
