import { expect, test } from 'vitest'
import { image } from '../support/fixtures.ts'
import { json } from '../support/upstream-scripts.ts'
import { callBothWays } from './call-both-ways.ts'
import { collect, describeSdks } from './describe-sdks.ts'

const pngSignature = '89504e470d0a1a0a'
const prompt = 'A weir in the morning'
const pixel = new File([Buffer.from(image.data[0]?.b64_json ?? '', 'base64')], 'pixel.png', { type: 'image/png' })

interface ImageEvent {
  readonly type?: string
  readonly b64_json?: string
  readonly data?: ImageEvent
}

describeSdks('images of the demo', ({ connectDemo }) => {
  test('are real PNGs, as base64 and as URL', async () => {
    const { client } = await connectDemo()
    const request = { model: 'demo/image', prompt, size: '1024x1024' as const }
    const { data = [], created } = await client.images.generate({ ...request, n: 2 })
    expect(created).toEqual(expect.any(Number))
    expect(data).toHaveLength(2)
    expect(data.map(({ b64_json = '' }) => sizeOf(b64_json))).toEqual(['1024x1024', '1024x1024'])
    const asUrl = await client.images.generate({ ...request, response_format: 'url' })
    const page = await fetch(asUrl.data?.[0]?.url ?? '')
    expect(Buffer.from(await page.arrayBuffer()).toString('base64')).toBe(data[0]?.b64_json)
  })

  test('are edited by upload', async () => {
    const { client } = await connectDemo()
    const { data } = await client.images.edit({ model: 'demo/image', image: pixel, prompt, size: '1024x1024' })
    expect(sizeOf(data?.[0]?.b64_json ?? '')).toBe('1024x1024')
  })

  test('stream until they are complete', async () => {
    const { client } = await connectDemo()
    const body = { model: 'demo/image', prompt, size: '1024x1024', stream: true }
    const stream = await client.post('/images/generations', { body, stream: true })
    const [event, ...more] = await collect(stream as AsyncIterable<ImageEvent>)
    // v4 does not know these events and wraps them.
    const { type, b64_json } = event?.data ?? event ?? {}
    expect(type).toBe('image_generation.completed')
    expect(sizeOf(b64_json ?? '')).toBe('1024x1024')
    expect(more).toEqual([])
  })
})

describeSdks('images through Weir', ({ connectUpstream }) => {
  test('are the same as without it, with and without a model', async () => {
    const connection = await connectUpstream()
    for (const model of [{}, { model: 'gpt-image-1', quality: 'high' as const, background: 'transparent' as const }]) {
      const { value } = await callBothWays(connection, json(200, image), (client) =>
        client.images.generate({ prompt, ...model }),
      )
      expect(value).toEqual(image)
    }
  })

  test('are uploaded unchanged', async () => {
    const connection = await connectUpstream()
    const { value } = await callBothWays(connection, json(200, image), (client) =>
      client.images.edit({ image: [pixel, pixel], mask: pixel, prompt, model: 'gpt-image-1' }),
    )
    expect(value).toEqual(image)
  })
})

/** Reads a PNG's size from its header: https://www.w3.org/TR/png-3/#11IHDR */
function sizeOf(base64: string): string {
  const bytes = Buffer.from(base64, 'base64')
  expect(bytes.subarray(0, 8).toString('hex')).toBe(pngSignature)
  return `${bytes.readUInt32BE(16)}x${bytes.readUInt32BE(20)}`
}
