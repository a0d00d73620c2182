import { expect, test } from 'vitest'
import { ask, type ExpectedError, expectCommonHeaders, expectError, type Question } from '../support/ask.ts'
import { describeOnBoth } from '../support/describe-on-both.ts'
import { chatRequest } from '../support/fixtures.ts'
import { bearer, gatewayToken, toOpenAIEnv } from '../support/gateway.ts'
import { openRawClient } from '../support/raw-client.ts'
import { toRequestBytes } from '../support/to-request-bytes.ts'

type Case = readonly [name: string, request: Question, expected: ExpectedError]

const chat = '/v1/chat/completions'
const form = { 'content-type': 'multipart/form-data; boundary=x' }

const badJson: readonly Case[] = [
  [
    'a string that is not JSON',
    { target: chat, body: 'hello' },
    { code: 'invalid_json', message: /"h" at line 1, column 1/ },
  ],
  [
    'an extra comma',
    { target: chat, body: '{"model": "m",\n "messages": [1,]}' },
    { code: 'invalid_json', message: 'unexpected "]" at line 2, column 17; expected a value.' },
  ],
  [
    'a truncated body',
    { target: chat, body: '{"model": "m"' },
    { code: 'invalid_json', message: /unexpected end of input at line 1, column 14/ },
  ],
  ['an empty body', { target: chat, body: '' }, { code: 'invalid_json', message: /empty/ }],
  [
    'no body',
    { method: 'POST', target: chat, headers: { 'content-type': 'application/json' } },
    { code: 'invalid_json', message: /empty/ },
  ],
  ['an array', { target: chat, body: '[]' }, { code: 'invalid_json', message: /send one object/ }],
  ['a bare string', { target: chat, body: '"hi"' }, { code: 'invalid_json', message: /send one object/ }],
  ['null', { target: chat, body: 'null' }, { code: 'invalid_json', message: /send one object/ }],
]

const badFields: readonly Case[] = [
  [
    'no messages',
    { target: chat, body: { model: 'm' } },
    { code: 'missing_required_parameter', param: 'messages', message: /must be an array/ },
  ],
  [
    'messages that are a string',
    { target: chat, body: { model: 'm', messages: 'hi' } },
    { code: 'invalid_value', param: 'messages' },
  ],
  [
    'messages that are null',
    { target: chat, body: { model: 'm', messages: null } },
    { code: 'missing_required_parameter', param: 'messages' },
  ],
  ['no model', { target: chat, body: { messages: [] } }, { code: 'missing_required_parameter', param: 'model' }],
  [
    'a model of null',
    { target: chat, body: { ...chatRequest, model: null } },
    { code: 'missing_required_parameter', param: 'model' },
  ],
  [
    'a model that is a number',
    { target: chat, body: { ...chatRequest, model: 4 } },
    { code: 'invalid_value', param: 'model' },
  ],
  [
    'a model of spaces',
    { target: chat, body: { ...chatRequest, model: ' ' } },
    { code: 'invalid_value', param: 'model' },
  ],
  [
    'stream as a string',
    { target: chat, body: { ...chatRequest, stream: 'true' } },
    { code: 'invalid_value', param: 'stream' },
  ],
  [
    'stream as a number',
    { target: chat, body: { ...chatRequest, stream: 1 } },
    { code: 'invalid_value', param: 'stream' },
  ],
  [
    'no prompt',
    { target: '/v1/completions', body: { model: 'm' } },
    { code: 'missing_required_parameter', param: 'prompt' },
  ],
  [
    'no prompt for an image',
    { target: '/v1/images/generations', body: {} },
    { code: 'missing_required_parameter', param: 'prompt', message: 'prompt field is required for image generation' },
  ],
  [
    'a prompt for an image that is a list',
    { target: '/v1/images/generations', body: { prompt: ['cat'] } },
    { code: 'invalid_value', param: 'prompt' },
  ],
  [
    'no input to embed',
    { target: '/v1/embeddings', body: { model: 'm' } },
    { code: 'missing_required_parameter', param: 'input' },
  ],
  [
    'no input to speak',
    { target: '/v1/audio/speech', body: { model: 'm' } },
    { code: 'missing_required_parameter', param: 'input' },
  ],
  [
    'an input to speak that is a list',
    { target: '/v1/audio/speech', body: { model: 'm', input: [] } },
    { code: 'invalid_value', param: 'input' },
  ],
  [
    'no input to moderate',
    { target: '/v1/moderations', body: {} },
    { code: 'missing_required_parameter', param: 'input' },
  ],
]

