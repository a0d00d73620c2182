import OpenAI from 'openai'
import { expect, test } from 'vitest'
import { message, messageStream, overloaded } from '../support/anthropic-fixtures.ts'
import { describeOnBoth, describeOnBothStored, type Surroundings } from '../support/describe-on-both.ts'
import { chatChunksWithUsage, chatCompletion, rateLimitError } from '../support/fixtures.ts'
import { bearer, gatewayToken, type StartGateway } from '../support/gateway.ts'
import { hangUp, json, sse } from '../support/upstream-scripts.ts'

interface OpenSurroundings extends Pick<Surroundings, 'startUpstream'> {
  readonly start: StartGateway
}

interface MoreConfig {
  readonly routes?: object
  readonly [key: string]: unknown
}

/** Starts a gateway with a route `chat` over an account of OpenAI's dialect and one of Anthropic's. */
async function openRoute({ start, startUpstream }: OpenSurroundings, route: object, more: MoreConfig) {
  const [openai, anthropic] = [await startUpstream(), await startUpstream()]
  const gateway = await start({
    env: { TOKEN: gatewayToken },
    config: {
      providers: {
        main: { kind: 'openai', api_key: 'sk-main-0123456789', base_url: `${openai.url}/v1` },
        spare: { kind: 'anthropic', api_key: 'sk-ant-spare-0123456789', base_url: anthropic.url },
      },
      ...more,
      routes: {
        ...more.routes,
        chat: { targets: [{ model: 'main/gpt-4.1' }, { model: 'spare/claude-sonnet-4-5' }], ...route },
      },
    },
  })
  const client = new OpenAI({ apiKey: gatewayToken, baseURL: `${gateway.url}/v1`, maxRetries: 0 })
  return { gateway, client, openai, anthropic }
}

const request = { model: 'chat', messages: [{ role: 'user' as const, content: 'Hello!' }] }

