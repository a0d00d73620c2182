import type OpenAI from 'openai'
import { expect, test } from 'vitest'
import { chatChunks, chatCompletion, chatRequest, rateLimitError, rateLimitHeaders } from '../support/fixtures.ts'
import { json, reset } from '../support/upstream-scripts.ts'
import { callBothWays } from './call-both-ways.ts'
import { collect, describeSdks } from './describe-sdks.ts'
import { toError } from './fixtures.ts'

/** OpenAI's errors, and the SDK's class for each. https://platform.openai.com/docs/guides/error-codes */
const upstreamErrors = [
  [400, 'BadRequestError', toError('context_length_exceeded', 'invalid_request_error', 'messages')],
  [403, 'PermissionDeniedError', toError(null, 'invalid_request_error')],
  [404, 'NotFoundError', toError('model_not_found', 'invalid_request_error', 'model')],
  [409, 'ConflictError', toError(null, 'conflict')],
  [422, 'UnprocessableEntityError', toError(null, 'invalid_request_error')],
  [429, 'RateLimitError', toError('insufficient_quota', 'insufficient_quota')],
  [500, 'InternalServerError', toError(null, 'server_error')],
  [503, 'InternalServerError', toError('overloaded', 'service_unavailable_error')],
] as const

describeSdks('an error of the upstream', ({ sdk, connectUpstream }) => {
  test.each(upstreamErrors)('P01 of status %i is the same %s as without Weir', async (status, name, body) => {
    const connection = await connectUpstream()
    const { value } = await callBothWays(connection, json(status, body), (client) => refusal(client, {}))
    expect(value).toMatchObject({ class: name, status, error: Object(body).error })
    const added = { stream_options: { include_usage: true } }
    await callBothWays(connection, json(status, body), (client) => refusal(client, { stream: true }), { added })
  })

  test('P01 for an unsupported country is the same PermissionDeniedError as without Weir, with advice appended to its message', async () => {
    const { client, upstream } = await connectUpstream()
    const blocked = toError('unsupported_country_region_territory', 'request_forbidden')
    upstream.respond(json(403, blocked))
    const error = await client.chat.completions.create(chatRequest).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(sdk.OpenAI.PermissionDeniedError)
    const { message, ...others } = (blocked as { readonly error: { readonly message: string } }).error
    expect(error).toMatchObject({
      status: 403,
      code: 'unsupported_country_region_territory',
      type: 'request_forbidden',
    })
    expect(Object(error).error).toMatchObject(others)
    expect(Object(error).message).toContain(`${message} This provider does not serve the country`)
  })

  test('P07 keeps the retry headers of a rate limit', async () => {
    const { client, upstream } = await connectUpstream()
    upstream.respond(json(429, rateLimitError, { headers: rateLimitHeaders }))
    const error = await client.chat.completions.create(chatRequest).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(sdk.OpenAI.RateLimitError)
    expect(error).toMatchObject({ code: 'rate_limit_exceeded', type: 'requests' })
    const { 'x-request-id': upstreamId, ...kept } = rateLimitHeaders
    expect(headersOf(error)).toMatchObject({ ...kept, 'x-upstream-request-id': upstreamId })
  })

  test('P03 is retried by the SDK as often as configured, and never by Weir', async () => {
    const { client, upstream } = await connectUpstream()
    const busy = json(429, rateLimitError, { headers: { 'retry-after-ms': '1' } })
    upstream.respondNext(busy, json(500, toError(null, 'server_error'), { headers: { 'retry-after-ms': '1' } }))
    upstream.respond(json(200, chatCompletion))
    const completion = await client.chat.completions.create(chatRequest, { maxRetries: 2 })
    expect(completion).toEqual(chatCompletion)
    expect(upstream.requests).toHaveLength(3)
    upstream.respondNext(busy)
    await expect(client.chat.completions.create(chatRequest, { maxRetries: 0 })).rejects.toThrow(
      sdk.OpenAI.RateLimitError,
    )
    expect(upstream.requests).toHaveLength(4)
  })

  test('P03 is not retried if the upstream forbids it', async () => {
    const { client, upstream } = await connectUpstream()
    upstream.respond(json(500, toError(null, 'server_error'), { headers: { 'x-should-retry': 'false' } }))
    await expect(client.chat.completions.create(chatRequest, { maxRetries: 2 })).rejects.toThrow(
      sdk.OpenAI.InternalServerError,
    )
    expect(upstream.requests).toHaveLength(1)
  })

  test('is an InternalServerError without a response', async () => {
    const { client, upstream } = await connectUpstream()
    upstream.respond(reset())
    const error = await client.chat.completions.create(chatRequest).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(sdk.OpenAI.InternalServerError)
    expect(error).toMatchObject({ status: 502, code: 'upstream_unreachable', type: 'upstream_error' })
  })
})

