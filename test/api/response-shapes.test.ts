import { expect, test } from 'vitest'
import { ask, expectError } from '../support/ask.ts'
import { describeOnBoth } from '../support/describe-on-both.ts'
import {
  chatChunks,
  chatChunksWithUsage,
  chatCompletion,
  chatRequest,
  response,
  responseEvents,
} from '../support/fixtures.ts'
import { createGate } from '../support/gate.ts'
import { bearer, gatewayToken, toOpenAIEnv, upstreamKey } from '../support/gateway.ts'
import { openRawClient } from '../support/raw-client.ts'
import { toRequestBytes } from '../support/to-request-bytes.ts'
import type { Script } from '../support/upstream-exchange.ts'
import { html500, json, raw, answer as script, sse } from '../support/upstream-scripts.ts'

const chat = '/v1/chat/completions'
const streamed = { ...chatRequest, stream: true }
const whole = { ...chatRequest, stream: false }
const usage = chatCompletion.usage
const counted = { input_tokens: usage.prompt_tokens, output_tokens: usage.completion_tokens }
const tooLong = {
  error: { message: 'Too long.', type: 'invalid_request_error', param: 'messages', code: 'context_length_exceeded' },
}

/** Sends the same bytes with another content type, or none. */
function typed(type: string | undefined, ...parts: Parameters<typeof script>[0]) {
  return script(parts, { framing: 'chunked', ...(type !== undefined && { headers: { 'content-type': type } }) })
}

function toText(events: readonly unknown[]): string {
  return `${events.map((event) => `data: ${typeof event === 'string' ? event : JSON.stringify(event)}\n\n`).join('')}data: [DONE]\n\n`
}

const failures = [{ code: 1_234, message: 'The model is broken.' }, { detail: 'Not found' }, { success: false }]

const wrongTypes = [undefined, 'text/plain', 'application/json', 'application/octet-stream']

