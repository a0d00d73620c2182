import OpenAI from 'openai'
import { expect, test } from 'vitest'
import { describeOnBoth } from '../support/describe-on-both.ts'
import { chatChunks, chatRequest, responseEvents } from '../support/fixtures.ts'
import { type Gateway, gatewayToken, toOpenAIEnv } from '../support/gateway.ts'
import { hangUp, html500, json, raw, reset, sse } from '../support/upstream-scripts.ts'
import { sendChat } from './send-chat.ts'

const providerError = { error: { message: 'The model broke down.', type: 'server_error', param: null, code: 'boom' } }

describeOnBoth('an upstream that fails before its first byte', (_start, { share }) => {
  const failures = [
    { name: 'resets', script: reset(), status: 502, code: 'upstream_unreachable' },
    { name: 'hangs up', script: hangUp(), status: 502, code: 'upstream_unreachable' },
    { name: 'returns an HTML page with 500', script: html500(), status: 500, code: null },
    { name: 'returns 200 with an error', script: json(200, providerError), status: 502, code: 'boom' },
    { name: 'returns 200 with nothing', script: json(200, ''), status: 502, code: 'upstream_invalid_answer' },
    { name: 'returns 200 with a web page', script: html500(200), status: 502, code: 'upstream_invalid_answer' },
    {
      name: 'breaks off its JSON',
      script: json(200, { choices: [] }, { cutAfterBytes: 5, ending: 'fin' }),
      status: 502,
      code: 'upstream_interrupted',
    },
    {
      name: 'speaks no HTTP',
      script: raw('SSH-2.0-OpenSSH_9.2\r\n\r\n'),
      status: 502,
      code: 'upstream_unreachable',
    },
  ].flatMap((failure) => [true, false].map((stream) => ({ ...failure, stream })))

  test.each(failures)(
    'R10 if the upstream fails before its first byte, the caller receives an error with the matching status: $name (stream: $stream)',
    async (failure) => {
      const { upstream, gateway } = await share((scripted) => ({ env: toOpenAIEnv(scripted) }))
      // An empty body: `json` would write two quotes.
      upstream.respond(failure.name.endsWith('nothing') ? raw(emptyResponse) : failure.script)
      const response = await (await sendChat(gateway, { stream: failure.stream })).readResponse()
      expect(response.status).toBe(failure.status)
      expect(response.header('content-type')).toContain('application/json')
      expect(response.header('x-request-id')).toMatch(/^req_/)
      expect(JSON.parse(response.text)).toEqual({
        error: { message: expect.any(String), type: expect.any(String), param: null, code: failure.code },
      })
      expect(await gateway.findLog()).toMatchObject({ outcome: 'upstream_error', status: failure.status })
    },
  )
})