const badTypes: readonly Case[] = [
  [
    'text/plain',
    { target: chat, headers: { 'content-type': 'text/plain' }, body: chatRequest },
    { code: 'unsupported_media_type', message: /application\/json/ },
  ],
  [
    'a type that begins like JSON',
    { target: chat, headers: { 'content-type': 'application/jsonp' }, body: chatRequest },
    { code: 'unsupported_media_type' },
  ],
  [
    'a form to a JSON endpoint',
    { target: chat, headers: form, body: '--x--' },
    { code: 'unsupported_media_type', message: /application\/json/ },
  ],
  [
    'JSON to a form endpoint',
    { target: '/v1/audio/transcriptions', body: { model: 'm' } },
    { code: 'unsupported_media_type', message: /multipart\/form-data/ },
  ],
  [
    'a form without a boundary',
    { target: '/v1/audio/transcriptions', headers: { 'content-type': 'multipart/form-data' }, body: 'x' },
    { code: 'invalid_form', message: /boundary/ },
  ],
  [
    'a URL-encoded form',
    { target: chat, headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: 'model=m' },
    { code: 'unsupported_media_type' },
  ],
]

const badPaths: readonly Case[] = [
  ['an unknown endpoint', { target: '/v1/nothing', body: {} }, { code: 'not_found', message: /POST \/v1\/nothing/ }],
  [
    'an endpoint that is relayed only if configured',
    { target: '/v1/files' },
    { code: 'not_found', message: /PASSTHROUGH=openai/ },
  ],
  ['the root of the API', { target: '/v1' }, { code: 'not_found' }],
  ['an unknown page', { target: '/nothing' }, { code: 'not_found', message: /below \/v1/ }],
  [
    'an unknown model',
    { target: '/v1/models/gpt-4.l' },
    { code: 'model_not_found', param: 'model', message: /`gpt-4\.1`/ },
  ],
]

