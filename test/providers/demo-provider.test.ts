import { describe, expect, it } from 'vitest'
import { type ByteStream, toByteStream } from '../../src/core/byte-stream.ts'
import { GatewayError } from '../../src/core/errors.ts'
import { createDemo, parseEvents, readBytes, readJson, readText } from './demo-harness.ts'

const hello = { model: 'demo/chat', messages: [{ role: 'user', content: 'Hello' }] }

describe('the demo provider', () => {
  it('works without a key and lists models under its name, the operator’s last', () => {
    const { provider } = createDemo()
    const ids = provider.models.map((model) => model.id)
    expect(provider).toMatchObject({
      id: 'demo',
      unavailableReason: undefined,
      holdsKey: false,
      acceptsOwnKey: false,
      acceptsStreamOptions: true,
      timeouts: { connectMs: 1, firstByteMs: 2, idleMs: 3, totalMs: 4 },
    })
    expect(ids).toContain('demo/chat')
    expect(ids.at(-1)).toBe('demo/mine')
    expect(ids.every((id) => id.startsWith('demo/'))).toBe(true)
  })

  it('returns equal responses to equal requests, except for ids', async () => {
    const first = await readJson(await createDemo().post('chat.completions', hello))
    const demo = createDemo()
    const second = await readJson(await demo.post('chat.completions', hello))
    const third = await readJson(await demo.post('chat.completions', hello))
    expect(second).toEqual(first)
    expect(third).toEqual({ ...first, id: third.id })
    expect(third.id).not.toBe(first.id)
  })

  it('accepts a model name with and without its prefix, and any other name', async () => {
    const demo = createDemo()
    for (const [requested, reported] of [
      ['demo/chat', 'demo/chat'],
      ['chat', 'demo/chat'],
      ['gpt-9', 'demo/gpt-9'],
      ['demo/meta/llama', 'demo/meta/llama'],
    ]) {
      const { model } = await readJson(await demo.post('chat.completions', { ...hello, model: requested }))
      expect(model).toBe(reported)
    }
    expect((await readJson(await demo.post('responses', { input: 'x' }))).model).toBe('demo/chat')
  })

  it('sends a request id with every response', async () => {
    const demo = createDemo()
    const { headers } = await demo.post('chat.completions', hello)
    const error = await demo.post('chat.completions', { ...hello, model: 'demo/error-500' })
    expect(headers['x-request-id']).toMatch(/^req_demo_[0-9a-f]{16}$/)
    expect(error.headers['x-request-id']).not.toBe(headers['x-request-id'])
  })

  it('returns 404 for passthrough endpoints, and cancels their body', async () => {
    const { provider, context } = createDemo()
    const upload = createUpload()
    const body = { kind: 'raw', contentType: undefined, length: undefined, stream: upload.stream } as const
    const response = await provider.passThrough(
      { method: 'POST', path: '/files', query: '', headers: {}, body },
      context,
    )
    expect(response.status).toBe(404)
    expect((await readJson(response)).error).toMatchObject({ code: 'not_found', type: 'invalid_request_error' })
    expect(upload.isCancelled()).toBe(true)
  })
})

describe('errors by model name', () => {
  it('returns 429 with the headers for clients’ retries', async () => {
    const response = await createDemo().post('chat.completions', { ...hello, model: 'demo/error-429' })
    expect(response).toMatchObject({
      status: 429,
      headers: { 'content-type': 'application/json', 'retry-after': '1', 'x-ratelimit-remaining-requests': '0' },
    })
    expect((await readJson(response)).error).toMatchObject({
      type: 'requests',
      code: 'rate_limit_exceeded',
      param: null,
    })
  })

  it.each([400, 401, 403, 404, 418, 500, 503, 599])('returns %i in OpenAI’s format', async (status) => {
    const response = await createDemo().post('embeddings', { model: `error-${status}`, input: 'x' })
    const { error } = await readJson(response)
    expect(response.status).toBe(status)
    expect(Object.keys(error)).toEqual(['message', 'type', 'param', 'code'])
    expect(error.message).toContain('Weir demo')
  })

  it('ignores other numbers in an error name', async () => {
    for (const model of ['demo/error-200', 'demo/error-600', 'demo/error-']) {
      expect((await createDemo().post('chat.completions', { ...hello, model })).status).toBe(200)
    }
  })

  it('refuses an invalid value with the name of its field', async () => {
    const response = await createDemo().post('images.generations', { prompt: 'x', size: '999999x9' })
    expect(response.status).toBe(400)
    expect((await readJson(response)).error).toMatchObject({ param: 'size', code: 'invalid_value' })
  })

  it('refuses lists whose response would fill the memory', async () => {
    const input = Array.from({ length: 2_049 }, () => 'x')
    expect((await createDemo().post('embeddings', { model: 'demo/embedding', input })).status).toBe(400)
    expect((await createDemo().post('moderations', { input })).status).toBe(400)
    expect((await createDemo().post('completions', { model: 'demo/chat', prompt: ['a', 'b'], n: 65 })).status).toBe(400)
  })
})

