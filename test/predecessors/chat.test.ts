import { describe, expect, test } from 'vitest'
import { describeOnBoth } from '../support/describe-on-both.ts'
import { chatChunks, chatCompletion } from '../support/fixtures.ts'
import { json, sse } from '../support/upstream-scripts.ts'
import { connect } from './connect.ts'

const messages = [{ role: 'user', content: 'Hello, how are you?' }]
const path = '/v1/chat/completions'

describeOnBoth('the OpenAI proxy’s chat route', (_start, { share }) => {
  const open = () => connect(share, json(200, chatCompletion))

  test('POST / with only messages sends all its defaults', async () => {
    const { exchange } = await open()
    const { response, path: upstreamPath, body } = await exchange('/', { messages })
    expect(upstreamPath).toBe(path)
    expect(body).toEqual({ model: 'gpt-3.5-turbo', temperature: 0.7, max_tokens: 1000, stream: false, messages })
    expect(response.status).toBe(200)
    expect(JSON.parse(response.text)).toEqual(chatCompletion)
  })

  test('every documented parameter of the caller overrides its default', async () => {
    const { exchange } = await open()
    const given = {
      model: 'gpt-4o-mini',
      messages,
      temperature: 1.2,
      max_tokens: 50,
      stream: false,
      top_p: 0.9,
      frequency_penalty: 0.5,
      presence_penalty: -0.5,
    }
    const { bodyText } = await exchange('/', given)
    expect(bodyText).toBe(JSON.stringify(given))
  })

  test('0, false, null and unknown fields pass unchanged', async () => {
    const { exchange } = await open()
    const given = {
      messages,
      temperature: 0,
      max_tokens: 0,
      stream: false,
      seed: 0,
      user: null,
      logit_bias: { 50256: -100 },
    }
    const { body } = await exchange('/', given)
    expect(body).toEqual({ model: 'gpt-3.5-turbo', ...given })
  })

  test('numbers and the order of fields reach the upstream unchanged', async () => {
    const { exchange } = await open()
    const text = `{"messages":${JSON.stringify(messages)}, "seed":9007199254740993,"temperature":1.0,"max_tokens":5,"stream":false,"model":"m"}`
    expect((await exchange('/', text)).bodyText).toBe(text)
  })

  test('max_tokens is not added to a request with max_completion_tokens', async () => {
    const { exchange } = await open()
    const { body } = await exchange('/', { messages, model: 'gpt-5-mini', max_completion_tokens: 200 })
    expect(body).toEqual({
      model: 'gpt-5-mini',
      temperature: 0.7,
      stream: false,
      messages,
      max_completion_tokens: 200,
    })
  })

  test('POST / streams on request', async () => {
    const { exchange } = await connect(share, sse(chatChunks))
    const { response, body } = await exchange('/', { messages, stream: true })
    expect(body).toMatchObject({ stream: true, max_tokens: 1000 })
    expect(response.header('content-type')).toContain('text/event-stream')
    expect(response.text).toContain('"content":"Hello"')
    expect(response.text).toMatch(/data: \[DONE\]\n\n$/)
  })

  test('POST / accepts a body of any content type, because old front ends sent text/plain', async () => {
    const { post } = await open()
    const response = await post('/', { messages }, { 'content-type': 'text/plain;charset=UTF-8' })
    expect(response.status).toBe(200)
  })

  test('POST / with messages and a prompt is a chat', async () => {
    const { exchange } = await open()
    expect((await exchange('/', { messages, prompt: 'unused' })).path).toBe(path)
  })

  describe('POST /v1/chat/completions', () => {
    test('relays with no defaults added, byte for byte', async () => {
      const { exchange } = await open()
      const text = JSON.stringify({ model: 'gpt-4.1', messages })
      const { response, bodyText } = await exchange(path, text)
      expect(bodyText).toBe(text)
      expect(JSON.parse(response.text)).toEqual(chatCompletion)
    })

    test('relays a stream', async () => {
      const { exchange } = await connect(share, sse(chatChunks))
      const { response } = await exchange(path, { model: 'gpt-4.1', messages, stream: true })
      expect(response.text).toBe(
        `${chatChunks.map((chunk) => `data: ${JSON.stringify(chunk)}\n\n`).join('')}data: [DONE]\n\n`,
      )
    })
  })

  test.each([['/v1/v1/chat/completions'], ['//v1/chat/completions'], ['/chat/completions'], ['/chat/completions/']])(
    'POST %s, a common mistake in the base URL, is corrected',
    async (target) => {
      const { exchange } = await open()
      const { response, path: upstreamPath, body } = await exchange(target, { model: 'gpt-4.1', messages })
      expect(response.status).toBe(200)
      expect(upstreamPath).toBe(path)
      expect(body).toEqual({ model: 'gpt-4.1', messages })
    },
  )
})
