import { afterEach, describe, expect, test } from 'vitest'
import { pngBase64 } from '../pipeline/images/pictures.ts'
import { ask } from '../support/ask.ts'
import { describeOnBothStored } from '../support/describe-on-both.ts'
import { chatChunks, chatCompletion } from '../support/fixtures.ts'
import { gatewayToken, upstreamKey } from '../support/gateway.ts'
import { type ScriptedUpstream, startScriptedUpstream } from '../support/scripted-upstream.ts'
import { startNodeGateway } from '../support/start-node-gateway.ts'
import { startLocalWorkerGateway } from '../support/start-worker-gateway.ts'
import { json, sse } from '../support/upstream-scripts.ts'

// The bodies are copied from the two READMEs, including spaces:
// https://github.com/leonaries/openai-workers-proxy, and "OpenAI API 代理服务 (DeepInfra)".

const chatBody = `{
  "model": "gpt-3.5-turbo",
  "messages": [
    {
      "role": "user",
      "content": "Hello, how are you?"
    }
  ],
  "temperature": 0.7,
  "max_tokens": 1000,
  "stream": false
}`

const graphqlChat = `{
  "query": "mutation GetAIResponse($input: ChatInput!) { getAIResponse(input: $input) { id content isUser timestamp success error } }",
  "variables": {
    "input": {
      "model": "gpt-3.5-turbo",
      "messages": [
        { "role": "user", "content": "Hello!" }
      ],
      "temperature": 0.7,
      "max_tokens": 1000
    }
  }
}`

const imageBody = `{
  "prompt": "A beautiful sunset over the ocean with palm trees",
  "model": "dall-e-3",
  "n": 1,
  "size": "1024x1024",
  "quality": "standard",
  "style": "vivid",
  "response_format": "url"
}`

const imageAction = `{
  "action": "generate-image",
  "prompt": "A cat sitting on a rainbow"
}`

const graphqlImage = `{
  "query": "mutation GenerateImage($input: ImageInput!) { generateImage(input: $input) { id prompt images { url } model size quality style timestamp success error } }",
  "variables": {
    "input": {
      "prompt": "A futuristic city with flying cars",
      "model": "dall-e-3",
      "size": "1024x1024",
      "quality": "hd",
      "style": "vivid"
    }
  }
}`

const createSession = `mutation CreateSession {
  createSession {
    sessionId
    success
  }
}`

const chatHistory = `query ChatHistory($sessionId: String) {
  chatHistory(sessionId: $sessionId) {
    id
    content
    isUser
    timestamp
  }
}`

const deepinfraChat = `{
    "model": "deepseek-ai/DeepSeek-V3.1",
    "messages": [
      {"role": "system", "content": "You are a helpful assistant."},
      {"role": "user", "content": "Explain quantum computing in simple terms."}
    ],
    "stream": true
  }`

const typed = { 'content-type': 'application/json' }
const words = 'Hello! How can I assist you today?'

/** Responds to chats and image requests like OpenAI. */
function answerAll(upstream: ScriptedUpstream): void {
  upstream.respond({
    play: (wire, exchange) => {
      if (exchange.target.endsWith('/images/generations'))
        return json(200, { created: 1, data: [{ b64_json: pngBase64 }] }).play(wire, exchange)
      const { stream } = exchange.bodyJson as { readonly stream?: boolean }
      return (stream === true ? sse(chatChunks) : json(200, chatCompletion)).play(wire, exchange)
    },
  })
}

