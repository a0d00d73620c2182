import { expect, test } from 'vitest'
import { ask, expectError } from '../support/ask.ts'
import { describeOnBoth } from '../support/describe-on-both.ts'
import { chatCompletion, chatRequest } from '../support/fixtures.ts'
import { toOpenAIEnv } from '../support/gateway.ts'
import { answer as answerWith, extraBytesAfterResponse, json, raw } from '../support/upstream-scripts.ts'

const chat = { target: '/v1/chat/completions', body: chatRequest }
const mebibyte = 1_024 * 1_024

describeOnBoth('a malicious upstream', (start, { runtime, startUpstream }) => {
  test('S63 Weir cuts off a zip bomb at the limit of its unpacked size', async () => {
    const upstream = await startUpstream()
    const bomb = Array.from({ length: 64 }, () => ' '.repeat(mebibyte))
    upstream.respond(answerWith(bomb, { encodings: ['gzip'], headers: { 'content-type': 'application/json' } }))
    const gateway = await start({ env: toOpenAIEnv(upstream), config: { limits: { answer_bytes: mebibyte } } })
    const response = await ask(gateway, chat)
    expectError(response, { code: 'upstream_answer_too_large', message: /1048576 bytes/ })
    expect(upstream.bytesSent).toBeLessThan(mebibyte)
    await (await upstream.nextRequest()).closed
  })

  test('S63 Weir returns 502 for a body that does not match its encoding', async () => {
    const upstream = await startUpstream()
    const headers = { 'content-type': 'application/json', 'content-encoding': 'gzip' }
    upstream.respond(answerWith([JSON.stringify(chatCompletion)], { headers }))
    const gateway = await start({ env: toOpenAIEnv(upstream) })
    const { status } = await ask(gateway, chat)
    expect(status).toBe(502)
    expect(await gateway.findLog()).toMatchObject({ outcome: 'upstream_error' })
  })

  test.each([
    [999, 'application/json'],
    [600, 'audio/mpeg'],
    [205, 'application/json'],
    [205, 'audio/mpeg'],
  ])('R10 Weir returns 502 for status %i with %s, for a call and on a passthrough route', async (status, type) => {
    const upstream = await startUpstream()
    upstream.respond(answerWith(['{}'], { status, headers: { 'content-type': type }, framing: 'close' }))
    const gateway = await start({ env: { ...toOpenAIEnv(upstream), PASSTHROUGH: 'openai' } })
    for (const question of [chat, { target: '/v1/files' }])
      expectError(await ask(gateway, question), { code: 'upstream_invalid_answer' })
  })

  test.each(['audio/mpeg', 'text/event-stream'])('Weir forwards 204 with the type %s', async (type) => {
    const upstream = await startUpstream()
    upstream.respond(raw(`HTTP/1.1 204 No Content\r\ncontent-type: ${type}\r\ncontent-encoding: gzip\r\n\r\n`))
    const gateway = await start({ env: { ...toOpenAIEnv(upstream), PASSTHROUGH: 'openai' } })
    for (const question of [chat, { target: '/v1/files' }, { target: '/v1/files', method: 'HEAD' }]) {
      const { status, body } = await ask(gateway, question)
      expect(status).toBe(204)
      expect(body).toHaveLength(0)
    }
  })

  test('S66 a second response after a response poisons no later call', async () => {
    const upstream = await startUpstream()
    const poison = `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 14\r\n\r\n{"poison":"1"}`
    upstream.respondNext(extraBytesAfterResponse(json(200, { choices: [], first: true }), poison))
    upstream.respond(json(200, chatCompletion))
    const gateway = await start({ env: toOpenAIEnv(upstream) })
    expect(JSON.parse((await ask(gateway, chat)).text)).toEqual({ choices: [], first: true })
    const exchange = await upstream.nextRequest()
    await exchange.played
    if (runtime === 'node') await exchange.closed
    for (let count = 0; count < 3; count++) {
      const response = await ask(gateway, chat)
      expect(response.text).not.toContain('poison')
      if (response.status === 200) expect(JSON.parse(response.text)).toEqual(chatCompletion)
    }
  })

  test('S67 unusual bytes in headers do not split a response', async () => {
    const upstream = await startUpstream()
    const headers = {
      'x-request-id': 'a\u00e9\u00ff\tb',
      'x-ratelimit-limit-requests': '\u00e4',
      'retry-after': '  7  ',
    }
    upstream.respond(json(200, chatCompletion, { headers }))
    const gateway = await start({ env: toOpenAIEnv(upstream) })
    const response = await ask(gateway, chat)
    expect(response.status).toBe(200)
    expect(response.header('retry-after')).toBe('7')
    expect(JSON.parse(response.text)).toEqual(chatCompletion)
  })

  test('S60 `__proto__` in a response pollutes no object', async () => {
    const upstream = await startUpstream()
    const body =
      '{"__proto__":{"polluted":1},"usage":{"__proto__":{"prompt_tokens":9}},"choices":[{"__proto__":{"finish_reason":"x"}}]}'
    upstream.respond(
      answerWith([body], {
        headers: [
          ['content-type', 'application/json'],
          ['__proto__', 'x'],
          ['constructor', 'y'],
        ],
      }),
    )
    const gateway = await start({ env: toOpenAIEnv(upstream) })
    const response = await ask(gateway, chat)
    expect(response.text).toBe(body)
    expect(await gateway.findLog()).not.toHaveProperty('input_tokens')
    expect({}).not.toHaveProperty('polluted')
  })
})
