import { describe, expect, test } from 'vitest'
import { describeOnBoth } from '../support/describe-on-both.ts'
import { chatChunks, chatCompletion } from '../support/fixtures.ts'
import { json, sse } from '../support/upstream-scripts.ts'
import { connect } from './connect.ts'

const messages = [{ role: 'user', content: 'Hello, how are you?' }]
const path = '/v1/chat/completions'

describeOnBoth('the OpenAI proxy’s chat route', (start, { startUpstream }) => {
  const open = () => connect({ start, startUpstream }, json(200, chatCompletion))

  test('POST / with messages alone asks with all of its defaults', async () => {
    const { exchange } = await open()
    const { answer, path: asked, body } = await exchange('/', { messages })
    expect(asked).toBe(path)
    expect(body).toEqual({ model: 'gpt-3.5-turbo', temperature: 0.7, max_tokens: 1000, stream: false, messages })
    expect(answer.status).toBe(200)
    expect(JSON.parse(answer.text)).toEqual(chatCompletion)
  })

  test('every documented parameter that the caller gives wins over its default', async () => {
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

  test('0 and false survive, and so do null and fields that nobody knows', async () => {
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

  test('numbers and the order of fields reach the upstream as they were written', async () => {
    const { exchange } = await open()
    const text = `{"messages":${JSON.stringify(messages)}, "seed":9007199254740993,"temperature":1.0,"max_tokens":5,"stream":false,"model":"m"}`
    expect((await exchange('/', text)).bodyText).toBe(text)
  })

  test('no max_tokens is sent beside max_completion_tokens', async () => {
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

  test('POST / streams where it is asked to', async () => {
    const { exchange } = await connect({ start, startUpstream }, sse(chatChunks))
    const { answer, body } = await exchange('/', { messages, stream: true })
    expect(body).toMatchObject({ stream: true, max_tokens: 1000 })
    expect(answer.header('content-type')).toContain('text/event-stream')
    expect(answer.text).toContain('"content":"Hello"')
    expect(answer.text).toMatch(/data: \[DONE\]\n\n$/)
  })

  test('POST / takes a body of any content type, as old front ends sent text', async () => {
    const { post } = await open()
    const answer = await post('/', { messages }, { 'content-type': 'text/plain;charset=UTF-8' })
    expect(answer.status).toBe(200)
  })

  test('POST / with messages and a prompt is a chat', async () => {
    const { exchange } = await open()
    expect((await exchange('/', { messages, prompt: 'unused' })).path).toBe(path)
  })

  describe('POST /v1/chat/completions', () => {
    test('relays with no defaults added, byte for byte', async () => {
      const { exchange } = await open()
      const text = JSON.stringify({ model: 'gpt-4.1', messages })
      const { answer, bodyText } = await exchange(path, text)
      expect(bodyText).toBe(text)
      expect(JSON.parse(answer.text)).toEqual(chatCompletion)
    })

    test('relays a stream', async () => {
      const { exchange } = await connect({ start, startUpstream }, sse(chatChunks))
      const { answer } = await exchange(path, { model: 'gpt-4.1', messages, stream: true })
      expect(answer.text).toBe(
        `${chatChunks.map((chunk) => `data: ${JSON.stringify(chunk)}\n\n`).join('')}data: [DONE]\n\n`,
      )
    })
  })

  test.each([['/v1/v1/chat/completions'], ['//v1/chat/completions'], ['/chat/completions'], ['/chat/completions/']])(
    'POST %s, a slip of the base URL, is forgiven',
    async (slip) => {
      const { exchange } = await open()
      const { answer, path: asked, body } = await exchange(slip, { model: 'gpt-4.1', messages })
      expect(answer.status).toBe(200)
      expect(asked).toBe(path)
      expect(body).toEqual({ model: 'gpt-4.1', messages })
    },
  )
})