describeOnBoth('a route', (start, { startUpstream }) => {
  const open = (route: object = {}, more: MoreConfig = {}) => openRoute({ start, startUpstream }, route, more)

  test('answers from its first target, and says so', async () => {
    const { client, openai } = await open()
    openai.respond(json(200, chatCompletion))
    const { data, response } = await client.chat.completions.create(request).withResponse()
    expect(data.choices[0]?.message.content).toBe('Hello! How can I assist you today?')
    expect((await openai.nextRequest()).bodyJson).toMatchObject({ model: 'gpt-4.1' })
    expect(response.headers.get('x-weir-route')).toBe('chat; strategy=ordered; attempts=1')
    expect(response.headers.get('x-weir-provider')).toBe('main')
  })

  test('R64 answers in the caller’s dialect from a target of another and says which, whole and as a stream', async () => {
    const { client, openai, anthropic } = await open()
    openai.respond(json(429, rateLimitError, { headers: { 'retry-after': '30' } }))
    anthropic.respondNext(json(200, message), sse(messageStream, { doneAtEnd: false }))
    const { data, response } = await client.chat.completions.create(request).withResponse()
    expect(data).toMatchObject({ object: 'chat.completion', choices: [{ finish_reason: 'stop' }] })
    expect(response.headers.get('x-weir-route')).toBe(
      'chat; strategy=ordered; attempts=2; failed="rate_limit at main/gpt-4.1"',
    )
    // The provider asked for 30 s, so its target is now last.
    const { data: stream, response: streamed } = await client.chat.completions
      .create({ ...request, stream: true })
      .withResponse()
    let text = ''
    for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? ''
    expect(text).not.toBe('')
    expect(streamed.headers.get('x-weir-route')).toBe('chat; strategy=ordered; attempts=1')
    expect(openai.requests).toHaveLength(1)
  })

  test('sets a retired model aside although its successor failed', async () => {
    const { client, openai, anthropic } = await open(
      {
        targets: [{ model: 'main/gpt-3.5-turbo' }, { model: 'spare/claude-sonnet-4-5' }],
      },
      { models: { retired: 'all' } },
    )
    openai.respond(json(429, rateLimitError, { headers: { 'retry-after': '30' } }))
    anthropic.respond(json(200, message))
    for (const attempts of [2, 1]) {
      const { response } = await client.chat.completions.create(request).withResponse()
      expect(response.headers.get('x-weir-route')).toContain(`attempts=${attempts}`)
    }
    expect(openai.requests.map(({ bodyJson }) => bodyJson)).toMatchObject([{ model: 'gpt-5.6-terra' }])
  })

  test('goes on if a stream begins with an error', async () => {
    const { client, openai, anthropic } = await open({
      targets: [{ model: 'spare/claude-sonnet-4-5' }, { model: 'main/gpt-4.1' }],
    })
    anthropic.respond(sse([`event: error\ndata: ${JSON.stringify(overloaded)}\n\n`], { doneAtEnd: false }))
    openai.respond(sse(chatChunksWithUsage))
    const stream = await client.chat.completions.create({ ...request, stream: true })
    let chunks = 0
    for await (const _chunk of stream) chunks += 1
    expect(chunks).toBeGreaterThan(1)
  })

  test.each([
    ['content_filter', true, undefined],
    ['content_filter', false, undefined],
    ['rate_limit_exceeded', true, 'rate_limit at main/gpt-4.1'],
    ['rate_limit_exceeded', false, 'rate_limit at main/gpt-4.1'],
  ])('knows a failure under 200 by its code alone: %s (stream: %s)', async (code, stream, failed) => {
    const { client, openai, anthropic } = await open()
    // Azure's and OpenAI's codes: https://learn.microsoft.com/en-us/azure/ai-foundry/openai/concepts/content-filter
    const failure = { error: { message: 'No.', type: null, param: 'prompt', code } }
    openai.respond(stream ? sse([failure]) : json(200, failure))
    anthropic.respond(stream ? sse(messageStream, { doneAtEnd: false }) : json(200, message))
    const answering = client.chat.completions.create({ ...request, stream }).withResponse()
    if (failed === undefined) await expect(answering).rejects.toMatchObject({ code })
    else expect((await answering).response.headers.get('x-weir-route')).toContain(`failed="${failed}"`)
    expect(anthropic.requests).toHaveLength(failed === undefined ? 0 : 1)
  })

  test('has another target for requests that are too long', async () => {
    const { client, openai, anthropic } = await open({
      targets: [{ model: 'main/gpt-4.1' }],
      on_failure: { context_window: ['spare/claude-sonnet-4-5'] },
    })
    openai.respondNext(
      json(400, { error: { message: 'Too long', type: 'invalid_request_error', code: 'context_length_exceeded' } }),
      json(400, { error: { message: 'Wrong', type: 'invalid_request_error', code: 'invalid_value' } }),
    )
    anthropic.respond(json(200, message))
    expect((await client.chat.completions.create(request)).choices).toHaveLength(1)
    await expect(client.chat.completions.create(request)).rejects.toMatchObject({ status: 400, code: 'invalid_value' })
    expect(anthropic.requests).toHaveLength(1)
  })

  test('by throughput goes to the target with the most tokens per second, once all are measured', async () => {
    const { client, openai, anthropic } = await open({ strategy: 'throughput' })
    openai.respond(json(200, { ...chatCompletion, usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 } }))
    anthropic.respond(json(200, { ...message, usage: { input_tokens: 1, output_tokens: 100_000 } }))
    for (let calls = 0; calls < 5; calls++) await client.chat.completions.create(request)
    expect([openai.requests.length, anthropic.requests.length]).toEqual([1, 4])
  })

  test('tries no target twice, although a step names one that also remains', async () => {
    const { gateway, openai, anthropic } = await open({ on_failure: { overload: ['spare/claude-sonnet-4-5', 'next'] } })
    openai.respond(json(503, { error: { message: 'Overloaded' } }))
    anthropic.respond(json(529, overloaded))
    const headers = { ...bearer, 'content-type': 'application/json' }
    const url = `${gateway.url}/v1/chat/completions`
    const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(request) })
    expect(response.headers.get('x-weir-route')).toContain('; attempts=2;')
    expect([openai.requests.length, anthropic.requests.length]).toEqual([1, 1])
  })

  test('names every target and its failure, in the dialect of the caller', async () => {
    const { gateway, openai, anthropic } = await open({ on_failure: { unknown_outcome: ['next'] } })
    openai.respond(hangUp())
    anthropic.respond(json(529, overloaded))
    const headers = { ...bearer, 'content-type': 'application/json' }
    const body = { ...request, max_tokens: 10 }
    const send = (path: string) =>
      fetch(`${gateway.url}${path}`, { method: 'POST', headers, body: JSON.stringify(body) })
    const list = '`main/gpt-4.1`: unknown_outcome (502); `spare/claude-sonnet-4-5`: overload (529).'
    const tried =
      'chat; strategy=ordered; attempts=2; failed="unknown_outcome at main/gpt-4.1, overload at spare/claude-sonnet-4-5"'
    const asChat = await send('/v1/chat/completions')
    expect(asChat.headers.get('x-weir-route')).toBe(tried)
    expect([asChat.status, await asChat.json()]).toMatchObject([
      502,
      { error: { code: 'route_failed', message: `Every target of the route \`chat\` failed. ${list}` } },
    ])
    expect(await gateway.findLog()).toMatchObject({ outcome: 'upstream_error', error_code: 'route_failed' })
    const asMessages = await send('/v1/messages')
    expect(asMessages.headers.get('x-weir-route')).toBe(tried)
    expect([asMessages.status, await asMessages.json()]).toMatchObject([
      502,
      { type: 'error', error: { message: `Every target of the route \`chat\` failed. ${list}` } },
    ])
  })

  test('says on an error who was tried: the last failure itself, or that of all, in each dialect', async () => {
    const paths = {
      '/v1/chat/completions': request,
      '/v1/messages': { ...request, max_tokens: 10 },
      '/v1/responses': { model: 'chat', input: 'Hello!' },
      '/v1beta/models/chat:generateContent': { contents: [{ role: 'user', parts: [{ text: 'Hello!' }] }] },
    }
    const readAll = async (url: string) => {
      const headers = { ...bearer, 'content-type': 'application/json' }
      const tried: (string | null)[] = []
      for (const [path, body] of Object.entries(paths)) {
        const response = await fetch(`${url}${path}`, { method: 'POST', headers, body: JSON.stringify(body) })
        expect(response.status, await response.text()).toBeGreaterThan(399)
        tried.push(response.headers.get('x-weir-route'))
      }
      return [...new Set(tried)]
    }
    const single = await open({ targets: [{ model: 'main/gpt-4.1' }] })
    const once = 'chat; strategy=ordered; attempts=1; failed='
    single.openai.respond(json(400, { error: { message: 'Wrong', type: 'invalid_request_error', code: null } }))
    expect(await readAll(single.gateway.url)).toEqual([`${once}"bad_request at main/gpt-4.1"`])
    // Here the error is Weir's own.
    single.openai.respond(hangUp())
    expect(await readAll(single.gateway.url)).toEqual([`${once}"unknown_outcome at main/gpt-4.1"`])
    const { gateway, openai, anthropic } = await open()
    openai.respond(json(429, rateLimitError))
    anthropic.respond(json(429, overloaded))
    for (const tried of await readAll(gateway.url))
      expect(tried).toMatch(/^chat; strategy=ordered; attempts=2; failed="rate_limit at \S+, rate_limit at \S+"$/)
  })

  test('lets a page read its header', async () => {
    const { gateway, openai } = await open()
    openai.respond(json(200, chatCompletion))
    const headers = { ...bearer, origin: 'https://app.example', 'content-type': 'application/json' }
    const url = `${gateway.url}/v1/chat/completions`
    const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(request) })
    expect(response.headers.get('access-control-expose-headers')?.split(', ')).toContain('x-weir-route')
  })

  test('is listed as a model, and OpenRouter’s presets are routes', async () => {
    const { client, openai } = await open()
    openai.respond(json(200, chatCompletion))
    expect((await client.models.list()).data.map(({ id }) => id)).toContain('chat')
    expect((await client.models.retrieve('chat')).id).toBe('chat')
    const { response } = await client.chat.completions.create({ ...request, model: '@preset/chat' }).withResponse()
    expect(response.headers.get('x-weir-provider')).toBe('main')
  })

  test('counts the tokens of a request at the target that it would be sent to', async () => {
    const { gateway, openai, anthropic } = await open({
      targets: [{ model: 'spare/claude-sonnet-4-5', when: { min_input_tokens: 500 } }, { model: 'main/gpt-4.1' }],
    })
    anthropic.respond(json(200, { input_tokens: 1_234 }))
    openai.respond(json(200, { object: 'response.input_tokens', input_tokens: 12 }))
    const headers = { ...bearer, 'content-type': 'application/json' }
    const count = async (content: string) => {
      const body = JSON.stringify({ model: 'chat', messages: [{ role: 'user', content }] })
      const response = await fetch(`${gateway.url}/v1/messages/count_tokens`, { method: 'POST', headers, body })
      return [response.headers.get('x-weir-provider'), await response.json()]
    }
    expect(await count('Hello! '.repeat(1_000))).toEqual(['spare', { input_tokens: 1_234 }])
    expect(await count('Hello!')).toEqual(['main', { input_tokens: 12 }])
  })

  test('says who could not count the tokens that Weir estimates', async () => {
    const { gateway, openai } = await open({ targets: [{ model: 'main/gpt-4.1' }] })
    openai.respond(json(404, { error: { message: 'Not found' } }))
    const headers = { ...bearer, 'content-type': 'application/json' }
    const body = JSON.stringify(request)
    const response = await fetch(`${gateway.url}/v1/messages/count_tokens`, { method: 'POST', headers, body })
    expect([response.status, response.headers.get('x-weir-estimated')]).toEqual([200, 'input_tokens'])
    expect(response.headers.get('x-weir-route')).toBe('chat; strategy=ordered; attempts=1')
  })

  test('whose conditions exclude the call refuses it', async () => {
    const { client } = await open({ targets: [{ model: 'main/gpt-4.1', when: { inputs: ['image'] } }] })
    const error: unknown = await client.chat.completions.create(request).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({
      status: 503,
      code: 'route_without_target',
      message: expect.stringContaining('The conditions of all of its targets exclude this call.'),
    })
    const headers = error instanceof OpenAI.APIError ? error.headers : undefined
    expect(headers?.get('x-weir-route')).toBe('chat; strategy=ordered; attempts=0')
  })
})

describeOnBothStored('a route with a maximum price', (start, { startUpstream }) => {
  test('leaves out the targets of a step that cost more than its maximum price', async () => {
    const { client, openai, anthropic } = await openRoute(
      { start, startUpstream },
      {
        targets: [{ model: 'main/gpt-4.1' }],
        on_failure: { overload: ['long'] },
        max_price: { prompt: 2 },
      },
      {
        prices: {
          'main/*': { input: 2, output: 8 },
          'spare/dear': { input: 3, output: 8 },
          'spare/cheap': { input: 1, output: 8 },
        },
        routes: { long: { targets: [{ model: 'spare/dear' }, { model: 'spare/cheap' }] } },
      },
    )
    openai.respond(json(503, { error: { message: 'Overloaded' } }))
    anthropic.respond(json(200, message))
    expect((await client.chat.completions.create(request)).choices).toHaveLength(1)
    expect(anthropic.requests.map(({ bodyJson }) => bodyJson)).toMatchObject([{ model: 'cheap' }])
  })
})
