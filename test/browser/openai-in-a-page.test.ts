import { beforeEach, expect, test } from 'vitest'
import { describeOnBoth } from '../support/describe-on-both.ts'
import {
  chatChunks,
  chatCompletion,
  chatRequest,
  rateLimitError,
  rateLimitHeaders,
  transcription,
} from '../support/fixtures.ts'
import { type Gateway, gatewayToken, toOpenAIEnv } from '../support/gateway.ts'
import { answer as answerWith, json, sse } from '../support/upstream-scripts.ts'
import { describeInBrowser } from './describe-in-browser.ts'

const speech = { model: 'tts-1', input: 'Hello', voice: 'alloy' } as const

describeInBrowser((tab) => {
  beforeEach(() => tab.loadSdk())

  describeOnBoth('the official SDK', (start, { startUpstream }) => {
    test('S42 gets a response, its request id and the list of models', async () => {
      const upstream = await startUpstream()
      upstream.respond(json(200, chatCompletion))
      const seen = await tab.page.evaluate(
        async ({ options, request }) => {
          const client = new window.openai.OpenAI(options)
          const { data, response } = await client.chat.completions.create(request).withResponse()
          const models = await client.models.list()
          return { data, id: response.headers.get('x-request-id'), models: models.data.length }
        },
        { options: toOptions(await start({ env: toOpenAIEnv(upstream) })), request: chatRequest },
      )
      expect(seen.data).toMatchObject(chatCompletion)
      expect(seen.id).toMatch(/^req_/)
      expect(seen.models).toBeGreaterThan(10)
      const { headers } = await upstream.nextRequest()
      expect(headers).toMatchObject({ 'x-stainless-lang': 'js' })
      expect(Object.keys(headers).filter((name) => /^(origin|referer|sec-|accept-language)/.test(name))).toEqual([])
    })

    test('S42 receives a stream incrementally', async () => {
      const upstream = await startUpstream()
      upstream.respond(sse(chatChunks))
      const words = await tab.page.evaluate(
        async ({ options, request }) => {
          const client = new window.openai.OpenAI(options)
          const pieces: string[] = []
          const stream = await client.chat.completions.create({ ...request, stream: true })
          for await (const chunk of stream) pieces.push(chunk.choices[0]?.delta.content ?? '')
          return pieces
        },
        { options: toOptions(await start({ env: toOpenAIEnv(upstream) })), request: chatRequest },
      )
      expect(words).toEqual(['', 'Hello', ' there', ''])
    })

    test('S42 reads the error of a wrong key, and an upstream’s error with its retry headers', async () => {
      const upstream = await startUpstream()
      upstream.respond(json(429, rateLimitError, { headers: rateLimitHeaders }))
      const seen = await tab.page.evaluate(
        async ({ options, request }) => {
          const { OpenAI } = window.openai
          const failure = async (apiKey: string) => {
            const client = new OpenAI({ ...options, apiKey })
            const error: unknown = await client.chat.completions.create(request).catch((reason: unknown) => reason)
            if (!(error instanceof OpenAI.APIError)) return String(error)
            const { status, code, requestID, headers } = error
            const names = ['retry-after', 'x-ratelimit-remaining-requests', 'x-upstream-request-id']
            return {
              status,
              code,
              hasId: requestID?.startsWith('req_'),
              values: names.map((name) => headers?.get(name)),
            }
          }
          return [await failure('a-wrong-key'), await failure(options.apiKey)]
        },
        { options: toOptions(await start({ env: toOpenAIEnv(upstream) })), request: chatRequest },
      )
      expect(seen).toEqual([
        { status: 401, code: 'invalid_api_key', hasId: true, values: [null, null, null] },
        { status: 429, code: 'rate_limit_exceeded', hasId: true, values: ['20', '0', 'req_4f9c2b7e81d05a36'] },
      ])
    })

    test('S42 uploads a file and downloads one', async () => {
      const upstream = await startUpstream()
      upstream.on('/v1/audio/transcriptions', json(200, transcription))
      upstream.on('/v1/audio/speech', answerWith(['sound'], { headers: { 'content-type': 'audio/mpeg' } }))
      const seen = await tab.page.evaluate(
        async ({ options, request }) => {
          const { OpenAI, toFile } = window.openai
          const client = new OpenAI(options)
          const file = await toFile(new Uint8Array(100_000), 'a.wav')
          const { text } = await client.audio.transcriptions.create({ file, model: 'whisper-1' })
          const spoken = await client.audio.speech.create(request)
          return [text, spoken.headers.get('content-type'), await spoken.text()]
        },
        { options: toOptions(await start({ env: toOpenAIEnv(upstream) })), request: speech },
      )
      expect(seen).toEqual([transcription.text, 'audio/mpeg', 'sound'])
      expect((await upstream.nextRequest()).bodyBytes.length).toBeGreaterThan(100_000)
    })

    test('S41 S42 works only in pages of listed origins', async () => {
      const upstream = await startUpstream()
      upstream.respond(json(200, chatCompletion))
      const listed = await start({ env: { ...toOpenAIEnv(upstream), CORS_ORIGINS: tab.origin } })
      const unlisted = await start({ env: { ...toOpenAIEnv(upstream), CORS_ORIGINS: 'https://chat.example' } })
      const outcomes = await tab.page.evaluate(
        async ({ options, request }) => {
          const outcome = async (each: (typeof options)[number]) => {
            const client = new window.openai.OpenAI(each)
            return client.chat.completions.create(request).then(
              ({ object }) => object,
              (error: Error) => error.message,
            )
          }
          return Promise.all(options.map(outcome))
        },
        { options: [toOptions(listed), toOptions(unlisted)], request: chatRequest },
      )
      expect(outcomes).toEqual(['chat.completion', 'Connection error.'])
      expect(upstream.requests).toHaveLength(1)
    })
  })
})

/** The SDK options of the page. */
function toOptions({ url }: Gateway) {
  return { baseURL: `${url}/v1`, apiKey: gatewayToken, dangerouslyAllowBrowser: true, maxRetries: 0 }
}