describe('delays by model name', () => {
  it('delays the whole response', async () => {
    const demo = createDemo()
    let hasResponded = false
    const pending = demo.post('chat.completions', { ...hello, model: 'demo/delay-250' }).then((response) => {
      hasResponded = true
      return response
    })
    await demo.clock.nextTimer()
    demo.clock.advance(249)
    await Promise.resolve()
    expect(hasResponded).toBe(false)
    demo.clock.advance(1)
    expect((await pending).status).toBe(200)
  })

  it('rejects at once when the call is aborted', async () => {
    const demo = createDemo()
    const response = demo.post('chat.completions', { ...hello, model: 'demo/delay-250' })
    await demo.clock.nextTimer()
    const reason = new GatewayError('upstream_first_byte_timeout', 'Too slow.')
    demo.controller.abort(reason)
    await expect(response).rejects.toBe(reason)
    expect(demo.clock.pending()).toEqual([])
  })

  it('stays silent until it is aborted, and cancels the upload', async () => {
    const demo = createDemo()
    const upload = createUpload()
    const response = demo.postRaw('audio.transcriptions', 'demo/silent', upload.stream)
    // When a later call has its response, this one is waiting.
    await demo.post('chat.completions', hello)
    expect(demo.clock.pending()).toEqual([])
    demo.controller.abort()
    await expect(response).rejects.toMatchObject({ code: 'upstream_unreachable' })
    expect(upload.isCancelled()).toBe(true)
  })

  it('rejects a call that was already aborted', async () => {
    const demo = createDemo()
    demo.controller.abort()
    await expect(demo.post('chat.completions', hello)).rejects.toBeInstanceOf(GatewayError)
  })
})

