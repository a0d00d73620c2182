import { expect, test } from 'vitest'
import { ask, expectError } from '../support/ask.ts'
import { describeOnBoth } from '../support/describe-on-both.ts'
import { chatChunks, chatCompletion, chatRequest, embeddings, response, transcription } from '../support/fixtures.ts'
import { createGate } from '../support/gate.ts'
import { bearer, gatewayToken } from '../support/gateway.ts'
import { openRawClient } from '../support/raw-client.ts'
import type { ScriptedUpstream } from '../support/scripted-upstream.ts'
import { toRequestBytes } from '../support/to-request-bytes.ts'
import { json, silent, sse } from '../support/upstream-scripts.ts'
import { toForm } from './to-form.ts'

const TOKEN = gatewayToken
const chat = { target: '/v1/chat/completions', body: chatRequest }

describeOnBoth('Azure', (start, { startUpstream }) => {
  const azure = (upstream: ScriptedUpstream) => ({
    base_url: upstream.url,
    api_key: 'azure-key-of-a-test-1b2c',
    api_version: '2024-10-21',
    deployments: { 'gpt-4.1': 'my chat', 'whisper-1': 'my-voice' },
  })

  test('receives the deployment in the path, the version in the query and the key in `api-key`', async () => {
    const upstream = await startUpstream()
    upstream.respond(json(200, chatCompletion))
    const gateway = await start({ env: { TOKEN }, config: { providers: { azure: azure(upstream) } } })
    expect((await ask(gateway, chat)).status).toBe(200)
    const exchange = await upstream.nextRequest()
    expect(exchange.target).toBe('/openai/deployments/my%20chat/chat/completions?api-version=2024-10-21')
    expect(exchange.headers['api-key']).toBe('azure-key-of-a-test-1b2c')
    expect(exchange.headers).not.toHaveProperty('authorization')
    expect(exchange.bodyJson).toEqual({ ...chatRequest, model: 'my chat' })
    await ask(gateway, { ...chat, target: `${chat.target}?a=1`, body: { ...chatRequest, model: 'azure/own' } })
    const own = '/openai/deployments/own/chat/completions?a=1&api-version=2024-10-21'
    expect((await upstream.nextRequest()).target).toBe(own)
  })

  test('receives the deployment in the body if the path has none', async () => {
    const upstream = await startUpstream()
    upstream.respond(json(200, response))
    const gateway = await start({ env: { TOKEN }, config: { providers: { azure: azure(upstream) } } })
    const body = '{"input":"hi", "model" : "gpt-4.1","seed":9007199254740993}'
    expect((await ask(gateway, { target: '/v1/responses', body })).status).toBe(200)
    const exchange = await upstream.nextRequest()
    expect(exchange.target).toBe('/openai/responses?api-version=2024-10-21')
    expect(exchange.bodyText).toBe(body.replace('gpt-4.1', 'my chat'))
  })

  test('receives a form with the deployment, also if the model follows a large file', async () => {
    const upstream = await startUpstream()
    upstream.respond(json(200, transcription))
    const gateway = await start({ env: { TOKEN }, config: { providers: { azure: azure(upstream) } } })
    const sound = Buffer.alloc(300_000, 7)
    const form = toForm([
      ['file', sound, 'a.wav'],
      ['model', 'whisper-1'],
    ])
    const client = await openRawClient(gateway.url)
    const headers = {
      ...bearer,
      'content-type': 'multipart/form-data; boundary=form-of-a-test',
      'content-length': String(form.length),
    }
    await client.send(toRequestBytes({ method: 'POST', target: '/v1/audio/transcriptions', headers }))
    await client.send(form)
    expect((await client.readResponse()).status).toBe(200)
    const exchange = await upstream.nextRequest()
    expect(exchange.target).toBe('/openai/deployments/my-voice/audio/transcriptions?api-version=2024-10-21')
    expect(
      exchange.bodyBytes.equals(
        toForm([
          ['file', sound, 'a.wav'],
          ['model', 'my-voice'],
        ]),
      ),
    ).toBe(true)
    client.destroy()
  })

  test('requires a model, unlike providers with a default', async () => {
    const upstream = await startUpstream()
    const gateway = await start({ env: { TOKEN }, config: { providers: { azure: azure(upstream) } } })
    const result = await ask(gateway, { target: '/v1/images/generations', body: { prompt: 'a cat' } })
    expectError(result, { code: 'missing_required_parameter', param: 'model', message: /Azure/ })
    expect(upstream.requests).toEqual([])
  })

  test('is not reached at another path through a model name', async () => {
    const upstream = await startUpstream()
    upstream.respond(json(200, chatCompletion))
    const gateway = await start({ env: { TOKEN }, config: { providers: { azure: azure(upstream) } } })
    for (const model of ['../../admin', 'a/b?c=d#e', '.', '..', 'x\r\nHost: evil', 'a%2Fb']) {
      const { status } = await ask(gateway, { ...chat, body: { ...chatRequest, model } })
      const sent = upstream.requests.at(-1)?.target ?? ''
      if (status === 200)
        expect(sent).toBe(`/openai/deployments/${encodeURIComponent(model)}/chat/completions?api-version=2024-10-21`)
      else expect(status).toBe(400)
    }
  })

  test('is configured by environment variables alone, and relays its other endpoints', async () => {
    const upstream = await startUpstream()
    upstream.respond(json(200, {}))
    const env = {
      TOKEN,
      AZURE_OPENAI_API_KEY: 'azure-key-of-a-test-1b2c',
      AZURE_OPENAI_ENDPOINT: `${upstream.url}/openai/v1/`,
      OPENAI_API_VERSION: '2099-01-01',
      PASSTHROUGH: 'azure',
    }
    const gateway = await start({ env })
    await ask(gateway, { target: '/v1/files?limit=1' })
    const exchange = await upstream.nextRequest()
    expect(exchange.target).toBe('/openai/files?limit=1&api-version=2099-01-01')
    expect(exchange.headers['api-key']).toBe(env.AZURE_OPENAI_API_KEY)
  })
})

