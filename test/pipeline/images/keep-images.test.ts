import { expect, it } from 'vitest'
import { describeOnBothStored } from '../../support/describe-on-both.ts'
import { bearer, toOpenAIEnv, upstreamKey } from '../../support/gateway.ts'
import { answer, json } from '../../support/upstream-scripts.ts'
import { createImageStarters, generate, type ImageAnswer, kept, urlOf } from './image-calls.ts'
import { gif, jpeg, png, pngBase64, webp } from './pictures.ts'

describeOnBothStored('images that are kept', (start, surroundings) => {
  const { startGateway, startWithImage } = createImageStarters(start, surroundings)

  it('saves the image behind the provider’s URL, and serves it after that URL is gone', async () => {
    const { gateway, upstream } = await startWithImage(png)
    const question = { model: 'dall-e-3', response_format: 'url' }
    const { status, headers, body } = await generate(gateway, question, { origin: 'https://chat.example' })
    expect(status).toBe(200)
    expect(headers.get('x-weir-images')).toBe('kept')
    expect(headers.get('access-control-expose-headers')).toContain('x-weir-images')
    expect(body).toEqual({
      created: 1713833628,
      data: [{ url: expect.stringMatching(kept), revised_prompt: 'A weir at dawn' }],
    })
    upstream.on('/files/a.png', json(404, { error: 'expired' }))
    const image = await fetch(urlOf(body))
    expect(urlOf(body)).toMatch(new RegExp(`^${gateway.url}/`))
    expect(image.status).toBe(200)
    expect(Buffer.from(await image.arrayBuffer())).toEqual(png)
    expect(await gateway.findLog((line) => line.route === 'image')).toMatchObject({
      status: 200,
      bytes_out: png.length,
    })
  })

  it('S33 fetches the image without any key', async () => {
    const { gateway, upstream } = await startWithImage(png)
    await generate(gateway, { model: 'dall-e-3' })
    const fetched = upstream.requests.find(({ target }) => target === '/files/a.png')
    expect(fetched?.method).toBe('GET')
    expect(JSON.stringify(fetched?.rawHeaders)).not.toContain(upstreamKey)
    expect(fetched?.headers).not.toHaveProperty('authorization')
  })

  it('S51 keeps PNG, JPEG, GIF and WebP, whatever type the provider declares', async () => {
    const { gateway, upstream } = await startGateway()
    const kinds = { 'image/png': png, 'image/jpeg': jpeg, 'image/gif': gif, 'image/webp': webp }
    const data = Object.values(kinds).map((bytes) => ({ b64_json: bytes.toString('base64') }))
    upstream.respond(json(200, { created: 1, data }))
    const { body } = await generate(gateway, { model: 'dall-e-2', n: 4, response_format: 'url' })
    const images = await Promise.all(body.data.map(({ url = '' }) => fetch(url)))
    expect(images.map((image) => image.headers.get('content-type'))).toEqual(Object.keys(kinds))
    const bytes = await Promise.all(images.map(async (image) => Buffer.from(await image.arrayBuffer())))
    expect(bytes).toEqual(Object.values(kinds))
  })

  it('case D4: saves large images without parsing them, and leaves base64 in place if it was requested (R69)', async () => {
    const upstream = await surroundings.startUpstream()
    const gateway = await start({ env: toOpenAIEnv(upstream) })
    const large = [1, 2].map((byte) => Buffer.concat([png, Buffer.alloc(900_000, byte)]))
    const [first, second] = large.map((bytes) => bytes.toString('base64'))
    const escaped = Buffer.from([...png, ...Buffer.alloc(600_000, 0xff)])
    const text = JSON.stringify({ created: 1, data: [{ b64_json: first }, { url: `data:image/png;base64,${second}` }] })
    const slashes = `{"b64_json":"${escaped.toString('base64').replaceAll('/', '\\/')}"}]}`
    upstream.respond(answer([`${text.slice(0, -2)},${slashes}`], { headers: { 'content-type': 'application/json' } }))
    const { status, headers, body } = await generate(gateway, { model: 'dall-e-2', response_format: 'b64_json' })
    expect([status, headers.get('x-weir-images')]).toEqual([200, 'kept'])
    expect(body.data.map(({ b64_json }) => b64_json === undefined || Buffer.from(b64_json, 'base64').length)).toEqual([
      large[0]?.length,
      true,
      escaped.length,
    ])
    const images = await Promise.all(body.data.map(async ({ url = '' }) => await (await fetch(url)).arrayBuffer()))
    expect(
      images.map((bytes) => Buffer.from(bytes)).map((bytes, at) => bytes.equals([...large, escaped][at] ?? png)),
    ).toEqual([true, true, true])
  })

  it('saves an image in a data: URL', async () => {
    const { gateway, upstream } = await startGateway()
    upstream.respond(json(200, { created: 1, data: [{ url: `data:image/png;base64,${pngBase64}` }] }))
    const { body } = await generate(gateway, { model: 'dall-e-3' })
    expect(body.data).toEqual([{ url: expect.stringMatching(kept) }])
  })

  it('returns a URL also for a model that returns only base64, without requesting one from it', async () => {
    const { gateway, upstream } = await startGateway()
    upstream.respond(json(200, { created: 1, data: [{ b64_json: pngBase64 }] }))
    const { body } = await generate(gateway, { model: 'gpt-image-1', response_format: 'url' })
    expect(body.data).toEqual([{ url: expect.stringMatching(kept) }])
    expect((await upstream.nextRequest()).bodyJson).toEqual({ prompt: 'A weir', model: 'gpt-image-1' })
  })

  it('returns base64 if it is requested from such a model', async () => {
    const { gateway, upstream } = await startGateway()
    upstream.respond(json(200, { created: 1, data: [{ b64_json: pngBase64 }] }))
    const { body } = await generate(gateway, { model: 'gpt-image-1', response_format: 'b64_json' })
    expect(body.data).toMatchObject([{ b64_json: pngBase64 }])
    expect((await upstream.nextRequest()).bodyJson).not.toHaveProperty('response_format')
  })

  it('keeps edited images, too, from JSON and from forms', async () => {
    const { gateway, upstream } = await startGateway()
    upstream.respond(json(200, { created: 1, data: [{ b64_json: pngBase64 }] }))
    const form = new FormData()
    form.set('model', 'gpt-image-1')
    form.set('prompt', 'A weir')
    form.set('image', new Blob([png], { type: 'image/png' }), 'a.png')
    const bodies = [form, JSON.stringify({ model: 'gpt-image-1', prompt: 'A weir', images: [] })]
    for (const body of bodies) {
      const type = typeof body === 'string' ? { 'content-type': 'application/json' } : {}
      const edited = await fetch(`${gateway.url}/v1/images/edits`, {
        method: 'POST',
        headers: { ...bearer, ...type },
        body,
      })
      expect((await edited.json()) as ImageAnswer).toMatchObject({ data: [{ url: expect.stringMatching(kept) }] })
    }
  })
})