describe('the stream of a reply', () => {
  const streamed = { ...hello, stream: true }

  it('sends a word at a time, with the configured delay between two', async () => {
    const demo = createDemo(40)
    const { body } = await demo.post('chat.completions', streamed)
    const log = record(body)
    expect(log.texts).toHaveLength(2)
    expect(demo.clock.pending()).toEqual([40])
    demo.clock.advance(39)
    expect(log.texts).toHaveLength(2)
    demo.clock.advance(1)
    expect(log.texts).toHaveLength(3)
    while (demo.clock.pending().length > 0) demo.clock.advance(40)
    expect(log.ending).toBe('end')
    expect(parseEvents(log.texts.join('')).at(-1)?.data).toBe('[DONE]')
  })

  it('sends a word per second as demo/slow', async () => {
    const demo = createDemo()
    record((await demo.post('chat.completions', { ...streamed, model: 'demo/slow' })).body)
    expect(demo.clock.pending()).toEqual([1_000])
  })

  it('waits for a slow reader without losing data', async () => {
    const whole = await readText(await createDemo().post('chat.completions', streamed))
    const { body } = await createDemo().post('chat.completions', streamed)
    const log = record(body, () => false)
    expect(log.texts).toHaveLength(1)
    for (let round = 0; log.ending === undefined && round < 1_000; round += 1) body.resume()
    expect(log.ending).toBe('end')
    expect(log.texts.join('')).toBe(whole)
  })

  it('waits for the reader and for its own pace, whichever is longer', async () => {
    const demo = createDemo(40)
    const { body } = await demo.post('chat.completions', streamed)
    const log = record(body, () => false)
    demo.clock.advance(1_000)
    expect(log.texts).toHaveLength(1)
    body.resume()
    body.resume()
    expect(log.texts).toHaveLength(2)
    body.resume()
    expect(log.texts).toHaveLength(2)
    demo.clock.advance(40)
    expect(log.texts).toHaveLength(3)
  })

  it('continues when the reader resumes from within its write', async () => {
    const { body } = await createDemo().post('chat.completions', streamed)
    const log = record(body, () => {
      body.resume()
      return false
    })
    expect(log.ending).toBe('end')
  })

  it('stops at once when cancelled, and may be cancelled twice or before its start', async () => {
    const demo = createDemo(40)
    const { body } = await demo.post('chat.completions', streamed)
    const log = record(body)
    body.cancel()
    body.cancel()
    demo.clock.advance(1_000)
    expect(demo.clock.pending()).toEqual([])
    expect(log).toMatchObject({ texts: { length: 2 }, ending: undefined })
    const other = (await demo.post('chat.completions', streamed)).body
    other.cancel()
    expect(record(other)).toMatchObject({ texts: [], ending: undefined })
  })

  it('stops writing when cancelled from within a write', async () => {
    const { body } = await createDemo().post('chat.completions', streamed)
    const log = record(body, () => {
      body.cancel()
      return true
    })
    expect(log).toMatchObject({ texts: { length: 1 }, ending: undefined })
  })

  it('fails with the reason of the abort', async () => {
    const demo = createDemo(40)
    const log = record((await demo.post('chat.completions', streamed)).body)
    const reason = new GatewayError('upstream_idle_timeout', 'Too slow.')
    demo.controller.abort(reason)
    expect(log).toMatchObject({ texts: { length: 2 }, ending: reason })
    expect(demo.clock.pending()).toEqual([])
  })

  it('breaks off in the middle as demo/cut, streamed or not', async () => {
    const { body } = await createDemo().post('chat.completions', { ...streamed, model: 'demo/cut' })
    const log = record(body)
    const events = parseEvents(log.texts.join(''))
    expect(log.ending).toMatchObject({ code: 'upstream_interrupted' })
    expect(events.length).toBeGreaterThan(5)
    expect(events.map((event) => event.data)).not.toContain('[DONE]')
    const whole = record((await createDemo().post('chat.completions', { ...hello, model: 'demo/cut' })).body)
    expect(whole.ending).toMatchObject({ code: 'upstream_interrupted' })
    expect(() => JSON.parse(whole.texts.join(''))).toThrow(SyntaxError)
  })
})

describe('an upload', () => {
  it('is read to its end and counted', async () => {
    const demo = createDemo()
    const response = await demo.postRaw(
      'audio.transcriptions',
      'demo/transcribe',
      toByteStream(new Uint8Array(100_000)),
    )
    expect((await readJson(response)).text).toContain('100000 bytes')
  })

  it('is cancelled when the call is aborted during the upload', async () => {
    const demo = createDemo()
    const upload = createUpload()
    const response = demo.postRaw('audio.transcriptions', 'demo/transcribe', upload.stream)
    await upload.started
    demo.controller.abort()
    await expect(response).rejects.toBeInstanceOf(GatewayError)
    expect(upload.isCancelled()).toBe(true)
  })

  it('that fails rejects the call with its error', async () => {
    const demo = createDemo()
    const failure = new GatewayError('body_too_large', 'Too large.')
    const stream: ByteStream = { start: (sink) => sink.fail(failure), resume() {}, cancel() {} }
    await expect(demo.postRaw('images.edits', 'demo/image', stream)).rejects.toBe(failure)
  })

  it('is cancelled when the response is an error', async () => {
    const upload = createUpload()
    const response = await createDemo().postRaw('audio.transcriptions', 'demo/error-500', upload.stream)
    expect(response.status).toBe(500)
    expect(upload.isCancelled()).toBe(true)
    expect((await readBytes(response.body)).length).toBeGreaterThan(0)
  })
})

interface StreamLog {
  readonly texts: string[]
  ending: unknown
}

function record(body: ByteStream, react: () => boolean = () => true): StreamLog {
  const log: StreamLog = { texts: [], ending: undefined }
  body.start({
    write(chunk) {
      log.texts.push(new TextDecoder().decode(chunk))
      return react()
    },
    end() {
      log.ending = 'end'
    },
    fail(error) {
      log.ending = error
    },
  })
  return log
}

/** An upload that never ends. */
function createUpload() {
  const { promise, resolve } = Promise.withResolvers<void>()
  let isCancelled = false
  const stream: ByteStream = {
    start: () => resolve(),
    resume() {},
    cancel() {
      isCancelled = true
    },
  }
  return { stream, started: promise, isCancelled: () => isCancelled }
}
