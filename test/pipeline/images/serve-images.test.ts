import { expect, it } from 'vitest'
import { describeOnBothStored } from '../../support/describe-on-both.ts'
import { createImageStarters, generate, type ImageAnswer, idOf, pathOf, post, urlOf } from './image-calls.ts'
import { png, polyglot } from './pictures.ts'

describeOnBothStored('kept images', (start, surroundings) => {
  const { startGateway, startWithImage } = createImageStarters(start, surroundings)

  it('S51 serves an image under the type of its bytes, so it cannot run in a page', async () => {
    const { gateway } = await startWithImage(polyglot, 'text/html')
    const { body } = await generate(gateway, { model: 'dall-e-3' })
    const image = await fetch(urlOf(body), { headers: { origin: 'https://chat.example' } })
    expect(Object.fromEntries(image.headers)).toMatchObject({
      'content-type': 'image/png',
      'content-length': String(polyglot.length),
      'x-content-type-options': 'nosniff',
      'content-security-policy': "sandbox; default-src 'none'",
      'content-disposition': expect.stringMatching(/^inline; filename="img_[0-9a-f]{32}\.png"$/),
      'cross-origin-resource-policy': 'cross-origin',
      'access-control-allow-origin': '*',
      'cache-control': 'public, max-age=31536000, immutable',
    })
  })

  it('returns 304 to a browser that has the image, and no body to HEAD', async () => {
    const { gateway } = await startWithImage(png)
    const url = urlOf((await generate(gateway, { model: 'dall-e-3' })).body)
    const head = await fetch(url, { method: 'HEAD' })
    expect([head.status, head.headers.get('content-length')]).toEqual([200, String(png.length)])
    const etag = head.headers.get('etag') ?? ''
    for (const tag of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
      const again = await fetch(url, { headers: { 'if-none-match': tag } })
      expect([again.status, again.headers.get('etag'), await again.text()]).toEqual([304, etag, ''])
    }
    expect((await fetch(url, { headers: { 'if-none-match': '"other"' } })).status).toBe(200)
    expect((await fetch(url, { method: 'POST' })).status).toBe(405)
  })

  it('sends CORS headers to an Origin only, and `Vary: Origin` always: on 200, 304, 404 and 405', async () => {
    const { gateway } = await startWithImage(png)
    const url = urlOf((await generate(gateway, { model: 'dall-e-3' })).body)
    const etag = (await fetch(url)).headers.get('etag') ?? ''
    const requests = [
      { status: 200, url, init: {} },
      { status: 200, url, init: { method: 'HEAD' } },
      { status: 304, url, init: { headers: { 'if-none-match': etag } } },
      { status: 404, url: url.slice(0, -32) + '0'.repeat(32), init: {} },
      { status: 405, url, init: { method: 'POST' } },
    ]
    for (const request of requests) {
      for (const origin of [undefined, 'https://chat.example']) {
        const headers = { ...request.init.headers, ...(origin !== undefined && { origin }) }
        const response = await fetch(request.url, { ...request.init, headers })
        expect(response.status).toBe(request.status)
        expect(response.headers.get('vary')).toBe('Origin')
        expect(response.headers.get('access-control-allow-origin')).toBe(origin === undefined ? null : '*')
      }
    }
  })

  it('S52 creates ids that cannot be guessed, and serves nothing else', async () => {
    const { gateway } = await startWithImage(png)
    const urls = [
      urlOf((await generate(gateway, { model: 'dall-e-3' })).body),
      urlOf((await generate(gateway, { model: 'dall-e-3' })).body),
    ]
    expect(new Set(urls).size).toBe(2)
    const id = urls[0]?.split('/').at(-1) ?? ''
    const guesses = [
      `img_${'0'.repeat(32)}`,
      id.toUpperCase(),
      `${id}0`,
      `${id}.png`,
      `${id}%00`,
      `${id}/`,
      '..%2fweir.db',
      '%2e%2e/weir.db',
      'x'.repeat(5_000),
    ]
    for (const guess of guesses) {
      const found = await fetch(`${gateway.url}/images/${guess}`)
      expect([guess, found.status === 404 || found.status === 400]).toEqual([guess, guess !== `${id}/`])
      expect(found.headers.get('content-type')).toMatch(guess === `${id}/` ? /^image/ : /^application\/json/)
    }
  })

  it('does not shadow the API paths below /images', async () => {
    const { gateway } = await startGateway()
    for (const path of ['/images/generations', '/v1/images/generations', '/v1/images/edits']) {
      const refused = await fetch(`${gateway.url}${path}`)
      expect([path, refused.status, refused.headers.get('allow')]).toEqual([path, 405, 'POST, OPTIONS'])
    }
  })

  it('deletes an image that is past its retention, and no other', async () => {
    const { gateway } = await startWithImage(png, 'image/png', { IMAGE_RETENTION_DAYS: '30' })
    const old = pathOf((await generate(gateway, { model: 'dall-e-3' })).body)
    const young = pathOf((await generate(gateway, { model: 'dall-e-3' })).body)
    const dayMs = 24 * 60 * 60 * 1_000
    await gateway.sql('UPDATE images SET created_at = created_at - ? WHERE id = ?', 31 * dayMs, idOf(old))
    await gateway.sql('UPDATE images SET created_at = created_at - ? WHERE id = ?', 29 * dayMs, idOf(young))
    await gateway.sweep()
    expect((await fetch(gateway.url + old)).status).toBe(404)
    expect((await fetch(gateway.url + young)).status).toBe(200)
  })

  it('deletes nothing if no retention is set', async () => {
    const { gateway } = await startWithImage(png)
    const path = pathOf((await generate(gateway, { model: 'dall-e-3' })).body)
    await gateway.sql('UPDATE images SET created_at = 1')
    await gateway.sweep()
    expect((await fetch(gateway.url + path)).status).toBe(200)
  })

  it('builds URLs from the operator’s address, or from the one that the caller used', async () => {
    const named = await startWithImage(png, 'image/png', { PUBLIC_URL: 'https://ai.example.com/' })
    const { body } = await generate(named.gateway, { model: 'dall-e-3' })
    expect(urlOf(body)).toMatch(/^https:\/\/ai\.example\.com\/images\/img_/)
    const { gateway } = await startWithImage(png)
    const proxied = await post(gateway, { model: 'dall-e-3' }, { 'x-forwarded-proto': 'https' })
    expect(urlOf((await proxied.json()) as ImageAnswer)).toMatch(/^https:\/\/127\.0\.0\.1:\d+\/images\/img_/)
  })
})