describeOnBoth('DeepInfra', (start, { startUpstream }) => {
  test('receives its own models without a prefix, with its own key', async () => {
    const [openai, deepinfra] = [await startUpstream(), await startUpstream()]
    deepinfra.respond(json(200, chatCompletion))
    const env = {
      TOKEN,
      OPENAI_API_KEY: 'openai-key-of-a-test-3d4e',
      OPENAI_BASE_URL: `${openai.url}/v1`,
      DEEPINFRA_API_KEY: 'deepinfra-key-of-a-test-5f60',
      DEEPINFRA_BASE_URL: `${deepinfra.url}/v1/openai`,
    }
    const gateway = await start({ env })
    for (const model of ['openai/gpt-oss-120b', 'deepinfra/openai/gpt-oss-120b']) {
      expect((await ask(gateway, { ...chat, body: { ...chatRequest, model } })).status).toBe(200)
      const exchange = await deepinfra.nextRequest()
      expect(exchange.target).toBe('/v1/openai/chat/completions')
      expect(exchange.headers.authorization).toBe('Bearer deepinfra-key-of-a-test-5f60')
      expect(exchange.bodyJson).toMatchObject({ model: 'openai/gpt-oss-120b' })
      expect(JSON.stringify(exchange.rawHeaders)).not.toContain('openai-key-of-a-test')
    }
    expect(openai.requests).toEqual([])
  })
})

describeOnBoth('a custom server', (start, { startUpstream }) => {
  test('receives its own key and headers, and none of another provider', async () => {
    const [groq, ollama] = [await startUpstream(), await startUpstream()]
    groq.respond(json(200, chatCompletion))
    ollama.respond(json(200, embeddings))
    const providers = {
      groq: {
        base_url: `${groq.url}/openai/v1`,
        api_key_env: 'GROQ_KEY',
        headers: { 'X-Team': 'blue', 'HTTP-Referer': 'https://own.example' },
        models: ['llama'],
      },
      ollama: { base_url: `${ollama.url}/v1/`, models: ['nomic'] },
    }
    const gateway = await start({ env: { TOKEN, GROQ_KEY: 'groq-key-of-a-test-7a8b' }, config: { providers } })
    const headers = { 'http-referer': 'https://caller.example', 'x-title': 'Chat', 'openai-beta': 'x=1' }
    expect((await ask(gateway, { ...chat, body: { ...chatRequest, model: 'llama' }, headers })).status).toBe(200)
    const first = await groq.nextRequest()
    expect(first.target).toBe('/openai/v1/chat/completions')
    expect(first.headers).toMatchObject({
      authorization: 'Bearer groq-key-of-a-test-7a8b',
      'x-team': 'blue',
      'http-referer': 'https://own.example',
      'x-title': 'Chat',
      'openai-beta': 'x=1',
    })
    const body = { model: 'nomic', input: 'x' }
    expect((await ask(gateway, { target: '/v1/embeddings', body })).status).toBe(200)
    const second = await ollama.nextRequest()
    expect(second.target).toBe('/v1/embeddings')
    expect(second.headers).not.toHaveProperty('authorization')
    expect(second.headers).not.toHaveProperty('x-team')
  })

  test('has its own timeouts', async () => {
    const [slow, patient] = [await startUpstream(), await startUpstream()]
    slow.respond(silent())
    const gate = createGate()
    patient.respond(sse([chatChunks[0] ?? '', gate, ...chatChunks.slice(1)]))
    const providers = {
      slow: { base_url: slow.url, models: ['s'], timeouts: { first_byte_ms: 100 } },
      patient: { base_url: patient.url, models: ['p'] },
    }
    const gateway = await start({ env: { TOKEN }, config: { providers } })
    const client = await openRawClient(gateway.url)
    const body = { ...chatRequest, model: 'p', stream: true }
    await client.send(toRequestBytes({ ...chat, headers: bearer, body }))
    await (await client.startResponse()).bodyUntil('data:')
    const late = await ask(gateway, { ...chat, body: { ...chatRequest, model: 's' } })
    expectError(late, { code: 'upstream_first_byte_timeout', message: /0\.1 s/ })
    gate.open()
    await patient.nextRequest()
    expect((await client.readUntil('[DONE]')).toString()).not.toContain('error')
    client.destroy()
  })

  test('is reached only below its base URL', async () => {
    const upstream = await startUpstream()
    upstream.respond(json(200, chatCompletion))
    const config = { providers: { own: { base_url: `${upstream.url}/a/b/` } } }
    const gateway = await start({ env: { TOKEN }, config })
    await ask(gateway, { ...chat, target: '/v1/chat/completions?x=/../../admin' })
    expect((await upstream.nextRequest()).target).toBe('/a/b/chat/completions?x=/../../admin')
  })
})
