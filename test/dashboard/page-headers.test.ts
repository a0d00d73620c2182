import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { pageHeaders } from '../../src/http/page-headers.ts'
import { createNodeServer } from '../../src/platform/node/server/create-node-server.ts'

test('S49 sends the same headers with the page where Cloudflare serves its files as where Weir does', () => {
  const file = readFileSync(new URL('../../dashboard/public/_headers', import.meta.url), 'utf8')
  const { 'cache-control': _ownRule, ...headers } = pageHeaders('/')
  for (const [name, value] of Object.entries(headers)) expect(file).toContain(`  ${name}: ${value}\n`)
  expect(file).toContain(`/assets/*\n  cache-control: ${pageHeaders('/assets/index.js')['cache-control']}\n`)
})

test('S49 case D18: the page and its files go out with a policy that allows nothing inline, nothing from elsewhere and no frame', async () => {
  const encode = (text: string) => new TextEncoder().encode(text)
  const page = new Map([
    ['/index.html', { type: 'text/html; charset=utf-8', bytes: encode('<!doctype html>') }],
    ['/assets/x.js', { type: 'text/javascript; charset=utf-8', bytes: encode('1') }],
  ])
  const server = await createNodeServer({ env: { STORAGE_PATH: 'none' }, page })
  const { url } = await server.listen(0)
  for (const path of ['/', '/assets/x.js']) {
    const { status, headers } = await fetch(new URL(path, url))
    expect(status).toBe(200)
    const policy = new Map(
      (headers.get('content-security-policy') ?? '').split(';').map((rule) => {
        const [name = '', ...sources] = rule.trim().split(' ')
        return [name, sources] as const
      }),
    )
    expect(policy.get('default-src')).toEqual(["'none'"])
    expect(policy.get('frame-ancestors')).toEqual(["'none'"])
    expect(policy.get('base-uri')).toEqual(["'none'"])
    for (const name of ['script-src', 'style-src', 'connect-src', 'form-action'])
      expect(policy.get(name)).toEqual(["'self'"])
    for (const source of [...policy.values()].flat()) expect(["'none'", "'self'", 'data:']).toContain(source)
    expect(headers.get('x-content-type-options')).toBe('nosniff')
    expect(headers.get('referrer-policy')).toBe('no-referrer')
  }
  await server.close(0)
})
