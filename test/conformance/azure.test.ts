import { AzureOpenAI, toFile } from 'openai'
import { expect, test } from 'vitest'
import { openKeys } from '../api/open-keys.ts'
import { ask, expectError } from '../support/ask.ts'
import { describeOnBoth, describeOnBothStored } from '../support/describe-on-both.ts'
import { chatChunks, chatCompletion, chatRequest, embeddings, response, transcription } from '../support/fixtures.ts'
import { gatewayToken, toOpenAIEnv, upstreamKey } from '../support/gateway.ts'
import { json, sse } from '../support/upstream-scripts.ts'

const messages = [{ role: 'user' as const, content: 'Hello' }]
const connect = (endpoint: string, deployment?: string) =>
  new AzureOpenAI({
    endpoint,
    apiKey: gatewayToken,
    apiVersion: '2024-10-21',
    maxRetries: 0,
    ...(deployment !== undefined && { deployment }),
  })

describeOnBoth('the client of Azure', (start, { startUpstream }) => {
  test('case B3: calls every operation by Azure’s paths with any provider', async () => {
    const upstream = await startUpstream()
    upstream.on('/v1/chat/completions', json(200, chatCompletion))
    upstream.on('/v1/embeddings', json(200, embeddings))
    upstream.on('/v1/responses', json(200, response))
    upstream.on('/v1/audio/transcriptions', json(200, transcription))
    const client = connect((await start({ env: toOpenAIEnv(upstream) })).url)
    expect(await client.chat.completions.create({ model: 'gpt-4.1', messages })).toMatchObject({
      id: chatCompletion.id,
    })
    expect((await client.embeddings.create({ model: 'm', input: 'x', encoding_format: 'float' })).data).toHaveLength(1)
    expect((await client.responses.create({ model: 'gpt-4.1', input: 'x' })).id).toBe(response.id)
    const file = await toFile(Buffer.alloc(100_000), 'a.wav')
    expect((await client.audio.transcriptions.create({ file, model: 'whisper-1' })).text).toBe(transcription.text)
    expect((await client.models.list()).data.length).toBeGreaterThan(1)
    // Only Azure gets the version.
    const called = upstream.requests.filter(({ method }) => method === 'POST')
    expect(called.map(({ target }) => target)).toEqual([
      '/v1/chat/completions',
      '/v1/embeddings',
      '/v1/responses',
      '/v1/audio/transcriptions',
    ])
    upstream.on('/v1/chat/completions', sse(chatChunks))
    const stream = await client.chat.completions.create({ model: 'gpt-4.1', messages, stream: true })
    let text = ''
    for await (const { choices } of stream) text += choices[0]?.delta.content ?? ''
    expect(text).toBe('Hello there')
  })

  test('case B3: the path’s deployment is the model, even if the body names another', async () => {
    const upstream = await startUpstream()
    upstream.respond(json(200, chatCompletion))
    const gateway = await start({ env: toOpenAIEnv(upstream), config: { passthrough: 'openai' } })
    await connect(gateway.url, 'gpt-4.1-mini').chat.completions.create({ model: 'gpt-4.1', messages })
    expect((await upstream.nextRequest()).bodyJson).toEqual({ model: 'gpt-4.1-mini', messages })
    const { model: _, ...unnamed } = chatRequest
    const target = '/openai/deployments/openai%2Fgpt-4.1/chat/completions?api-version=x'
    expect((await ask(gateway, { target, body: unnamed })).status).toBe(200)
    expect((await upstream.nextRequest()).bodyJson).toEqual({ ...chatRequest, model: 'gpt-4.1' })
    for (const path of ['files', 'models', 'chat/completions/extra', '%2e%2e/files'])
      expect((await ask(gateway, { target: `/openai/deployments/m/${path}`, body: {} })).status, path).toBeGreaterThan(
        399,
      )
    expectError(await ask(gateway, { target: '/openai/deployments/%ff/chat/completions', body: chatRequest }), {
      code: 'bad_request',
    })
    expect(upstream.requests).toHaveLength(2)
  })
})

