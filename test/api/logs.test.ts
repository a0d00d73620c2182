import { expect, test } from 'vitest'
import { ask } from '../support/ask.ts'
import { describeOnBoth } from '../support/describe-on-both.ts'
import { chatChunksWithUsage, chatCompletion, chatRequest, rateLimitError } from '../support/fixtures.ts'
import { toOpenAIEnv } from '../support/gateway.ts'
import { json, reset, sse } from '../support/upstream-scripts.ts'

const chat = { target: '/v1/chat/completions', body: chatRequest }

describeOnBoth('the log', (start, { startUpstream }) => {
  test('counts bytes, not characters', async () => {
    const gateway = await start({ env: { ...toOpenAIEnv(await startUpstream()), MODEL_ALIASES: '快=gpt-4.1' } })
    const response = await ask(gateway, { target: '/v1/models' })
    expect(response.text).toContain('快')
    expect(await gateway.findLog()).toMatchObject({ route: 'models', bytes_out: response.body.length })
  })

  test('P04 has one line for each call, with the request id of its response', async () => {
    const upstream = await startUpstream()
    const headers = { 'x-request-id': 'req_of_the_upstream' }
    upstream.respondNext(
      json(200, chatCompletion, { headers }),
      json(429, rateLimitError),
      reset(),
      sse(chatChunksWithUsage),
    )
    const gateway = await start({ env: toOpenAIEnv(upstream) })
    const responses = [
      await ask(gateway, chat),
      await ask(gateway, chat),
      await ask(gateway, chat),
      await ask(gateway, { ...chat, body: { ...chatRequest, stream: true } }),
      await ask(gateway, { ...chat, body: '{' }),
      await ask(gateway, { ...chat, token: false }),
      await ask(gateway, { target: '/v1/nothing' }),
    ]
    const expected = [
      {
        status: 200,
        outcome: 'ok',
        provider: 'openai',
        model: 'gpt-4.1',
        input_tokens: 19,
        output_tokens: 10,
        finish_reason: 'stop',
        upstream_request_id: 'req_of_the_upstream',
      },
      { status: 429, outcome: 'upstream_error', provider: 'openai' },
      { status: 502, outcome: 'upstream_error', error_code: 'upstream_unreachable' },
      { status: 200, outcome: 'ok', stream: true, input_tokens: 19, output_tokens: 2, cached_input_tokens: 4 },
      { status: 400, outcome: 'rejected', error_code: 'invalid_json' },
      { status: 401, outcome: 'rejected', error_code: 'invalid_api_key' },
      { status: 404, outcome: 'rejected', error_code: 'not_found', route: 'unknown' },
    ]
    for (const [index, response] of responses.entries()) {
      const id = response.header('x-request-id')
      expect(await gateway.findLog(({ request_id }) => request_id === id)).toMatchObject(expected[index] ?? {})
    }
    const calls = gateway.logs().filter(({ event }) => event === 'call')
    expect(calls).toHaveLength(responses.length)
    expect(new Set(calls.map(({ request_id }) => request_id)).size).toBe(responses.length)
    for (const line of calls) {
      expect(line).toMatchObject({ method: expect.stringMatching(/^(GET|POST)$/), duration_ms: expect.any(Number) })
      expect(Date.parse(String(line.time))).toBeGreaterThan(0)
    }
  })

  test('S79 uses a plain request id of the caller, and generates one otherwise', async () => {
    const upstream = await startUpstream()
    upstream.respond(json(200, chatCompletion))
    const gateway = await start({ env: toOpenAIEnv(upstream) })
    for (const id of ['req_1', 'A-z_0.9:x', '3f2b8a52-6f0e-4a3e-9d0a-1c2b3d4e5f60', 'x'.repeat(128)]) {
      expect((await ask(gateway, { ...chat, headers: { 'x-request-id': id } })).header('x-request-id')).toBe(id)
    }
    const strange = [
      'x'.repeat(129),
      'x'.repeat(10_000),
      '<script>alert(1)</script>',
      'a b',
      '{"level":"error"}',
      'é',
      '',
      'a, b',
      '%0d%0a',
    ]
    for (const id of strange) {
      const response = await ask(gateway, { ...chat, headers: { 'x-request-id': id } })
      expect(response.header('x-request-id')).toMatch(/^req_[0-9a-f]{32}$/)
    }
    expect(gateway.output()).not.toContain('script')
  })

  test('S79 ignores any traceparent and does not forward it', async () => {
    const upstream = await startUpstream()
    upstream.respond(json(200, chatCompletion))
    const gateway = await start({ env: toOpenAIEnv(upstream) })
    for (const traceparent of ['00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01', 'x'.repeat(5_000), '<b>']) {
      const headers = { traceparent, tracestate: 'vendor=secret', baggage: 'user=me' }
      expect((await ask(gateway, { ...chat, headers })).status).toBe(200)
      const sent = (await upstream.nextRequest()).headers
      for (const name of Object.keys(headers)) expect(sent).not.toHaveProperty(name)
    }
  })

  test('S68 is one line of JSON for any input of a caller or an upstream', async () => {
    const upstream = await startUpstream()
    const forged = '{"event":"call","status":200,"request_id":"forged"}'
    const hostile = `a\r\n${forged}\n\u2028${forged}\u2029\u0085\u001b[31m\u0000\u007f"},{`
    upstream.respond(
      json(
        200,
        { ...chatCompletion, choices: [{ ...chatCompletion.choices[0], finish_reason: hostile }] },
        { headers: { 'x-request-id': `${'y'.repeat(3_000)}"},{` } },
      ),
    )
    const gateway = await start({ env: toOpenAIEnv(upstream) })
    const headers = { 'user-agent': forged, 'x-request-id': forged }
    await ask(gateway, {
      ...chat,
      target: `${chat.target}?${encodeURIComponent(hostile)}`,
      body: { ...chatRequest, model: hostile },
      headers,
    })
    await ask(gateway, { target: `/v1/${encodeURIComponent('\r\n')}`, headers })
    await ask(gateway, { target: `/v1/${encodeURIComponent(forged)}`, headers })
    // A line may be written after the response, and after the line of the next call.
    await gateway.findLog(() => gateway.logs().length >= 3)
    const lines = gateway.output().trimEnd().split('\n')
    expect(lines).toHaveLength(3)
    for (const line of lines) {
      expect(JSON.parse(line)).toMatchObject({ event: 'call' })
      expect(line).not.toMatch(/[\p{Cc}\u2028\u2029]/u)
      expect(line.length).toBeLessThan(2_000)
    }
    expect(gateway.logs().filter(({ request_id }) => request_id === 'forged')).toEqual([])
  })

  test('is silent, or logs only failed calls, as configured', async () => {
    const upstream = await startUpstream()
    const gateways = []
    for (const LOG_LEVEL of ['silent', 'error', 'info']) {
      upstream.respondNext(json(200, chatCompletion), reset())
      const gateway = await start({ env: { ...toOpenAIEnv(upstream), LOG_LEVEL } })
      expect((await ask(gateway, chat)).status).toBe(200)
      expect((await ask(gateway, chat)).status).toBe(502)
      expect((await ask(gateway, { ...chat, body: '{' })).status).toBe(400)
      gateways.push(gateway)
    }
    await gateways.at(-1)?.findLog(({ status }) => status === 400)
    const statuses = gateways.map((gateway) => gateway.logs().map(({ status }) => status))
    expect(statuses).toEqual([[], [502], [200, 502, 400]])
  })

  test('has no line for probes', async () => {
    const upstream = await startUpstream()
    const gateway = await start({ env: toOpenAIEnv(upstream) })
    expect((await ask(gateway, { target: '/livez' })).status).toBe(200)
    expect((await ask(gateway, { target: '/readyz' })).status).toBe(200)
    await ask(gateway, { target: '/v1/models' })
    await gateway.findLog()
    expect(gateway.logs().map(({ route }) => route)).toEqual(['models'])
  })
})
