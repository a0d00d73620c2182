import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { renderClientModule } from '../../scripts/render-client-module.ts'
import { script, types } from '../../src/http/client.generated.ts'

test('the served client is built from client/client.ts (`npm run docs` writes it)', async () => {
  const file = readFileSync(new URL('../../src/http/client.generated.ts', import.meta.url), 'utf8')
  expect(file).toBe(await renderClientModule())
})

test('the client has at most 3,000 bytes', () => {
  expect(new TextEncoder().encode(script).length).toBeLessThanOrEqual(3_000)
})

test('the client imports nothing, and puts nothing into a URL or into storage that outlives its tab', () => {
  expect(script).not.toMatch(/\bimport[ {"'(]|localStorage|cookie|[?&]token|\beval\b|innerHTML/)
})

test('the types describe each export', () => {
  for (const name of ['connect', 'readEvents', 'WeirError']) {
    expect(script).toContain(` as ${name}`)
    expect(types).toMatch(new RegExp(`export declare (const|class|function) ${name}\\b`))
  }
})