describeOnBoth('a provider on Azure', (start, { startUpstream }) => {
  const open = async (api_version?: string) => {
    const upstream = await startUpstream()
    upstream.respond(json(200, chatCompletion))
    const azure = { base_url: upstream.url, api_key: upstreamKey, api_version, deployments: { 'gpt-4.1': 'my chat' } }
    const gateway = await start({
      env: { TOKEN: gatewayToken },
      config: { providers: { azure }, passthrough: 'azure' },
    })
    return { upstream, gateway }
  }

  test.each([
    [undefined, '/openai/v1/chat/completions', '/openai/v1/responses', ''],
    ['v1', '/openai/v1/chat/completions', '/openai/v1/responses', ''],
    ['preview', '/openai/v1/chat/completions', '/openai/v1/responses', '?api-version=preview'],
    [
      '2025-04-01-preview',
      '/openai/deployments/my%20chat/chat/completions',
      '/openai/responses',
      '?api-version=2025-04-01-preview',
    ],
  ])(
    'case B3: with version %s chats go to %s, with one api-version at most',
    async (version, chats, responses, query) => {
      const { upstream, gateway } = await open(version)
      const body = { ...chatRequest, input: 'x' }
      for (const own of ['', '?api-version=2024-02-01', '?API-Version=a', '?api%2Dversion=b&api-version=c']) {
        expect((await ask(gateway, { target: `/v1/chat/completions${own}`, body })).status).toBe(200)
        expect((await upstream.nextRequest()).target).toBe(chats + query)
      }
      await ask(gateway, { target: '/v1/chat/completions?a=1&api-version=d&b=%20', body })
      const { target, bodyJson } = await upstream.nextRequest()
      expect(target).toBe(query === '' ? `${chats}?a=1&b=%20` : `${chats}?a=1&b=%20&${query.slice(1)}`)
      expect(bodyJson).toMatchObject({ model: 'my chat' })
      upstream.respond(json(200, response))
      await ask(gateway, { target: '/v1/responses', body })
      expect((await upstream.nextRequest()).target).toBe(responses + query)
      await ask(gateway, { target: '/v1/files?api-version=e' })
      expect((await upstream.nextRequest()).target).toBe(`${responses.replace('responses', 'files')}${query}`)
    },
  )

  test('case B3: needs a model in the request with the newest version too', async () => {
    const { upstream, gateway } = await open()
    const answer = await ask(gateway, { target: '/v1/images/generations', body: { prompt: 'a cat' } })
    expectError(answer, { code: 'missing_required_parameter', param: 'model', message: /Azure/ })
    expect(upstream.requests).toEqual([])
  })
})

describeOnBothStored('the paths of Azure’s client with a key', (start, { startUpstream }) => {
  test('case B3 S58: a key’s allowed models apply to the model in the path, and no spelling bypasses them', async () => {
    const { upstream, gateway, call, create } = await openKeys({ start, startUpstream })
    const key = await create({ models: ['gpt-4.1', 'whisper-1'] })
    const at = (model: string) => ({ target: `/openai/deployments/${model}/chat/completions`, body: chatRequest })
    expectError(await call(key, at('gpt-5')), { code: 'model_not_allowed', param: 'model' })
    expect((await call(key, at('gpt-4.1'))).status).toBe(200)
    expect((await call(key, { ...at('gpt-4.1'), body: { ...chatRequest, model: 'gpt-5' } })).status).toBe(200)
    expect(upstream.requests.map(({ bodyJson }) => (bodyJson as { model: string }).model)).toEqual([
      'gpt-4.1',
      'gpt-4.1',
    ])
    const form = new FormData()
    form.set('model', 'whisper-1')
    form.set('file', new Blob(['sound']), 'a.mp3')
    const send = (deployment: string) =>
      fetch(`${gateway.url}/openai/deployments/${deployment}/audio/transcriptions`, {
        method: 'POST',
        headers: { 'api-key': String(key.secret) },
        body: form,
      })
    expect((await send('gpt-4.1')).status).toBe(400)
    expect(upstream.requests).toHaveLength(2)
    expect((await send('whisper-1')).status).toBe(200)
  })
})