describeOnBothStored('each example of the OpenAI proxy’s README', (start, { startUpstream }) => {
  async function open() {
    const upstream = await startUpstream()
    answerAll(upstream)
    const env = { OPENAI_API_KEY: upstreamKey, OPENAI_BASE_URL: `${upstream.url}/v1`, TOKEN: gatewayToken }
    const gateway = await start({ env })
    return async (target: string, body: unknown) => {
      const response = await ask(gateway, { target, body, headers: { ...typed, origin: 'https://app.example.com' } })
      expect([response.status, response.header('access-control-allow-origin')], response.text).toEqual([200, '*'])
      return JSON.parse(response.text) as Record<string, never>
    }
  }

  test('chats over REST and GraphQL', async () => {
    const post = await open()
    expect(await post('/', chatBody)).toMatchObject({ choices: [{ message: { content: words } }] })
    const response = { isUser: false, content: words, success: true, error: null }
    expect(await post('/graphql', graphqlChat)).toMatchObject({ data: { getAIResponse: response } })
  })

  test('generates images by its own route, by `/` and over GraphQL', async () => {
    const post = await open()
    const drawn = { data: [{ url: expect.stringMatching(/^http/) }] }
    for (const [target, body] of [
      ['/images/generations', imageBody],
      ['/', imageBody],
      ['/', imageAction],
    ] as const)
      expect(await post(target, body)).toMatchObject(drawn)
    const response = { images: [{ url: expect.stringMatching(/^http/) }], success: true, error: null }
    expect(await post('/graphql', graphqlImage)).toMatchObject({ data: { generateImage: response } })
  })

  test('creates a session and reads its history', async () => {
    const post = await open()
    const created = await post('/graphql', { query: createSession })
    const session = created as unknown as { data: { createSession: { sessionId: string; success: boolean } } }
    expect(session.data.createSession).toEqual({ sessionId: expect.stringMatching(/^session_/), success: true })
    const { sessionId } = session.data.createSession
    const history = await post('/graphql', { query: chatHistory, variables: { sessionId } })
    expect(history).toEqual({ data: { chatHistory: [] } })
  })
})

describeOnBothStored('each example of the DeepInfra proxy’s README', (start, { startUpstream }) => {
  test('lists models, and chats with and without a stream', async () => {
    const upstream = await startUpstream()
    upstream.on('/v1/openai/models', json(404, {}))
    answerAll(upstream)
    const env = { DEEPINFRA_API_KEY: upstreamKey, DEEPINFRA_BASE_URL: `${upstream.url}/v1/openai`, TOKEN: gatewayToken }
    const gateway = await start({ env })
    const models = await ask(gateway, { method: 'GET', target: '/v1/models', headers: typed })
    const { object, data } = JSON.parse(models.text) as { object: string; data: readonly object[] }
    expect([models.status, object]).toEqual([200, 'list'])
    expect(data).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          id: 'deepseek-ai/DeepSeek-V3.1',
          object: 'model',
          created: 1_624_980_000,
          owned_by: 'deepseek-ai',
        }),
        expect.objectContaining({
          id: 'openai/gpt-oss-120b',
          object: 'model',
          created: 1_625_980_000,
          owned_by: 'openai',
        }),
      ]),
    )
    const target = '/v1/chat/completions'
    const streamed = await ask(gateway, { target, body: deepinfraChat, headers: typed })
    expect(streamed.status).toBe(200)
    expect(streamed.text).toMatch(/^data: \{[\s\S]*data: \[DONE\]\s*$/)
    const messages = [{ role: 'user', content: 'Hello, how are you?' }]
    const body = { model: 'deepseek-ai/DeepSeek-V3.1', messages, stream: false }
    const whole = await ask(gateway, { target, body, headers: typed })
    expect(JSON.parse(whole.text)).toMatchObject({ choices: [{ message: { content: words } }] })
  })
})

describe.each([
  { command: 'npm start', startGateway: startNodeGateway },
  { command: 'npm run dev:worker', startGateway: startLocalWorkerGateway },
])('the OpenAI proxy’s local development under `$command`', ({ startGateway }) => {
  const closers: (() => Promise<unknown>)[] = []
  afterEach(async () => {
    for (const close of closers.splice(0).reverse()) await close()
  })

  test('uses `x-openai-key` in place of the key in `.env`', async () => {
    const upstream = await startScriptedUpstream()
    closers.push(upstream.close)
    answerAll(upstream)
    const gateway = await startGateway({ env: { OPENAI_API_KEY: upstreamKey, OPENAI_BASE_URL: `${upstream.url}/v1` } })
    closers.push(gateway.close)
    const headers = { ...typed, host: 'localhost:8787', 'x-openai-key': 'your-api-key-here' }
    const response = await ask(gateway, { target: '/', token: false, headers, body: '{"prompt":"A test image"}' })
    expect(response.status, response.text).toBe(200)
    expect((await upstream.nextRequest()).headers.authorization).toBe('Bearer your-api-key-here')
  })
})
