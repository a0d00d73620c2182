import { expect, test } from 'vitest'
import { script, types } from '../../src/http/client.generated.ts'
import { ask } from '../support/ask.ts'
import { describeOnBoth } from '../support/describe-on-both.ts'

describeOnBoth('the client for pages', (start) => {
  // Whatever the settings allow to call the API.
  const env = { TOKEN: 'a-token-that-no-page-has', CORS_ORIGINS: 'https://chat.example' }

  test('is a module that pages of all origins may import without a key', async () => {
    const gateway = await start({ env })
    for (const origin of ['https://chat.example', 'https://other.example', 'null']) {
      const response = await ask(gateway, { method: 'GET', target: '/client.js', token: false, headers: { origin } })
      expect(response.status).toBe(200)
      expect(response.text).toBe(script)
      expect(response.header('content-type')).toBe('text/javascript; charset=utf-8')
      expect(response.header('access-control-allow-origin')).toBe('*')
      expect(response.header('access-control-allow-credentials')).toBeUndefined()
      expect(response.header('cross-origin-resource-policy')).toBe('cross-origin')
      expect(response.header('x-content-type-options')).toBe('nosniff')
    }
  })

  test('is not sent again to a browser that has it', async () => {
    const gateway = await start({ env })
    const first = await ask(gateway, { method: 'GET', target: '/client.js', token: false })
    expect(first.header('cache-control')).toBe('no-cache')
    const headers = { 'if-none-match': first.header('etag') ?? '' }
    const second = await ask(gateway, { method: 'GET', target: '/client.js', token: false, headers })
    expect(second.status).toBe(304)
    expect(second.text).toBe('')
    expect(second.header('access-control-allow-origin')).toBe('*')
  })

  test('answers HEAD, and refuses other methods', async () => {
    const gateway = await start({ env })
    const head = await ask(gateway, { method: 'HEAD', target: '/client.js', token: false })
    expect([head.status, head.text, head.header('etag')]).toEqual([200, '', expect.stringMatching(/^"[\w-]{43}"$/)])
    const post = await ask(gateway, { method: 'POST', target: '/client.js', token: false, body: {} })
    expect([post.status, post.header('allow')]).toEqual([405, 'GET, HEAD, OPTIONS'])
  })

  test('has its types beside it', async () => {
    const gateway = await start({ env })
    const response = await ask(gateway, { method: 'GET', target: '/client.d.ts', token: false })
    expect([response.status, response.text]).toEqual([200, types])
  })
})
