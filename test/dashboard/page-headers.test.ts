import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { pageHeaders } from '../../src/http/page-headers.ts'

test('S49 sends the same headers with the page where Cloudflare serves its files as where Weir does', () => {
  const file = readFileSync(new URL('../../dashboard/public/_headers', import.meta.url), 'utf8')
  const { 'cache-control': _ownRule, ...headers } = pageHeaders('/')
  for (const [name, value] of Object.entries(headers)) expect(file).toContain(`  ${name}: ${value}\n`)
  expect(file).toContain(`/assets/*\n  cache-control: ${pageHeaders('/assets/index.js')['cache-control']}\n`)
})
