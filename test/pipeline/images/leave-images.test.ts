import { expect, it, onTestFinished } from 'vitest'
import { startListener } from '../../platform/upstream/start-listener.ts'
import { describeOnBothStored } from '../../support/describe-on-both.ts'
import { answer, json, sse } from '../../support/upstream-scripts.ts'
import { createImageStarters, expectLeft, generate, kept, post, urlOf } from './image-calls.ts'
import { page, png, pngBase64, svg } from './pictures.ts'

describeOnBothStored('images that are not kept', (start, surroundings) => {
  const { startGateway, startWithImage } = createImageStarters(start, surroundings)

  it('saves an image in base64, and leaves it in the response', async () => {
    const { gateway, upstream } = await startGateway()
    upstream.respond(json(200, { created: 1, data: [{ b64_json: pngBase64 }], usage: { total_tokens: 100 } }))
    const { body } = await generate(gateway, { model: 'gpt-image-1' })
    expect(body.data).toEqual([{ b64_json: pngBase64, url: expect.stringMatching(kept) }])
    expect(body.usage).toEqual({ total_tokens: 100 })
    expect(Buffer.from(await (await fetch(urlOf(body))).arrayBuffer())).toEqual(png)
  })

  it('relays a response without images, an error and a stream unchanged', async () => {
    const { gateway, upstream } = await startGateway()
    const error = {
      error: { message: 'refused', type: 'image_generation_user_error', param: null, code: 'moderation' },
    }
    upstream.respondNext(
      json(200, { created: 1, data: [] }),
      json(400, error),
      sse([{ type: 'image_generation.completed', b64_json: pngBase64 }], { doneAtEnd: false }),
    )
    const empty = await generate(gateway, { model: 'dall-e-3' })
    expect([empty.body, empty.headers.has('x-weir-images')]).toEqual([{ created: 1, data: [] }, false])
    const refused = await generate(gateway, { model: 'dall-e-3' })
    expect([refused.status, refused.body]).toEqual([400, error])
    const stream = await post(gateway, { model: 'gpt-image-1', stream: true })
    expect([stream.headers.has('x-weir-images'), await stream.text()]).toEqual([
      false,
      expect.stringContaining(pngBase64),
    ])
    expect(await gateway.sql('SELECT id FROM images')).toEqual([])
  })

  it('keeps no image if the operator has turned it off', async () => {
    const { gateway, upstream } = await startWithImage(png, 'image/png', { IMAGES_KEEP: 'false' })
    const { headers, body } = await generate(gateway, { model: 'dall-e-3' })
    expect(urlOf(body)).toBe(`${upstream.url}/files/a.png`)
    expect(headers.has('x-weir-images')).toBe(false)
    expect(upstream.requests).toHaveLength(1)
  })

  it('S51 leaves a provider’s URL that returns a page, an SVG, nothing, or too many bytes', async () => {
    const { gateway, upstream } = await startWithImage(png)
    for (const bytes of [page, svg, Buffer.alloc(0), Buffer.concat([png, Buffer.alloc(5_000)])]) {
      upstream.on('/files/a.png', answer([bytes], { headers: { 'content-type': 'image/png' } }))
      await expectLeft(gateway, `${upstream.url}/files/a.png`)
    }
    expect(await gateway.sql('SELECT id FROM images')).toEqual([])
  })

  it('leaves base64 that is too large, invalid, or not an image', async () => {
    const { gateway, upstream } = await startGateway()
    const large = Buffer.concat([png, Buffer.alloc(5_000)]).toString('base64')
    for (const b64_json of [large, 'not base64!', page.toString('base64'), svg.toString('base64')]) {
      upstream.respondNext(json(200, { created: 1, data: [{ b64_json }] }))
      const { headers, body } = await generate(gateway, { model: 'gpt-image-1' })
      expect([headers.get('x-weir-images'), body.data]).toEqual(['not-kept', [{ b64_json }]])
    }
  })

  it('keeps the images it can, and reports that one is missing', async () => {
    const { gateway, upstream } = await startGateway()
    const lost = `${upstream.url}/files/lost.png`
    upstream.on(
      '/v1/images/generations',
      json(200, { created: 1, data: [{ url: lost }, { b64_json: pngBase64 }, null] }),
    )
    upstream.on('/files/lost.png', json(404, {}))
    const { headers, body } = await generate(gateway, { model: 'dall-e-2', n: 3 })
    expect(headers.get('x-weir-images')).toBe('not-kept')
    expect(body.data).toEqual([{ url: lost }, { b64_json: pngBase64, url: expect.stringMatching(kept) }, null])
  })

  it('S03 S04 S07 S09 connects to no private address that a response names', async () => {
    const { gateway, upstream } = await startGateway()
    const inside = await startListener()
    onTestFinished(inside.close)
    const { port } = inside
    const urls = [
      `http://127.0.0.1:${port}/a.png`,
      `https://127.0.0.1:${port}/a.png`,
      `https://0x7f.1:${port}/a.png`,
      `https://2130706433:${port}/a.png`,
      `https://[::1]:${port}/a.png`,
      `https://[::ffff:127.0.0.1]:${port}/a.png`,
      `https://localhost:${port}/a.png`,
      `https://localhost.:${port}/a.png`,
      `https://user:secret@127.0.0.1:${port}/a.png`,
      `https:\\\\127.0.0.1:${port}\\a.png`,
      'http://169.254.169.254/latest/meta-data/',
      'file:///etc/passwd',
      'not a URL',
    ]
    for (const url of urls) {
      upstream.respondNext(json(200, { created: 1, data: [{ url }] }))
      await expectLeft(gateway, url)
    }
    expect(inside.connections()).toBe(0)
  })

  it('R71 returns the original and leaves nothing half-written if the list of images cannot be written', async () => {
    const { gateway, upstream } = await startWithImage(png)
    await gateway.sql('ALTER TABLE images RENAME TO lost_images')
    await expectLeft(gateway, `${upstream.url}/files/a.png`)
    expect(await gateway.findLog((line) => line.route === 'images.generations')).toMatchObject({
      status: 200,
      cause: expect.stringMatching(/^An image was not kept: .*no such table/),
    })
  })
})
