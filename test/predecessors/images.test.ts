import { describe, expect, test } from 'vitest'
import { describeOnBoth } from '../support/describe-on-both.ts'
import { chatCompletion, image } from '../support/fixtures.ts'
import { json } from '../support/upstream-scripts.ts'
import { connect } from './connect.ts'

const prompt = 'A white siamese cat'
const path = '/v1/images/generations'
const dallE3Defaults = {
  model: 'dall-e-3',
  n: 1,
  size: '1024x1024',
  quality: 'standard',
  style: 'vivid',
  response_format: 'url',
}
const generated = { created: 1589478378, data: [{ url: 'https://images.example.com/cat.png' }] }

describeOnBoth('the OpenAI proxy’s image routes', (_start, { share }) => {
  const open = (env = {}) => connect(share, json(200, generated), { env })

  test.each([
    ['/images/generations', {}],
    ['/generate-image', {}],
    ['/', {}],
    ['/', { action: 'generate-image' }],
    ['/', { action: 'generate-image', messages: [] }],
    ['/generate-image', { action: 'generate-image' }],
  ])('POST %s with a prompt and %j generates an image with all its defaults', async (route, extra) => {
    const { exchange } = await open()
    const { response, path: upstreamPath, body } = await exchange(route, { ...extra, prompt })
    expect(upstreamPath).toBe(path)
    const { messages } = extra as { messages?: unknown }
    expect(body).toEqual({ ...dallE3Defaults, prompt, ...(messages !== undefined && { messages }) })
    expect(response.status).toBe(200)
    expect(JSON.parse(response.text)).toEqual(generated)
  })

  test('every field except action is sent upstream', async () => {
    const { exchange } = await open()
    const { body } = await exchange('/', { action: 'generate-image', prompt, user: 'ada', n: 1, future: false })
    expect(body).toEqual({ ...dallE3Defaults, prompt, user: 'ada', future: false })
  })

  test.each([
    ['dall-e-3', { quality: 'standard', style: 'vivid', response_format: 'url' }],
    ['dall-e-2', { response_format: 'url' }],
    ['gpt-image-1-mini', {}],
    ['gpt-image-2.5-flare', {}],
    ['chatgpt-image-latest', {}],
    ['flux-pro', { response_format: 'url' }],
  ])('%s gets only the defaults that it accepts', async (model, defaults) => {
    const { exchange } = await open()
    const { body } = await exchange('/images/generations', { model, prompt })
    expect(body).toEqual({ model, prompt, n: 1, size: '1024x1024', ...defaults })
  })

  test('an alias for dall-e-3 gets the defaults of its target model', async () => {
    const { exchange } = await open({ MODEL_ALIASES: 'dall-e-3=gpt-image-2.5-flare' })
    const { body } = await exchange('/generate-image', { prompt })
    expect(body).toEqual({ model: 'gpt-image-2.5-flare', prompt, n: 1, size: '1024x1024' })
  })

  test('every value of the caller is sent, also one that Weir would not add', async () => {
    const { exchange } = await open()
    const all = [
      { model: 'dall-e-2', prompt, n: 2, size: '256x256', quality: 'standard', response_format: 'b64_json' },
      { model: 'dall-e-3', prompt, n: 1, size: '1792x1024', quality: 'hd', style: 'natural', response_format: 'url' },
      { model: 'gpt-image-2', prompt, n: 2, size: '1536x864', quality: 'max', background: 'opaque' },
    ]
    for (const given of all) expect((await exchange('/generate-image', given)).body).toEqual(given)
  })

  test.each([
    ['dall-e-2', 'size', '1792x1024', 'size must be one of 256x256, 512x512, 1024x1024 for dall-e-2.'],
    ['dall-e-3', 'size', '256x256', 'size must be one of 1024x1024, 1792x1024, 1024x1792 for dall-e-3.'],
    ['gpt-image-1', 'size', '256x256', 'size must be one of 1024x1024, 1536x1024, 1024x1536, auto for gpt-image-1.'],
    ['dall-e-3', 'n', 2, 'n must be 1 for dall-e-3.'],
    ['dall-e-2', 'n', 11, 'n must be from 1 to 10 for dall-e-2.'],
    ['dall-e-2', 'n', '2', 'n must be from 1 to 10 for dall-e-2.'],
    ['gpt-image-2', 'n', 0, 'n must be from 1 to 10 for gpt-image-2.'],
    ['dall-e-3', 'quality', 'ultra', 'quality must be one of standard, hd for dall-e-3.'],
    ['dall-e-2', 'quality', 'hd', 'quality must be one of standard for dall-e-2.'],
    ['gpt-image-1', 'quality', 'hd', 'quality must be one of low, medium, high, auto for gpt-image-1.'],
    ['dall-e-3', 'style', 'baroque', 'style must be one of vivid, natural for dall-e-3.'],
    ['dall-e-2', 'style', 'vivid', 'dall-e-2 does not support style. Omit it.'],
    ['gpt-image-2', 'style', 'vivid', 'gpt-image-2 does not support style. Omit it.'],
    ['dall-e-3', 'size', 1024, 'size must be one of 1024x1024, 1792x1024, 1024x1792 for dall-e-3.'],
  ])('%s refuses %s %j with 400 and lists the allowed values', async (model, param, value, message) => {
    const { post, upstream } = await open()
    for (const route of ['/', '/images/generations', '/generate-image']) {
      const response = await post(route, { model, prompt, [param]: value })
      expect(response.status).toBe(400)
      expect(JSON.parse(response.text)).toEqual({
        error: { message, type: 'invalid_request_error', param, code: 'invalid_value' },
        message,
      })
    }
    expect(upstream.requests).toEqual([])
  })

  test('an unknown model is checked only by its provider', async () => {
    const { exchange } = await open()
    const given = { model: 'flux-pro', prompt, n: 7, size: '8x8', quality: 'ultra', style: 'x', response_format: 'url' }
    expect((await exchange('/generate-image', given)).body).toEqual(given)
  })

  describe('POST /v1/images/generations', () => {
    test('adds no defaults and checks no values', async () => {
      const { exchange } = await connect(share, json(200, image))
      const given = { model: 'dall-e-3', prompt, size: '256x256' }
      const { response, bodyText } = await exchange(path, given)
      expect(bodyText).toBe(JSON.stringify(given))
      expect(JSON.parse(response.text)).toEqual(image)
    })
  })

  test('a prompt with messages is a chat', async () => {
    const { exchange } = await connect(share, json(200, chatCompletion))
    expect((await exchange('/', { prompt, messages: [] })).path).toBe('/v1/chat/completions')
  })
})