describeOnBoth('an upstream that fails mid-stream', (_start, { share }) => {
  test.each(['reset', 'fin'] as const)(
    'R11 R12 Weir delivers the received events, then an error event and no `[DONE]` (%s)',
    async (ending) => {
      const { upstream, gateway } = await share((scripted) => ({ env: toOpenAIEnv(scripted) }))
      upstream.respond(sse(chatChunks, { cutAfterEvents: 2, ending }))
      const response = await (await sendChat(gateway)).readResponse()
      expect(response.isComplete).toBe(true)
      const [first, second, error, ...rest] = response.text.split('\n\n')
      expect([first, second]).toEqual(chatChunks.slice(0, 2).map((chunk) => `data: ${JSON.stringify(chunk)}`))
      expect(JSON.parse(error?.slice('data: '.length) ?? '')).toMatchObject({
        error: { code: 'upstream_interrupted', type: 'upstream_error' },
      })
      expect(rest).toEqual([''])
      expect(await gateway.findLog()).toMatchObject({ outcome: 'interrupted', error_code: 'upstream_interrupted' })
    },
  )

  test('R11 Weir drops a truncated event and sends the error in its place', async () => {
    const { upstream, gateway } = await share((scripted) => ({ env: toOpenAIEnv(scripted) }))
    const length = `data: ${JSON.stringify(chatChunks[0])}\n\n`.length
    upstream.respond(sse(chatChunks, { cutAfterBytes: length + 30, ending: 'reset' }))
    const response = await (await sendChat(gateway)).readResponse()
    const events = response.text.split('\n\n').filter(Boolean)
    expect(events).toHaveLength(2)
    expect(events[1]).toMatch(/^data: \{"error":/)
  })

  test('R11 the OpenAI SDK throws after the received words', async () => {
    const { upstream, gateway } = await share((scripted) => ({ env: toOpenAIEnv(scripted) }))
    upstream.respond(sse(chatChunks, { cutAfterEvents: 2, ending: 'reset' }))
    const client = toClient(gateway)
    const words: string[] = []
    const reading = async (): Promise<void> => {
      for await (const chunk of await client.chat.completions.create({ ...chatRequest, stream: true })) {
        words.push(chunk.choices[0]?.delta.content ?? '')
      }
    }
    await expect(reading()).rejects.toMatchObject({ name: 'Error', code: 'upstream_interrupted' })
    expect(words.join('')).toBe('Hello')
    expect(upstream.requests).toHaveLength(1)
  })

  test('R11 Weir names the error event in a Responses stream, and the SDK throws', async () => {
    const { upstream, gateway } = await share((scripted) => ({ env: toOpenAIEnv(scripted) }))
    upstream.respond(sse(responseEvents, { cutAfterEvents: 3, ending: 'reset' }))
    const client = toClient(gateway)
    const types: string[] = []
    const reading = async (): Promise<void> => {
      for await (const event of await client.responses.create({ model: 'gpt-4.1', input: 'Hi', stream: true })) {
        types.push(event.type)
      }
    }
    await expect(reading()).rejects.toMatchObject({ code: 'upstream_interrupted' })
    expect(types).toEqual(['response.created', 'response.in_progress', 'response.output_text.delta'])
  })

  test('R05 Weir forwards the upstream’s error event and does not count its text as output', async () => {
    const { upstream, gateway } = await share((scripted) => ({ env: toOpenAIEnv(scripted) }))
    const error = { error: { ...providerError.error, message: 'x'.repeat(5_000) } }
    upstream.respond(sse([...chatChunks.slice(0, 2), error], { doneAtEnd: false }))
    const response = await (await sendChat(gateway)).readResponse()
    expect(response.text.endsWith(`data: ${JSON.stringify(error)}\n\n`)).toBe(true)
    const line = await gateway.findLog()
    expect(line.outcome).toBe('upstream_error')
    expect(line.output_tokens ?? 0).toBe(0)
  })

  test('R05 Weir counts no token of an error that is the whole response', async () => {
    const { upstream, gateway } = await share((scripted) => ({ env: toOpenAIEnv(scripted) }))
    upstream.respond(json(200, { error: { ...providerError.error, message: 'x'.repeat(5_000) } }))
    await (await sendChat(gateway)).readResponse()
    expect((await gateway.findLog()).output_tokens ?? 0).toBe(0)
  })
})

describeOnBoth('a stream without an explicit end', (start, { startUpstream, share }) => {
  test('R12 a stream counts as interrupted if the connection closes regularly without a finish reason', async () => {
    const { upstream, gateway } = await share((scripted) => ({ env: toOpenAIEnv(scripted) }))
    upstream.respond(sse(chatChunks.slice(0, 3), { framing: 'close', doneAtEnd: false }))
    const response = await (await sendChat(gateway)).readResponse()
    expect(response.text).toContain('"code":"upstream_interrupted"')
    expect(response.text).not.toContain('[DONE]')
    expect(await gateway.findLog()).toMatchObject({ outcome: 'interrupted' })
  })

  test.each(['close', 'chunked'] as const)(
    'R12 a stream with a finish reason is complete, and Weir forwards it unchanged (%s)',
    async (framing) => {
      const { upstream, gateway } = await share((scripted) => ({ env: toOpenAIEnv(scripted) }))
      upstream.respond(sse(chatChunks, { framing, doneAtEnd: false }))
      const response = await (await sendChat(gateway)).readResponse()
      expect(response.text).toBe(chatChunks.map((chunk) => `data: ${JSON.stringify(chunk)}\n\n`).join(''))
      expect(await gateway.findLog()).toMatchObject({ outcome: 'ok', finish_reason: 'stop' })
    },
  )

  test('R12 a stream is complete if the connection breaks only after the finish reason', async () => {
    const { upstream, gateway } = await share((scripted) => ({ env: toOpenAIEnv(scripted) }))
    upstream.respond(sse(chatChunks, { ending: 'reset', doneAtEnd: false }))
    const response = await (await sendChat(gateway)).readResponse()
    expect(response.text).not.toContain('error')
    expect(await gateway.findLog()).toMatchObject({ outcome: 'ok', finish_reason: 'stop' })
  })

  test('R18 a stream ends at `[DONE]`, and Weir closes the upstream connection after a grace period', async () => {
    const upstream = await startUpstream()
    upstream.respond(sse(chatChunks, { ending: 'never', doneAtEnd: true }))
    const gateway = await start({ env: toOpenAIEnv(upstream), config: { streams: { grace_ms: 50 } } })
    const response = await (await sendChat(gateway)).readResponse()
    expect(response.isComplete).toBe(true)
    expect(response.text.endsWith('data: [DONE]\n\n')).toBe(true)
    expect(await gateway.findLog()).toMatchObject({ outcome: 'ok' })
    await (await upstream.nextRequest()).closed
  })

  test('R18 Weir reuses a stream’s connection if the upstream ends the body in time', async () => {
    const upstream = await startUpstream()
    const gateway = await start({ env: toOpenAIEnv(upstream) })
    upstream.respond(sse(chatChunks))
    for (let call = 0; call < 10; call++) {
      await (await sendChat(gateway)).readResponse()
      await (await upstream.nextRequest()).played
    }
    // Two sockets, if a call arrives between `[DONE]` and the end of the body.
    expect(upstream.acceptedSockets).toBeLessThanOrEqual(2)
  })
})

describeOnBoth('an event without an end', (start, { startUpstream, share }) => {
  test.each([
    { name: 'one line', event: `data: ${'x'.repeat(3_000_000)}` },
    { name: 'many lines', event: 'data: x\n'.repeat(400_000) },
  ])('R31 Weir cuts off an endless event at the limit with an error event: $name', async ({ event }) => {
    const upstream = await startUpstream()
    upstream.respond(sse([chatChunks[0] ?? '', event]))
    const config = { limits: { event_bytes: 1_048_576 } }
    const gateway = await start({ env: toOpenAIEnv(upstream), config })
    const response = await (await sendChat(gateway)).readResponse()
    expect(response.text).toContain('"code":"upstream_answer_too_large"')
    expect(response.text.length).toBeLessThan(1_000)
    await (await upstream.nextRequest()).closed
    expect(await gateway.findLog()).toMatchObject({ outcome: 'interrupted', error_code: 'upstream_answer_too_large' })
  })

  test('R31 Weir also cuts off a too long event that arrives in one chunk', async () => {
    const { upstream, gateway } = await share((scripted) => ({
      env: toOpenAIEnv(scripted),
      config: { limits: { event_bytes: 10_000 } },
    }))
    upstream.respond(sse([chatChunks[0] ?? '', `data: ${'x'.repeat(60_000)}\n\n`]))
    const response = await (await sendChat(gateway)).readResponse()
    expect(response.text).toContain('"code":"upstream_answer_too_large"')
  })

  test('R31 Weir forwards an event just below the limit', async () => {
    const { upstream, gateway } = await share((scripted) => ({
      env: toOpenAIEnv(scripted),
      config: { limits: { event_bytes: 10_000 } },
    }))
    const event = `data: ${'x'.repeat(9_000)}\n\n`
    upstream.respond(sse([event, ...chatChunks]))
    const response = await (await sendChat(gateway)).readResponse()
    expect(response.text.startsWith(event)).toBe(true)
    expect(response.text.endsWith('data: [DONE]\n\n')).toBe(true)
  })

  test('R31 Weir cuts off an unstreamed response at its own limit', async () => {
    const upstream = await startUpstream()
    upstream.respond(json(200, { text: 'x'.repeat(50_000) }, { framing: 'chunked', ending: 'never' }))
    const gateway = await start({ env: toOpenAIEnv(upstream), config: { limits: { answer_bytes: 10_000 } } })
    const response = await (await sendChat(gateway, { stream: false })).readResponse()
    expect(response.status).toBe(502)
    expect(JSON.parse(response.text)).toMatchObject({ error: { code: 'upstream_answer_too_large' } })
    await (await upstream.nextRequest()).closed
  })
})

const emptyResponse = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 0\r\n\r\n'

function toClient(gateway: Gateway): OpenAI {
  return new OpenAI({ apiKey: gatewayToken, baseURL: `${gateway.url}/v1`, maxRetries: 0 })
}