describeOnBoth('bad input', (start, { startUpstream, share }) => {
  test.each([
    ['bad JSON', badJson],
    ['wrong fields', badFields],
    ['wrong media types', badTypes],
    ['unknown paths and models', badPaths],
  ])('P01 %s get an error in OpenAI’s format with advice, and reach no provider', async (_kind, cases) => {
    const { upstream, gateway } = await share((scripted) => ({ env: toOpenAIEnv(scripted) }))
    for (const [name, request, expected] of cases) {
      const response = await ask(gateway, request)
      expect.soft(() => expectError(response, expected), name).not.toThrow()
    }
    // An unknown model makes Weir request the provider's list of models.
    expect(upstream.requests.filter(({ target }) => target !== '/v1/models')).toEqual([])
  })

  test.each([
    ['/v1/chat/completions', ['GET', 'HEAD', 'PUT', 'PATCH', 'DELETE'], 'POST, OPTIONS'],
    ['/v1/audio/transcriptions', ['GET', 'DELETE'], 'POST, OPTIONS'],
    ['/chat/completions', ['GET'], 'POST, OPTIONS'],
    ['/v1/models', ['POST', 'PUT', 'DELETE'], 'GET, HEAD, OPTIONS'],
    ['/v1/models/gpt-4.1', ['POST', 'DELETE'], 'GET, HEAD, OPTIONS'],
    ['/livez', ['POST'], 'GET, HEAD, OPTIONS'],
    ['/readyz', ['DELETE'], 'GET, HEAD, OPTIONS'],
  ])('%s refuses %j with 405 and lists the accepted methods in `Allow`', async (target, methods, allow) => {
    const { upstream, gateway } = await share((scripted) => ({ env: toOpenAIEnv(scripted) }))
    for (const method of methods) {
      const response = await ask(gateway, { method, target })
      expect(response.status).toBe(405)
      expect(response.header('allow')).toBe(allow)
      if (method === 'HEAD') expectCommonHeaders(response)
      else expectError(response, { code: 'method_not_allowed' })
    }
    expect(upstream.requests).toEqual([])
  })

  test('a body over the limit of its endpoint gets 413, with or without an announced length', async () => {
    const upstream = await startUpstream()
    const limits = { body_bytes: 1_000, media_body_bytes: 5_000 }
    const gateway = await start({ env: toOpenAIEnv(upstream), config: { limits } })
    const tooLarge = { code: 'body_too_large', message: /1000 bytes/ } as const
    expectError(await ask(gateway, { target: chat, body: { ...chatRequest, pad: 'x'.repeat(1_000) } }), tooLarge)
    expectError(await askAnnouncing(gateway.url, 1_001), tooLarge)
    expectError(await askInChunks(gateway.url, 'x'.repeat(2_000)), tooLarge)
    // A form may be longer; the JSON of an image request may not (case D4).
    const picture = { prompt: 'x'.repeat(1_000) }
    expectError(await ask(gateway, { target: '/v1/images/generations', body: picture }), {
      code: 'body_too_large',
      message: /1000 bytes/,
    })
    expect(upstream.requests).toEqual([])
  })

  test('an unknown model under `models.strict` gets 404 and the nearest names', async () => {
    const upstream = await startUpstream()
    const routes = {
      sketch: { targets: [{ model: 'openai/gpt-4.1' }] },
      sketches: { targets: [{ model: 'openai/gpt-4.1' }], public: false },
    }
    const config = { models: { strict: true, aliases: { schnell: 'gpt-4.1-mini' } }, routes }
    const gateway = await start({ env: toOpenAIEnv(upstream), config })
    const expected = { code: 'model_not_found', param: 'model' } as const
    const misspelt = await ask(gateway, { target: chat, body: { ...chatRequest, model: 'gtp-4.1' } })
    expectError(misspelt, { ...expected, message: /Did you mean `gpt-4\.1`/ })
    const alias = await ask(gateway, { target: chat, body: { ...chatRequest, model: 'schnel' } })
    expectError(alias, { ...expected, message: /`schnell`/ })
    const route = await ask(gateway, { target: chat, body: { ...chatRequest, model: 'sketche' } })
    expectError(route, { ...expected, message: /Did you mean `sketch`\?/ })
    const strange = await ask(gateway, { target: chat, body: { ...chatRequest, model: 'zzzzzzzzzzzz' } })
    expectError(strange, { ...expected, message: /GET \/v1\/models/ })
    const pinned = await ask(gateway, { target: chat, body: { ...chatRequest, model: 'openai/nothing-like-it' } })
    expectError(pinned, expected)
    expect(upstream.requests).toEqual([])
  })

  test('P07 without a provider every call gets 503 with the variable to set and `Retry-After`', async () => {
    const gateway = await start({ env: { TOKEN: gatewayToken, DEMO: 'false' } })
    const calls: Question[] = [
      { target: chat, body: chatRequest },
      { target: '/v1/embeddings', body: { model: 'm', input: 'x' } },
      { target: '/v1/images/generations', body: { prompt: 'a cat' } },
    ]
    for (const call of calls) {
      const response = await ask(gateway, call)
      expectError(response, { code: 'no_provider_configured', message: /OPENAI_API_KEY.*DEEPINFRA_API_KEY/ })
      expect(response.header('retry-after')).toMatch(/^\d+$/)
      expect(response.header('x-should-retry')).toBe('false')
    }
    expect((await ask(gateway, { target: '/readyz' })).status).toBe(503)
  })

  test('a body that is not UTF-8 gets 400', async () => {
    const { gateway } = await share((scripted) => ({ env: toOpenAIEnv(scripted) }))
    const client = await openRawClient(gateway.url)
    const body = Buffer.from('{"model":"m","messages":["\xff"]}', 'latin1')
    const headers = { ...bearer, 'content-type': 'application/json', 'content-length': String(body.length) }
    await client.send(toRequestBytes({ method: 'POST', target: chat, headers }))
    await client.send(body)
    expectError(await client.readResponse(), { code: 'invalid_json', message: /not UTF-8/ })
    client.destroy()
  })
})

async function askAnnouncing(url: string, length: number) {
  const headers = { ...bearer, 'content-type': 'application/json', 'content-length': String(length) }
  return sendOnly(url, toRequestBytes({ method: 'POST', target: chat, headers }))
}

async function askInChunks(url: string, text: string) {
  const headers = { ...bearer, 'content-type': 'application/json', 'transfer-encoding': 'chunked' }
  const head = toRequestBytes({ method: 'POST', target: chat, headers })
  return sendOnly(url, `${head}${text.length.toString(16)}\r\n${text}\r\n`)
}

async function sendOnly(url: string, bytes: string) {
  const client = await openRawClient(url)
  await client.send(bytes)
  const response = await client.readResponse()
  client.destroy()
  return response
}