describeSdks('an error of Weir itself', ({ sdk, connectDemo, connectUpstream }) => {
  test('P01 P02 has a typed class: no key, a wrong key, a bad request, an unknown model', async () => {
    const { client, upstream, gateway } = await connectUpstream({ config: { models: { strict: true } } })
    const stranger = new sdk.OpenAI({ apiKey: 'sk-of-somebody-else', baseURL: `${gateway.url}/v1`, maxRetries: 0 })
    expect(await refusal(stranger, {})).toMatchObject({
      class: 'AuthenticationError',
      status: 401,
      code: 'invalid_api_key',
    })
    expect(await refusal(client, { messages: undefined })).toMatchObject({
      class: 'BadRequestError',
      status: 400,
      code: 'missing_required_parameter',
      param: 'messages',
    })
    expect(await refusal(client, { model: 'gpt-4.l' })).toMatchObject({
      class: 'NotFoundError',
      status: 404,
      code: 'model_not_found',
      message: expect.stringContaining('gpt-4.1'),
    })
    expect(upstream.requests).toEqual([])
  })

  test('P03 P07 is not retried if a retry cannot succeed', async () => {
    const { client, gateway } = await connectDemo({ DEMO: 'false' })
    const call = client.chat.completions.create(chatRequest, { maxRetries: 2 })
    const error = await call.catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(sdk.OpenAI.InternalServerError)
    expect(error).toMatchObject({ status: 503, code: 'no_provider_configured' })
    expect(headersOf(error)).toMatchObject({ 'retry-after': '60', 'x-should-retry': 'false' })
    await gateway.findLog()
    expect(gateway.logs().filter(({ event }) => event === 'call')).toHaveLength(1)
  })

  test('P04 carries the log’s request id', async () => {
    const { client, gateway } = await connectDemo()
    const error = await client.models.retrieve('nothing').catch((thrown: unknown) => thrown)
    const { request_id } = await gateway.findLog()
    expect(headersOf(error)).toMatchObject({ 'x-request-id': request_id })
  })
})

describeSdks('an error requested from the demo', ({ sdk, connectDemo }) => {
  test.each([
    [400, 'BadRequestError'],
    [401, 'AuthenticationError'],
    [404, 'NotFoundError'],
    [429, 'RateLimitError'],
    [500, 'InternalServerError'],
    [503, 'InternalServerError'],
  ])('by `demo/error-%i` is a %s', async (status, name) => {
    const { client } = await connectDemo()
    for (const stream of [false, true]) {
      expect(await refusal(client, { model: `demo/error-${status}`, stream })).toMatchObject({ class: name, status })
    }
  })

  test('has the retry headers of OpenAI’s rate limit', async () => {
    const { client } = await connectDemo()
    const call = client.chat.completions.create({ ...chatRequest, model: 'demo/error-429' })
    const error = await call.catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'rate_limit_exceeded' })
    expect(headersOf(error)).toMatchObject({ 'retry-after': '1', 'x-ratelimit-remaining-requests': '0' })
  })

  test('by `demo/cut` ends the stream early with an APIError', async () => {
    const { client } = await connectDemo()
    const stream = await client.chat.completions.create({ ...chatRequest, model: 'demo/cut', stream: true })
    const seen: unknown[] = []
    const reading = (async () => {
      for await (const chunk of stream) seen.push(chunk)
    })()
    await expect(reading).rejects.toThrow(sdk.OpenAI.APIError)
    expect(seen.length).toBeGreaterThan(chatChunks.length)
  })
})

/** Describes the error of a failed chat call. */
async function refusal(client: OpenAI, fields: object): Promise<object> {
  try {
    const response = await client.chat.completions.create({ ...chatRequest, ...fields })
    return { answered: Symbol.asyncIterator in response ? await collect(response as never) : response }
  } catch (thrown) {
    const told = thrown as InstanceType<typeof OpenAI.APIError>
    const { status, code, param, type, error, message } = told
    return { class: told.constructor.name, status, code, param, type, error, message }
  }
}

/** v4 keeps them in an object, the current SDK in `Headers`. */
function headersOf(error: unknown): Readonly<Record<string, string>> {
  const { headers } = error as { readonly headers: Headers | Record<string, string> }
  return headers instanceof Headers ? Object.fromEntries(headers) : { ...headers }
}