describeOnBoth('the content of a response', (start, { startUpstream, share }) => {
  const open = (config: object = {}) => share((upstream) => ({ env: toOpenAIEnv(upstream), config }))

  test.each(wrongTypes)(
    'case A1: events under the type %s reach the caller without delay, and are counted',
    async (type) => {
      const { upstream, gateway } = await open()
      const [first, ...rest] = chatChunksWithUsage
      const gate = createGate()
      upstream.respond(typed(type, `data: ${JSON.stringify(first)}\n\n`, gate, toText(rest)))
      const client = await openRawClient(gateway.url)
      await client.send(toRequestBytes({ target: chat, body: streamed, headers: bearer }))
      const result = await client.startResponse()
      expect(result.header('content-type')).toBe('text/event-stream; charset=utf-8')
      await result.bodyUntil('chat.completion.chunk')
      gate.open()
      expect((await result.whole()).text).toContain('[DONE]')
      client.destroy()
      expect(await gateway.findLog()).toMatchObject({ outcome: 'ok', input_tokens: 19, output_tokens: 2 })
    },
  )

  const table = [undefined, 'text/event-stream', ...wrongTypes.slice(1)].flatMap((type) =>
    [true, false].flatMap((stream) =>
      ['at once', 'in slivers', 'after the headers of a stream were sent'].map((when) => ({ type, stream, when })),
    ),
  )
  test.each(table)(
    'case A1, case A2, case A4: recognises events, JSON and an empty body that arrive $when, type: $type, stream requested: $stream',
    async ({ type, stream, when }) => {
      const isLate = when.startsWith('after')
      const { upstream, gateway } = await open(isLate ? { streams: { hold_headers_ms: 1 } } : {})

      async function get(content: string) {
        const gate = createGate()
        const headers = type === undefined ? {} : { 'content-type': type }
        const splitEvery = when === 'in slivers' ? 1 : content.length + 1
        upstream.respond(script([gate, content], { framing: 'chunked', headers, splitEvery }))
        const client = await openRawClient(gateway.url)
        await client.send(toRequestBytes({ target: chat, body: stream ? streamed : whole, headers: bearer }))
        await upstream.nextRequest()
        // Waits for the duration of a call.
        if (isLate) await ask(gateway, { target: '/v1/models/gpt-4o' })
        const started = isLate && stream ? await client.startResponse() : undefined
        gate.open()
        const result = await (started ?? (await client.startResponse())).whole()
        client.destroy()
        const id = result.header('x-request-id')
        return { result, log: await gateway.findLog((line) => line.request_id === id) }
      }

      const events = await get(toText(chatChunksWithUsage))
      const object = await get(JSON.stringify(chatCompletion))
      const nothing = await get('')
      if (stream) {
        expect(events.result.text).toContain('"content":" there"')
        expect(object.result.text).toContain(`"content":"${chatCompletion.choices[0]?.message.content}"`)
        for (const { result } of [events, object]) expect(result.text.endsWith('data: [DONE]\n\n')).toBe(true)
      } else {
        expect(JSON.parse(events.result.text)).toMatchObject({ choices: [{ message: { content: 'Hello there' } }] })
        expect(JSON.parse(object.result.text)).toEqual(chatCompletion)
      }
      expect(nothing.result.text).toContain('"code":"upstream_invalid_answer"')
      expect(nothing.result.status).toBe(isLate && stream ? 200 : 502)
      expect(events.log).toMatchObject({ outcome: 'ok', input_tokens: 19, output_tokens: 2 })
      expect(object.log).toMatchObject({ outcome: 'ok', ...counted })
      expect(nothing.log).toMatchObject({ outcome: 'upstream_error', error_code: 'upstream_invalid_answer' })
      expect(nothing.log.input_tokens).toBeUndefined()
    },
  )

  test.each(['text/plain', 'application/octet-stream'])(
    'case A1: audio and relayed files under the type %s are not inspected, with any beginning',
    async (type) => {
      const upstream = await startUpstream()
      const gateway = await start({ env: toOpenAIEnv(upstream), config: { passthrough: 'openai' } })
      for (const text of ['data: {"choices": []}\n\n', '{"error": {"code": 400}}'])
        for (const request of [
          { target: '/v1/audio/speech', body: { model: 'tts-1', input: 'Hi', voice: 'alloy' } },
          { target: '/v1/files/f_1/content' },
        ]) {
          upstream.respond(typed(type, text))
          const result = await ask(gateway, request)
          expect([result.status, result.text, result.header('content-type')]).toEqual([200, text, type])
        }
    },
  )

  test.each(['text/plain', undefined, 'application/octet-stream', 'application/vnd.x+json'])(
    'case A2: JSON under the type %s is counted, and sent as JSON',
    async (type) => {
      const { upstream, gateway } = await open()
      upstream.respond(typed(type, JSON.stringify(chatCompletion)))
      const result = await ask(gateway, { target: chat, body: whole })
      expect([result.status, JSON.parse(result.text)]).toEqual([200, chatCompletion])
      expect(result.header('content-type')).toMatch(/json/)
      expect(await gateway.findLog()).toMatchObject({ outcome: 'ok', ...counted })
    },
  )

  test.each(wrongTypes)(
    'case A1: recognises the only event after a byte order mark under the type %s',
    async (type) => {
      const { upstream, gateway } = await open()
      const only = { choices: [{ index: 0, delta: { content: 'Hi' }, finish_reason: 'stop' }], usage }
      upstream.respond(typed(type, `\ufeff${toText([only])}`))
      const { text } = await ask(gateway, { target: chat, body: streamed })
      expect(text).not.toContain('upstream_invalid_answer')
      expect(await gateway.findLog()).toMatchObject({ outcome: 'ok', ...counted })
    },
  )

  test.each(['text/event-stream', undefined, 'application/octet-stream', 'text/json', 'text/plain'])(
    'case A3: an error under the type %s keeps its code and its field',
    async (type) => {
      const { upstream, gateway } = await open()
      const headers = type === undefined ? {} : { 'content-type': type }
      upstream.respond(script([JSON.stringify(tooLong)], { status: 400, headers }))
      const result = await ask(gateway, { target: chat, body: streamed })
      expect([result.status, JSON.parse(result.text)]).toEqual([400, tooLong])
      expect(result.header('content-type')).toMatch(/json/)
    },
  )

  test('case A3: an error that is framed as an event keeps its code and its field', async () => {
    const { upstream, gateway } = await open()
    const headers = { 'content-type': 'text/event-stream' }
    upstream.respond(script([`event: error\ndata: ${JSON.stringify(tooLong)}\n\n`], { status: 400, headers }))
    const result = await ask(gateway, { target: chat, body: streamed })
    expect([result.status, JSON.parse(result.text)]).toEqual([400, tooLong])
  })

  test('case A4: a caller that requests a stream gets one, even if the provider does not stream', async () => {
    const { upstream, gateway } = await open()
    upstream.respond(json(200, chatCompletion))
    const result = await ask(gateway, { target: chat, body: { ...streamed, stream_options: { include_usage: true } } })
    expect(result.header('content-type')).toBe('text/event-stream; charset=utf-8')
    const events = result.text.split('\n\n').filter((event) => event.startsWith('data: {'))
    const [first, last] = events.map((event) => JSON.parse(event.slice('data: '.length)))
    expect(first).toMatchObject({
      object: 'chat.completion.chunk',
      choices: [{ index: 0, delta: chatCompletion.choices[0]?.message, finish_reason: 'stop' }],
    })
    expect(last).toMatchObject({ choices: [], usage })
    expect(result.text.endsWith('data: [DONE]\n\n')).toBe(true)
    expect(await gateway.findLog()).toMatchObject({ outcome: 'ok', ...counted })
  })

  test('case A4: a caller that requests JSON gets it, even if the provider streams', async () => {
    const { upstream, gateway } = await open()
    upstream.respond(sse(chatChunksWithUsage))
    const result = await ask(gateway, { target: chat, body: whole })
    expect(result.header('content-type')).toMatch(/^application\/json/)
    expect(JSON.parse(result.text)).toMatchObject({
      object: 'chat.completion',
      choices: [{ index: 0, message: { role: 'assistant', content: 'Hello there' }, finish_reason: 'stop' }],
      usage: { prompt_tokens: 19, completion_tokens: 2 },
    })
    expect(await gateway.findLog()).toMatchObject({ outcome: 'ok', input_tokens: 19, output_tokens: 2 })
  })

  test('case A4: a response of the Responses API is converted both ways', async () => {
    const { upstream, gateway } = await open()
    upstream.respondNext(json(200, response), sse(responseEvents, { doneAtEnd: false }))
    const stream = await ask(gateway, { target: '/v1/responses', body: { model: 'm', input: 'Hi', stream: true } })
    expect(stream.text).toMatch(/^event: response\.created\n[\s\S]*event: response\.completed\n/)
    const joined = await ask(gateway, { target: '/v1/responses', body: { model: 'm', input: 'Hi' } })
    expect(JSON.parse(joined.text)).toEqual(response)
  })

  test.each([
    { error: 'The model is broken.' },
    { choices: null, error: { message: 'The model is broken.' } },
    ...failures,
  ])('case A5: %j with status 200 is a failure, and costs nothing', async (body) => {
    const { upstream, gateway } = await open()
    upstream.respond(json(200, body))
    const result = await ask(gateway, { target: chat, body: whole })
    expect([result.status, JSON.parse(result.text)]).toEqual([502, body])
    expect(result.header('x-should-retry')).toBe('false')
    expect(await gateway.findLog()).toMatchObject({ outcome: 'upstream_error', status: 502 })
  })

  test.each(failures)('case A5: %j as the first event of a chat sets the status, as in JSON', async (body) => {
    const { upstream, gateway } = await open()
    upstream.respond(sse([body]))
    const result = await ask(gateway, { target: chat, body: streamed })
    expect([result.status, JSON.parse(result.text)]).toEqual([502, body])
    expect(await gateway.findLog()).toMatchObject({ outcome: 'upstream_error', status: 502 })
  })

  test.each(failures)('case A5: %j as a later event of a chat fails it, and passes', async (body) => {
    const { upstream, gateway } = await open()
    upstream.respond(sse([...chatChunks.slice(0, 2), body]))
    const result = await ask(gateway, { target: chat, body: streamed })
    expect(result.text).toBe(toText([...chatChunks.slice(0, 2), body]))
    expect(await gateway.findLog()).toMatchObject({ outcome: 'upstream_error', status: 200 })
  })

  test.each([
    ['one event', [{ id: 'x' }]],
    ['twenty events', Array.from({ length: 20 }, (_, id) => ({ id }))],
    ['a string', ['data: Out of order\n\n']],
    ['`choices` of null', [{ id: 'x', choices: null }]],
  ])('case A5 case A18: a chat that streams no choices in %s is an error', async (_name, events) => {
    const { upstream, gateway } = await open()
    upstream.respond(sse(events))
    const { text } = await ask(gateway, { target: chat, body: streamed })
    expect(text).toContain('"code":"upstream_invalid_answer"')
    expect(text).not.toContain('[DONE]')
    const log = await gateway.findLog()
    expect(log).toMatchObject({ outcome: 'upstream_error', error_code: 'upstream_invalid_answer' })
    expect(log.output_tokens).toBeUndefined()
  })

  test('case A5: a failed response passes unchanged, and counts as a failure', async () => {
    const { upstream, gateway } = await open()
    const error = { code: 'server_error', message: 'The model broke down.' }
    const failed = { id: 'resp_1', object: 'response', status: 'failed', error, output: [], usage: null }
    upstream.respond(json(200, failed))
    const result = await ask(gateway, { target: '/v1/responses', body: { model: 'm', input: 'Hi' } })
    expect([result.status, JSON.parse(result.text)]).toEqual([200, failed])
    expect(await gateway.findLog()).toMatchObject({
      outcome: 'upstream_error',
      status: 200,
      finish_reason: 'failed',
      bytes_out: JSON.stringify(failed).length,
      upstream_message: 'server_error: The model broke down.',
    })
  })

  test('case A4: a stream that cannot become the requested JSON is 502 with the reason', async () => {
    const { upstream, gateway } = await open()
    upstream.respond(sse([{ object: 'embedding', embedding: [0.5] }]))
    const result = await ask(gateway, { target: '/v1/embeddings', body: { model: 'm', input: 'Hi' } })
    expectError(result, { code: 'upstream_invalid_answer', message: /a stream, which was not requested/ })
  })

  test('case A5: a chat response without choices is an error', async () => {
    const { upstream, gateway } = await open()
    upstream.respond(json(200, { id: 'chatcmpl-1', object: 'chat.completion' }))
    expectError(await ask(gateway, { target: chat, body: whole }), { code: 'upstream_invalid_answer' })
  })

  test.each([400, 402, 429, 503])('case A6: an error with the code %i under 200 has that status', async (code) => {
    const { upstream, gateway } = await open()
    upstream.respond(json(200, { error: { code, message: 'No.' } }))
    const result = await ask(gateway, { target: chat, body: whole })
    expect(result.status).toBe(code)
    expect(result.header('x-should-retry')).toBe(code === 429 || code === 503 ? undefined : 'false')
  })

  test.each([
    ['The engine is currently overloaded, please try again.', undefined],
    ['The model is broken.', 'false'],
  ])('case A6: an error without a code is 502, and retried only if a retry can help: %s', async (message, retry) => {
    const { upstream, gateway } = await open()
    upstream.respond(json(200, { error: { message } }))
    const result = await ask(gateway, { target: chat, body: whole })
    expect([result.status, result.header('x-should-retry')]).toEqual([502, retry])
  })

  test('case A7: a stream whose first event is an error has the error’s status', async () => {
    const { upstream, gateway } = await open()
    const failure = { error: { code: 429, message: 'Too many requests.', type: 'rate_limit_error' } }
    upstream.respond(sse([': waiting\n\n', failure]))
    const result = await ask(gateway, { target: chat, body: streamed })
    expect([result.status, JSON.parse(result.text)]).toEqual([429, failure])
    expect(await gateway.findLog()).toMatchObject({ outcome: 'upstream_error', status: 429 })
  })

  test.each([{ usage }, { choices: null, usage }])(
    'case A8: a usage in %j is hidden from a caller that did not request it',
    async (event) => {
      const { upstream, gateway } = await open()
      upstream.respond(sse([...chatChunks, event]))
      const result = await ask(gateway, { target: chat, body: streamed })
      expect(result.text).toBe(toText(chatChunks))
      expect(await gateway.findLog()).toMatchObject(counted)
    },
  )

  async function openAlone() {
    const upstream = await startUpstream()
    const gateway = await start({ env: toOpenAIEnv(upstream) })
    return { upstream, gateway }
  }

  test('case A9: a call to a provider that refuses `stream_options` is repeated without it, and later calls omit it', async () => {
    const { upstream, gateway } = await openAlone()
    const refusal = { error: { message: 'Unknown field: stream_options', type: 'invalid_request_error' } }
    upstream.respondNext(json(422, refusal), sse(chatChunks), sse(chatChunks))
    for (let call = 0; call < 2; call++) {
      const result = await ask(gateway, { target: chat, body: streamed })
      expect([result.status, result.text]).toEqual([200, toText(chatChunks)])
    }
    expect(upstream.requests.map(({ bodyText }) => bodyText.includes('stream_options'))).toEqual([true, false, false])
  })

  test('case A9: an error of 100 KiB passes completely, and is searched for the field', async () => {
    const { upstream, gateway } = await openAlone()
    const long = { error: { ...tooLong.error, message: 'x'.repeat(100 * 1_024) } }
    const named = { error: { message: `stream_options ${'x'.repeat(100 * 1_024)}` } }
    upstream.respondNext(json(400, long), json(400, named), sse(chatChunks))
    const result = await ask(gateway, { target: chat, body: streamed })
    expect([result.status, JSON.parse(result.text)]).toEqual([400, long])
    expect((await ask(gateway, { target: chat, body: streamed })).text).toBe(toText(chatChunks))
    expect(upstream.requests.map(({ bodyText }) => bodyText.includes('stream_options'))).toEqual([true, true, false])
  })

  test('case A9: an error over the maximum response size keeps its status', async () => {
    const upstream = await startUpstream()
    upstream.respond(json(400, { error: { message: 'x'.repeat(5_000) } }))
    const gateway = await start({ env: toOpenAIEnv(upstream), config: { limits: { answer_bytes: 4_096 } } })
    for (const body of [streamed, whole]) {
      const result = await ask(gateway, { target: chat, body })
      expect([result.status, JSON.parse(result.text)]).toMatchObject([
        400,
        { error: { message: 'The provider answered 400.' } },
      ])
    }
  })

  test.each(['openai', 'deepinfra', 'azure', 'custom'])(
    'case A9: `stream_options: false` omits them for a provider of the kind %s',
    async (kind) => {
      const upstream = await startUpstream()
      upstream.respond(sse(chatChunks))
      const provider = { kind, base_url: `${upstream.url}/v1`, api_key: upstreamKey, stream_options: false }
      const gateway = await start({ env: { TOKEN: gatewayToken }, config: { providers: { mine: provider } } })
      const result = await ask(gateway, { target: chat, body: { ...streamed, model: 'mine/m' } })
      expect([result.status, result.text]).toEqual([200, toText(chatChunks)])
      expect((await upstream.nextRequest()).bodyText).not.toContain('stream_options')
    },
  )

  test('case A10: a stream with one of two choices unfinished is interrupted', async () => {
    const { upstream, gateway } = await open()
    const piece = (index: number, reason: string | null) => ({
      choices: [{ index, delta: { content: 'x' }, finish_reason: reason }],
    })
    upstream.respond(sse([piece(0, null), piece(1, null), piece(0, 'stop')], { doneAtEnd: false }))
    const result = await ask(gateway, { target: chat, body: { ...streamed, n: 2 } })
    expect(result.text).toContain('"code":"upstream_interrupted"')
    expect(await gateway.findLog()).toMatchObject({ outcome: 'interrupted' })
  })

  test.each([
    { prompt: ['a', 'b'], n: undefined, finished: 1, outcome: 'interrupted' },
    { prompt: [[1], [2]], n: undefined, finished: 1, outcome: 'interrupted' },
    { prompt: ['a', 'b'], n: 2, finished: 3, outcome: 'interrupted' },
    { prompt: ['a', 'b'], n: 2, finished: 4, outcome: 'ok' },
    { prompt: [1, 2], n: undefined, finished: 1, outcome: 'ok' },
    { prompt: 'a', n: undefined, finished: 1, outcome: 'ok' },
  ])('case A10: of $prompt with n $n, $finished finished completions are $outcome', async (row) => {
    const { upstream, gateway } = await open()
    const pieces = Array.from({ length: row.finished }, (_, index) => ({
      choices: [{ index, text: 'x', finish_reason: 'stop' }],
    }))
    upstream.respond(sse(pieces, { doneAtEnd: false }))
    const body = { model: 'm', prompt: row.prompt, n: row.n, stream: true }
    const { text } = await ask(gateway, { target: '/v1/completions', body })
    expect(text.includes('"code":"upstream_interrupted"')).toBe(row.outcome === 'interrupted')
    expect(await gateway.findLog()).toMatchObject({ outcome: row.outcome })
  })

  test.each([
    { name: 'one choice', n: 1, spaces: 0, chunkBytes: 65_536, outcome: 'ok' },
    { name: 'one choice, with spaces', n: 1, spaces: 1, chunkBytes: 65_536, outcome: 'ok' },
    { name: 'one choice, in slivers', n: 1, spaces: 1, chunkBytes: 7, outcome: 'ok' },
    { name: 'two choices', n: 2, spaces: 0, chunkBytes: 65_536, outcome: 'ok' },
  ])(
    'case A11: a chat of $name is complete with nine events after its finish',
    async ({ n, spaces, chunkBytes, outcome }) => {
      const { upstream, gateway } = await open()
      const piece = (index: number, finish_reason: string | null) => {
        const data = JSON.stringify({ choices: [{ index, delta: { content: '…早' }, finish_reason }], x: null })
        return `data: ${spaces === 1 ? data.replaceAll('":', '": ') : data}\n\n`
      }
      const ends = Array.from({ length: n }, (_, index) => piece(index, 'length'))
      const late = Array.from({ length: 9 }, (_, at) => ({ choices: [], citations: [at] }))
      upstream.respond(sse([piece(0, null), ...ends, ...late], { doneAtEnd: false, splitEvery: chunkBytes }))
      const { text } = await ask(gateway, { target: chat, body: { ...streamed, n } })
      expect(text).not.toContain('upstream_interrupted')
      expect(await gateway.findLog()).toMatchObject({ outcome, finish_reason: 'length' })
    },
  )

  test.each(['response.done', 'response.cancelled'])(
    'case A11: %s ends a stream, also with five events after it',
    async (type) => {
      const { upstream, gateway } = await open()
      const end = { type, response: { status: 'completed', output: [], usage: { input_tokens: 3, output_tokens: 4 } } }
      const late = Array.from({ length: 5 }, (_, n) => ({ type: 'response.extra', n }))
      upstream.respond(sse([{ type: 'response.output_text.delta', delta: 'Hi' }, end, ...late], { doneAtEnd: false }))
      const result = await ask(gateway, { target: '/v1/responses', body: { model: 'm', input: 'Hi', stream: true } })
      expect(result.text).not.toContain('upstream_interrupted')
      expect(await gateway.findLog()).toMatchObject({ outcome: 'ok', input_tokens: 3, output_tokens: 4 })
    },
  )

  test.each(['response.completed', 'response.incomplete', 'response.done', 'response.cancelled'])(
    'case A11: %s without a usage ends a stream, also with five events after it',
    async (type) => {
      const { upstream, gateway } = await open()
      const end = { type, response: { status: 'completed', output: [], usage: null } }
      const late = Array.from({ length: 5 }, (_, n) => ({ type: 'response.extra', n }))
      upstream.respond(sse([{ type: 'response.output_text.delta', delta: 'Hi' }, end, ...late], { doneAtEnd: false }))
      const result = await ask(gateway, { target: '/v1/responses', body: { model: 'm', input: 'Hi', stream: true } })
      expect(result.text).not.toContain('upstream_interrupted')
      expect(await gateway.findLog()).toMatchObject({ outcome: 'ok' })
    },
  )

  test('case A11: `[DONE]` with other fields ends a stream, even if its provider keeps the connection open', async () => {
    const { upstream, gateway } = await open()
    const end = 'event: done\nid: 7\ndata: [DONE]\n\n'
    upstream.respond(sse([...chatChunks, end, createGate()], { doneAtEnd: false }))
    const result = await ask(gateway, { target: chat, body: streamed })
    expect(result.text).toBe(toText(chatChunks).replace('data: [DONE]\n\n', end))
    expect(await gateway.findLog()).toMatchObject({ outcome: 'ok' })
    await (await upstream.nextRequest()).closed
  })

  test('case A12: an image of 10 MB ends its stream, even if only the end of the connection follows', async () => {
    const { upstream, gateway } = await open()
    const usage = { input_tokens: 50, output_tokens: 6_200 }
    const picture = { type: 'image_generation.completed', b64_json: 'A'.repeat(10 * 1_048_576), usage }
    upstream.respond(sse([picture], { doneAtEnd: false }))
    const body = { model: 'gpt-image-1', prompt: 'A hat', stream: true }
    const result = await ask(gateway, { target: '/v1/images/generations', body })
    expect(result.text).toBe(`data: ${JSON.stringify(picture)}\n\n`)
    expect(await gateway.findLog()).toMatchObject({ outcome: 'ok', finish_reason: 'completed', output_tokens: 6_200 })
  })

  test('case A12: one event of 10 MB passes', async () => {
    const { upstream, gateway } = await open()
    const picture = { choices: [{ index: 0, delta: { images: ['A'.repeat(10 * 1_048_576)] }, finish_reason: 'stop' }] }
    upstream.respond(sse([picture]))
    const result = await ask(gateway, { target: chat, body: streamed })
    expect(result.text).toBe(toText([picture]))
  })

  test('case A14: an empty transcript of silence is a valid response', async () => {
    const { upstream, gateway } = await open()
    upstream.respond(raw('HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 0\r\n\r\n'))
    const form = '--b\r\ncontent-disposition: form-data; name="model"\r\n\r\nwhisper-1\r\n--b--\r\n'
    const headers = { 'content-type': 'multipart/form-data; boundary=b' }
    const result = await ask(gateway, { target: '/v1/audio/transcriptions', headers, body: form })
    expect([result.status, result.text]).toEqual([200, ''])
  })

  const incorrect = { error: { message: 'Incorrect API key provided: sk-…1234', code: 'invalid_api_key' } }

  test('case A17: the provider’s 401 for the stored key is hidden from the caller', async () => {
    const { upstream, gateway } = await open()
    upstream.respond(json(401, incorrect))
    const result = await ask(gateway, { target: chat, body: whole })
    expectError(result, { code: 'upstream_auth_failed', message: /`openai` rejected the key/ })
    expect(result.header('x-should-retry')).toBe('false')
    expect(await gateway.findLog()).toMatchObject({
      outcome: 'upstream_error',
      error_code: 'upstream_auth_failed',
      upstream_message: 'invalid_api_key: Incorrect API key provided: [hidden]',
    })
    expect(gateway.output()).not.toContain('1234')
  })

  const exceeded = { error: { message: 'You exceeded your current quota.', type: 'insufficient_quota', code: null } }
  const quota = 'insufficient_quota: You exceeded your current quota.'

  const refusals: readonly (readonly [string, Script, string])[] = [
    ...[402, 403, 429, 500, 503].map((status) => [`${status}`, json(status, exceeded), quota] as const),
    [
      '429 as plain text',
      script(['Slow down.\n'], { status: 429, headers: { 'content-type': 'text/plain' } }),
      'Slow down.',
    ],
    ['500 that is a page', html500(), '500 Internal Server Error'],
    ['503 that is a detail', json(503, { detail: 'No capacity.' }), 'No capacity.'],
    ['429 under a 200', json(200, { error: { code: 429, message: 'Too fast.' } }), 'Too fast.'],
    ['error in the first event', sse([exceeded]), quota],
    ['error in the last event', sse([...chatChunks, exceeded]), quota],
  ]
  test.each(refusals)(
    'case A17: the log has the message of a provider’s %s, and the caller gets the response itself',
    async (_name, refusal, message) => {
      const { upstream, gateway } = await open()
      upstream.respond(refusal)
      for (const body of [whole, streamed]) {
        const result = await ask(gateway, { target: chat, body })
        if (message === quota) expect(result.text).toContain(JSON.stringify(exceeded.error))
        const id = result.header('x-request-id')
        const log = await gateway.findLog((line) => line.request_id === id)
        expect(log).toMatchObject({ outcome: 'upstream_error', upstream_message: message })
      }
    },
  )

  test.each([400, 404, 422])(
    'case A17: a %s is the caller’s mistake, and has no message in the log',
    async (status) => {
      const { upstream, gateway } = await open()
      upstream.respond(json(status, exceeded))
      await ask(gateway, { target: chat, body: whole })
      expect((await gateway.findLog()).upstream_message).toBeUndefined()
    },
  )

  test.each([
    ['keys, whole or in part', `Key ${upstreamKey} or ab**34 is wrong.`, 'Key [hidden] or [hidden] is wrong.'],
    ['half a key at its end', `${'x'.repeat(290)} ${upstreamKey}`, `${'x'.repeat(290)} [hidden]`.slice(0, 300)],
    ['more than 300 characters', `Wrong. ${'x'.repeat(5_000)}`, `Wrong. ${'x'.repeat(293)}`],
  ])('case A17: the log has the message of the provider without %s', async (_name, message, logged) => {
    const { upstream, gateway } = await open()
    for (const refusal of [json(401, { error: { message } }), sse([{ error: { message, code: 503 } }])]) {
      upstream.respond(refusal)
      const result = await ask(gateway, { target: chat, body: streamed })
      const id = result.header('x-request-id')
      expect((await gateway.findLog((line) => line.request_id === id)).upstream_message).toBe(logged)
    }
    expect(gateway.output()).not.toContain(upstreamKey.slice(0, 9))
  })

  const request = 'My name is\nRumpelstiltskin, "they" say.'
  const asciiOnly = (text: string) =>
    text.replace(/[^ -~]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)
  test.each([
    ['unchanged', JSON.stringify, 'Rumpelstiltskin'],
    ['across a line break', JSON.stringify, 'name is Rumpel'],
    ['with quotes', JSON.stringify, 'skin, "they" say'],
    ['in capitals', JSON.stringify, 'RUMPELSTILTSKIN'],
    ['that was sent in ASCII', (value: unknown) => asciiOnly(JSON.stringify(value)), '我叫小矮人'],
  ] as const)('case A17: the log omits a message that repeats the request, %s', async (_how, write, quote) => {
    const { upstream, gateway } = await open()
    const body = write({ ...whole, messages: [{ role: 'user', content: `${request} 我叫小矮人。` }] })
    for (const status of [401, 403, 429, 500]) {
      upstream.respond(json(status, { error: { message: `No: ${quote}`, code: 'refused' } }))
      const result = await ask(gateway, { target: chat, body, headers: { 'content-type': 'application/json' } })
      const id = result.header('x-request-id')
      expect((await gateway.findLog((line) => line.request_id === id)).upstream_message).toBe('refused')
    }
    expect(gateway.output()).not.toContain(quote)
  })

  test('case A17: for forms and relayed files, which are not parsed, the log has only the code', async () => {
    const upstream = await startUpstream()
    const gateway = await start({ env: toOpenAIEnv(upstream), config: { passthrough: 'openai' } })
    upstream.respond(json(429, { error: { message: 'You said hello.', code: 'rate_limit_exceeded' } }))
    const form = '--b\r\ncontent-disposition: form-data; name="model"\r\n\r\nwhisper-1\r\n--b--\r\n'
    const headers = { 'content-type': 'multipart/form-data; boundary=b' }
    for (const call of [
      { target: '/v1/audio/transcriptions', headers, body: form },
      { target: '/v1/threads', body: { hello: true } },
    ]) {
      const result = await ask(gateway, call)
      expect(result.status).toBe(429)
      const id = result.header('x-request-id')
      const log = await gateway.findLog((line) => line.request_id === id)
      expect(log.upstream_message).toBe('rate_limit_exceeded')
    }
  })

  test('case A17: a key that a provider repeats as its error code is not logged', async () => {
    const upstream = await startUpstream()
    const code = 'a3f5c17e09b2486d8e71'
    const gateway = await start({ env: { ...toOpenAIEnv(upstream), OPENAI_API_KEY: code } })
    for (const refusal of [
      json(500, { error: { code } }),
      sse([{ error: { code } }]),
      sse([...chatChunks, { error: { code } }]),
    ]) {
      upstream.respond(refusal)
      const result = await ask(gateway, { target: chat, body: streamed })
      const id = result.header('x-request-id')
      expect(await gateway.findLog((line) => line.request_id === id)).toMatchObject({ outcome: 'upstream_error' })
    }
    expect(gateway.output()).not.toContain(code)
  })

  test('case A17: the log has nothing about the account of a caller’s own provider key, and no key of a failure', async () => {
    const upstream = await startUpstream()
    const ownKey = 'the-own-key-of-a-caller-5b8e21'
    const gateway = await start({ env: { ...toOpenAIEnv(upstream), BRING_YOUR_OWN_KEY: 'true' } })
    const logged: unknown[] = []
    for (const status of [401, 402, 403, 429, 503]) {
      upstream.respond(json(status, { error: { message: `Broken for ${ownKey}.` } }))
      const result = await ask(gateway, { target: chat, body: whole, headers: { 'x-openai-key': ownKey } })
      const id = result.header('x-request-id')
      logged.push((await gateway.findLog((line) => line.request_id === id)).upstream_message)
    }
    expect(logged).toEqual([undefined, undefined, undefined, undefined, 'Broken for [hidden].'])
  })

  test('case A17 case D6: the caller’s own provider key is in no header, even if the provider repeats it, and its 401 passes', async () => {
    const upstream = await startUpstream()
    const ownKey = 'sk-own-key-of-a-caller-5b8e21'
    const headers = {
      'x-request-id': `req_${ownKey}`,
      'openai-organization': ownKey,
      'openai-processing-ms': ownKey,
      'openai-version': `v ${ownKey}`,
      'x-ratelimit-limit-requests': ownKey,
    }
    const refusal = { error: { message: 'Incorrect API key.', code: 'invalid_api_key' } }
    upstream.respondNext(
      json(200, chatCompletion, { headers }),
      json(401, refusal, { headers }),
      sse(chatChunks, { headers }),
      json(200, {}, { headers }),
    )
    const env = { ...toOpenAIEnv(upstream), BRING_YOUR_OWN_KEY: 'true' }
    const gateway = await start({ env, config: { passthrough: 'openai' } })
    const own = { 'x-openai-key': ownKey }
    const responses = [
      await ask(gateway, { target: chat, body: whole, headers: own }),
      await ask(gateway, { target: chat, body: whole, headers: own }),
      await ask(gateway, { target: chat, body: streamed, headers: own }),
      await ask(gateway, { target: '/v1/files', headers: own }),
    ]
    expect(responses.map(({ status }) => status)).toEqual([200, 401, 200, 200])
    expect(JSON.parse(responses[1]?.text ?? '')).toEqual(refusal)
    for (const { rawHeaders } of responses) expect(JSON.stringify(rawHeaders)).not.toContain(ownKey)
    expect(responses[0]?.header('x-upstream-request-id')).toBe('req_[hidden]')
    await gateway.findLog(() => gateway.logs().length >= responses.length)
    expect(gateway.output()).not.toContain(ownKey)
  })

  test.each([true, false])(
    'case A18: comments and `[DONE]` alone are an error, and cost nothing (done: %s)',
    async (doneAtEnd) => {
      const { upstream, gateway } = await open()
      upstream.respond(sse([': hello\n\n', ': again\n\n'], { doneAtEnd }))
      const result = await ask(gateway, { target: chat, body: streamed })
      expectError(result, { code: 'upstream_invalid_answer' })
      expect(await gateway.findLog()).toMatchObject({ outcome: 'upstream_error', status: 502 })
    },
  )

  test.each([true, false])(
    'case A18: comments and `[DONE]` alone are an error, also after the headers are sent (done: %s)',
    async (doneAtEnd) => {
      const upstream = await startUpstream()
      const config = { streams: { hold_headers_ms: 1 } }
      const gateway = await start({ env: toOpenAIEnv(upstream), config })
      const gate = createGate()
      upstream.respond(sse([': hello\n\n', gate, ': again\n\n'], { doneAtEnd }))
      const client = await openRawClient(gateway.url)
      await client.send(toRequestBytes({ target: chat, body: streamed, headers: bearer }))
      const result = await client.startResponse()
      gate.open()
      const { text } = await result.whole()
      expect(text).toContain('"code":"upstream_invalid_answer"')
      expect(text).not.toContain('[DONE]')
      client.destroy()
      const log = await gateway.findLog()
      expect(log).toMatchObject({ outcome: 'upstream_error', error_code: 'upstream_invalid_answer' })
      expect(log.input_tokens).toBeUndefined()
    },
  )
})
